"""`distance_of_samples`: how far saved runs are from saved references, where doing nothing is 1."""

import dataclasses
import time
from collections.abc import Iterable
from typing import Any

import numpy as np
from jaxtyping import Float64

from ...formal._numbers import flag
from ..engine._provenance import environment
from ..metrics._answers import COLUMN_BY_COLUMN, block_weights, column_by_column, scale_of
from ..metrics._grade_answers import BlockAnswers, grade_answers
from ..metrics._graded import Distance
from ..metrics._metric import LEAST
from ..runs._eval_sets import GRADED
from ..runs.observables import CHANCES, LOSS, LOSSES, MARGINS
from ._arms import Digest, arms_of, header, key_of, runs, widths
from ._given import Ids, Samples, admit_partners, arms_given, lined_up, waiting
from ._identity import Identity
from ._lineup import LineUp
from ._looks import question
from ._sources import Saved, called

MOST_COMPARED = 512
"""Runs of each arm that are compared, at most: every run with every other."""

_NUMBERS = 1 << 24
"""Numbers of an arm that are held at most, of arms so wide that 8 runs are no more than that."""

_KINDS = {CHANCES: "", LOSSES: "loss ℓ", MARGINS: "margin z", LOSS: "mean loss ℓ"}
"""What is looked at of a block, the first that is there; in words where references fix its scale."""

_OWN_BLOCKS = "no array is named as ns.observe names them, so that each is a block of its own, and all weigh the same"

_Tables = dict[str, Float64[np.ndarray, "runs _"]]


def distance_of_samples(
    removed: Samples,
    reference: Samples,
    original: Samples | None = None,
    *,
    seed: int = 0,
    paired: bool = False,
    ids: Ids | None = None,
    layout: str | None = None,
) -> Distance:
    r"""How far saved removed models are from saved references: 0 is a fresh retrain, 1 is doing nothing.

    $$\sqrt{d^2(P, R) / d^2(O, R)}, \qquad d^2 = \sum_b w_b \operatorname{mean}_{x \in b} \int (F_x - G_x)^2$$

    as of `distance_of`. It is no verdict: an interval holds at the number of runs that was fixed beforehand, and one
    that holds 0 is no pass.

    *Which rows.* Arrays named as `observe` names them, "chance of the given label on S", "losses on fresh rest",
    "margins on S_full∖S", are what models say of the rows of a block, S, S_full∖S, fresh behaviour, rest of D or fresh
    rest. Of each block one kind is taken: the chance as it is, or else losses, margins or the mean loss on the scale
    that the references' median and interquartile range fix. Both sides (behaviour, rest) weigh the same; other arrays
    are not looked at. Where no array is named so, each is a block of its own and all weigh the same, every column on
    the scale that its own references fix.

    *Which runs.* NaN is a run that diverged, as far from every number as can be. At most 512 runs of each arm are
    compared, fewer of arms wider than 32 768 numbers: the first in the order of their identities, up to the first that
    is missing, or in an order drawn from the seed. No look is spent.

    Args:
        removed, reference: runs of both arms, in every form that `check_samples` takes.
        original: those of the original. Without, there is no share, and d² alone says little.
        seed: of the order of rows without identities.
        paired: row i of all arms (or the run of one identity) came from one seed: no two of them are compared with
            each other. Where not, removed models and originals at equal rows or identities may still share theirs.
        ids, layout: as in `check_samples`.

    Returns:
        The share of doing nothing, both squared distances, and the part of each block.

    Raises:
        ValueError: what `check_samples` refuses of rows and arms, diverged runs apart; fewer than eight runs; a chance
            outside [0, 1]; `paired` arms that cannot be paired.

    Source: Székely and Rizzo 2013 (energy statistics); Fieller 1954.

    >>> rng = np.random.default_rng(0)
    >>> arms = [{"losses on S": rng.normal(at, 1.0, (100, 4))} for at in (1.0, 0.0, 4.0)]
    >>> found = distance_of_samples(*arms)
    >>> found["S"].rows, 0.2 < found.share.value < 0.5
    (4, True)
    """
    started = time.perf_counter()
    flag("paired", paired)
    every = arms_given({"removed": removed, "reference": reference, "original": original}, layout, ids)
    admit_partners(every, paired)
    blocks = _blocks(every["removed"])
    asked = question(*map(runs, every.values())) + ", a distance"  # no look is kept under these terms
    terms: dict[str, Any] = {"seed": seed, "grain": 0.0, "paired": paired, "event": True, "choosing": 0}
    lined = lined_up(every, **terms, asked=asked)
    names = sorted(blocks.values())
    given = {arm: Saved({n: saved[n] for n in names}, saved.ids, saved.path) for arm, saved in every.items()}
    most = min(MOST_COMPARED, max(LEAST, _NUMBERS // sum(widths(given["removed"]).values())))
    digest = header(given)
    found = _read(given, lined, seed, most, digest)
    made = {"seed": seed, "paired": paired, "digest": digest.hexdigest()} | environment()
    made |= {f"{arm}_runs": runs(saved) for arm, saved in given.items()}
    own = not _named(every["removed"])
    absent = () if own else tuple(b for b in GRADED if b not in blocks)
    absent += tuple(f"array {called(n)}" for n in every["removed"] if n not in names)
    who, said = _subject(every, lined, most, own), _answers(found, blocks, own)
    return grade_answers(said, _streams(every, lined, most, paired), who, "", "the reference", absent, made, started)


def _named(arrays: Iterable[str]) -> dict[str, str]:
    """The array that is looked at of each block of rows, where arrays are named as `observe` names them."""
    there, found = set(arrays), dict[str, str]()
    for kind in _KINDS:
        found |= {b: kind.on(b) for b in GRADED if b not in found and kind.on(b) in there}
    return {block: found[block] for block in GRADED if block in found}


def _blocks(arrays: Iterable[str]) -> dict[str, str]:
    """Block → array; each array a block of its own where none is named as `observe` names them."""
    return _named(arrays) or {name or "the array": name for name in arrays}


def _read(given: dict[str, Saved], lined: LineUp, seed: int, most: int, digest: Digest) -> dict[str, _Tables]:
    """Arm → array → its first runs, in their order."""
    found: dict[str, _Tables] = {}
    for arm in arms_of(given, key_of(seed, given["removed"]), lined.orders, diverged=True):
        if len(arm.order) < LEAST:
            raise ValueError(f"{arm.name}: {len(arm.order)} runs are too few; give {LEAST} or more")
        table = arm.rows(0, most)
        digest.update(table)
        ends = np.cumsum(list(widths(arm.sources).values()))[:-1]
        found[arm.name] = dict(zip(arm.sources, np.split(table, ends, 1), strict=True))
    return found


def _answers(found: dict[str, _Tables], blocks: dict[str, str], own: bool) -> list[BlockAnswers]:
    """Each block on its scale."""
    weights = dict.fromkeys(blocks, 1 / len(blocks)) if own else block_weights(list(blocks))
    said: list[BlockAnswers] = []
    for block, name in blocks.items():
        arms = {arm: tables[name] for arm, tables in found.items()}
        if own:
            words, values = COLUMN_BY_COLUMN, {a: column_by_column(arms["reference"], v) for a, v in arms.items()}
        else:
            answer = next(words for kind, words in _KINDS.items() if kind.on(block) == name)
            scale = scale_of(arms["reference"], bool(answer))
            scale = dataclasses.replace(scale, answer=answer)
            words, values = scale.words, {arm: scale.of(v) for arm, v in arms.items()}
        said.append(BlockAnswers(block, weights[block], words, values))
    return said


def _streams(given: dict[str, Saved], lined: LineUp, most: int, paired: bool) -> tuple[int, int, int]:
    """Which arms share seeds at equal places: all that are paired, and originals that may."""
    if paired or "original" not in given:
        return (0, 0, 0) if paired else (0, 1, 2)
    names = [_first(given[arm], lined.orders[arm][:most].tolist()) for arm in ("removed", "original")]
    shared = min(map(len, names))
    return (0, 1, 0) if names[0][:shared] == names[1][:shared] else (0, 1, 2)


def _first(saved: Saved, rows: list[int]) -> list[tuple[str, Identity]]:
    """What the first runs of an arm are known by."""
    return [("row", row) if saved.ids is None else ("id", saved.ids[row]) for row in rows]


def _subject(given: dict[str, Saved], lined: LineUp, most: int, own: bool) -> str:
    """What was looked at, and which runs had no part."""
    notes = waiting(given, lined, given)
    cut = [f"{most} of {len(order)} {arm}" for arm, order in lined.orders.items() if len(order) > most]
    notes += [f"{', '.join(cut)} runs are compared"] if cut else []
    if lined.sorted_by:
        notes.append(f"rows in the order of {lined.sorted_by!r}, which may be examples of one model")
    notes += [_OWN_BLOCKS] if own else []
    return "the removed samples" + (f" ({'; '.join(notes)})" if notes else "")
