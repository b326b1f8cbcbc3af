"""Removers that reach a reference exactly, on the learners they are made for."""

from .forest import dare as dare
from .influence import influence as influence
from .influence import projective_residual as projective_residual
from .neighbours import with_neighbours as with_neighbours
from .retraining import newton as newton
from .retraining import newton_step as newton_step
from .retraining import noisy as noisy
from .retraining import retrain as retrain
from .retraining import retrain_full as retrain_full
from .sharded import sisa_removal as sisa_removal
from .streaming import stream_moments as stream_moments
from .streaming import stream_online as stream_online
from .streaming import stream_quadratic as stream_quadratic
from .streaming import stream_ridge as stream_ridge
