"""What a choice of S and S_full starts from, and what it comes to."""

import dataclasses
import difflib
import inspect
import math
from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Bool, Int

from ...formal._numbers import MOST, at_least_zero, root_seed, whole
from ...formal._types import Real
from ...formal.definitions._given import short
from ...formal.definitions._scenario import Scenario

ForgetKind = Literal["random", "mislabelled", "class", "subgroup", "near-duplicates", "backdoor", "confusion", "person"]
EVERY_KIND: tuple[ForgetKind, ...] = get_args(ForgetKind)
"""What S and S_full can be; "person" where the data tell of some."""

KINDS = EVERY_KIND[:5]
"""Those that need one class and no mark, cheapest to explain first: what strategies draw from."""

MOST_NUMBERS = 2**27
"""Numbers that the arrays of a scenario may hold while it is made: a gibibyte."""

MOST_DISTANCE = 1e30
"""Distances are no larger: their squares must be numbers in single precision too."""

Labelled = tuple[Any, Int[np.ndarray, " _"]]
"""Contents, numbers `[m, ...]` or texts `[m]`, and class numbers."""


@dataclasses.dataclass(frozen=True)
class Wish:
    """What is asked for: the kind of S_full, |S|, |S_full| (None: the kind's own) and the kind's options."""

    forget: str
    size: int
    full: int | None
    label: int
    copies: int
    jitter: Real

    def __post_init__(self) -> None:
        for name, least in (("size", -MOST), ("label", -MOST), ("copies", -MOST)):
            whole(name, getattr(self, name), least)
        if self.full is not None:
            whole("full", self.full, -MOST)
        if self.forget not in EVERY_KIND:
            near, known = difflib.get_close_matches(str(self.forget), EVERY_KIND, 1, 0)[0], ", ".join(EVERY_KIND)
            raise ValueError(f"forget: {short(self.forget)} is unknown; did you mean {near!r}? known: {known}")
        if self.size < 0:
            raise ValueError(f"size: {self.size} rows cannot be forgotten; give 0 or more")
        if self.full is not None and self.full < self.size:
            raise ValueError(f"full: S_full of {self.full} rows cannot hold S of size={self.size}; raise full")
        if self.copies < 1:
            raise ValueError(f"copies: {self.copies} is less than 1; a duplicate needs a copy")
        at_least_zero("jitter", self.jitter, MOST_DISTANCE)

    def count(self, default: int, available: int, what: str) -> int:
        """|S_full|, checked against the rows there are."""
        full = min(max(default, self.size), available) if self.full is None else self.full
        if max(full, self.size) > available:
            name = "size" if self.full is None else "full"
            wanted = self.size if self.full is None else self.full
            raise ValueError(f"{name}: {wanted} is more than the {available} {what}; give {available} or fewer")
        return full


@dataclasses.dataclass(frozen=True)
class Contents:
    """What can be done to the contents of rows, whatever they are: here to numbers.

    Args:
        marked: `x -> x`, the mark of a backdoor put on some rows; None where the table says.
        near: `(x, jitter, rng) -> x`, near-duplicates of some rows.
        coded: `(x, label) -> (x, y)`, rows as a learner reads them; one-hot where there is none.
    """

    marked: Callable[[Any], Any] | None = None
    near: Callable[[Any, Real, np.random.RandomState], Any] = lambda x, jitter, rng: (
        x + rng.normal(0.0, jitter, x.shape)
    )
    coded: Callable[[Any, Any], tuple[Any, Any]] | None = None


@dataclasses.dataclass(frozen=True)
class RowTable:
    """Labelled rows in random order, the first `rows` of them D and the others held out.

    Args:
        x: inputs, numbers `[N, ...]` or texts `[N]`.
        label: class numbers below `classes`.
        classes: the number of classes.
        rows: |D|.
        rest: how many fresh points of the rest are wanted; the last so many rows never enter D.
        fresh: how many fresh points of the behaviour are wanted.
        least: how many of these a neighbourhood gets even where fewer held-out rows lie inside it.
        group: the rows of the group that a subgroup is; where there is none, it is a neighbourhood.
        persons: whether a class is a person.
        contents: what can be done to the contents.
    """

    x: Any
    label: Int[np.ndarray, " N"]
    classes: int
    rows: int
    rest: int
    fresh: int
    least: int
    group: Bool[np.ndarray, " N"] | None = None
    persons: bool = False
    contents: Contents = Contents()

    def held(self) -> Int[np.ndarray, " h"]:
        """The numbers of the rows held out."""
        return np.arange(self.rows, len(self.x))

    def take(self, which: Int[np.ndarray, " m"]) -> Labelled:
        """Some of the rows with their own labels."""
        return self.x[which], self.label[which]

    def last(self, which: Int[np.ndarray, " k"]) -> Labelled:
        """Fresh points of the rest: the last of the rows numbered, a power of two of them."""
        count = min(floor_power(len(which)), self.rest)
        return self.take(which[len(which) - count :])

    def marked(self, x: Any) -> Any:
        """Rows with the mark of a backdoor: the last column at twice what any row apart from D has, and 1 more."""
        if self.contents.marked is not None:
            return self.contents.marked(x)
        new = x.copy()
        new[..., -1] = 2 * np.abs(self.x[-self.rest :, ..., -1]).max(initial=0.0) + 1
        return new

    def wrong(self, rng: np.random.RandomState) -> Int[np.ndarray, " N"]:
        """For each row a class other than its own, uniformly."""
        return (self.label + rng.randint(1, self.classes, len(self.label))) % self.classes


@dataclasses.dataclass(frozen=True)
class Choice:
    """D, the rows of S_full in the order in which S is taken from them, and the fresh points."""

    rows: Labelled
    behaviour: Int[np.ndarray, " k"]
    fresh_behaviour: Labelled | None
    fresh_rest: Labelled

    def scenario(self, size: int, classes: int, recipe: str, contents: Contents = Contents()) -> Scenario:
        """The scenario, with one-hot targets for numbers, whose S are the first `size` rows of S_full."""

        def coded(points: Labelled) -> tuple[Any, Any]:
            return contents.coded(*points) if contents.coded else (points[0], np.eye(classes)[points[1]])

        x, y = coded(self.rows)
        return Scenario.build(
            x,
            y,
            forget=self.behaviour[:size],
            behaviour=self.behaviour,
            fresh_behaviour=self.fresh_behaviour and coded(self.fresh_behaviour),
            fresh_rest=coded(self.fresh_rest),
            recipe=recipe,
        )


def fits(**sizes: int) -> None:
    """Refuse arrays that no machine holds, before anything is allocated.

    Args:
        sizes: numbers whose product is how many the arrays will hold, each an argument of that name or a constant.

    Raises:
        ValueError: more than `MOST_NUMBERS`.

    >>> fits(rows=10**10, dims=2)
    Traceback (most recent call last):
    ValueError: rows, dims: 10000000000 × 2 numbers are more than 134217728; ask for fewer
    """
    if math.prod(sizes.values()) > MOST_NUMBERS:
        product = " × ".join(map(str, sizes.values()))
        raise ValueError(f"{', '.join(sizes)}: {product} numbers are more than {MOST_NUMBERS}; ask for fewer")


def floor_power(count: int) -> int:
    """The largest power of two that is at most `count`; 0 for 0.

    >>> [floor_power(n) for n in (0, 1, 3, 4, 100)]
    [0, 1, 2, 4, 64]
    """
    return 1 << (int(count).bit_length() - 1) if count else 0


def generator(seed: int) -> np.random.RandomState:
    """The generator of a seed.

    A recipe must name the same rows under every NumPy: only RandomState's stream is frozen (NEP 19).

    Raises:
        ValueError: the seed does not fit 32 bits.

    >>> generator(0).randint(10)
    5
    """
    return np.random.RandomState(root_seed(seed))


def recipe(make: Callable[..., Scenario], **given: Any) -> str:
    """The code that rebuilds what `make` made: the request in full, other arguments where not the default.

    >>> def toy(size=8, seed=0, rows=32): ...
    >>> recipe(toy, size=8, seed=0, rows=64), recipe(toy, size=4, seed=1, rows=32)
    ('ns.scenarios.toy(size=8, seed=0, rows=64)', 'ns.scenarios.toy(size=4, seed=1)')
    """
    always = ("forget", "size", "full", "seed")
    defaults = {name: p.default for name, p in inspect.signature(make).parameters.items()}
    plain = {name: v.item() if isinstance(v, np.generic) else v for name, v in given.items()}
    shown = [f"{name}={v!r}" for name, v in plain.items() if name in always or v != defaults[name]]
    return f"ns.scenarios.{make.__name__}({', '.join(shown)})"
