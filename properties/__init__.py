"""How it is decided: scenarios, views, verdicts, reports."""

from . import ledger as ledger
from . import metrics as metrics
from . import profiles as profiles
from . import relations as relations
from . import scenarios as scenarios
from . import strategies as strategies
from . import testing as testing
from ._suite import Suite as Suite
from .assertions import assert_holds as assert_holds
from .behaviour import behaviour_of as behaviour_of
from .check import check as check
from .comparison import Comparison as Comparison
from .comparison import compare_removers as compare_removers
from .plan import plan as plan
from .plan import remaining as remaining
from .relative import check_relative as check_relative
from .relative import compare_samples as compare_samples
from .samples import check_samples as check_samples
from .suite import check_suite as check_suite
from .sweep import sweep as sweep
from .sweep import sweep_all as sweep_all
