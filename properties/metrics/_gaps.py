"""Accuracy gaps to the reference, and the two scores that are products of them, run by run."""

from typing import Literal

import numpy as np
from jaxtyping import Float64

from ..runs.observables import MARGINS
from ._membership import MEMBERSHIP, attack
from ._metric import Arm, Metric

Place = Literal["S", "retained", "fresh", "behaviour"]

_SIGNED = "0 at the reference; higher: knows more than a retrain, lower: knows less; both count"
_TOW = "higher: closer to the references; below 1 for a retrain too, whose runs differ: see the floor"
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
    (name,) = removed
    return float(removed[name].mean() - reference[name].mean())


def product(removed: Arm, reference: Arm, original: Arm) -> float:
    """The mean over pairs, run i of both arms, of ∏ (1 − |gap|) over what they show.

    References share no seed with removed models, so that any pairing has the same law; the i-th with the i-th makes
    pairs that are independent of each other, one for each run.

    >>> removed, reference = {"a": np.array([1.0, 0.0]), "b": np.ones(2)}, {"a": np.array([0.5, 0.5]), "b": np.ones(2)}
    >>> product(removed, reference, {})
    0.5
    """
    del original
    return float(np.prod([1 - np.abs(removed[name] - reference[name]) for name in removed], axis=0).mean())


FORGET_GAP = gap("forget-gap", "S", "S")
RETAIN_GAP = gap("retain-gap", "retained", "the rows the reference was trained on")
TEST_GAP = gap("test-gap", "fresh", "fresh points")
BEHAVIOUR_GAP = gap("behaviour-gap", "behaviour", "S_full∖S and fresh points of the behaviour")

TOW = Metric(
    "tow", "tow",
    "Tug of war: the product over S, retained rows and fresh points of one minus the accuracy gap of a removed model "
    "to a reference, mean over pairs of independent runs.",
    r"\mathbb{E}_{(\theta, \theta') \sim P \times R} \prod_{T \in \{S,\, \mathrm{retained},\, \mathrm{fresh}\}} "
    r"\bigl(1 - |\mathrm{acc}_\theta(T) - \mathrm{acc}_{\theta'}(T)|\bigr)",
    _TOW, "down", (0.0, 1.0), (MARGINS.on("S"), *_KEPT), product, _accuracies,
)  # fmt: skip

TOW_MIA = Metric(
    "tow-mia", "tow-mia",
    "Tug of war with a membership attack in place of accuracy on S, mean over pairs of independent runs. Differs from "
    "the public code: the attack's gap is one of the area under the curve of a loss threshold, theirs of the accuracy "
    "of a support vector machine on confidences.",
    r"\mathbb{E}_{(\theta, \theta') \sim P \times R} \Bigl[ "
    r"\bigl(1 - |\mathrm{AUC}_\theta - \mathrm{AUC}_{\theta'}|\bigr) "
    r"\prod_{T \in \{\mathrm{retained},\, \mathrm{fresh}\}} "
    r"\bigl(1 - |\mathrm{acc}_\theta(T) - \mathrm{acc}_{\theta'}(T)|\bigr) \Bigr]",
    _TOW, "down", (0.0, 1.0), (*_KEPT, *MEMBERSHIP), product, _attacked,
)  # fmt: skip
