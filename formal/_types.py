"""Type names shared by all rooms."""

Real = float | int
"""A real number as people write it: 1 as well as 1.0 (runtime checkers hold int and float apart)."""
