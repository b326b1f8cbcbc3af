"""Training algorithms A, as values."""

from collections.abc import Callable

from ...formal._public import dir_of as _dir_of
from .._tokens import Tokens as Tokens
from .._tokens import decode as decode
from .._tokens import encode as encode
from ..base import Learner
from ._cnn import Convolutions as Convolutions
from ._cnn import cnn as cnn
from ._convolution import convolve as convolve
from ._convolution import max_pool as max_pool
from ._flax import flax_module as flax_module
from ._forest import forest as forest
from ._gradient import Perceptron as Perceptron
from ._gradient import minibatch as minibatch
from ._gradient import mlp as mlp
from ._kernel import kernel_ridge as kernel_ridge
from ._logged import logged as logged
from ._logged import logging as logging
from ._logistic import logistic as logistic
from ._minimiser import newton_logistic as newton_logistic
from ._minimiser import objective_perturbed as objective_perturbed
from ._neighbour import nearest_neighbour as nearest_neighbour
from ._noisy import noisy as noisy
from ._noisy_steps import langevin as langevin
from ._noisy_steps import noisy_tail as noisy_tail
from ._private import dp_sgd as dp_sgd
from ._projected import checkpointed as checkpointed
from ._projected import projected_descent as projected_descent
from ._recorded import recorded_descent as recorded_descent
from ._rescaled import RescaledParams as RescaledParams
from ._rescaled import rescaled as rescaled
from ._resnet import ResNet as ResNet
from ._resnet import resnet as resnet
from ._ridge import ridge as ridge
from ._sharded import sisa as sisa
from ._summed import naive_bayes as naive_bayes
from ._summed import streaming_ridge as streaming_ridge
from ._summed import summarised as summarised
from ._transformer import Transformer as Transformer
from ._transformer import transformer as transformer

LEARNERS: dict[str, Callable[..., Learner]] = {
    "cnn": cnn,
    "checkpointed": checkpointed,
    "dp_sgd": dp_sgd,
    "forest": forest,
    "kernel_ridge": kernel_ridge,
    "langevin": langevin,
    "logged": logged,
    "logistic": logistic,
    "mlp": mlp,
    "nearest_neighbour": nearest_neighbour,
    "naive_bayes": naive_bayes,
    "newton_logistic": newton_logistic,
    "noisy": noisy,
    "noisy_tail": noisy_tail,
    "objective_perturbed": objective_perturbed,
    "projected_descent": projected_descent,
    "recorded_descent": recorded_descent,
    "rescaled": rescaled,
    "resnet": resnet,
    "ridge": ridge,
    "sisa": sisa,
    "streaming_ridge": streaming_ridge,
    "summarised": summarised,
    "transformer": transformer,
}
"""Factories by name, for listings and the command line."""

__dir__ = _dir_of(__name__)
