"""The store: finished shards of runs in a folder, checked when they are read."""

from ._store import Store as Store
