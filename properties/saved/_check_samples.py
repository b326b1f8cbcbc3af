"""`check_samples`: saved runs from anywhere against a definition's (ε, δ)."""

import dataclasses
import hashlib
import time
from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import PRNGKeyArray

from ...formal._numbers import admit_grain, flag
from ...formal._types import Real
from ...formal.definitions._definitions import Definition
from ...formal.definitions._verdict import Power, Status, Verdict
from ..engine._bets import least_pairs
from ..engine._conclusion import verdict_of
from ..engine._decide import decide
from ..engine._pairs import Block
from ..engine._power import power_of, withdrawn
from ..engine._power import require_power as needing_power
from ..engine._progress import Progress, Watch
from ..engine._sequential import WARM_UP, Terms, rounds
from ..engine._witnesses import finite
from ..runs._subject import subject
from ..runs.observables import LOSSES, MARGINS
from ._arms import (
    Digest,
    RunTable,
    SavedArm,
    Sizes,
    arms_of,
    grain_of,
    header,
    key_of,
    row_blocks,
    rows_held,
    runs,
    widths,
)
from ._columns import SINGLE, Overview, overview
from ._given import Ids, Samples, arms_given, is_event, lined_up, waiting
from ._lineup import LineUp
from ._looks import PAIR, share
from ._records import MEMORY
from ._sources import Saved

CHOOSING = 128
"""Pairs at most, and a quarter of all at most, that choose among more than 64 columns."""

CHOOSING_NAMED = 24
"""Pairs that do so where runs have identities: it may not depend on how many there are."""

_WITHOUT = "what ε so many runs show, and can show at most, is told by ns.bound (neverseen bound)"


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
    ids: Ids | None = None,
    layout: str | None = None,
    diverged: str = "refuse",
    require_power: bool = False,
    exhaust: bool = False,
    progress: Progress | None = None,
) -> Verdict:
    """Decide from saved runs whether removed models have the law of the definition's references.

    Whoever saved them answers for it that the references are the definition's: runs without S for untraining,
    without S_full for unlearning.

    *In which order, and looking again.* A run has an identity where a column `seed` (`run`, `id`), the number in its
    file's name, or `ids` tells it. Such runs are bet on in the order of their numbers, from an arm's smallest up to the
    first that is missing; a run that is late or failed stops the queue until it is there. Nothing about a bet depends
    on how many runs there are, and only whole rounds decide, so that looking at 60, then 80, then 400 runs spends no
    more than one look. Rows without an identity come in an order nobody knows: each arm is permuted from the root key,
    for one look. Asked again with more rows, those of the last look come first, in their order, and only the new ones
    are permuted; that needs a record of it, which this process keeps (of its last 64 looks), and which lies beside a
    file as `NAME.looks.json`. A look that does not go on from an earlier one at the same rows (another seed, some rows
    left out) is look 2, 3, …: look j may spend α and β times 1/(10 j (j − 1)), so that all looks together err with
    probability at most 1.1 times α or β. Where neither this process nor a record knows of a look, nobody can say so:
    name the runs, or look once.

    *What is looked at.* With up to 64 columns in all: each column (`loss`, `margins[3]`), each array of several
    (through discriminants of its columns; 16 arrays at most), and all columns together. With more, the first quarter
    of the pairs, at most 128 and at most 64 MiB of each arm (of runs with identities, 24), is not bet on but chooses:
    arrays of one number stay, and
    of the others those columns whose events broke the claim most, 64 in all, so that a difference in one of 10 000
    columns is bet on as it is. A vector of more than 256 columns gives two views in its place: its `direction`, the
    sum of all columns along the difference of means that the choosing pairs showed, and its `sketch`, 64 sums under
    random signs. A difference that neither the chosen columns nor these two show is not looked at.

    *What is read.* Rows are read as bets ask for them: arrays may be larger than memory, and of 10⁷ saved runs a
    verdict after 64 pairs has read 128 rows of each arm. Arms of up to 64 MiB are looked through for NaN and inf, and
    for rows that are no independent runs, as a whole beforehand; of larger ones the first 64 rows are.

    Args:
        definition: the claim.
        removed: one line for each removed model: `[runs]`, `[runs, k]` or `[runs, a, b, …]`, in NumPy, torch, JAX or
            whatever has `__array__`, DLPack or lazily read rows; an array of records or a data frame, whose fields are
            views; a mapping name → such an array; or the path of an .npy, .npz or .safetensors file, or of a folder
            with a file, or a folder, for each view or for each run.
        reference: likewise for references; the same names and columns, not necessarily as many runs.
        original: likewise for originals: a SATISFIED then says what this very check says of them. How far the removed
            models are from the references, where these are 1, is told by `distance_of_samples`.
        alpha, beta, tolerance: see `check`.
        seed: root seed.
        grain: the noise on every column, as a share of its size (see `properties/engine/_grain.py`). With 0, float
            rounding is a difference like any other: declare a grain where the arms were computed in different ways.
        paired: row i of both arms (or the run of one identity in both) came from one seed. They stay together, which
            leaves every error level as it is and saves pairs.
        ids: which run each row is, if no column and no file name tells it.
        layout: what each file of a folder is, `runs` or `views`, where that is not plain.
        diverged: `event` takes NaN and inf for what they are among outcomes, an event like any other; `refuse` raises.
        require_power: SATISFIED only where this check would have refuted the original; else INCONCLUSIVE.
        exhaust: after REFUTED, read on to the last run: see `check`.
        progress: called after each block.

    Returns:
        The verdict. Its provenance has the SHA-256 of the arms' names and shapes and of the rows read, as doubles in
        the order in which they were bet on: rows that the verdict did not need are no part of it.

    Raises:
        ValueError: NaN or inf that is no event; arms of different width or names; fewer pairs than any refutation
            needs; `paired` arms of unequal numbers of runs; what is not real numbers with runs on the leading axis;
            rows that are no independent runs: one file twice, equal rows in unpaired arms, a row twice in one arm,
            rows of unpaired arms that correlate, a column that only counts up, an arm with nothing finite.

    >>> import numpy as np, neverseen as ns
    >>> rng = np.random.default_rng(0)
    >>> removed, reference = rng.normal(1, 1, (500, 1)), rng.normal(0, 1, (500, 1))
    >>> ns.check_samples(ns.Untraining(0.5, 0.01), removed, reference, alpha=0.05).status.name
    'REFUTED'
    """
    started = time.perf_counter()
    subject(definition=definition)
    flag("paired", paired)
    flag("require_power", require_power)
    flag("exhaust", exhaust)
    given = arms_given({"removed": removed, "reference": reference, "original": original}, layout, ids)
    admit_grain(grain)
    event, first = is_event(diverged), _first(given, paired)
    levels = Terms(definition, alpha, beta, tolerance, 10**9)
    _enough(levels, min(runs(given[arm]) for arm in PAIR), first)
    lined = lined_up(given, seed=seed, grain=grain, paired=paired, event=event, choosing=first)
    terms = _terms(levels, given, lined)
    replay = _Replay(given, lined, key_of(seed, given["removed"]), terms, float(grain), event)
    digest = header(given)
    watch = Watch(terms, definition.id, progress)
    outcome = decide(terms, watch.over(replay.blocks(digest)), (), exhaust=exhaust, played=watch.played)
    kept = MEMORY.keep(lined.look, lined.path)
    read = {"digest": digest.hexdigest()} | {f"{arm}_runs": runs(sources) for arm, sources in given.items()}
    made = {"seed": seed, "grain": float(grain), "paired": paired, "choosing_pairs": lined.look.choosing}
    looked = {"order": "identities" if lined.named else "permuted", "look": lined.look.number, "after": lined.before}
    looked |= {} if kept else {"record": "could not be written"}
    verdict = verdict_of(terms, outcome, _subject(given, lined, terms, outcome.status), made | looked | read, started)
    return _judged(verdict, replay, require_power)


def _first(given: dict[str, Saved], paired: bool) -> int:
    """How many pairs choose among columns at a first look."""
    removed, reference = (runs(given[arm]) for arm in PAIR)
    column_names = all(given[arm].ids is not None for arm in PAIR)
    if paired and removed != reference and not column_names:
        raise ValueError(f"paired: {removed} removed runs and {reference} references; pair them one to one")
    width = sum(widths(given["removed"]).values())
    most = CHOOSING_NAMED if column_names else min(CHOOSING, min(removed, reference) // 4)
    return min(most, rows_held(width)) if width > SINGLE else 0


def _enough(levels: Terms, pairs: int, choosing: int, why: str = "") -> Terms:
    """The terms for so many pairs, of which some choose."""
    try:
        return dataclasses.replace(levels, budget=max(pairs - choosing, 0))
    except ValueError as error:
        chose = f" ({choosing} of {pairs} pairs choose among the columns)" if choosing else ""
        raise ValueError(f"{error}{chose}{why}; {_WITHOUT}") from None


def _terms(levels: Terms, given: dict[str, Saved], lined: LineUp) -> Terms:
    """The terms of the pairs that are bet on: at the level of this look, and whole rounds of runs with identities."""
    pairs, choosing, number = lined.pairs(), lined.look.choosing, lined.look.number
    levels = dataclasses.replace(levels, alpha=levels.alpha * share(number), beta=levels.beta * share(number))
    why = "; ".join([*waiting(given, lined), *_again(number)])
    terms = _enough(levels, pairs, choosing, f" ({why})" if why else "")
    whole = whole_rounds(terms.budget) if lined.named else terms.budget
    waits = f"; {terms.budget - whole} of {terms.budget} pairs wait until their round is whole"
    return _enough(levels, whole + choosing, choosing, waits if whole < terms.budget else "")


def whole_rounds(pairs: int) -> int:
    """The end of the last round that so many pairs fill.

    >>> whole_rounds(60), whole_rounds(200)
    (56, 195)
    """
    return max((end for _, end in rounds(2 * pairs + 2 * WARM_UP) if end <= pairs), default=0)


class _Replay:
    """The pairs of a check, block after block, as often as they are asked for."""

    def __init__(
        self, given: dict[str, Saved], lined: LineUp, key: PRNGKeyArray, terms: Terms, grain: float, event: bool
    ) -> None:
        self.given, self.lined, self.terms = given, lined, terms
        self._key, self._grain, self._event = key, grain, event
        self._views: Overview | None = None
        self._size: Sizes | None = None

    def blocks(self, total: Digest) -> Iterator[Block]:
        """The views of pairs, after the pairs that choose them."""
        arms, choosing = self._arms(), self.lined.look.choosing
        self._size = grain_of(arms, self._grain)
        shapes = {name: tuple(source.shape[1:]) for name, source in arms[0].sources.items()}
        past = self._past(arms[:2], total) if choosing else None
        self._views = overview(shapes, past, self.terms.definition.epsilon)
        for tables in row_blocks(arms, choosing, choosing + self.terms.budget, total):
            seen = [self._views.see(arm.grainy(table, self._size)) for arm, table in zip(arms, tables, strict=True)]
            grain, named = self._views.sizes(self._size), by_example(seen[0])
            yield Block(seen[0], seen[1], seen[2] if len(seen) > 2 else None, grain=grain, by_example=named)

    def originals(self) -> Iterator[Block]:
        """The same pairs, through the same views, with originals in the place of removed models."""
        arms, total = self._arms(), hashlib.sha256()
        self._past(arms, total)  # the grain of the pairs that chose is not to be used again
        assert self._views is not None
        choosing = self.lined.look.choosing
        least = min(choosing + self.terms.budget, len(arms[2].order))
        for tables in row_blocks([arms[2], arms[1]], choosing, least, total):
            seen = [self._views.see(a.grainy(t, self._size)) for a, t in zip((arms[2], arms[1]), tables, strict=True)]
            yield Block(seen[0], seen[1], None)

    def _arms(self) -> list[SavedArm]:
        return arms_of(self.given, self._key, self.lined.orders, diverged=self._event)

    def _past(self, arms: list[SavedArm], total: Digest) -> tuple[RunTable, RunTable]:
        """The columns of the pairs that choose, of both arms."""
        read = list(row_blocks(arms, 0, self.lined.look.choosing, total))
        if not read:
            return np.zeros((0, 1)), np.zeros((0, 1))
        tables = [np.concatenate([block[i] for block in read]) for i in range(len(arms))]
        grainy = [finite(arm.grainy(table, self._size)) for arm, table in zip(arms, tables, strict=True)]
        return grainy[0], grainy[1]


def by_example(views: Iterable[str]) -> frozenset[str]:
    """Those named as our own views of single rows are: what they hold is drawn row by row.

    >>> sorted(by_example(["losses on S", "accuracy"]))
    ['losses on S']
    """
    return frozenset(view for view in views if view.startswith((MARGINS.on(""), LOSSES.on(""))))


def _judged(verdict: Verdict, replay: _Replay, require_power: bool) -> Verdict:
    """A pass with what the same check says of the originals, or withdrawn for it."""
    if verdict.status is not Status.SATISFIED:
        return verdict
    power = Power()
    if "original" in replay.given and _needed(replay.terms) <= replay.lined.pairs("reference", "original"):
        power = power_of(replay.terms, replay.originals(), ())
    powered = dataclasses.replace(verdict, power=power)
    same = replay.lined.idle and "original" in replay.given
    return withdrawn(powered) if same else needing_power(powered, require_power)


def _needed(terms: Terms) -> int:
    """Pairs without which not even two laws that never agree are told apart."""
    return WARM_UP + least_pairs(terms.definition.epsilon, terms.definition.delta, terms.alpha)


def _again(number: int) -> list[str]:
    """That the level was spent already."""
    if number == 1:
        return []
    return [
        f"look {number} at these runs: α and β were spent already, and this one has 1/{1 / share(number):.0f} of them"
    ]


def _subject(given: dict[str, Saved], lined: LineUp, terms: Terms, status: Status) -> str:
    """What was checked, which runs had no part in a bet, and whether these runs were looked at before."""
    pairs, choosing = lined.pairs(), lined.look.choosing
    left = {arm: len(lined.orders[arm]) - pairs for arm in PAIR}
    notes = [f"{count} of {runs(given[arm])} {arm} runs without a partner" for arm, count in left.items() if count]
    notes += waiting(given, lined)
    notes += [f"{choosing} pairs chose among the columns"] if choosing else []
    waits = pairs - choosing - terms.budget if status is Status.INCONCLUSIVE else 0
    notes += [f"{waits} pairs wait until their round is whole"] if waits else []
    notes += [f"another look, which goes on from {lined.before} pairs"] if lined.before else []
    notes += _again(lined.look.number)
    notes += (
        [f"rows in the order of {lined.sorted_by!r}, which may be examples of one model"] if lined.sorted_by else []
    )
    return "the law of the removed samples" + (f" ({'; '.join(notes)})" if notes else "")
