"""Outputs on S, one removed model against one reference: distance of activations, JS and KL."""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float64
from scipy.special import log_softmax

from ..runs.observables import SCORES
from ._metric import Arm, Metric

LogLaws = Float64[np.ndarray, "runs rows classes"]
Each = Float64[np.ndarray, "runs rows"]

_SCORES = SCORES.on("S")
_FURTHER = "higher: further from the references; two references are apart as well, see the floor"


def euclidean(first: LogLaws, second: LogLaws) -> Each:
    """‖p − r‖₂ of the class probabilities.

    >>> with np.errstate(divide="ignore"):
    ...     float(euclidean(np.log([[[1.0, 0.0]]]), np.log([[[0.0, 1.0]]]))[0, 0].round(4))
    1.4142
    """
    return np.sqrt(((np.exp(first) - np.exp(second)) ** 2).sum(-1))


def kullback_leibler(first: LogLaws, second: LogLaws) -> Each:
    """KL(p ‖ r) in nats; the order matters.

    >>> p, r = np.log([[[0.5, 0.5]]]), np.log([[[0.9, 0.1]]])
    >>> float(kullback_leibler(p, r)[0, 0].round(4)), float(kullback_leibler(r, p)[0, 0].round(4))
    (0.5108, 0.3681)
    """
    return (np.exp(first) * (first - second)).sum(-1)


def jensen_shannon(first: LogLaws, second: LogLaws) -> Each:
    """½ KL(p ‖ m) + ½ KL(r ‖ m) with m = (p + r)/2, in nats: between 0 and ln 2.

    >>> float(jensen_shannon(np.log([[[1.0, 1e-300]]]), np.log([[[1e-300, 1.0]]]))[0, 0].round(4))
    0.6931
    """
    middle = np.logaddexp(first, second) - math.log(2)
    return (kullback_leibler(first, middle) + kullback_leibler(second, middle)) / 2


def _laws(arm: Arm) -> Arm:
    return {_SCORES: log_softmax(arm[_SCORES], axis=-1)}


def _mean(each: Callable[[LogLaws, LogLaws], Each]) -> Callable[[Arm, Arm, Arm], float]:
    return lambda removed, reference, original: float(each(removed[_SCORES], reference[_SCORES]).mean())


ACTIVATION_DISTANCE = Metric(
    "activation-distance", "activation-distance",
    "Euclidean distance of the class probabilities of a removed model and a reference, mean over S and over pairs of "
    "independent runs.",
    r"\mathbb{E}_{(\theta, \theta') \sim P \times R}\; \frac{1}{|S|}\sum_{x \in S} "
    r"\|p_\theta(x) - p_{\theta'}(x)\|_2",
    _FURTHER, "up", (0.0, math.sqrt(2)), (_SCORES,), _mean(euclidean), _laws,
)  # fmt: skip

JS = Metric(
    "js-divergence", "output-divergence",
    "Jensen-Shannon divergence of the class probabilities of a removed model and a reference, in nats, mean over S and "
    "over pairs of independent runs. ZRF is one minus it, against an untrained model where this takes a reference.",
    r"\mathbb{E}_{(\theta, \theta') \sim P \times R}\; \frac{1}{|S|}\sum_{x \in S} "
    r"\mathrm{JS}\bigl(p_\theta(x), p_{\theta'}(x)\bigr)",
    _FURTHER, "up", (0.0, math.log(2)), (_SCORES,), _mean(jensen_shannon), _laws,
)  # fmt: skip

KL = Metric(
    "kl-divergence", "output-divergence",
    "Kullback-Leibler divergence of a removed model's class probabilities from a reference's, in nats, mean over S and "
    "over pairs of independent runs.",
    r"\mathbb{E}_{(\theta, \theta') \sim P \times R}\; \frac{1}{|S|}\sum_{x \in S} "
    r"\mathrm{KL}\bigl(p_\theta(x) \,\|\, p_{\theta'}(x)\bigr)",
    _FURTHER, "up", (0.0, math.inf), (_SCORES,), _mean(kullback_leibler), _laws,
)  # fmt: skip
