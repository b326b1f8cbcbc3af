"""The command line: one command to a file."""

from ._main import main as main
