"""Removers derived as approximations of A(D∖S), some exact on one kind of learner; none declares a guarantee."""

from ....formal._public import dir_of as _dir_of
from ._deltagrad import deltagrad as deltagrad
from ._fisher import fisher_forgetting as fisher_forgetting
from ._influence import influence as influence
from ._influence import projective_residual as projective_residual
from ._newton import newton as newton
from ._surrogate import stream_online as stream_online
from ._surrogate import stream_quadratic as stream_quadratic

__dir__ = _dir_of(__name__)
