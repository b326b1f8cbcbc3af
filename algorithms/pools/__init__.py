"""Pools: many runs at once, one program for all of them, each shard drawn at most once."""

from ...formal._public import dir_of as _dir_of
from ._draw import draw as draw
from ._draw import keep_compiled as keep_compiled
from ._draw import remove as remove
from ._draw import use_host_cores as use_host_cores
from ._map_over_runs import compiled_programs as compiled_programs

__dir__ = _dir_of(__name__)
