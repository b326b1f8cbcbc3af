"""Scenarios on the data sets that scikit-learn ships: nothing is downloaded."""

import functools
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from ...formal._numbers import MOST, whole
from ...formal._types import Real
from ...formal.definitions._scenario import Scenario
from ._choose import ForgetKind, choose
from ._table import RowTable, Wish, floor_power, generator, recipe

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
        forget: what S_full is: random, mislabelled, class, subgroup or near-duplicates.
        size: |S|.
        full: |S_full| ≥ |S|; when left out |S| for random and mislabelled, 2|S| for subgroup and
            near-duplicates, every row of the class in D for class.
        rows: |D|. The kind class leaves surplus rows of the class out of D and others in their place;
            where these run out D is smaller.
        seed: draws D, S_full and S.
        label: the class of the kinds class and subgroup.
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
    choice = choose(_table(x[order], classes[order], 10, rows), wish, rng)
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
        forget: what S_full is: random, mislabelled, class, subgroup or near-duplicates.
        size: |S|.
        full: |S_full| ≥ |S|, defaults as in `digits`.
        rows: |D| at most, as in `digits`.
        seed: draws D, S_full and S.
        label: the class of the kinds class and subgroup.
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
    choice = choose(_standardised(_table(x[order], classes[order], 2, rows)), wish, rng)
    made = recipe(
        breast_cancer, forget=forget, size=size, full=len(choice.behaviour), rows=rows, seed=seed,
        label=label, copies=copies, jitter=jitter,
    )  # fmt: skip
    return choice.scenario(size, 2, made)


def _table(x: Float[np.ndarray, "N d"], label: Int[np.ndarray, " N"], classes: int, rows: int) -> RowTable:
    held, most = len(x) - rows, len(x) - FEWEST_HELD_OUT
    if not 0 < rows <= most:
        raise ValueError(f"rows: D cannot have {rows} of the {len(x)} rows there are; give 1 to {most}")
    fresh = min(floor_power(held // 3), MOST_FRESH)
    rest = min(floor_power(held - fresh), MOST_REST)
    return RowTable(x, label, classes, rows, rest, fresh, least=4)


def _standardised(table: RowTable) -> RowTable:
    """The table in units of the last rows, those that no choice moves into D."""
    apart = table.x[-table.rest :]
    x = (table.x - apart.mean(0)) / apart.std(0)
    return RowTable(x, table.label, table.classes, table.rows, table.rest, table.fresh, table.least)


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
