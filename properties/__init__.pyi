"""How it is decided: scenarios, views, verdicts, reports."""

from . import metrics as metrics
from . import report as report
from . import scenarios as scenarios
from . import testing as testing
from .checks import Comparison as Comparison
from .checks import check as check
from .checks import check_relative as check_relative
from .checks import compare_removers as compare_removers
from .checks import plan as plan
from .checks import remaining as remaining
from .checks import sweep as sweep
from .checks import sweep_all as sweep_all
from .programs import check_program as check_program
from .runs import Observable as Observable
from .runs import behaviour_of as behaviour_of
from .runs import observables as observables
from .saved import check_samples as check_samples
from .saved import compare_samples as compare_samples
from .suite import Suite as Suite
from .suite import check_suite as check_suite
from .suite import relations as relations
from .testing import assert_holds as assert_holds
from .testing import ledger as ledger
from .testing import profiles as profiles
from .testing import strategies as strategies
