"""Hypothesis strategies for scenarios: small ordered scalars, so that failures shrink to the cheapest case."""

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from ...formal._public import dir_of as _dir_of
from ...formal.definitions._scenario import Scenario
from ..scenarios import KINDS, blobs, breast_cancer, digits

# Who draws scenarios asserts on them: not loaded in the first example.
from . import _assert_holds as _assert_holds  # pyright: ignore[reportPrivateUsage]

FEWEST_ROWS = 8


def scenarios(max_rows: int = 64, kinds: Sequence[str] = KINDS) -> st.SearchStrategy[Scenario]:
    """Gaussian blobs of every kind, S = ∅, S = S_full and S = D among them.

    Rows come in powers of two and fresh points in fixed numbers, so that all examples share a handful of
    array shapes. Shrinks to the first kind, the fewest rows, S = ∅ and seed 0.

    Args:
        max_rows: the most rows of D, at least 8.
        kinds: what S_full may be, cheapest first.

    Returns:
        A strategy; a failing example prints as the call that rebuilds it.

    Raises:
        ValueError: max_rows below 8; no kind, or an unknown one.

    >>> from hypothesis import find
    >>> from neverseen.properties import strategies
    >>> find(strategies.scenarios(), lambda s: bool(s.forget.any()))
    ns.scenarios.blobs(forget='random', size=1, full=1, seed=0, rows=8)
    """
    if max_rows < FEWEST_ROWS:
        raise ValueError(f"max_rows: {max_rows} is less than {FEWEST_ROWS}; raise it")
    rows = [FEWEST_ROWS << i for i in range((max_rows // FEWEST_ROWS).bit_length())]
    return _blobs(st.sampled_from(rows), st.sampled_from(_known(kinds)))


def real_scenarios(kinds: Sequence[str] = KINDS) -> st.SearchStrategy[Scenario]:
    """Breast cancer (cheaper) and digits with |S| = 8, 1 or 32, and |S_full| once or twice that.

    Args:
        kinds: what S_full may be, cheapest first.

    Returns:
        A strategy; a failing example prints as the call that rebuilds it.

    Raises:
        ValueError: no kind, or an unknown one.

    >>> from hypothesis import find, settings
    >>> from neverseen.properties import strategies
    >>> find(strategies.real_scenarios(), lambda s: True, settings=settings(max_examples=1, phases=["generate"]))
    ns.scenarios.breast_cancer(forget='random', size=8, full=8, seed=0)
    """
    return _real(st.sampled_from(_known(kinds)))


@st.composite
def _blobs(draw: Callable[..., Any], rows: st.SearchStrategy[int], kinds: st.SearchStrategy[str]) -> Scenario:
    n, kind = draw(rows), draw(kinds)
    most = n // 2 if kind in ("class", "subgroup") else n
    full = most * draw(st.sampled_from((0, 1, 2, 4, 8))) // 8
    size = full * draw(st.sampled_from((2, 1, 0))) // 2
    separation, seed = draw(st.sampled_from((3.0, 1.0, 6.0))), draw(st.integers(0, 7))
    return blobs(forget=kind, size=size, full=full, rows=n, separation=separation, seed=seed)


@st.composite
def _real(draw: Callable[..., Any], kinds: st.SearchStrategy[str]) -> Scenario:
    make, kind = draw(st.sampled_from((breast_cancer, digits))), draw(kinds)
    size, times = draw(st.sampled_from((8, 1, 32))), draw(st.sampled_from((1, 2)))
    return make(forget=kind, size=size, full=times * size, seed=draw(st.integers(0, 7)))


def _known(kinds: Sequence[str]) -> Sequence[str]:
    strange = [kind for kind in kinds if kind not in KINDS]
    if strange or not kinds:
        what = f"{strange[0]!r} is unknown" if strange else "none is given"
        raise ValueError(f"kinds: {what}; choose from {', '.join(KINDS)}")
    return kinds


__dir__ = _dir_of(__name__)
