"""Metrics of the field and the notion each may judge.

The rule (ours): a metric may judge a notion when a model that meets the notion exactly gets its best value.
A two-sided gap to the notion's own reference always does, because any bounded metric's gap is a lower bound on δ
(T13). Asking whether the rows of S were members does so for untraining alone: exact unlearning also removes
what rows outside S taught, and may be refused or passed by such an attack for no fault or merit.
"""

from __future__ import annotations

import difflib

from ._entries import Entry, by_id

_MEMBERSHIP = (
    "It asks whether the rows of S were trained on, against models without S only; unlearning's reference also "
    "lacks S_full∖S."
)
_GAP = "A two-sided gap to the notion's own reference; over-forgetting counts like under-forgetting."

METRICS = by_id(
    (
        Entry("population-mia", "membership inference, one attack for all rows", "untraining", _MEMBERSHIP,
              ("shokri2017", "triantafillou2026")),
        Entry("u-lira", "U-LiRA, membership inference per example", "untraining", _MEMBERSHIP,
              ("hayes2024", "carlini2022")),
        Entry("rmia", "RMIA, membership inference relative to a population", "untraining", _MEMBERSHIP,
              ("zarifzadeh2024",)),
        Entry("tow-mia", "ToW-MIA, membership gap times utility gaps", "untraining", _MEMBERSHIP, ("zhao2024",)),
        Entry("forgetting-quality", "forgetting quality of the 2023 challenge", "untraining",
              "It estimates ε of the (ε, δ) definition per row of S, against retrains without S.",
              ("triantafillou2024",)),
        Entry("memorisation-gap", "memorisation score left on S", "untraining",
              "What is known only because S was trained on is what untraining removes.",
              ("feldman2020", "zhang2023counterfactual")),
        Entry("forget-invariance", "distance between outputs for two requests S, S′ of one behaviour", "unlearning",
              "Unlearning's target ignores which part of S_full was named (T6); untraining's does not.",
              ("triantafillou2026",)),
        Entry("behaviour-gap", "accuracy gap on fresh points of the behaviour and on S_full∖S", "unlearning",
              "It sees whether the behaviour left with rows that were never named; untraining need not touch these.",
              ("triantafillou2026", "goel2024")),
        Entry("forget-gap", "accuracy gap on S", "both", _GAP, ("triantafillou2026",)),
        Entry("retain-gap", "accuracy gap on D∖S, or on D∖S_full", "both", _GAP, ("golatkar2020a",)),
        Entry("test-gap", "accuracy gap on fresh points", "both", _GAP, ("golatkar2020a",)),
        Entry("tow", "ToW, product of one minus the three accuracy gaps", "both", _GAP, ("zhao2024",)),
        Entry("klom", "KLOM, divergence of margins from the reference's", "both",
              "It compares laws of margins with those of references, whichever the notion names.",
              ("georgiev2024",)),
        Entry("forget-quality-ks", "forget quality, Kolmogorov–Smirnov test on truth ratios", "both",
              "It compares with a reference model; which rows that model never saw decides the notion.",
              ("maini2024",)),
        Entry("truth-ratio", "truth ratio, read as a gap to the reference", "both", _GAP, ("maini2024",)),
        Entry("relearn-time", "steps to relearn what was forgotten, against the reference's", "both",
              "It separates deleting from suppressing, an axis orthogonal to the two notions.",
              ("golatkar2020b", "hu2024", "siddiqui2025")),
        Entry("activation-distance", "distance of activations from the reference's", "both", _GAP,
              ("golatkar2020b",)),
        Entry("output-divergence", "JS or KL divergence of outputs from the reference's", "both", _GAP,
              ("chundawat2023",)),
        Entry("representation-similarity", "similarity of representations with the reference's", "both", _GAP,
              ("kornblith2019", "huh2024")),
    )
)  # fmt: skip
"""Id → metric."""

_NOTIONS = ("untraining", "unlearning")


def require(metric: str, notion: str) -> Entry:
    """The metric, if it may judge the notion.

    Args:
        metric: an id of `METRICS`.
        notion: "untraining" or "unlearning".

    Raises:
        ValueError: an unknown metric or notion, or a metric of the other notion; the message names the right
            metrics.

    >>> require("klom", "unlearning").notion
    'both'
    >>> require("u-lira", "unlearning")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: u-lira judges untraining, not unlearning: It asks whether ... use forget-invariance, ...
    """
    if notion not in _NOTIONS:
        raise ValueError(f"notion {notion!r} is neither 'untraining' nor 'unlearning'")
    if metric not in METRICS:
        close = difflib.get_close_matches(metric, METRICS, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(METRICS)}"
        raise ValueError(f"unknown metric {metric!r}; {hint}")
    entry = METRICS[metric]
    if not entry.judges(notion):
        right = ", ".join(name for name, other in METRICS.items() if other.judges(notion))
        raise ValueError(f"{metric} judges {entry.notion}, not {notion}: {entry.why} For {notion} use {right}")
    return entry
