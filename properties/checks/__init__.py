"""One question to a file."""

from ._check import check as check
from ._compare_removers import Comparison as Comparison
from ._compare_removers import compare_removers as compare_removers
from ._plan import plan as plan
from ._plan import remaining as remaining
from ._relative import check_relative as check_relative
from ._sweep import sweep as sweep
from ._sweep import sweep_all as sweep_all
from ._tune import tune as tune
from ._tuning import Tuning as Tuning
