"""Training algorithms A, as values."""

from collections.abc import Callable

from ..base import Learner
from .cnn import Convolutions as Convolutions
from .cnn import cnn as cnn
from .convolution import convolve as convolve
from .convolution import max_pool as max_pool
from .gradient import Perceptron as Perceptron
from .gradient import flax_module as flax_module
from .gradient import minibatch as minibatch
from .gradient import mlp as mlp
from .logistic import logistic as logistic
from .neighbour import nearest_neighbour as nearest_neighbour
from .noisy import noisy as noisy
from .ridge import ridge as ridge

LEARNERS: dict[str, Callable[..., Learner]] = {
    "cnn": cnn,
    "logistic": logistic,
    "mlp": mlp,
    "nearest_neighbour": nearest_neighbour,
    "noisy": noisy,
    "ridge": ridge,
}
"""Factories by name, for listings and the command line."""
