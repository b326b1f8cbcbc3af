"""Runs from any program: drawn on demand, kept in a folder, resumed."""

from ._check_program import check_program as check_program
