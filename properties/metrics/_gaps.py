"""Accuracy gaps to the reference, and the two scores made of them."""

from typing import Literal

import numpy as np
from jaxtyping import Float64

from ..runs.observables import MARGINS
from ._membership import MEMBERSHIP, attack
from ._metric import Arm, Metric

Place = Literal["S", "retained", "fresh", "behaviour"]

_SIGNED = "0 at the reference; higher: knows more than a retrain, lower: knows less; both count"
_TOW = "1 at the reference; lower: further from it"
_KEPT = (MARGINS.on("retained"), MARGINS.on("fresh"))


def accuracy(margins: Float64[np.ndarray, "runs points"]) -> Float64[np.ndarray, " runs"]:
    """The share of points whose label has the largest score, run by run.

    >>> accuracy(np.array([[1.0, -1.0], [2.0, 3.0]])).tolist()
    [0.5, 1.0]
    """
    return (margins > 0).mean(1)


def gap(name: str, place: Place, where: str) -> Metric:
    """The difference of mean accuracies on a set of points.

    Args:
        name: id in the catalogue.
        place: which points.
        where: the points, in words.

    >>> gap("forget-gap", "S", "S").bounds
    (-1.0, 1.0)
    """
    return Metric(
        name, name, f"Mean accuracy of removed models on {where}, minus that of references.",
        rf"\mathbb{{E}}_{{P}}\,\mathrm{{acc}}(T) - \mathbb{{E}}_{{R}}\,\mathrm{{acc}}(T), \quad T = \mathrm{{{place}}}",
        _SIGNED, "both", (-1.0, 1.0), (MARGINS.on(place),), _difference, _accuracies,
    )  # fmt: skip


def _accuracies(arm: Arm) -> Arm:
    return {name: accuracy(values) for name, values in arm.items()}


def _attacked(arm: Arm) -> Arm:
    accuracies = {name: accuracy(arm[name]) for name in _KEPT}
    return accuracies | {"attack": attack(*(arm[losses] for losses in MEMBERSHIP))}


def _difference(removed: Arm, reference: Arm, original: Arm) -> float:
    del original
    return _gaps(removed, reference)[0]


def _gaps(removed: Arm, reference: Arm) -> list[float]:
    return [float(removed[name].mean() - reference[name].mean()) for name in removed]


def product(removed: Arm, reference: Arm, original: Arm) -> float:
    """∏ (1 − |gap|) over what both arms show.

    >>> removed, reference = {"a": np.array([1.0]), "b": np.array([0.5])}, {"a": np.array([0.5]), "b": np.array([1.0])}
    >>> product(removed, reference, {})
    0.25
    """
    del original
    return float(np.prod([1 - abs(difference) for difference in _gaps(removed, reference)]))


FORGET_GAP = gap("forget-gap", "S", "S")
RETAIN_GAP = gap("retain-gap", "retained", "the rows the reference was trained on")
TEST_GAP = gap("test-gap", "fresh", "fresh points")
BEHAVIOUR_GAP = gap("behaviour-gap", "behaviour", "S_full∖S and fresh points of the behaviour")

TOW = Metric(
    "tow", "tow", "Tug of war: the product over S, retained rows and fresh points of one minus the accuracy gap.",
    r"\prod_{T \in \{S,\, \mathrm{retained},\, \mathrm{fresh}\}} "
    r"\bigl(1 - |\mathbb{E}_{P}\,\mathrm{acc}(T) - \mathbb{E}_{R}\,\mathrm{acc}(T)|\bigr)",
    _TOW, "down", (0.0, 1.0), (MARGINS.on("S"), *_KEPT), product, _accuracies,
)  # fmt: skip

TOW_MIA = Metric(
    "tow-mia", "tow-mia", "Tug of war with the membership attack's area under the curve in place of accuracy on S.",
    r"\bigl(1 - |\mathbb{E}_{P}\,\mathrm{AUC} - \mathbb{E}_{R}\,\mathrm{AUC}|\bigr) "
    r"\prod_{T \in \{\mathrm{retained},\, \mathrm{fresh}\}} "
    r"\bigl(1 - |\mathbb{E}_{P}\,\mathrm{acc}(T) - \mathbb{E}_{R}\,\mathrm{acc}(T)|\bigr)",
    _TOW, "down", (0.0, 1.0), (*_KEPT, *MEMBERSHIP), product, _attacked,
)  # fmt: skip
