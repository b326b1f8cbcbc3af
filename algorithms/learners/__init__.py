"""Training algorithms A, as values."""

from collections.abc import Callable

from ..base import Learner
from ..tokens import Tokens as Tokens
from ..tokens import decode as decode
from ..tokens import encode as encode
from .cnn import Convolutions as Convolutions
from .cnn import cnn as cnn
from .convolution import convolve as convolve
from .convolution import max_pool as max_pool
from .forest import forest as forest
from .gradient import Perceptron as Perceptron
from .gradient import flax_module as flax_module
from .gradient import minibatch as minibatch
from .gradient import mlp as mlp
from .kernel import kernel_ridge as kernel_ridge
from .logged import logged as logged
from .logged import logging as logging
from .logistic import logistic as logistic
from .minimiser import newton_logistic as newton_logistic
from .minimiser import objective_perturbed as objective_perturbed
from .neighbour import nearest_neighbour as nearest_neighbour
from .noisy import noisy as noisy
from .noisy_steps import langevin as langevin
from .noisy_steps import noisy_tail as noisy_tail
from .private import dp_sgd as dp_sgd
from .projected import checkpointed as checkpointed
from .projected import projected_descent as projected_descent
from .recorded import recorded_descent as recorded_descent
from .ridge import ridge as ridge
from .sharded import sisa as sisa
from .summed import naive_bayes as naive_bayes
from .summed import streaming_ridge as streaming_ridge
from .summed import summarised as summarised
from .transformer import Transformer as Transformer
from .transformer import transformer as transformer

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
    "ridge": ridge,
    "sisa": sisa,
    "streaming_ridge": streaming_ridge,
    "summarised": summarised,
    "transformer": transformer,
}
"""Factories by name, for listings and the command line."""
