"""The conformance suite: relations, claims, and the table of both."""

from ...formal._public import dir_of as _dir_of
from . import relations as relations
from ._check_suite import check_suite as check_suite
from ._result import Suite as Suite

__dir__ = _dir_of(__name__)
