"""Saved arms as the caller gives them: read, named, looked through and put in line."""

import os
from collections.abc import Iterable, Mapping
from typing import Any

from ...formal._types import Real
from ._arms import head, key_of, runs, widths
from ._columns import column_names
from ._folders import read
from ._identity import identities
from ._lineup import LineUp, line_up
from ._looks import PAIR
from ._sources import Saved, sources_of
from ._vetting import vet

Samples = Any
"""`[runs]`, `[runs, k]`, `[runs, a, b, …]`, a mapping from a view's name to such an array, or a file's path."""

Ids = Iterable[Any] | Mapping[str, Iterable[Any]]
"""Which run each row is: for all arms alike, or arm by arm."""

_LISTED = 3


def arms_given(
    samples: dict[str, Samples | None], layout: str | None = None, ids: Ids | None = None
) -> dict[str, Saved]:
    """The arms that are there, of the same columns.

    Args:
        samples: arm → arrays, or a path.
        layout: of folders, see `read`.
        ids: which run each row is.

    Raises:
        ValueError: see `read`; arms of different columns; not as many identities as there are runs, or one twice.

    >>> import numpy as np
    >>> list(arms_given({"removed": np.zeros(3), "reference": np.ones(3), "original": None}))
    ['removed', 'reference']
    """
    for arm, found in samples.items():
        if found is None and arm in PAIR:
            raise ValueError(f"{arm}: None is given; give its runs, an array, a mapping of arrays or a path")
    given = {arm: _saved(found, arm, layout) for arm, found in samples.items() if found is not None}
    wanted = widths(given["removed"])
    for arm, sources in given.items():
        got = widths(sources)
        if got != wanted:
            theirs, ours = (
                _listed({n: k for n, k in a.items() if b.get(n) != k}) for a, b in ((got, wanted), (wanted, got))
            )
            raise ValueError(f"{arm}: columns {theirs} but removed has {ours}; save the same views")
    return {arm: _with_ids(arm, saved, ids) for arm, saved in given.items()}


def admit_partners(given: Mapping[str, Saved], paired: bool) -> None:
    """Refuse paired arms, of all that are there, of which nobody can say which run goes with which.

    Raises:
        ValueError: some arms with identities and some without, or unequal numbers of runs without.

    >>> given = arms_given({"removed": [0.0, 1.0], "reference": [0.0, 1.0, 2.0]})
    >>> admit_partners(given, True)
    Traceback (most recent call last):
    ValueError: paired: 2 removed, 3 reference runs; pair them one to one
    """
    counts = {arm: runs(saved) for arm, saved in given.items()}
    without = [arm for arm, saved in given.items() if saved.ids is None]
    if paired and 0 < len(without) < len(given):
        raise ValueError(
            f"paired: {without[0]} has no ids, and other arms have; give it a column 'seed' or ids=, or leave all out"
        )
    if paired and without and len(set(counts.values())) > 1:
        raise ValueError(f"paired: {', '.join(f'{n} {arm}' for arm, n in counts.items())} runs; pair them one to one")


def is_event(diverged: object) -> bool:
    """Whether a value that is not finite is an event.

    Raises:
        ValueError: neither `refuse` nor `event`.

    >>> is_event("event")
    True
    """
    if not isinstance(diverged, str) or diverged not in ("refuse", "event"):
        raise ValueError(f"diverged: {diverged!r} is not 'refuse' or 'event'")
    return diverged == "event"


def lined_up(
    given: dict[str, Saved],
    *,
    seed: int,
    grain: Real,
    paired: bool,
    event: bool,
    choosing: int,
    bets: tuple[str, ...] = PAIR,
    asked: str = "",
) -> LineUp:
    """The arms' rows looked through and put in the order of the bets.

    Args:
        given: of `arms_given`.
        seed, grain, paired: as in `check_samples`.
        event: whether a value that is not finite is an event.
        choosing: pairs that choose among the columns at a first look.
        bets: the arms that are bet on, and so must be independent of each other where they are not paired.
        asked: a question at a fixed number of runs, see `line_up`.

    Raises:
        ValueError: see `vet` and `line_up`.

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> given = arms_given({"removed": rng.normal(size=9), "reference": rng.normal(size=8)})
    >>> lined_up(given, seed=0, grain=0.0, paired=False, event=False, choosing=0).pairs()
    8
    """
    heads = {arm: head(arm, sources, diverged=event) for arm, sources in given.items()}
    columns = column_names({name: tuple(source.shape[1:]) for name, source in given["removed"].items()})
    vet(heads, given, columns, paired=paired, bets=bets)
    key = key_of(seed, given["removed"])
    terms: dict[str, Any] = {"seed": seed, "grain": grain, "paired": paired, "choosing": choosing}
    return line_up(given, heads, columns, key, **terms, bets=bets, asked=asked)


def waiting(given: Mapping[str, Saved], lined: LineUp, arms: Iterable[str] = PAIR) -> list[str]:
    """Which runs stand behind one that is missing.

    >>> from neverseen.properties.saved._looks import Look
    >>> waiting({}, LineUp({}, {}, Look("", (), 0), PAIR, 0, None, False))
    []
    """
    notes: list[str] = []
    for arm in arms:
        queue = lined.queues.get(arm)
        if queue and (behind := runs(given[arm]) - len(queue.order)):
            notes.append(f"{behind} of {runs(given[arm])} {arm} runs wait for run {queue.missing}")
    return notes


def _saved(samples: Samples, arm: str, layout: str | None) -> Saved:
    return read(samples, layout) if isinstance(samples, str | os.PathLike) else sources_of(samples, arm)


def _with_ids(arm: str, saved: Saved, ids: Ids | None) -> Saved:
    """The arm with the identities that the caller gives for its rows."""
    values = ids.get(arm) if isinstance(ids, Mapping) else ids
    if values is None:
        return saved
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ValueError(f"ids of {arm}: {values!r:.40} is no list of runs; give a number or a name for each run")
    found = identities(list(values), f"ids of {arm}")
    if len(found) != runs(saved):
        raise ValueError(f"ids of {arm}: {len(found)} identities for {runs(saved)} runs; give one for each")
    return Saved(saved, found, saved.path)


def _listed(differing: dict[str, int]) -> str:
    """The first arrays of those that differ."""
    shown = [f"{name or 'array'}[{width}]" for name, width in list(differing.items())[:_LISTED]]
    return ", ".join(shown + ["…"] * (len(differing) > _LISTED)) or "none"
