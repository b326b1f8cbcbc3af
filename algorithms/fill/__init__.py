"""Filling pools with many processes or machines."""

from . import executors as executors
