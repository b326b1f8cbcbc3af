"""Scenarios on the data sets that scikit-learn ships: nothing is downloaded."""

import dataclasses
import functools
from typing import Any

import numpy as np
from jaxtyping import Int

from ...formal._numbers import MOST, whole
from ...formal._types import Real
from ...formal.definitions._scenario import Scenario
from ._choose import ForgetKind, choose
from ._table import Contents, RowTable, Wish, floor_power, generator, recipe

FEWEST_HELD_OUT = 32
MOST_FRESH, MOST_REST = 64, 512


def digits(
    forget: ForgetKind | str = "mislabelled",
    size: int = 8,
    full: int | None = None,
    rows: int = 1024,
    seed: int = 0,
    *,
    label: int = 8,
    copies: int = 3,
    jitter: Real = 0.03,
) -> Scenario:
    """Handwritten digits: 1797 images of 8×8 pixels in [0, 1], ten classes one-hot.

    D is `rows` random images; up to 64 + 512 of the others are the fresh points of B and of the rest.

    Args:
        forget: what S_full is: random, mislabelled, class, subgroup, near-duplicates, backdoor or confusion.
        size: |S|.
        full: |S_full| ≥ |S|; when left out |S| for random, mislabelled and backdoor, 2|S| for subgroup,
            near-duplicates and confusion, every row of the class in D for class.
        rows: |D|. The kind class leaves surplus rows of the class out of D and others in their place;
            where these run out D is smaller.
        seed: draws D, S_full and S.
        label: the class of the kinds class, subgroup and backdoor; of confusion it and the next.
        copies: about how many copies an anchor has, near-duplicates only.
        jitter: the standard deviation of a copy's pixels about the anchor's. At .03 a copy lies .24 from its
            anchor; an image's nearest other image lies 1.0 away in the median and never less than .33.

    Returns:
        The scenario. Equal arguments give equal scenarios.

    Raises:
        ValueError: an unknown kind; sizes that do not fit; a class that does not exist.

    Source: Alpaydin and Kaynak 1998, the test part, as shipped by scikit-learn.

    >>> from neverseen.properties import scenarios
    >>> s = scenarios.digits(forget="near-duplicates", size=8)
    >>> s
    ns.scenarios.digits(forget='near-duplicates', size=8, full=16, seed=0)
    >>> s.rows.x.shape, int(s.forget.sum()), int(s.behaviour.sum())
    ((1024, 64), 8, 16)
    """
    wish = Wish(forget, size, full, label, copies, jitter)
    whole("rows", rows, -MOST)
    x, classes = _digits()
    rng = generator(seed)
    order = rng.permutation(len(x))
    corner = np.array([54, 55, 62, 63])  # two by two pixels, at the bottom on the right
    table = dataclasses.replace(row_table(x[order], classes[order], 10, rows), contents=patched(corner))
    choice = choose(table, wish, rng)
    made = recipe(
        digits, forget=forget, size=size, full=len(choice.behaviour), rows=rows, seed=seed,
        label=label, copies=copies, jitter=jitter,
    )  # fmt: skip
    return choice.scenario(size, 10, made)


def breast_cancer(
    forget: ForgetKind | str = "mislabelled",
    size: int = 8,
    full: int | None = None,
    rows: int = 448,
    seed: int = 0,
    *,
    label: int = 0,
    copies: int = 3,
    jitter: Real = 0.03,
) -> Scenario:
    """Breast cancer Wisconsin: 569 tumours with 30 features, malignant (0) or benign (1), one-hot.

    The features are standardised with the means and deviations of rows that are never in D: statistics of
    D would carry S into every row of D∖S.

    Args:
        forget: what S_full is, as in `digits`.
        size: |S|.
        full: |S_full| ≥ |S|, defaults as in `digits`.
        rows: |D| at most, as in `digits`.
        seed: draws D, S_full and S.
        label: the class of the kinds class, subgroup and backdoor; of confusion it and the next.
        copies: about how many copies an anchor has, near-duplicates only.
        jitter: the standard deviation of a copy about its anchor, in standard deviations of the features.

    Returns:
        The scenario. Equal arguments give equal scenarios.

    Raises:
        ValueError: an unknown kind; sizes that do not fit; a class that does not exist.

    Source: Wolberg, Street and Mangasarian 1995, as shipped by scikit-learn.

    >>> from neverseen.properties import scenarios
    >>> s = scenarios.breast_cancer(size=4)
    >>> s, int(s.rows.count()), s.rows.x.shape
    (ns.scenarios.breast_cancer(forget='mislabelled', size=4, full=4, seed=0), 448, (512, 30))
    """
    wish = Wish(forget, size, full, label, copies, jitter)
    whole("rows", rows, -MOST)
    x, classes = _breast_cancer()
    rng = generator(seed)
    order = rng.permutation(len(x))
    choice = choose(standardised_apart(row_table(x[order], classes[order], 2, rows)), wish, rng)
    made = recipe(
        breast_cancer, forget=forget, size=size, full=len(choice.behaviour), rows=rows, seed=seed,
        label=label, copies=copies, jitter=jitter,
    )  # fmt: skip
    return choice.scenario(size, 2, made)


def row_table(x: Any, label: Int[np.ndarray, " N"], classes: int, rows: int) -> RowTable:
    """The table of D's and held-out rows; as many fresh points as these give.

    Raises:
        ValueError: more rows than there are, but for those held out.

    >>> row_table(np.zeros((100, 2)), np.zeros(100, int), 2, 60).rest
    32
    """
    held, most = len(x) - rows, len(x) - FEWEST_HELD_OUT
    if not 0 < rows <= most:
        raise ValueError(f"rows: D cannot have {rows} of the {len(x)} rows there are; give 1 to {most}")
    fresh = min(floor_power(held // 3), MOST_FRESH)
    rest = min(floor_power(held - fresh), MOST_REST)
    return RowTable(x, label, classes, rows, rest, fresh, least=4)


def standardised_apart(table: RowTable) -> RowTable:
    """The table in units of the last rows, those that no choice moves into D.

    >>> table = row_table(np.arange(100.0)[:, None], np.zeros(100, int), 2, 60)
    >>> abs(float(standardised_apart(table).x[-32:].mean())) < 1e-9
    True
    """
    apart = table.x[-table.rest :]
    spread = apart.std(0)
    return dataclasses.replace(table, x=(table.x - apart.mean(0)) / np.where(spread > 0, spread, 1))


def patched(pixels: Any, white: Real = 1.0) -> Contents:
    """Contents whose mark is a white patch.

    Args:
        pixels: an index into the axes after the first.
        white: what they are set to.

    >>> patched(np.array([1])).marked(np.zeros((1, 3))).tolist()
    [[0.0, 1.0, 0.0]]
    """

    def marked(x: Any) -> Any:
        new = x.copy()
        new[(slice(None), *pixels) if isinstance(pixels, tuple) else (slice(None), pixels)] = white
        return new

    return Contents(marked)


@functools.cache
def _digits() -> tuple[np.ndarray, np.ndarray]:
    # Imported where it is used: scikit-learn takes seconds and most programs need no data set.
    from sklearn.datasets import load_digits

    data: Any = load_digits()
    return data.data / 16, data.target


@functools.cache
def _breast_cancer() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_breast_cancer

    data: Any = load_breast_cancer()
    return data.data, data.target
