"""What tuning makes small: the distance of what removed models say of rows from what they are to say."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float64

from ..engine._cramer import Layout, apart, squared_distance
from ..metrics._answers import block_weights

Answers = Mapping[str, Float64[np.ndarray, "_ _"]]
"""What models say of each row, in [0, 1], by the name of the rows."""


def label_distance(removed: Answers, targets: Answers) -> float:
    r"""The row-wise squared Cramér distance, averaged over blocks, both sides of equal weight: see `distance_of`.

    Args:
        removed: of removed models.
        targets: on the same rows, from runs that share no seed with those.

    >>> zeros, ones = np.zeros((3, 3)), np.ones((3, 3))
    >>> label_distance({"S": zeros, "D∖S": zeros}, {"S": ones, "D∖S": zeros})
    0.5
    """
    sizes = len(next(iter(removed.values()))), len(next(iter(targets.values())))
    weights = block_weights(list(removed))
    between = np.sum([weight * apart([removed[name], targets[name]]) for name, weight in weights.items()], axis=0)
    return squared_distance(between, Layout(sizes, (0, 1)), 0, 1)
