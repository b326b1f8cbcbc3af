"""`check_relative`: is what a remover returns closer to the reference or to the original?"""

import time
from collections.abc import Iterator

import numpy as np

from ..algorithms.base import Learner, Remover
from ..algorithms.store import Store
from ..formal._numbers import MOST, admit_grain, flag, level, whole
from ..formal._types import Real
from ..formal.definitions import Definition
from ..formal.relative import Relative
from ..formal.scenario import Scenario
from ._arms import Arm, Digest, arms_of, grain_of, header, key_of, runs, widths
from ._arms import blocks as tables
from ._given import Ids, Samples, arms_given, is_event, lined_up
from ._looks import TRIPLE, share
from ._records import MEMORY
from ._sources import Saved
from ._subject import subject
from .check import Progress, watched
from .contest import CALIBRATION, Contest, least_triples
from .dry_run import dry_run
from .gathered import Block
from .pairs import PAIRS, blocks
from .rehearsal import rehearse
from .round_robin import BLOCK
from .views import Values, probes


def check_relative(
    definition: Definition,
    remover: Remover,
    learner: Learner,
    scenario: Scenario,
    *,
    alpha: float = 1e-4,
    budget: int = 512,
    seed: int = 0,
    grain: Real = 1e-3,
    store: Store | None = None,
    progress: Progress | None = None,
) -> Relative:
    r"""Decide whether the removed models' law P is closer to the reference's R or to the original's O.

    For when (ε, δ) is out of reach: a remover that no useful (ε, δ) describes may still have gone most of the way, or
    hardly any. Closeness is MMD² under a bounded kernel that the first 16 triples of runs fix (see
    `neverseen.properties.kernels`); D = MMD²(P, O) − MMD²(P, R) and M = MMD²(R, O).

    *How it is decided.* For a position p between R (0) and O (1), h₁₂ + (2p − 1) m₁₂ of two independent triples has
    mean D + (2p − 1) M = 2M (p − position), and lies within ±(3 + |2p − 1|). Bets that this mean is negative refute
    "position ≤ p", bets that it is positive refute "position ≥ p". Wealth, a mixture over stakes, has a mean of at
    most 1 after every block of eight triples (see `round_robin`), whenever one stops (Ville 1939): at 2/α the
    hypothesis is refuted. Closer to the original once all p from 0 up to ½ are refuted in the first way, closer to the
    reference once all from 1 down to ½ are in the second; the bounds on the position are the last ones refuted.

    *No side for a wreck.* Half of the line is not enough: its end must be near. Closer to the reference needs also
    that P is nearer to R than O is, MMD²(P, R) < M, and that E k(u, r) > ½ E k(r, r′); closer to the original, that it
    is nearer to O than R is and resembles it likewise. These are bets of the same kind on `standing`, and all that a
    side needs must be refuted at once: one level serves them together, however many. Where the opposite,
    MMD²(P, R) > M, is established, the answer is NEITHER; so it is where most removed models hold NaN or infinity. No
    test tells MMD²(P, R) = M, doing nothing, from slightly more: closer to the original is withheld as long as the
    *estimate* of MMD²(P, R) is above 1.25 M, which spends nothing, and what lies between may be named a side. Means
    are blind to a part of the runs: where more than a tenth of the removed models, beyond those of the end, are like no
    run of reference or original (see `neverseen.properties._standing.Astray`), no side is named either; it spends
    nothing. A smaller part may be wrecked on any side.

    *How α is spent.* 0.39 α for the bounds from below, 0.39 α for those from above, 0.2 α for the standing, 0.02 α for
    "farther". A lower bound is wrong only if the first tested position at or above the true one is refuted, an upper
    one only if the first at or below it is: one test each, whatever the number of positions. A side is false by one of
    these or by the standing of its own end; the other side then needs a false bound as well.

    Args:
        definition: which rows the reference never saw; its ε and δ play no part.
        remover: U.
        learner: A.
        scenario: D, S, S_full, and points never in D.
        alpha: bound on the probability of a false side or of bounds that miss the position.
        budget: triples at most; no block is drawn after the one that decides.
        seed: root seed; the result is a pure function of it and the other arguments.
        grain: the noise on every view, as a share of each column's size; see `check`.
        store: where runs are kept on disk; recent ones are shared in memory without it.
        progress: called after each block.

    Returns:
        The side or why there is none, the position, its bounds, the wealth. A run that diverges is no error.

    Raises:
        ValueError: the definition does not apply to the scenario; alpha or grain out of range; a budget too small to
            decide anything; a remover or learner that raises or returns another shape.

    Source: Bounliphone et al. 2016 (arXiv 1511.04581) for the relative test at a fixed size.

    >>> import neverseen as ns
    >>> ns.check_relative(ns.Untraining(1.0, 0.05), ns.removers.do_nothing(), ns.learners.nearest_neighbour(),
    ...                   ns.scenarios.figure1()).side.name
    'CLOSER_TO_ORIGINAL'
    """
    subject(definition=definition, remover=remover, learner=learner, scenario=scenario)
    definition.admit(scenario)
    started = time.perf_counter()
    _admit(alpha, budget, grain)
    rehearse(remover, learner, scenario)
    found = probes(scenario, definition)
    drawn = blocks(
        definition, remover, learner, scenario, found, seed=seed, grain=float(grain), budget=budget, store=store,
        rounding=dry_run(definition, remover, learner, scenario, found),
    )  # fmt: skip
    told = watched(drawn, budget, f"{remover} · {definition.id}", progress)
    contest = Contest(alpha, told, budget, tuple(f"loss on {name}" for name in found.designated))
    made = {"scenario": repr(scenario), "digest": scenario.digest(), "remover": repr(remover), "learner": repr(learner)}
    made |= {"definition": definition.id, "seed": seed, "grain": float(grain), "block": PAIRS}
    return contest.result(f"{remover} on {learner} in {scenario}", definition.reference, made, started)


def compare_samples(
    removed: Samples,
    reference: Samples,
    original: Samples,
    *,
    alpha: float = 1e-4,
    seed: int = 0,
    grain: Real = 0.0,
    paired: bool = False,
    ids: Ids | None = None,
    layout: str | None = None,
    diverged: str = "refuse",
    progress: Progress | None = None,
) -> Relative:
    """Decide from saved runs whether removed models are closer to the references or to the originals.

    See `check_relative` for what is decided, and `check_samples` for what is read, in which order, and what another
    look at the same runs may spend: each array is a view, and all views weigh the same.

    Args:
        removed, reference, original: runs of each arm, under the same names.
        alpha: bound on the probability of a false side or of bounds that miss the position.
        seed: root seed; each arm is put in an order drawn from it.
        grain: the noise on every column, as a share of its size.
        paired: row i of all arms came from one seed: they stay together. Rows of other numbers must be independent.
        ids, layout, diverged: as in `check_samples`.
        progress: called after each block.

    Returns:
        The side, the position with its bounds, and the wealth.

    Raises:
        ValueError: NaN or inf that is no event; arms of different widths or names; too few runs to decide anything;
            `paired` arms of unequal numbers of runs, or of which some have identities and some none; rows that are no
            independent runs, see `check_samples`.

    >>> rng = np.random.default_rng(0)
    >>> removed, reference, original = (rng.normal(at, 1, (200, 1)) for at in (1, 0, 6))
    >>> compare_samples(removed, reference, original).side.name
    'CLOSER_TO_REFERENCE'
    """
    started = time.perf_counter()
    flag("paired", paired)
    if original is None:
        raise ValueError(
            "original: None is given, and there is nothing to be closer to; give its runs, or use check_samples"
        )
    given = arms_given({"removed": removed, "reference": reference, "original": original}, layout, ids)
    event = is_event(diverged)
    counts = {arm: runs(sources) for arm, sources in given.items()}
    _partners(given, counts, paired)
    _admit(alpha, min(counts.values()), grain)
    lined = lined_up(given, seed=seed, grain=grain, paired=paired, event=event, choosing=0, bets=TRIPLE)
    triples, alpha = lined.pairs(), alpha * share(lined.look.number)
    triples = CALIBRATION + (triples - CALIBRATION) // BLOCK * BLOCK if lined.named else triples
    _admit(alpha, triples, grain)
    digest = header(dict(given))
    arms = arms_of(dict(given), key_of(seed, dict(given["removed"])), lined.orders, diverged=event)
    drawn = _read(arms, triples, float(grain), digest)
    contest = Contest(alpha, watched(drawn, triples, "samples", progress), triples, ())
    made = {"digest": digest.hexdigest(), "seed": seed, "grain": float(grain), "paired": paired}
    kept = MEMORY.keep(lined.look, lined.path)
    made |= {} if kept else {"record": "could not be written"}
    counted = {f"{arm}_runs": n for arm, n in counts.items()} | {"look": lined.look.number, "after": lined.before}
    return contest.result("the law of the removed samples", "", made | counted, started)


def _partners(given: dict[str, Saved], counts: dict[str, int], paired: bool) -> None:
    """Refuse paired arms of which nobody can say which run goes with which."""
    without = [arm for arm, saved in given.items() if saved.ids is None]
    if paired and 0 < len(without) < len(given):
        raise ValueError(
            f"paired: {without[0]} has no ids, and other arms have; give it a column 'seed' or ids=, or leave all out"
        )
    if paired and without and len(set(counts.values())) > 1:
        raise ValueError(f"paired: {', '.join(f'{n} {arm}' for arm, n in counts.items())} runs; pair them one to one")


def _admit(alpha: float, budget: int, grain: Real) -> None:
    level("alpha", alpha)
    whole("budget", budget, -MOST)
    admit_grain(grain)
    if budget < least_triples(alpha):
        raise ValueError(
            f"budget: {budget} triples cannot decide at alpha={alpha:g}; at least {least_triples(alpha)} are needed"
        )


def _read(arms: list[Arm], triples: int, grain: float, total: Digest) -> Iterator[Block]:
    """The arms' rows, each array a view."""
    ends, size = np.cumsum(list(widths(arms[0].sources).values()))[:-1], grain_of(arms, grain)
    for found in tables(arms, 0, triples, total):
        seen: list[Values] = [
            dict(zip(arm.sources, np.split(arm.grainy(table, size), ends, 1), strict=True))
            for arm, table in zip(arms, found, strict=True)
        ]
        yield Block(seen[0], seen[1], seen[2])
