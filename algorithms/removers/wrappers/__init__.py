"""Removers made of another one, their `base`: what it declares is not declared of them."""

from ....formal._public import dir_of as _dir_of
from ._neighbours import with_neighbours as with_neighbours
from ._noisy import noisy as noisy
from ._sequences import sequence as sequence

__dir__ = _dir_of(__name__)
