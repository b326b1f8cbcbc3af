"""Which notion each problem setting, algorithm and metric belongs to, and why, with citations."""

from .bibliography import bibliography, cite, parse
from .entries import Entry, Notion
from .methods import ALGORITHMS
from .metrics import METRICS, require
from .settings import SETTINGS, TOPICS
from .table import table

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
