"""Removers aimed at a concept: what S is a sample of, not S alone."""

from .boundary import boundary_shrink as boundary_shrink
from .distributional import distributional as distributional
from .editing import uce as uce
from .impair import unsir as unsir
from .misdirect import rmu as rmu
