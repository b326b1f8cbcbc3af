"""`distance_of`: how far a remover is from a definition's reference, from the pools that `check` draws from."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64

from ...algorithms.base import Learner, Remover
from ...algorithms.pools._pool import SHARD
from ...algorithms.store._store import Store
from ...formal._numbers import MOST, whole
from ...formal.definitions._definitions import Definition
from ...formal.definitions._scenario import Scenario
from ..engine._progress import Progress
from ..engine._provenance import environment
from ..runs._dry_run import dry_run
from ..runs._eval_sets import GRADED, eval_sets
from ..runs._rehearsal import rehearse
from ..runs._run_pools import independent_arms
from ..runs._subject import subject
from ..runs._views import views_of
from ..runs.observables import LOSSES
from ._answers import answer_of, block_weights, scale_of
from ._grade_answers import BlockAnswers, Blocks, grade_answers
from ._graded import Distance
from ._metric import LEAST
from ._observations import observations

_ARMS = ("removed", "reference", "original")


def distance_of(
    definition: Definition,
    remover: Remover,
    learner: Learner,
    scenario: Scenario,
    *,
    runs: int = 128,
    seed: int = 0,
    store: Store | None = None,
    progress: Progress | None = None,
) -> Distance:
    r"""How far a remover is from the definition's reference: 0 is a fresh retrain, 1 is doing nothing.

    Removed models P and originals O, which share their seeds, are compared with references R, which share none with
    them, in what a model says of each row: the chance of the given label, or, where there are no class scores, the loss
    ℓ as 1/(1 + e^{−(ℓ−m)/s}), with m the median and s the interquartile range of the references' losses in that block.
    On that scale, made of references alone, they fill the middle and any loss is bounded. The squared distances

    $$d^2(P, R) = \tfrac12 \operatorname{mean}_{S,\; S_{full} \setminus S,\; \text{fresh behaviour}} \int (F_x - G_x)^2
    + \tfrac12 \operatorname{mean}_{\text{rest of } D,\; \text{fresh rest}} \int (F_x - G_x)^2$$

    are U-statistics over runs, each block its own mean; the share of doing nothing is √(d²(P, R) / d²(O, R)).

    Args:
        definition: which rows the references never saw; its ε and δ play no part. Both distances of a remover, to
            A(D∖S) and to A(D∖S_full), are two calls, which share all runs but those of the references.
        remover, learner, scenario: U, A and D with S, S_full and fresh points.
        runs: of each arm; below 64 the intervals are called rough.
        seed: root seed; the result is a pure function of it and the other arguments, `seconds` apart.
        store: where runs are kept between processes; those of `check` and `measure` with the same seed are found there.
        progress: called after each block of runs.

    Returns:
        The share of doing nothing, both squared distances, and the part of each block of rows.

    Raises:
        ValueError: fewer than eight runs; what `check` refuses; no row to look at.

    Source: Székely and Rizzo 2013 (energy statistics); Fieller 1954.

    >>> import neverseen as ns
    >>> found = distance_of(ns.Untraining(1.0, 0.05), ns.removers.do_nothing(), ns.learners.nearest_neighbour(),
    ...                     ns.scenarios.figure1(), runs=64)
    >>> found.share.value, round(found["S"].removed.value, 2)
    (1.0, 0.1)
    """
    started = time.perf_counter()
    if whole("runs", runs, -MOST) < LEAST:
        raise ValueError(f"runs: {runs} are too few; give {LEAST} or more")
    subject(definition=definition, remover=remover, learner=learner, scenario=scenario)
    definition.admit(scenario)
    rehearse(remover, learner, scenario)
    dry_run(definition, remover, learner, scenario, views_of(scenario, definition))
    arms, losses = _drawn(definition, remover, learner, scenario, runs, seed, store, progress)
    provenance = {"scenario": repr(scenario), "digest": scenario.digest(), "remover": repr(remover)}
    provenance |= {"learner": repr(learner), "seed": seed, "block": SHARD} | environment()
    who = f"{remover} on {learner} in {scenario}"
    return grade_blocks(arms, (0, 1, 0), losses, who, definition.id, definition.reference, provenance, started)


def distance_of_arms(
    removed: Blocks,
    reference: Blocks,
    original: Blocks | None = None,
    *,
    shared: Sequence[str] = (),
    losses: bool = False,
    name: str = "removed models",
) -> Distance:
    """The same of runs from anywhere.

    Args:
        removed, reference, original: `[runs, rows]` for each block of rows, by its name: S, S_full∖S, fresh behaviour,
            rest of D, fresh rest. Values are in [0, 1]; NaN is a run that diverged. Numbers of runs may differ.
            Without originals there is no share.
        shared: the arms whose runs share seeds at equal indices: couples of these are never compared. Those of no arm
            named are independent.
        losses: whether the values are losses, of any size, instead.
        name: for sentences.

    Raises:
        ValueError: no block, an unknown one, other blocks or rows in another arm, fewer than eight runs, a value that
            is not in [0, 1], an arm that does not exist.

    >>> rng = np.random.default_rng(0)
    >>> arms = [{"S": rng.random((64, 5)) ** power} for power in (1.0, 1.0, 9.0)]
    >>> distance_of_arms(*arms).share.value < 0.3
    True
    >>> distance_of_arms(arms[0], {"S": arms[1]["S"][:, :2]})
    Traceback (most recent call last):
    ValueError: S: arm reference has 2 rows and arm removed 5; give the same rows of each
    """
    started = time.perf_counter()
    unknown = [arm for arm in shared if arm not in _ARMS]
    if unknown:
        raise ValueError(f"shared: {unknown[0]!r} is no arm; name some of {', '.join(_ARMS)}")
    given = {"removed": removed, "reference": reference} | ({} if original is None else {"original": original})
    arms = {arm: _taken(arm, blocks, removed) for arm, blocks in given.items()}
    streams = tuple(0 if arm in shared else i + 1 for i, arm in enumerate(_ARMS))
    return grade_blocks(arms, streams, losses, name, "", "the reference", {}, started)


def _taken(arm: str, blocks: Blocks, removed: Blocks) -> dict[str, Float64[np.ndarray, "_ _"]]:
    """An arm's blocks in their order, checked."""
    if not blocks:
        raise ValueError(f"{arm}: there is no block; give at least one, of {', '.join(GRADED)}")
    for block in blocks:
        if block not in GRADED:
            raise ValueError(f"{arm}: {block!r} is no block of rows; they are {', '.join(GRADED)}")
    if set(blocks) != set(removed):
        raise ValueError(f"{arm}: its blocks are {', '.join(blocks)}, removed has {', '.join(removed)}; give the same")
    found = {block: np.asarray(blocks[block], np.float64) for block in GRADED if block in blocks}
    for block, values in found.items():
        if values.ndim != 2 or len(values) != len(next(iter(found.values()))):
            raise ValueError(f"{arm}: {block} has shape {values.shape}; give [runs, rows], as many runs in each block")
        if len(values) < LEAST:
            raise ValueError(f"{arm}: {len(values)} runs are too few; give {LEAST} or more")
    return found


def _drawn(
    definition: Definition,
    remover: Remover,
    learner: Learner,
    scenario: Scenario,
    runs: int,
    seed: int,
    store: Store | None,
    progress: Progress | None,
) -> tuple[dict[str, dict[str, Float64[np.ndarray, "_ _"]]], bool]:
    """What each arm says of each block, and whether these are losses."""
    blocks = {name: rows for name, rows in eval_sets(scenario, definition, GRADED).items() if bool(rows.present.any())}
    answer = answer_of(learner, scenario)
    names = {block: answer.on(block) for block in blocks}
    pools = dict(zip(_ARMS, independent_arms(definition, remover, learner, scenario, seed), strict=False))
    parts: dict[str, list[Any]] = {arm: [] for arm in _ARMS}
    for number in range(-(-runs // SHARD)):
        for arm, pool in pools.items():
            shard = pool.shard(number, store).params
            parts[arm].append(observations(learner, shard, blocks, tuple(names.values()), 0.0, ()))
        if progress is not None:
            progress(min((number + 1) * SHARD, runs), runs, "drawing runs")
    return {
        arm: {block: np.concatenate([part[name] for part in shards])[:runs] for block, name in names.items()}
        for arm, shards in parts.items()
    }, answer is LOSSES


def grade_blocks(
    arms: Mapping[str, Blocks],
    streams: tuple[int, ...],
    losses: bool,
    who: str,
    definition: str,
    reference: str,
    provenance: dict[str, Any],
    started: float,
) -> Distance:
    """All estimates: of each block, and of their weighted mean.

    Args:
        arms: `[runs, rows]` by block, of removed models, references and, where there are some, originals.
        streams: of each arm; arms of one stream share a seed at equal indices.
        losses: whether values are losses.
        who, definition, reference, provenance, started: for the result.

    >>> said = {"S": np.zeros((8, 1))}, {"S": np.ones((8, 1))}
    >>> arms = dict(zip(("removed", "reference"), said))
    >>> grade_blocks(arms, (0, 1), False, "mine", "", "A(D∖S)", {}, 0.0).removed.value
    1.0
    """
    blocks = [block for block, values in arms["removed"].items() if values.shape[1]]
    weights, said = block_weights(blocks), list[BlockAnswers]()
    for block in blocks:
        scale = scale_of(arms["reference"][block], losses)
        values = {arm: scale.of(found[block]) for arm, found in arms.items()}
        said.append(BlockAnswers(block, weights[block], scale.words, values))
    absent = tuple(block for block in GRADED if block not in blocks)
    return grade_answers(said, streams, who, definition, reference, absent, provenance, started)
