"""One question to a file."""

from ...formal._public import dir_of as _dir_of
from ._check import check as check
from ._compare import Comparison as Comparison
from ._compare import compare as compare
from ._plan import plan as plan
from ._plan import remaining as remaining
from ._rank import Ranking as Ranking
from ._rank import rank as rank
from ._relative import check_relative as check_relative
from ._sweep import sweep as sweep
from ._sweep import sweep_all as sweep_all
from ._tune import tune as tune
from ._tuning import Tuning as Tuning

__dir__ = _dir_of(__name__)
