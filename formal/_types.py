"""Type names shared by all rooms."""

from jaxtyping import Array, Float

Real = float | int
"""A real number as people write it: 1 as well as 1.0 (runtime checkers hold int and float apart)."""

Scalar = Real | Float[Array, ""]
"""A real number, or what JAX traces in its place."""
