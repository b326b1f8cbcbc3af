"""`compare_samples`: are saved runs closer to the references or to the originals?"""

import time
from collections.abc import Iterator

import numpy as np

from ...formal._numbers import flag
from ...formal._types import Real
from ...formal.definitions._relative import Relative
from ..engine._contest import CALIBRATION, Contest, admit_triples
from ..engine._grain import Values
from ..engine._pairs import Block
from ..engine._progress import Progress, watched
from ..engine._round_robin import BLOCK
from ._arms import Digest, SavedArm, arms_of, grain_of, header, key_of, row_blocks, runs, widths
from ._given import Ids, Samples, admit_partners, arms_given, is_event, lined_up
from ._looks import TRIPLE, share
from ._records import MEMORY


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
    admit_partners(given, paired)
    admit_triples(alpha, min(counts.values()), grain)
    lined = lined_up(given, seed=seed, grain=grain, paired=paired, event=event, choosing=0, bets=TRIPLE)
    triples, alpha = lined.pairs(), alpha * share(lined.look.number)
    triples = CALIBRATION + (triples - CALIBRATION) // BLOCK * BLOCK if lined.named else triples
    admit_triples(alpha, triples, grain)
    digest = header(dict(given))
    arms = arms_of(dict(given), key_of(seed, dict(given["removed"])), lined.orders, diverged=event)
    drawn = _read(arms, triples, float(grain), digest)
    contest = Contest(alpha, watched(drawn, triples, "samples", progress), triples, ())
    made = {"digest": digest.hexdigest(), "seed": seed, "grain": float(grain), "paired": paired}
    kept = MEMORY.keep(lined.look, lined.path)
    made |= {} if kept else {"record": "could not be written"}
    counted = {f"{arm}_runs": n for arm, n in counts.items()} | {"look": lined.look.number, "after": lined.before}
    return contest.result("the law of the removed samples", "", made | counted, started)


def _read(arms: list[SavedArm], triples: int, grain: float, total: Digest) -> Iterator[Block]:
    """The arms' rows, each array a view."""
    ends, size = np.cumsum(list(widths(arms[0].sources).values()))[:-1], grain_of(arms, grain)
    for found in row_blocks(arms, 0, triples, total):
        seen: list[Values] = [
            dict(zip(arm.sources, np.split(arm.grainy(table, size), ends, 1), strict=True))
            for arm, table in zip(arms, found, strict=True)
        ]
        yield Block(seen[0], seen[1], seen[2])
