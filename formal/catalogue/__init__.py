"""Which notion each problem setting, algorithm and metric belongs to, and why, with citations."""

from .._public import dir_of as _dir_of
from ._bibliography import bibliography, cite, parse
from ._entries import Entry, Notion
from ._methods import ALGORITHMS
from ._metrics import METRICS, require
from ._settings import SETTINGS, TOPICS
from ._table import table

__all__ = [
    "ALGORITHMS",
    "METRICS",
    "SETTINGS",
    "TOPICS",
    "Entry",
    "Notion",
    "bibliography",
    "cite",
    "parse",
    "require",
    "table",
]

__dir__ = _dir_of(__name__)
