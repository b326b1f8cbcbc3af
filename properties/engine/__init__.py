"""Arrays in, verdict out: bets, events, rejection, acceptance, coupling; no learner, no remover, no file."""

from ...formal._public import dir_of as _dir_of
from ._bets import least_pairs as least_pairs
from ._coupling import Coupler as Coupler
from ._coupling import excess as excess

__dir__ = _dir_of(__name__)
