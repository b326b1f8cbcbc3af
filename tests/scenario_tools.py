"""What the tests of scenarios read off them."""

import types
from typing import Any

import numpy as np

from neverseen.formal import Rows, Scenario
from neverseen.properties import scenarios

ns = types.SimpleNamespace(scenarios=scenarios)


def rebuilt(s: Scenario) -> Scenario:
    """What the recipe makes, given a namespace that has `scenarios`."""
    return eval(repr(s), {"ns": ns})


def held(rows: Rows, which: Any = True) -> tuple[np.ndarray, np.ndarray]:
    """The inputs and the labels of the rows that exist, and are among `which`."""
    keep = np.asarray(rows.present & which)
    return np.asarray(rows.x, float)[keep], np.asarray(rows.y)[keep].argmax(1)


def as_set(rows: Rows) -> set[bytes]:
    """The inputs of the rows that exist, each as its bytes."""
    return {row.tobytes() for row in held(rows)[0]}


def kind(s: Scenario) -> str:
    """The kind a recipe names."""
    return s.recipe.split("'")[1]


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The distance of every row of a from every row of b."""
    square = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    return np.sqrt(np.maximum(square, 0))


def nearest_label(x: np.ndarray, label: np.ndarray, points: np.ndarray) -> np.ndarray:
    """What one nearest neighbour predicts for the points."""
    return label[distances(points, x).argmin(1)]
