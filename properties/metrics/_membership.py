"""Membership attacks: one for all rows, and two that are fitted to each row of S on runs they are not scored on."""

from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64
from scipy.special import logsumexp

from ...formal._types import Real
from ..runs.observables import LOSSES, MARGINS
from ._metric import Arm, Metric
from ._operating import OperatingPoint, at_low_fpr

Side = Literal["left", "right"]

MEMBERSHIP = (LOSSES.on("S"), LOSSES.on("fresh"))
"""What membership attacks read."""

POPULATION = 64
"""Fresh points that RMIA compares a row with, spread evenly over all."""

LOW_FPR = 0.01
"""Share of the references that may exceed the threshold of `u-lira-tpr`."""

_SPREAD = 1e-3
"""Least standard deviation of a fitted Gaussian, relative to that of both arms together."""

_MARGINS = MARGINS.on("S")
_LEFT = "½ at the reference"


def auc(
    first: Float64[np.ndarray, "n *columns"], second: Float64[np.ndarray, "m *columns"]
) -> Float64[np.ndarray, "*columns"]:
    r"""The area under the curve of a score, column by column: P(first > second) + ½ P(first = second).

    Args:
        first, second: scores of both classes, along the first axis.

    >>> float(auc(np.array([2.0, 3.0]), np.array([1.0, 2.0])))
    0.875
    """
    shape = second.shape[1:]
    # Needles in order find their places twice as fast.
    high, low = (np.sort(scores.reshape(len(scores), -1).T, axis=1) for scores in (first, second))
    sides: tuple[Side, Side] = ("left", "right")
    won = [
        sum(int(np.searchsorted(below, above, side).sum()) for side in sides)
        for above, below in zip(high, low, strict=True)
    ]
    return (np.array(won) / (2 * len(first) * len(second))).reshape(shape)


def attack(
    inside: Float64[np.ndarray, "runs s"], outside: Float64[np.ndarray, "runs z"]
) -> Float64[np.ndarray, " runs"]:
    """How well a threshold on the loss tells the rows of S from fresh points, in each model.

    A logistic attack on the loss has the same curve: it is a monotone function of it.

    Args:
        inside, outside: losses on S and on fresh points.

    Returns:
        The area under the curve of each run; below ½ where S has the larger losses.

    >>> attack(np.array([[0.1, 0.2]]), np.array([[0.3, 0.4]])).tolist()
    [1.0]
    """
    return auc(-inside.T, -outside.T)


def likelihood_ratio(
    fitted: tuple[Float64[np.ndarray, "n points"], Float64[np.ndarray, "n points"]],
    scored: Float64[np.ndarray, "m points"],
) -> Float64[np.ndarray, "m points"]:
    r"""log N(φ; μ_P, σ_P²) − log N(φ; μ_R, σ_R²), with moments of other runs.

    Args:
        fitted: φ of removed and reference models that give the moments.
        scored: φ of the models to be told apart.

    >>> ones = np.ones((2, 1))
    >>> float(likelihood_ratio((ones * [[1.0], [3.0]], ones * [[-3.0], [-1.0]]), np.array([[0.0]]))[0, 0])
    0.0
    """
    least = _SPREAD * np.concatenate(fitted).std(0) + 1e-12
    logs: list[Float64[np.ndarray, "m points"]] = []
    for arm in fitted:
        spread = np.maximum(arm.std(0), least)
        logs.append(-0.5 * ((scored - arm.mean(0)) / spread) ** 2 - np.log(spread))
    return logs[0] - logs[1]


def relative_ratio(
    fitted: Float64[np.ndarray, "n points"], scored: Float64[np.ndarray, "m points"]
) -> Float64[np.ndarray, "m points"]:
    r"""log p(x | θ) − log p(x), where p(x) is the mean of p(x | θ') over other models of both arms.

    >>> relative_ratio(np.zeros((2, 1)), np.array([[0.5]])).tolist()
    [[0.5]]
    """
    return scored - (logsumexp(fitted, axis=0) - np.log(len(fitted)))


def _ulira(removed: Arm, reference: Arm, original: Arm) -> float:
    del original
    p, r = removed[_MARGINS], reference[_MARGINS]
    values: list[float] = []
    for fold in (0, 1):
        own = np.arange(len(p)) % 2 == fold
        fitted = p[~own], r[~own]
        values.append(float(auc(likelihood_ratio(fitted, p[own]), likelihood_ratio(fitted, r[own])).mean()))
    return float(np.mean(values))


def _low_fpr(removed: Arm, reference: Arm, original: Arm) -> OperatingPoint:
    """On the odd runs, a score fitted on the even ones: removed runs are scored independently, given the threshold."""
    del original
    p, r = removed[_MARGINS], reference[_MARGINS]
    scores = [likelihood_ratio((p[::2], r[::2]), arm[1::2]).sum(1) for arm in (p, r)]
    return at_low_fpr(scores[0], scores[1], LOW_FPR)


def _tpr(removed: Arm, reference: Arm, original: Arm) -> float:
    return _low_fpr(removed, reference, original).rate


def _rmia(removed: Arm, reference: Arm, original: Arm) -> float:
    del original
    runs = len(removed["S"])
    return float(np.mean([_rmia_fold(removed, reference, np.arange(runs) % 2 == fold) for fold in (0, 1)]))


def _rmia_fold(removed: Arm, reference: Arm, own: Bool[np.ndarray, " runs"]) -> float:
    fitted = {place: np.concatenate([removed[place][~own], reference[place][~own]]) for place in removed}
    scores: list[Float64[np.ndarray, "m points"]] = []
    for arm in (removed, reference):
        ratios = {place: relative_ratio(fitted[place], arm[place][own]) for place in arm}
        scores.append((ratios["S"][:, :, None] >= ratios["fresh"][:, None, :]).mean(2))
    return float(auc(*scores).mean())


def _likelihoods(arm: Arm) -> Arm:
    inside, fresh = (arm[losses] for losses in MEMBERSHIP)
    columns = np.unique(np.linspace(0, fresh.shape[1] - 1, min(POPULATION, fresh.shape[1])).round().astype(int))
    return {"S": -inside, "fresh": -fresh[:, columns]}


def _attacks(arm: Arm) -> Arm:
    return {"attack": attack(*(arm[losses] for losses in MEMBERSHIP))}


def _attack_gap(removed: Arm, reference: Arm, original: Arm) -> Real:
    del original
    return float(removed["attack"].mean() - reference["attack"].mean())


POPULATION_MIA = Metric(
    "population-mia", "population-mia",
    "Area under the curve of a loss threshold that tells S from fresh points within a removed model, minus the same "
    "for references: whether S is easy or hard by itself cancels.",
    r"\mathbb{E}_{P}\,\mathrm{AUC}(\ell_S, \ell_{\mathrm{fresh}}) - "
    r"\mathbb{E}_{R}\,\mathrm{AUC}(\ell_S, \ell_{\mathrm{fresh}})",
    "0 at the reference; higher: S looks more like training data than to a retrain, lower: less; both count",
    "both", (-1.0, 1.0), MEMBERSHIP, _attack_gap, _attacks,
)  # fmt: skip

U_LIRA = Metric(
    "u-lira", "u-lira",
    "For each row of S, Gaussians fitted to its margin under half of the removed models and half of the references; "
    "area under the curve of their likelihood ratio on the other halves, both ways round, mean over S.",
    r"\frac{1}{|S|}\sum_{x \in S} \mathrm{AUC}_{P, R}\!\left(\log "
    r"\frac{N(\varphi_x; \mu_P, \sigma_P^2)}{N(\varphi_x; \mu_R, \sigma_R^2)}\right)",
    f"{_LEFT}; higher: removed models are told from references", "up", (0.0, 1.0), (_MARGINS,), _ulira,
)  # fmt: skip

U_LIRA_TPR = Metric(
    "u-lira-tpr", "u-lira",
    "Share of removed runs whose U-LiRA, summed over S, is above a threshold that at most 1 % of the references "
    "exceed: none of them where fewer than 100 are scored. Gaussians are fitted on half of the runs and counts "
    "taken on the other half; how low a false-positive rate they show stands beside the value. Differs from the public "
    "code: it counts pairs of a row and a model, which are not independent, where here a run counts once.",
    r"\Pr_{P}\Bigl[\sum_{x \in S} "
    r"\log \frac{N(\varphi_x; \mu_P, \sigma_P^2)}{N(\varphi_x; \mu_R, \sigma_R^2)} > t\Bigr], "
    r"\qquad t = \min\{t : \Pr_{R}[\,\cdot > t] \le .01\}",
    "higher: more removed models are told from references almost without error; near 0 for a retrain", "up", (0.0, 1.0),
    (_MARGINS,), _tpr, point=_low_fpr,
)  # fmt: skip

RMIA = Metric(
    "rmia", "rmia",
    "For each row x of S, the share of fresh points z with p(x|θ)/p(x) ≥ p(z|θ)/p(z), where p(x) is the mean over "
    "other models, half of them removed and half references; area under the curve of that share, mean over S.",
    r"\frac{1}{|S|}\sum_{x \in S} \mathrm{AUC}_{P, R}\!\left( "
    r"\Pr_z\!\left[\frac{p(x|\theta)/p(x)}{p(z|\theta)/p(z)} \ge 1\right]\right)",
    f"{_LEFT}; higher: S is likelier under removed models than under retrains, lower: less likely; both count",
    "both", (0.0, 1.0), MEMBERSHIP, _rmia, _likelihoods,
)  # fmt: skip
