"""The command line: one command to a file."""

from ...formal._public import dir_of as _dir_of
from ._main import main as main

__dir__ = _dir_of(__name__)
