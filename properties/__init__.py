"""How it is decided: scenarios, views, verdicts, reports."""

from . import ledger as ledger
from . import profiles as profiles
from . import scenarios as scenarios
from . import strategies as strategies
from .assertions import assert_holds as assert_holds
from .check import check as check
from .plan import plan as plan
from .plan import remaining as remaining
from .relative import check_relative as check_relative
from .relative import compare_samples as compare_samples
from .samples import check_samples as check_samples
