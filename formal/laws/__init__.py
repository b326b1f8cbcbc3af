"""Laws that can be written down: finite ones in exact arithmetic, Gaussian ones with brackets."""

from .._public import dir_of as _dir_of
from ._finite_closeness import exact_total_variation as exact_total_variation
from ._finite_learners import FiniteLearner as FiniteLearner
from ._finite_learners import FiniteRemover as FiniteRemover
from ._finite_learners import full_deletion as full_deletion
from ._finite_learners import gibbs as gibbs
from ._finite_learners import identity as identity
from ._finite_learners import mixed as mixed
from ._finite_learners import removed_law as removed_law
from ._finite_learners import retrain as retrain
from ._finite_learners import without as without
from ._gaussian import Gaussian as Gaussian
from ._gaussian_certified import certified_delta as certified_delta
from ._worlds import World as World

__dir__ = _dir_of(__name__)
