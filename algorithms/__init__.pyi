"""What is checked: learners, removers and pools of their runs."""

from . import base as base
from . import learners as learners
from . import pools as pools
from . import removers as removers
from ._space import Range as Range
from .base import Guarantee as Guarantee
from .base import Learner as Learner
from .base import Remover as Remover
from .base import Trained as Trained
from .base import cross_entropy as cross_entropy
from .base import margins as margins
from .base import remover as remover
from .fill import executors as executors
from .store import Store as Store
