"""`bound`: the ε that saved runs show at a δ, no claim named."""

import time
from typing import Any

from ...formal._numbers import MOST_EPSILON, admit_grain, at_least_zero, flag, level, real, shown
from ...formal._types import Real
from ..engine._joint import corner, gaussian_distance, joint_bound, most_shown, separate_bound, surely_shown
from ..engine._provenance import environment
from ._arms import arms_of, grain_of, header, key_of, runs, widths
from ._bound_result import Bound
from ._counting import LEAST_RUNS, Counted, choosing_runs, count_events
from ._given import Ids, Samples, arms_given, is_event, lined_up, waiting
from ._lineup import LineUp
from ._looks import PAIR, question, share
from ._records import MEMORY
from ._sources import Saved

BAND = (0.0, 0.01, 0.05, 0.2, 0.4)
"""Each δ of the curve has an event of its own, beside that of the question."""


def bound(
    removed: Samples,
    reference: Samples,
    *,
    delta: Real,
    alpha: float = 0.05,
    epsilon: Real | None = None,
    seed: int = 0,
    grain: Real = 0.0,
    paired: bool = False,
    ids: Ids | None = None,
    layout: str | None = None,
    diverged: str = "refuse",
) -> Bound:
    r"""The ε that saved runs show at δ: a lower bound for any (ε, δ)-indistinguishability of the two arms.

    No claim is named, nothing is stopped, and the answer is no verdict: a small bound is no evidence of a small ε.

    *How.* Of n runs in the smaller arm, min(n/4, 2 n^⅔) of each arm choose one event: a cut or an interval of a column,
    or of a discriminant that half of them fitted, forecast to show most. All other runs of both arms are counted, and
    the exact joint test of `properties/engine/_joint.py` rules out every ε below the bound, in either direction, by the
    event and by its complement. The event depends on other runs than those counted, so that the bound exceeds the least
    ε that holds at δ with probability at most α, given any event, and so altogether. Runs that share seeds
    (`paired`) depend on each other within a pair; they get two bounds at α/2 each, valid all the same, and smaller.

    *The curve.* Six events at most, each chosen for a δ of its own, have Clopper–Pearson bounds of both probabilities
    that hold all at once with probability 1 − α (Bonferroni): `band`, with `delta_at` and `epsilon_at`. From it an ε or
    δ may be chosen afterwards; the bound itself holds at the δ that was asked. Bound and curve both hold with
    probability 1 − 2α.

    *Asking again.* The same runs with the same seed are split and permuted as before, and bounds at several δ each have
    an α of their own. With runs added or left out, or another seed, it is look 2, 3, … and has 1/(10 j (j − 1)) of α;
    see `check_samples`, whose looks are counted apart: the larger of this bound and a check's has an error of 2α.

    Args:
        removed, reference: runs of both arms, as in `check_samples`; not necessarily as many.
        delta: δ.
        alpha: the bound is too large with at most this probability.
        epsilon: an ε to be told of: whether it is exceeded, and whether so many runs could ever exceed it.
        seed: root seed.
        grain: the noise on every column, as a share of its size.
        paired: row i of both arms (or the run of one identity in both) came from one seed.
        ids, layout, diverged: as in `check_samples`.

    Returns:
        The bound, the event with its counts, and what so many runs can show at most.

    Raises:
        ValueError: as `check_samples`; fewer than 16 runs of an arm; δ outside [0, 1).

    >>> import numpy as np, neverseen as ns
    >>> rng = np.random.default_rng(0)
    >>> found = ns.bound(rng.normal(2, 1, 400), rng.normal(0, 1, 400), delta=1e-5)
    >>> 2.0 < found.epsilon < found.most < found.limit
    True
    """
    started = time.perf_counter()
    asked = _admitted(delta, alpha, epsilon, grain, paired)
    given = arms_given({"removed": removed, "reference": reference}, layout, ids)
    counts = [runs(given[arm]) for arm in PAIR]
    _partners(given, counts, paired)
    event = is_event(diverged)
    terms: dict[str, Any] = {"seed": seed, "grain": grain, "paired": paired, "event": event}
    lined = lined_up(given, **terms, choosing=0, asked=question(*counts))
    _enough([len(lined.orders[arm]) for arm in PAIR])
    digest, key = header(given), key_of(seed, given["removed"])
    arms = arms_of(given, key, lined.orders, diverged=event)
    choosing = choosing_runs(lined.pairs(), sum(widths(given["removed"]).values()))
    found = count_events(arms, grain_of(arms, grain), choosing, (float(delta), *BAND), digest)
    kept = MEMORY.keep(lined.look, lined.path)
    made = {"seed": seed, "grain": float(grain), "alpha": float(alpha), "digest": digest.hexdigest()}
    made |= {"order": "identities" if lined.named else "permuted", "look": lined.look.number}
    made |= environment() | ({} if kept else {"record": "could not be written"})
    shown_by = _shown(found, float(delta), float(alpha) * share(lined.look.number), choosing, paired)
    return Bound(
        **shown_by,
        chosen_on=choosing,
        asked=asked,
        subject=_subject(given, lined),
        provenance=made,
        seconds=time.perf_counter() - started,
    )


def _shown(found: list[Counted], delta: float, alpha: float, choosing: int, paired: bool) -> dict[str, Any]:
    """What the counts say: the bound by the first event, the curve by all."""
    first, hits = found[0], found[0].hits
    runs_of_both = (first.removed[1], first.reference[1])
    there = max(runs_of_both) + choosing if paired else sum(runs_of_both) + 2 * choosing
    test, part = (separate_bound if paired else joint_bound), alpha / (2 * len(found))
    return {
        "epsilon": test(hits, delta, alpha),
        "delta": delta,
        "alpha": alpha,
        "event": first.event,
        "commoner": PAIR[0] if first.in_removed else PAIR[1],
        "removed_hits": first.removed[0],
        "removed_runs": first.removed[1],
        "reference_hits": first.reference[0],
        "reference_runs": first.reference[1],
        "paired": paired,
        "most": most_shown(*runs_of_both, delta, alpha, paired=paired),
        "limit": surely_shown(there, delta, alpha),
        "band": tuple(corner(one.hits, part) for one in found),
        "mu": gaussian_distance(hits, alpha),
    }


def _admitted(delta: Any, alpha: Any, epsilon: Any, grain: Any, paired: Any) -> float | None:
    """The ε that is asked about.

    Raises:
        ValueError: a number out of range.
    """
    if not (real(delta) and 0 <= delta < 1):
        raise ValueError(f"delta: {shown(delta)} is not in [0, 1)")
    level("alpha", alpha)
    admit_grain(grain)
    flag("paired", paired)
    return None if epsilon is None else at_least_zero("epsilon", epsilon, MOST_EPSILON)


def _partners(given: dict[str, Saved], counts: list[int], paired: bool) -> None:
    """Refuse paired arms of which nobody can say which run goes with which."""
    if paired and counts[0] != counts[1] and any(given[arm].ids is None for arm in PAIR):
        raise ValueError(f"paired: {counts[0]} removed runs and {counts[1]} references; pair them one to one")


def _enough(counts: list[int]) -> None:
    for arm, count in zip(PAIR, counts, strict=True):
        if count < LEAST_RUNS:
            raise ValueError(
                f"{arm}: {count} runs are too few to choose an event and to count it; give at least {LEAST_RUNS}"
            )


def _subject(given: dict[str, Saved], lined: LineUp) -> str:
    """What was looked at, which runs had no part, and whether these runs were looked at before."""
    notes = waiting(given, lined)
    number = lined.look.number
    if number > 1:
        notes.append(f"look {number} at these runs: α was spent already, and this bound has 1/{1 / share(number):.0f}")
    if lined.sorted_by:
        notes.append(f"rows in the order of {lined.sorted_by!r}, which may be examples of one model")
    return "the laws of the samples" + (f" ({'; '.join(notes)})" if notes else "")
