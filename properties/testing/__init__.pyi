"""For tests of one's own: the ledger of errors, assertions, strategies, pytest."""

from . import ledger as ledger
from . import profiles as profiles
from . import strategies as strategies
from ._assert_holds import assert_holds as assert_holds
from ._parametrize import Check as Check
from ._parametrize import parametrize_with_checks as parametrize_with_checks
