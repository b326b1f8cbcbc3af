"""How it is decided: scenarios, views, verdicts, reports."""

from . import scenarios as scenarios
from . import strategies as strategies
from .check import assert_holds as assert_holds
from .check import check as check
from .samples import check_samples as check_samples
