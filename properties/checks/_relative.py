"""`check_relative`: is what a remover returns closer to the reference or to the original?"""

import time

from ...algorithms.base import Learner, Remover
from ...algorithms.store._store import Store
from ...formal._types import Real
from ...formal.definitions._definitions import Definition
from ...formal.definitions._relative import Relative
from ...formal.definitions._scenario import Scenario
from ..engine._contest import Contest, admit_triples
from ..engine._progress import Progress, watched
from ..runs._draw import PAIRS, blocks
from ..runs._dry_run import dry_run
from ..runs._rehearsal import rehearse
from ..runs._subject import own_observables, subject
from ..runs._views import views_of
from ..runs.observables import Observables


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
    observables: Observables = (),
    store: Store | None = None,
    progress: Progress | None = None,
) -> Relative:
    r"""Decide whether the removed models' law P is closer to the reference's R or to the original's O.

    For when (ε, δ) is out of reach: a remover that no useful (ε, δ) describes may still have gone most of the way, or
    hardly any. Closeness is MMD² under a bounded kernel that the first 16 triples of runs fix (see
    `properties/engine/_mmd.py`); D = MMD²(P, O) − MMD²(P, R) and M = MMD²(R, O).

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
    run of reference or original (see `properties/engine/_standing.py`), no side is named either; it spends
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
        observables: a user's own, which the kernel weighs as it does views that are not designated.
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
    mine = own_observables(observables)
    definition.admit(scenario)
    started = time.perf_counter()
    admit_triples(alpha, budget, grain)
    rehearse(remover, learner, scenario)
    looked_at = views_of(scenario, definition, mine)
    stream = blocks(
        definition, remover, learner, scenario, looked_at, seed=seed, grain=float(grain), budget=budget, store=store,
        rounding=dry_run(definition, remover, learner, scenario, looked_at),
    )  # fmt: skip
    source = watched(stream, budget, f"{remover} · {definition.id}", progress)
    contest = Contest(alpha, source, budget, looked_at.designated)
    provenance = {"scenario": repr(scenario), "digest": scenario.digest(), "remover": repr(remover)}
    provenance |= {"learner": repr(learner), "definition": definition.id}
    provenance |= {"seed": seed, "grain": float(grain), "block": PAIRS}
    if mine:
        provenance |= {"observables": [str(each) for each in mine]}
    return contest.result(f"{remover} on {learner} in {scenario}", definition.reference, provenance, started)
