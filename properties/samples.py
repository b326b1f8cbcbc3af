"""`check_samples`: saved runs from anywhere against a definition's (ε, δ)."""

import os
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..formal._types import Real
from ..formal.definitions import Definition
from ..formal.verdict import Verdict
from ._arms import Arm, Digest, Table, arms_of, blocks, header, key_of, rows_held, runs, scan, widths
from ._arrays import read
from ._columns import SINGLE, overview
from ._sources import Sources, sources_of
from .check import Progress, verdict_of, watched
from .decide import decide
from .gathered import Block
from .sequential import Terms

Samples = Any
"""`[runs]`, `[runs, k]`, `[runs, a, b, …]`, a mapping from a view's name to such an array, or a file's path."""

CHOOSING = 128
"""Pairs at most, and a quarter of all at most, that choose among more than 64 columns."""

_LISTED = 3


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
    paired: bool = False,
    progress: Progress | None = None,
) -> Verdict:
    """Decide from saved runs whether removed models have the law of the definition's references.

    Whoever saved them answers for it that the references are the definition's: runs without S for untraining,
    without S_full for unlearning. Rows come in an order nobody knows, so each arm is permuted from the root
    key; then row i of one arm is paired with row i of the other, as far as the shorter one goes.

    *What is looked at.* With up to 64 columns in all: each column (`loss`, `margins[3]`), each array of several
    (through discriminants of its columns; 16 arrays at most), and all columns together. With more, the first quarter
    of the pairs, at most 128 and at most 64 MiB of each arm, is not bet on but chooses: arrays of one number stay, and
    of the others those columns whose events broke the claim most, 64 in all, so that a difference in one of 10 000
    columns is bet on as it is. A vector of more than 256 columns gives two views in its place: its `direction`, the
    sum of all columns along the difference of means that the choosing pairs showed, and its `sketch`, 64 sums under
    random signs. A difference that neither the chosen columns nor these two show is not looked at.

    *What is read.* Rows are read as bets ask for them: arrays may be larger than memory, and of 10⁷ saved runs a
    verdict after 64 pairs has read 64 rows of each arm. Arms of up to 64 MiB are checked for NaN and inf as a
    whole beforehand, larger ones as they are read.

    Args:
        definition: the claim.
        removed: one line for each removed model: `[runs]`, `[runs, k]` or `[runs, a, b, …]`, in NumPy, torch, JAX or
            whatever has `__array__`, DLPack or lazily read rows; an array of records or a data frame, whose fields are
            views; a mapping name → such an array; or the path of an .npy, .npz or .safetensors file, or of a folder of
            them.
        reference: likewise for references; the same names and columns, not necessarily as many runs.
        original: likewise for originals, for reports; again as many runs as there are.
        alpha, beta, tolerance: see `check`.
        seed: root seed.
        grain: standard deviation of the noise added to every column. With 0, float rounding is a difference
            like any other: declare a grain where the two arms were computed in different ways.
        paired: row i of both arms came from one seed. They stay together, which leaves every error level as it is
            and saves pairs.
        progress: called after each block.

    Returns:
        The verdict. Its provenance has the SHA-256 of the arms' names and shapes and of the rows read, as doubles in
        the order in which they were bet on: rows that the verdict did not need are no part of it.

    Raises:
        ValueError: NaN or inf; arms of different width or names; fewer pairs than any refutation needs; `paired` arms
            of unequal numbers of runs; what is not real numbers with runs on the leading axis.

    >>> import numpy as np, neverseen as ns
    >>> rng = np.random.default_rng(0)
    >>> removed, reference = rng.normal(1, 1, (500, 1)), rng.normal(0, 1, (500, 1))
    >>> ns.check_samples(ns.Untraining(0.5, 0.01), removed, reference, alpha=0.05).status.name
    'REFUTED'
    """
    started = time.perf_counter()
    given = arms_given({"removed": removed, "reference": reference, "original": original})
    if not (np.isfinite(grain) and grain >= 0):
        raise ValueError(f"grain: {grain} is not a finite number >= 0")
    pairs, choosing = _pairs(given, paired)
    terms = _terms(definition, alpha, beta, tolerance, pairs, choosing)
    for arm, sources in given.items():
        scan(arm, sources)
    digest = header(given)
    arms = arms_of(given, key_of(seed, digest.hexdigest()), pairs, paired=paired)
    drawn = _blocks(arms, choosing, pairs, definition.epsilon, float(grain), digest)
    outcome = decide(terms, watched(drawn, terms.budget, definition.id, progress), (), float(grain))
    read = {"digest": digest.hexdigest()} | {f"{arm}_runs": runs(sources) for arm, sources in given.items()}
    made = {"seed": seed, "grain": float(grain), "paired": paired, "choosing_pairs": choosing}
    return verdict_of(terms, outcome, _subject(given, pairs, choosing), made | read, started)


def arms_given(samples: dict[str, Samples | None]) -> dict[str, Sources]:
    """The arms that are there, of the same columns.

    >>> list(arms_given({"removed": np.zeros(3), "reference": np.ones(3), "original": None}))
    ['removed', 'reference']
    """
    given = {arm: _sources(found, arm) for arm, found in samples.items() if found is not None or arm != "original"}
    wanted = widths(given["removed"])
    for arm, sources in given.items():
        got = widths(sources)
        if got != wanted:
            theirs, ours = (
                _listed({n: k for n, k in a.items() if b.get(n) != k}) for a, b in ((got, wanted), (wanted, got))
            )
            raise ValueError(f"{arm}: columns {theirs} but removed has {ours}; save the same views")
    return given


def _sources(samples: Samples, arm: str) -> Sources:
    return read(samples) if isinstance(samples, str | os.PathLike) else sources_of(samples, arm)


def _listed(differing: dict[str, int]) -> str:
    """The first arrays of those that differ."""
    shown = [f"{name or 'array'}[{width}]" for name, width in list(differing.items())[:_LISTED]]
    return ", ".join(shown + ["…"] * (len(differing) > _LISTED)) or "none"


def _pairs(given: dict[str, Sources], paired: bool) -> tuple[int, int]:
    """How many pairs there are, and how many of them choose among columns."""
    removed, reference = runs(given["removed"]), runs(given["reference"])
    if paired and removed != reference:
        raise ValueError(f"paired: {removed} removed runs and {reference} references; pair them one to one")
    pairs, width = min(removed, reference), sum(widths(given["removed"]).values())
    return pairs, min(CHOOSING, pairs // 4, rows_held(width)) if width > SINGLE else 0


def _terms(definition: Definition, alpha: float, beta: float, tolerance: float, pairs: int, choosing: int) -> Terms:
    """The terms of the pairs that are bet on."""
    try:
        return Terms(definition, alpha, beta, tolerance, pairs - choosing)
    except ValueError as error:
        chose = f" ({choosing} of {pairs} pairs choose among the columns)" if choosing else ""
        raise ValueError(f"{error}{chose}") from None


def _blocks(arms: list[Arm], choosing: int, pairs: int, epsilon: float, grain: float, total: Digest) -> Iterator[Block]:
    """The views of pairs, block after block, after the pairs that choose them."""
    shapes = {name: tuple(source.shape[1:]) for name, source in arms[0].sources.items()}
    past = _past(arms[:2], choosing, grain, total) if choosing else None
    views = overview(shapes, past, epsilon)
    for tables in blocks(arms, choosing, pairs, total):
        seen = [views.see(arm.grainy(table, grain)) for arm, table in zip(arms, tables, strict=True)]
        yield Block(seen[0], seen[1], seen[2] if len(seen) > 2 else None)


def _past(arms: list[Arm], choosing: int, grain: float, total: Digest) -> tuple[Table, Table]:
    """The columns of the pairs that choose, of both arms."""
    read = list(blocks(arms, 0, choosing, total))
    removed, reference = (np.concatenate([tables[i] for tables in read]) for i in range(2))
    return arms[0].grainy(removed, grain), arms[1].grainy(reference, grain)


def _subject(given: dict[str, Sources], pairs: int, choosing: int) -> str:
    """What was checked, and which runs had no part in a bet."""
    left = {arm: runs(given[arm]) - pairs for arm in ("removed", "reference")}
    notes = [f"{count} of {pairs + count} {arm} runs without a partner" for arm, count in left.items() if count]
    notes += [f"{choosing} pairs chose among the columns"] if choosing else []
    return "the law of the removed samples" + (f" ({'; '.join(notes)})" if notes else "")
