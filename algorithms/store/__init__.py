"""The store: finished shards of runs in a folder, checked when they are read."""

from ...formal._public import dir_of as _dir_of
from ._store import Store as Store

__dir__ = _dir_of(__name__)
