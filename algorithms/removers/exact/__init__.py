"""Removers that reach a reference exactly, on the learners they are made for."""

from ._forest import dare as dare
from ._influence import influence as influence
from ._influence import projective_residual as projective_residual
from ._neighbours import with_neighbours as with_neighbours
from ._retraining import newton as newton
from ._retraining import newton_step as newton_step
from ._retraining import noisy as noisy
from ._retraining import retrain as retrain
from ._retraining import retrain_full as retrain_full
from ._sharded import sisa_removal as sisa_removal
from ._streaming import stream_moments as stream_moments
from ._streaming import stream_online as stream_online
from ._streaming import stream_quadratic as stream_quadratic
from ._streaming import stream_ridge as stream_ridge
