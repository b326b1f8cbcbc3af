"""Pairs of runs, seen through views: scenario → learner → remover → view, a block at a time."""

import dataclasses
from collections.abc import Iterator

import jax
import numpy as np
from jaxtyping import Float64, PRNGKeyArray

from ...algorithms._own import noise_is_own
from ...algorithms.base import Learner, Remover, Trained
from ...algorithms.pools._pool import SHARD
from ...algorithms.programs._traced import traced
from ...algorithms.store._store import Store
from ...formal.definitions._definitions import Definition
from ...formal.definitions._scenario import Scenario
from ..engine._coupling import KNOWN, Noise
from ..engine._grain import Scales, Values, add_grain, scales
from ..engine._pairs import WARM_UP, Block
from ..engine._residuals import Residuals, assumed, flattened
from ._run_pools import arms, centred_learner, centred_remover, streams
from ._views import Views, observe_many

PAIRS = SHARD
"""Pairs drawn at a time."""


def blocks(
    definition: Definition,
    remover: Remover,
    learner: Learner,
    scenario: Scenario,
    looked_at: Views,
    *,
    seed: int,
    grain: float,
    budget: int,
    store: Store | None = None,
    keyed_as: Scenario | None = None,
    rounding: Scales | None = None,
    begin: int = 0,
    size: Scales | None = None,
) -> Iterator[Block]:
    r"""Independent pairs, drawn when they are asked for.

    $$(U(A(D; k), S, D; k'),\; A(D \setminus \mathrm{unseen}; k)):$$

    original and reference share the training key k, which leaves both marginal laws as they are and saves pairs;
    the removal key k' is independent of it. Keys depend on the seed, the scenario, the stream and the block.

    Where learner and remover declare their output noise, each pair comes with the distance of its two centres, and the
    noise of all runs drawn so far is tested block by block, in both arms.

    Args:
        definition, remover, learner, scenario: as in `check`.
        looked_at: the views of each model.
        seed: root seed.
        grain: the noise on every view, as a share of each column's size.
        budget: pairs at most.
        store: where runs are kept between processes.
        keyed_as: as in `check`.
        rounding: what recomputation changes in each column; see `grain.scales`.
        begin: the first block.
        size: the scale of the grain, where blocks before have fixed it.

    Yields:
        Blocks of 32 pairs. The first `WARM_UP` of them, which nobody bets on, fix the scale of the grain. Originals
        carry the noise of the removed models beside them, so that doing nothing is the original to the last bit.

    Raises:
        ValueError: an output noise that is declared is not there; no reference is finite.

    >>> import neverseen as ns
    >>> from neverseen.properties.runs._views import views_of
    >>> scenario, claim = ns.scenarios.figure1(), ns.Untraining(1.0, 0.05)
    >>> first = next(blocks(claim, ns.removers.retrain(), ns.learners.ridge(), scenario, views_of(scenario, claim),
    ...                     seed=0, grain=0.0, budget=64))
    >>> bool((first.removed["loss on S"] == first.reference["loss on S"]).all())
    True
    """
    law = learner.noise if remover.centre is not None else None
    tested = [] if law is None else [Residuals(arm, law.sigma) for arm in ("removed", "reference")]
    own = noise_is_own(remover, learner)
    algorithms = (remover, learner) if law is None else (centred_remover(remover), centred_learner(learner))
    roots = streams(scenario if keyed_as is None else keyed_as, seed)
    pools = arms(definition, *algorithms, scenario, roots)
    who = f"{remover} on {learner}"
    for block in range(begin, -(-budget // PAIRS)):
        with traced(who):  # what a callback raises comes when its numbers are asked for
            shards = [pool.shard(block, store) for pool in pools]
            distance = _distance(tested, *shards[:2]) if tested else None
            noise = _noise(tested, block + 1, own) if tested else KNOWN
            observations = [observe_many(learner, arm, looked_at) for arm in shards]
        if size is None:
            _require_finite(observations[1], learner)
            first = [{name: rows[:WARM_UP] for name, rows in arm.items()} for arm in observations[:2]]
            size = scales(first[0], first[1], grain, rounding)
        key = jax.random.fold_in(roots["grain"], block)
        noisy = [add_grain(arm, size, _generator(key, i)) for arm, i in zip(observations, (0, 1, 0), strict=True)]
        named = looked_at.by_example(observations[1])
        yield Block(*noisy, distance=distance, grain=size, noise=noise, by_example=named)


def originals(
    definition: Definition,
    learner: Learner,
    scenario: Scenario,
    looked_at: Views,
    earlier: list[Block],
    *,
    seed: int,
    grain: float,
    budget: int,
    store: Store | None = None,
    keyed_as: Scenario | None = None,
    rounding: Scales | None = None,
) -> Iterator[Block]:
    """The blocks that `blocks` would draw after those kept, without removed models: the original stands in their place.

    Args:
        definition, learner, scenario, looked_at, seed, grain, budget, store, keyed_as, rounding: as in `blocks`.
        earlier: what `blocks` has drawn.

    >>> import neverseen as ns
    >>> from neverseen.properties.runs._views import views_of
    >>> scenario, claim = ns.scenarios.figure1(), ns.Untraining(1.0, 0.05)
    >>> given = claim, ns.learners.ridge(), scenario, views_of(scenario, claim)
    >>> len(list(originals(*given, [], seed=0, grain=0.0, budget=64)))
    2
    """
    idle = Remover(lambda key, trained, rows, forget: trained, "the original")
    fresh = blocks(
        definition, idle, learner, scenario, looked_at, seed=seed, grain=grain, budget=budget, store=store,
        keyed_as=keyed_as, rounding=rounding, begin=len(earlier), size=earlier[0].grain if earlier else None,
    )  # fmt: skip
    for block in fresh:
        yield dataclasses.replace(block, original=block.removed)


def _require_finite(reference: Values, learner: Learner) -> None:
    if not any(np.isfinite(rows).any() for rows in reference.values()):
        raise ValueError(
            f"learner {learner}: each of {PAIRS} references is NaN or infinite throughout; there is nothing to compare "
            "with, so mend the learner (a smaller step?) or the rows"
        )


def _generator(key: PRNGKeyArray, arm: int) -> np.random.Generator:
    return np.random.default_rng([*np.asarray(jax.random.key_data(key)).tolist(), arm])


def _distance(noise: list[Residuals], removed: Trained, reference: Trained) -> Float64[np.ndarray, " pairs"]:
    """‖θ_u − θ_r‖ / σ of each pair, after both arms' noise was tested."""
    for law, arm in zip(noise, (removed, reference), strict=True):
        law.see(arm.params, arm.record[1])
    with np.errstate(invalid="ignore"):  # ∞ − ∞: a distance that is not finite counts as the term 1.
        shift = flattened(removed.record[1]) - flattened(reference.record[1])
    return np.linalg.norm(shift, axis=1) / noise[0].sigma


def _noise(tested: list[Residuals], blocks: int, own: bool) -> Noise:
    """What the runs so far say of the noise; σ is known, and nothing assumed, where the library draws it."""
    doubt, size = next((arm.doubt for arm in tested if arm.doubt), ""), tested[0].size
    if own or doubt or not size:
        return Noise(size, blocks, doubt=doubt)
    arms = tuple((arm.runs * arm.size, arm.squares) for arm in tested)
    return Noise(size, blocks, arms, assumption=assumed(min(arm.runs for arm in tested), size, blocks))
