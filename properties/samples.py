"""`check_samples`: saved runs from anywhere against a definition's (ε, δ)."""

import hashlib
import time
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import numpy as np
from jaxtyping import Float64

from ..formal._types import Real
from ..formal.definitions import Definition
from ..formal.scenario import scenario_key
from ..formal.verdict import Verdict
from .check import Progress, verdict_of, watched
from .sequential import Block, Terms, decide
from .views import Values, add_grain

Samples = Any
"""`[runs]`, `[runs, k]`, or a mapping from a view's name to such an array."""

_TOGETHER = "all columns"
_SINGLE = 64
_WIDEST = 1024
_BLOCK = 64


def check_samples(
    definition: Definition,
    removed: Samples,
    reference: Samples,
    original: Samples | None = None,
    *,
    alpha: float = 1e-4,
    beta: float = 0.05,
    tolerance: float = 0.1,
    seed: int = 0,
    grain: Real = 0.0,
    progress: Progress | None = None,
) -> Verdict:
    """Decide from saved runs whether removed models have the law of the definition's references.

    Whoever saved them answers for it that the references are the definition's: runs without S for untraining,
    without S_full for unlearning. Rows come in an order nobody knows, so each arm is permuted from the root
    key; then row i of one arm is paired with row i of the other, as far as the shorter one goes.

    Args:
        definition: the claim.
        removed: one line for each removed model: `[runs, k]`, `[runs]`, or a mapping name → such an array.
            Every column is a view of its own (up to 64), and all columns together are one more.
        reference: likewise for references; the same columns.
        original: likewise for originals, for reports.
        alpha, beta, tolerance: see `check`.
        seed: root seed.
        grain: standard deviation of the noise added to every column. With 0, float rounding is a difference
            like any other: declare a grain where the two arms were computed in different ways.
        progress: called after each block.

    Returns:
        The verdict.

    Raises:
        ValueError: NaN or inf; arms of different width or names; fewer pairs than any refutation needs.

    >>> import numpy as np, neverseen as ns
    >>> rng = np.random.default_rng(0)
    >>> removed, reference = rng.normal(1, 1, (500, 1)), rng.normal(0, 1, (500, 1))
    >>> ns.check_samples(ns.Untraining(0.5, 0.01), removed, reference, alpha=0.05).status.name
    'REFUTED'
    """
    started = time.perf_counter()
    given = {"removed": removed, "reference": reference} | ({} if original is None else {"original": original})
    arms = {name: _columns(samples, name) for name, samples in given.items()}
    _same_columns(arms)
    if not (np.isfinite(grain) and grain >= 0):
        raise ValueError(f"grain: {grain} is not a finite number >= 0")
    pairs = min(_runs(arms["removed"]), _runs(arms["reference"]))
    terms = Terms(definition, alpha, beta, tolerance, pairs)
    digest = _digest(arms)
    rng = np.random.default_rng(np.asarray(jax.random.key_data(scenario_key(jax.random.key(seed), digest))))
    mixed = [_views(add_grain(_shuffled(arm, rng), float(grain), rng)) for arm in arms.values()]
    told = watched(_blocks(mixed, pairs), pairs, definition.id, progress)
    outcome = decide(terms, told, (), float(grain))
    runs = {f"{name}_runs": _runs(arm) for name, arm in arms.items()}
    made = {"seed": seed, "grain": float(grain), "digest": digest} | runs
    return verdict_of(terms, outcome, "the law of the removed samples", made, started)


def _columns(samples: Samples, arm: str) -> Values:
    """Each array as `[runs, k]` in double precision, checked."""
    named: Mapping[str, Any] = samples if isinstance(samples, Mapping) else {"": samples}
    if not named:
        raise ValueError(f"{arm}: holds no arrays; give at least one column")
    columns: Values = {}
    for name, values in named.items():
        where = f"{arm}{f' {name!r}' if name else ''}"
        array = np.asarray(values)
        if array.ndim not in (1, 2) or array.dtype.kind not in "fiub" or not array.size:
            raise ValueError(f"{where}: numbers [runs, k] are needed, not {array.dtype} of shape {array.shape}")
        array = array.reshape(len(array), -1).astype(np.float64)
        bad = np.argwhere(~np.isfinite(array))
        if bad.size:
            raise ValueError(f"{where}: run {bad[0][0]}, column {bad[0][1]} is NaN or inf; drop or repair the run")
        columns[str(name)] = array
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise ValueError(f"{arm}: arrays of {', '.join(map(str, sorted(lengths)))} runs; one line each for every run")
    return columns


def _same_columns(arms: dict[str, Values]) -> None:
    wanted = {name: values.shape[1] for name, values in arms["removed"].items()}
    for arm, columns in arms.items():
        got = {name: values.shape[1] for name, values in columns.items()}
        if got != wanted:
            raise ValueError(f"{arm}: columns {_listed(got)} but removed has {_listed(wanted)}; save the same views")
    if sum(wanted.values()) > _WIDEST:
        raise ValueError(f"removed: {sum(wanted.values())} columns; project them to {_WIDEST} or fewer")


def _listed(widths: dict[str, int]) -> str:
    return ", ".join(f"{name or 'array'}[{width}]" for name, width in widths.items())


def _runs(columns: Values) -> int:
    return len(next(iter(columns.values())))


def _digest(arms: dict[str, Values]) -> str:
    total = hashlib.sha256()
    for arm, columns in arms.items():
        for name, values in columns.items():
            total.update(f"{arm}/{name}{values.shape}".encode() + np.ascontiguousarray(values).tobytes())
    return total.hexdigest()


def _shuffled(columns: Values, rng: np.random.Generator) -> Values:
    order = rng.permutation(_runs(columns))
    return {name: values[order] for name, values in columns.items()}


def _views(columns: Values) -> Values:
    """Single columns as views, and all of them together."""
    together: Float64[np.ndarray, "runs k"] = np.concatenate(list(columns.values()), 1)
    single = {
        name or "column" if values.shape[1] == 1 else f"{name or 'column'} {i}": values[:, i : i + 1]
        for name, values in columns.items()
        for i in range(values.shape[1])
    }
    several = {_TOGETHER: together} if together.shape[1] > 1 else {}
    return (single if len(single) <= _SINGLE else {}) | several


def _blocks(arms: list[Values], pairs: int) -> Iterator[Block]:
    for start in range(0, pairs, _BLOCK):
        removed, reference, *original = (
            {name: values[start : min(start + _BLOCK, pairs)] for name, values in arm.items()} for arm in arms
        )
        yield Block(removed, reference, original[0] if original else None)
