"""Removers that reach their reference exactly, and declare it: a guarantee of ε = 0 at δ = 0."""

from ....formal._public import dir_of as _dir_of
from ._forest import dare as dare
from ._retraining import retrain as retrain
from ._retraining import retrain_full as retrain_full
from ._sharded import sisa_removal as sisa_removal
from ._streaming import stream_moments as stream_moments
from ._streaming import stream_ridge as stream_ridge

__dir__ = _dir_of(__name__)
