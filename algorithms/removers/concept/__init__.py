"""Removers that aim at unlearning a concept, what S is a sample of; none declares a guarantee."""

from ....formal._public import dir_of as _dir_of
from ._boundary import boundary_shrink as boundary_shrink
from ._distributional import distributional as distributional
from ._editing import uce as uce
from ._impair import unsir as unsir
from ._misdirect import rmu as rmu

__dir__ = _dir_of(__name__)
