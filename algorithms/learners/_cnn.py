"""The learner of small images: two convolutions and a dense layer."""

import math
from typing import Any

import optax
from flax import linen
from jaxtyping import Array

from ...formal._types import Real
from ...formal.definitions._scenario import Rows
from .._factory import factory
from ..base import Learner
from ._convolution import convolve, max_pool
from ._gradient import minibatch, require_one_hot, uniform_start


class Convolutions(linen.Module):
    """For each number of channels a 3×3 convolution, rectified units and 2×2 max-pooling; then a dense layer.

    Args:
        channels: of each convolution.
        classes: outputs; None: the units that the dense layer is given.

    >>> import jax, jax.numpy as jnp
    >>> model = Convolutions(channels=(4, 8), classes=10)
    >>> params = jax.eval_shape(model.init, jax.random.key(0), jnp.zeros((1, 64)))
    >>> jax.eval_shape(model.apply, params, jnp.zeros((5, 64))).shape
    (5, 10)
    """

    channels: tuple[int, ...]
    classes: int | None

    @linen.compact
    def __call__(self, x: Array) -> Array:
        """Scores `[m, classes]`, or units `[m, h]`, of images `[m, side²]`, `[m, h, w]` or `[m, h, w, c]`."""
        h = images(x)
        for i, width in enumerate(self.channels):
            h = linen.Conv(width, (3, 3), conv_general_dilated=convolve, name=f"convolution_{i}")(h)
            h = max_pool(linen.relu(h), (2, 2), (2, 2))
        flat = h.reshape(h.shape[0], -1)
        return flat if self.classes is None else linen.Dense(self.classes, name="head")(flat)


@factory
def cnn(
    channels: tuple[int, ...] = (16, 32),
    epochs: Real = 20,
    batch: int = 64,
    rate: Real = 0.05,
    momentum: Real = 0.9,
) -> Learner:
    """A convolutional network in flax, trained by SGD with momentum from `uniform_start`; one-hot targets.

    For each number of channels a 3×3 convolution, rectified units and 2×2 max-pooling, then a dense layer. Rows are
    images: square ones of one channel laid flat `[n, side²]`, or `[n, h, w]`, or `[n, h, w, c]`.

    Args:
        channels: of each convolution; the image's sides are halved, rounded down, as often as there are convolutions.
        epochs: passes over the rows present.
        batch: rows in a minibatch, drawn with replacement.
        rate: step size.
        momentum: of SGD.

    Returns:
        The learner; parameters are flax's.

    Raises:
        ValueError: (when it is fitted) rows that are not images, or too small ones; targets that are not one-hot.

    >>> cnn(channels=(4, 8))
    cnn(channels=(4, 8), epochs=20, batch=64, rate=0.05, momentum=0.9)
    """

    def start(key: Any, rows: Rows) -> Any:
        require_one_hot(rows)
        sides, least = images(rows.x[:1]).shape[1:3], 2 ** len(channels)
        if min(sides) < least:
            raise ValueError(
                f"x: images of {sides[0]}×{sides[1]} cannot be halved {len(channels)} times; give fewer channels"
            )
        return uniform_start(key, Convolutions(channels, rows.y.shape[1]), rows.x[:1])

    def apply(params: Any, x: Array) -> Any:
        return Convolutions(channels, params["params"]["head"]["bias"].shape[-1]).apply(params, x)

    name = f"cnn(channels={channels}, epochs={epochs:g}, batch={batch}, rate={rate:g}, momentum={momentum:g})"
    return minibatch(
        start, apply, optimiser=optax.sgd(rate, momentum), epochs=epochs, batch=batch, name=name, numeric=True
    )


def images(x: Array) -> Array:
    """Rows as images `[n, h, w, c]`: flat rows are square and of one channel.

    Raises:
        ValueError: flat rows whose length is no square, or rows that are not images.

    >>> import jax.numpy as jnp
    >>> images(jnp.zeros((5, 64))).shape, images(jnp.zeros((5, 6, 8))).shape
    ((5, 8, 8, 1), (5, 6, 8, 1))
    """
    if x.ndim == 4:
        return x
    if x.ndim == 3:
        return x[..., None]
    side = math.isqrt(x.shape[-1])
    if x.ndim != 2 or side**2 != x.shape[-1]:
        raise ValueError(f"x: rows of shape {x.shape[1:]} are not images; give [n, side²], [n, h, w] or [n, h, w, c]")
    return x.reshape(-1, side, side, 1)
