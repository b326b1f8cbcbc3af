"""The conformance suite: relations, claims, and the table of both."""

from . import relations as relations
from ._check_suite import check_suite as check_suite
from ._result import Suite as Suite
