"""Small exact laws, and the enumeration that the closeness tests trust."""

import itertools
import math
from fractions import Fraction

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

Law = tuple[Fraction, ...]


@st.composite
def laws(draw: st.DrawFn, count: int = 2, least: int = 0) -> list[Law]:
    """`count` rational laws on one support of 2 to 5 outcomes, zeros included when least = 0."""
    size = draw(st.integers(2, 5))
    whole = st.lists(st.integers(least, 9), min_size=size, max_size=size).filter(any)
    return [tuple(Fraction(v, sum(row)) for v in row) for row in (draw(whole) for _ in range(count))]


def floats(law: Law) -> np.ndarray:
    return np.array([float(v) for v in law])


def stick(p: Law, q: Law, gamma: Fraction) -> Fraction:
    """sup over all events, by enumeration: code independent of the library's."""
    events = itertools.product((0, 1), repeat=len(p))
    return max(sum((a - gamma * b for a, b, e in zip(p, q, event, strict=True) if e), Fraction(0)) for event in events)


gammas = st.fractions(1, 6, max_denominator=7)


few = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def pairs(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Random laws [count, 5], from near-equal to near-disjoint, on supports of 2 to 5 outcomes."""
    rng = np.random.default_rng(seed)
    spread = 10.0 ** rng.uniform(-1, 2, size=(count, 1))
    inside = np.arange(5) < rng.integers(2, 6, size=(count, 1))
    p, q = (np.where(inside, rng.gamma(np.broadcast_to(spread, (count, 5))) + 1e-9, 0.0) for _ in range(2))
    return p / p.sum(-1, keepdims=True), q / q.sum(-1, keepdims=True)


def response(epsilon: float, delta: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """The dominating pair of (ε, δ): randomised response that gives itself away with probability δ."""
    yes = (1 - delta) * math.exp(epsilon) / (1 + math.exp(epsilon))
    p = np.array([delta, yes, 1 - delta - yes, 0.0])
    return p, p[::-1].copy()
