"""Results as pages: `render` and `write_report` take any of them, and notebooks show them as HTML."""

from ...formal._public import dir_of as _dir_of
from ._page import writable as writable
from ._render import render as render
from ._render import write_report as write_report

__dir__ = _dir_of(__name__)
