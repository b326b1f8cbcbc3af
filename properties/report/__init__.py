"""Results as pages."""

from ._verdict_page import write_report as write_report
