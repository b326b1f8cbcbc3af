"""Filling pools with many processes or machines."""

from ...formal._public import dir_of as _dir_of
from . import executors as executors

__dir__ = _dir_of(__name__)
