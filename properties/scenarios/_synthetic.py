"""Scenarios that need no data: the figure of the definitions' paper, and Gaussian blobs."""

import numpy as np
from jaxtyping import Float

from ...formal._numbers import MOST, at_least_zero, whole
from ...formal._types import Real
from ...formal.definitions._scenario import Scenario
from ._choose import ForgetKind, choose
from ._table import MOST_DISTANCE, RowTable, Wish, fits, generator, recipe

FRESH, REST = 16, 32
MANY = 2**62
"""More than any array has; what is too many for memory is said as such."""

_FIGURE1 = (
    ((0, 0), (1, 1), (1, 0), (0, 1), (2, 0), (2, 1), (1, 2)),  # circles, the first two in S
    ((10, 0), (0, 10)),  # stars, the first in S
    ((10, 2), (10, 3), (11, 2)),  # triangles
    ((1, 12), (0, 13)),  # squares
)


def figure1() -> Scenario:
    """Fourteen points in the plane on which untraining and unlearning ask for opposite things.

    B is "a circle or a star": S_full is the 7 circles and the 2 stars, S two of the circles and one star;
    3 triangles and 2 squares are the rest. Classes in that order, one-hot. Under one nearest neighbour,
    A(D∖S) is right on all but the star of S, and A(D∖S_full) is wrong on all of S_full. No fresh points.

    Returns:
        The scenario, 14 rows padded to 16.

    Source: Figure 1 of arXiv 2604.07962; the coordinates are ours.

    >>> from neverseen.properties import scenarios
    >>> s = scenarios.figure1()
    >>> int(s.rows.count()), int(s.forget.sum()), int(s.behaviour.sum())
    (14, 3, 9)
    """
    label = np.repeat(np.arange(4), [len(points) for points in _FIGURE1])
    x = np.array([point for points in _FIGURE1 for point in points], float)
    return Scenario.build(x, np.eye(4)[label], forget=[0, 1, 7], behaviour=label < 2, recipe="ns.scenarios.figure1()")


def blobs(
    forget: ForgetKind | str = "mislabelled",
    size: int = 2,
    full: int | None = None,
    rows: int = 32,
    seed: int = 0,
    *,
    classes: int = 2,
    dims: int = 2,
    separation: Real = 3.0,
    label: int = 0,
    copies: int = 3,
    jitter: Real = 0.03,
) -> Scenario:
    """Gaussian blobs, one to a class: x ~ N(m_c, I) with the m_c on a circle, neighbours `separation` apart.

    D has equally many rows of every class, up to one. Fresh points are drawn anew: 16 of B, 32 of the rest.
    S = ∅ is `size=0`; S = D is `forget="random", size=rows`.

    Args:
        forget: what S_full is: random, mislabelled, class, subgroup or near-duplicates.
        size: |S|.
        full: |S_full| ≥ |S|; when left out |S| for random and mislabelled, 2|S| for subgroup and
            near-duplicates, every row of the class in D for class.
        rows: |D|, any number; arrays are padded to the next power of two.
        seed: draws the points, S_full and S.
        classes: the number of classes, at least 2.
        dims: the dimension of x; 1 only for two classes.
        separation: between the means of neighbouring classes, in standard deviations.
        label: the class of the kinds class and subgroup.
        copies: about how many copies an anchor has, near-duplicates only.
        jitter: the standard deviation of a copy about its anchor.

    Returns:
        The scenario. Equal arguments give equal scenarios.

    Raises:
        ValueError: an unknown kind; sizes that do not fit.

    Source: drawn here; no data of others.

    >>> from neverseen.properties import scenarios
    >>> s = scenarios.blobs(forget="class", size=2, rows=20)
    >>> s
    ns.scenarios.blobs(forget='class', size=2, full=10, seed=0, rows=20)
    >>> s.rows.x.shape, s.fresh_behaviour.x.shape, s.fresh_rest.x.shape
    ((32, 2), (16, 2), (32, 2))
    """
    wish = Wish(forget, size, full, label, copies, jitter)
    if whole("rows", rows, -MOST, MANY) < 1:
        raise ValueError(f"rows: D cannot have {rows} rows; give 1 or more")
    whole("classes", classes, -MOST, MANY)
    whole("dims", dims, -MOST, MANY)
    fits(rows=16 * max(rows, 4 * REST) + rows, numbers=max(dims, 2) + max(classes, 2))
    rng, centres = generator(seed), _centres(classes, dims, separation)
    # Sixteen times as many held out, so that every behaviour of D finds its fresh points among them.
    labels = np.arange(rows + 16 * max(rows, 4 * REST)) % classes
    x = centres[labels] + rng.normal(size=(len(labels), dims))
    choice = choose(RowTable(x, labels, classes, rows, REST, FRESH, least=FRESH), wish, rng)
    made = recipe(
        blobs, forget=forget, size=size, full=len(choice.behaviour), seed=seed, rows=rows,
        classes=classes, dims=dims, separation=separation, label=label, copies=copies, jitter=jitter,
    )  # fmt: skip
    return choice.scenario(size, classes, made)


def _centres(classes: int, dims: int, separation: Real) -> Float[np.ndarray, "c d"]:
    """Equally spaced points on a circle about the origin in the first two dimensions."""
    if classes < 2:
        raise ValueError(f"classes: {classes} is less than 2; a label must be able to be wrong")
    if dims < (1 if classes == 2 else 2):
        raise ValueError(f"dims: {dims} is too few for {classes} classes; give 2 or more")
    at_least_zero("separation", separation, MOST_DISTANCE)
    angle = 2 * np.pi * np.arange(classes) / classes
    centres = np.zeros((classes, max(dims, 2)))
    centres[:, 0], centres[:, 1] = np.cos(angle), np.sin(angle)
    return separation / (2 * np.sin(np.pi / classes)) * centres[:, :dims]
