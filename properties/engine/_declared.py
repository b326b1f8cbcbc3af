"""The declared class: fixed functions of the views, frozen by the first 64 pairs, that acceptance bets on.

Its functions are those on which the usual ways to differ show: each number, a direction, the numbers one by one, two
numbers that agree in sign, all of them wider or narrower, and a kernel witness. What shows in three numbers at once and
in no two, such as the parity of three signs, shows in none of them.
"""

import numpy as np
from jaxtyping import Float64

from ._features import (
    DIAGONAL_LLR,
    LEARNED,
    LINEAR,
    SIGNS,
    FeatureMap,
    Runs,
    Transform,
    after,
    diagonal_llr,
    fit_signs,
    linear,
    standard,
)

NORM, KERNEL = "squared norm", "kernel witness"

DECLARED = ("", LINEAR, DIAGONAL_LLR, SIGNS, NORM, KERNEL, LEARNED)
"""Kinds in a declared class: acceptance waits for the slowest event, and other kinds add pairs but hardly reach."""


def fit_declared(view: str, x: Runs, y: Runs) -> list[FeatureMap]:
    """The functions of a view that a declared class holds, fixed on its past.

    Args:
        view: the view's name.
        x, y: its past values in the two arms, finite.

    Returns:
        One feature map for a view of one number, five for a longer one.

    >>> rng = np.random.default_rng(0)
    >>> [one.kind for one in fit_declared("v", rng.normal(size=(9, 2)), rng.normal(size=(9, 2)))][2:]
    ['product of two signs', 'squared norm', 'kernel witness']
    """
    if x.shape[1] == 1:
        return [FeatureMap(view, "", lambda values: values[:, 0])]
    transform = standard(x, y)
    u, v = transform(x), transform(y)
    whole = {LINEAR: linear(u, v), DIAGONAL_LLR: diagonal_llr(u, v), NORM: squared_norm, KERNEL: kernel_witness(u, v)}
    by_kind = {kind: FeatureMap(view, kind, after(transform, see)) for kind, see in whole.items()}
    by_kind[SIGNS] = fit_signs(view, x, y)
    return [by_kind[kind] for kind in DECLARED if kind in by_kind]


def fit_together(view: str, x: Runs, y: Runs) -> list[FeatureMap]:
    """The functions of all views together, beside the trees: across views, two signs and a kernel witness.

    >>> [one.kind for one in fit_together("all", np.eye(3), np.zeros((3, 3)))]
    ['product of two signs', 'kernel witness']
    """
    transform = standard(x, y)
    return [
        fit_signs(view, x, y),
        FeatureMap(view, KERNEL, after(transform, kernel_witness(transform(x), transform(y)))),
    ]


def declared_count(width: int, together: bool = False) -> int:
    """How many functions a view of so many numbers has in the class.

    >>> declared_count(1), declared_count(2), declared_count(9, together=True)
    (1, 5, 3)
    """
    return 3 if together else 1 if width == 1 else 5


def squared_norm(values: Runs) -> Float64[np.ndarray, " m"]:
    """‖v‖² of standardised values: wider or narrower in all numbers at once.

    >>> squared_norm(np.array([[3.0, 4.0]])).tolist()
    [25.0]
    """
    return (values**2).sum(1)


def kernel_witness(x: Runs, y: Runs) -> Transform:
    r"""The witness of the two past samples under a Gaussian kernel,

    $$h(v) = \tfrac1t \sum_i \bigl(k(v, x_i) - k(v, y_i)\bigr), \qquad k(u, v) = e^{-\lVert u-v\rVert^2 / (2 s^2)},$$

    with s² half the median squared distance of the pooled past.

    Args:
        x, y: standardised past values.

    Returns:
        h, large where removed models lie.

    Source: Gretton et al. 2012 for the witness of MMD; Ribero, Schrab & Gretton 2026 (arXiv 2601.19755) test
    hockey-stick divergences by kernel witnesses.

    >>> h = kernel_witness(np.full((4, 2), 2.0), np.zeros((4, 2)))
    >>> h(np.array([[2.0, 2.0], [0.0, 0.0]])).round(2).tolist()
    [0.63, -0.63]
    """
    both = np.concatenate([x, y])
    far = _squares(both, both)[np.triu_indices(len(both), 1)]
    some = far[far > 0]
    scale = float(np.median(some)) / 2 if some.size else 1.0
    signs = np.repeat([1 / len(x), -1 / len(y)], [len(x), len(y)])
    return lambda values: np.exp(-_squares(values, both) / (2 * scale)) @ signs


def _squares(a: Runs, b: Float64[np.ndarray, "t k"]) -> Float64[np.ndarray, "m t"]:
    """Squared distances."""
    return np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T, 0.0)
