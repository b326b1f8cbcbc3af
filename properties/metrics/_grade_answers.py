"""From what runs say of blocks of rows, on a scale from 0 to 1, to a distance."""

import dataclasses
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64, Shaped

from ..engine._cramer import Layout, apart, estimate
from ..engine._cramer_intervals import ratio_span, span
from ._graded import AT_THE_FLOOR, Distance, Graded, Part

Blocks = Mapping[str, Shaped[np.ndarray, "..."]]
"""What runs say: of one arm by block of rows, or of one block by arm."""

_NO_ORIGINALS = "no originals are at hand"


@dataclasses.dataclass(frozen=True)
class BlockAnswers:
    """What the runs of every arm say of one block of rows, on a scale that is there already.

    Args:
        block: its name.
        weight: of its mean.
        scale: what stands between 0 and 1, in words.
        arms: `[runs, rows]` in [0, 1], by arm: removed, reference and, where there are some, original.

    >>> BlockAnswers("S", 1.0, "the chance of the given label", {}).block
    'S'
    """

    block: str
    weight: float
    scale: str
    arms: Blocks


def grade_answers(
    said: Sequence[BlockAnswers],
    streams: tuple[int, ...],
    who: str,
    definition: str,
    reference: str,
    absent: tuple[str, ...],
    provenance: dict[str, Any],
    started: float,
) -> Distance:
    """All estimates: of each block, and of their weighted mean.

    Args:
        said: the blocks, each with a row at least.
        streams: of each arm; arms of one stream share a seed at equal indices.
        who, definition, reference, absent, provenance, started: for the result.

    >>> said = BlockAnswers("S", 1.0, "a share", {"removed": np.zeros((8, 1)), "reference": np.ones((8, 1))})
    >>> grade_answers([said], (0, 1, 2), "mine", "", "A(D∖S)", (), {}, 0.0).removed.value
    1.0
    """
    if not said:
        raise ValueError("there is no row to look at; give at least one block with a row")
    sizes = tuple(len(values) for values in said[0].arms.values())
    layout = Layout(sizes, streams[: len(sizes)])
    between, parts = 0.0, list[Part]()
    for one in said:
        own = _compared(one.block, list(one.arms), list(one.arms.values()))
        between = between + one.weight * own
        removed, original, _ = _estimates(own, layout)
        parts.append(Part(one.block, one.arms["removed"].shape[1], one.weight, removed, original, one.scale))
    removed, original, ratio = _estimates(np.asarray(between), layout)
    why = "" if ratio else AT_THE_FLOOR if original else _NO_ORIGINALS
    runs = (sizes[0], sizes[1], sizes[2] if len(sizes) > 2 else 0)
    return Distance(
        who, definition, reference, runs, removed, original, ratio, why, tuple(parts), absent, provenance,
        time.perf_counter() - started,
    )  # fmt: skip


def _compared(block: str, names: list[str], values: list[Float64[np.ndarray, "_ _"]]) -> Any:
    try:
        return apart(values)
    except ValueError as error:
        said = str(error)
        for i, name in enumerate(names):
            said = said.replace(f"arm {i}", f"arm {name}")
        raise ValueError(f"{block}: {said}") from None


def _estimates(between: Any, layout: Layout) -> tuple[Graded, Graded | None, Graded | None]:
    """d²(P, R), d²(O, R) and their ratio; None where it is not known."""
    couples = ((0, 1), (2, 1))[: len(layout.sizes) - 1]
    found = estimate(between, layout, couples)
    removed, *others = (
        Graded(float(found.value[i]), span(found, i, 0.9), span(found, i, 0.95)) for i in range(len(couples))
    )
    if not others:
        return removed, None, None
    ninety, ninety_five = ratio_span(found, 0.9), ratio_span(found, 0.95)
    if ninety is None or ninety_five is None:
        return removed, others[0], None
    return removed, others[0], Graded(float(found.value[0] / found.value[1]), ninety, ninety_five)
