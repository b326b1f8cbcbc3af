"""The grain: noise on every view of both arms, below which differences are not examined.

Without it float rounding tells an exact remover from its reference. It is relative, so that no unit of the user's
decides what is examined: one scale for each column, the same for both arms, fixed by pairs that are not bet on.
"""

import numpy as np
from jaxtyping import Float64

from ...formal._types import Real

Values = dict[str, Float64[np.ndarray, "_ _"]]
"""One array for each view, a line for each run."""

Scales = dict[str, Float64[np.ndarray, " _"]]

REPEATS = 16
"""The grain is at least so many times what computing the same models again, from the rows in another order, changes."""


def scales(removed: Values, reference: Values, share: Real, rounding: Scales | None = None) -> Scales:
    r"""The standard deviation of the noise on each column,

    $$s_j = \max(\text{share} \cdot \operatorname{median}_{i} |v_{ij}|,\; 16\, r_j),$$

    over runs i of both arms that are not bet on, with r_j what recomputation changes. Both arms pooled: a scale of each
    arm's own would tell equal laws apart by chance. A column that is 0 in all of these runs has the least scale of its
    view's other columns: nothing is known of its unit.

    Args:
        removed, reference: `[runs, k]` of each view; values that are not finite are left out.
        share: of a column's size, ≥ 0.
        rounding: r, `[k]` of each view; 0 when left out.

    Returns:
        `[k]` for each view.

    >>> one = {"loss": np.array([[2.0, 0.0], [4.0, 0.0]])}
    >>> scales(one, one, 0.1)["loss"].round(3).tolist(), scales(one, one, 0.0)["loss"].tolist()
    ([0.3, 0.3], [0.0, 0.0])
    >>> scales(one, one, 0.1, {"loss": np.array([1.0, 0.0])})["loss"].round(3).tolist()
    [16.0, 0.3]
    """
    by_view: Scales = {}
    for name in removed:
        sizes = share * _sizes(np.concatenate([removed[name], reference[name]]))
        least = sizes[sizes > 0].min(initial=np.inf)
        by_view[name] = np.where(sizes > 0, sizes, least if np.isfinite(least) else 0.0)
        if rounding is not None and name in rounding and share > 0:
            by_view[name] = np.maximum(by_view[name], REPEATS * rounding[name])
    return by_view


def coarsest(removed: Values, reference: Values, scale: Scales, rounding: Scales) -> float:
    """The largest noise that rounding sets on a number, as a share of its size; 0 where it sets none.

    >>> one = {"loss": np.array([[2.0, 4.0], [2.0, 4.0]])}
    >>> coarsest(one, one, {"loss": np.array([0.002, 0.4])}, {"loss": np.array([0.0, 0.025])})
    0.1
    """
    largest = 0.0
    for name, least in rounding.items():
        size = _sizes(np.concatenate([removed[name], reference[name]]))
        set_by = (scale[name] == REPEATS * least) & (least > 0) & (size > 0)
        largest = max(largest, float((scale[name][set_by] / size[set_by]).max(initial=0.0)))
    return largest


def _sizes(values: Float64[np.ndarray, "runs k"]) -> Float64[np.ndarray, " k"]:
    """The median size of each column, of its values that are finite and not 0 where half of them are 0; else 0."""
    size = np.abs(np.where(np.isfinite(values), values, 0.0))
    usual = np.median(size, axis=0)
    return np.where(usual > 0, usual, size.max(0, initial=0.0))


def add_grain(values: Values, scale: Scales | Real, rng: np.random.Generator) -> Values:
    """Independent N(0, s²) on every number.

    Post-processing both arms alike keeps every refutation sound. Proved: `Engine.v: grain_keeps_the_claim`.

    Args:
        values: `[runs, k]` of each view.
        scale: s, `[k]` of each view, or one for all.
        rng: draws the noise, view after view: two arms that are to carry the same noise get generators of one seed.

    >>> rng = np.random.default_rng(0)
    >>> bool(add_grain({"a": np.zeros((2, 1))}, 0.0, rng)["a"].any())
    False
    """
    each = scale if isinstance(scale, dict) else dict.fromkeys(values, scale)
    return {name: v + each[name] * rng.standard_normal(v.shape) for name, v in values.items()}
