"""The learner of small images that a residual network with batch normalisation is."""

from functools import partial
from typing import Any

import optax
from flax import linen
from jaxtyping import Array, Float

from ...formal._types import Real
from ...formal.definitions._scenario import Rows
from .._factory import factory
from ..base import Learner
from ._cnn import images
from ._convolution import convolve
from ._flax_calls import linen_calls
from ._gradient import minibatch, require_one_hot, uniform_start

_MEMORY = 0.9
"""How much of the running statistics a step keeps: a run is hundreds of steps long, not flax's thousands."""


class Residual(linen.Module):
    """Two 3×3 convolutions, each normalised over the batch, added to what they read; rectified after each.

    Args:
        width: channels.
        stride: of the first convolution; where the shape changes, a 1×1 convolution changes it beside.

    >>> import jax, jax.numpy as jnp
    >>> block, h = Residual(4, 2), jnp.ones((1, 8, 8, 2))
    >>> jax.eval_shape(partial(block.init_with_output, train=False), jax.random.key(0), h)[0].shape
    (1, 4, 4, 4)
    """

    width: int
    stride: int

    @linen.compact
    def __call__(self, h: Float[Array, "m r s c"], train: bool) -> Float[Array, "m u v w"]:
        """The units one block further."""
        strides = (self.stride, self.stride)
        raised = linen.relu(normalised(h, self.width, 3, strides, train, "part_0"))
        raised = normalised(raised, self.width, 3, (1, 1), train, "part_1")
        if h.shape != raised.shape:
            h = normalised(h, self.width, 1, strides, train, "shortcut")
        return linen.relu(h + raised)


class ResNet(linen.Module):
    """A convolution, for each number of channels so many residual blocks, the mean over places, a dense layer.

    Args:
        channels: of the blocks; the sides are halved, rounded up, from each number to the next.
        blocks: of each number of channels.
        classes: outputs.

    >>> import jax, jax.numpy as jnp
    >>> model, x = ResNet((4, 8), 1, 10), jnp.zeros((5, 64))
    >>> jax.eval_shape(partial(model.init_with_output, train=False), jax.random.key(0), x)[0].shape
    (5, 10)
    """

    channels: tuple[int, ...]
    blocks: int
    classes: int

    @linen.compact
    def __call__(self, x: Array, train: bool) -> Array:
        """Scores `[m, classes]` of images `[m, side²]`, `[m, h, w]` or `[m, h, w, c]`."""
        h = linen.relu(normalised(images(x), self.channels[0], 3, (1, 1), train, "begin"))
        for i, width in enumerate(self.channels):
            for j in range(self.blocks):
                stride = 2 if i and not j else 1
                h = Residual(width, stride, name=f"block_{i * self.blocks + j}")(h, train)
        return linen.Dense(self.classes, name="head")(h.mean((1, 2)))


@factory
def resnet(
    channels: tuple[int, ...] = (8, 16, 32),
    blocks: int = 1,
    epochs: Real = 20,
    batch: int = 64,
    rate: Real = 0.1,
    momentum: Real = 0.9,
) -> Learner:
    r"""A residual network with batch normalisation in flax, trained by SGD with momentum; one-hot targets.

    A 3×3 convolution, for each number of channels `blocks` of $h' = \max(h + N(k_1 * \max(N(k_0 * h), 0)), 0)$, the
    mean over places and a dense layer: 2 · blocks · len(channels) + 2 layers deep. In training N standardises a channel
    over the minibatch, which holds present rows only, and then scales and shifts it; at evaluation by running means and
    variances, which are published and keep .9 of themselves at each step. Starts by `uniform_start`. Rows are images:
    square ones of one channel laid flat `[n, side²]`, or `[n, h, w]`, or `[n, h, w, c]`; 8×8, 28×28 and 32×32 alike.

    Args:
        channels: widths; the sides are halved, rounded up, from each to the next.
        blocks: of each width.
        epochs: passes over the rows present.
        batch: rows in a minibatch, drawn with replacement.
        rate: step size.
        momentum: of SGD.

    Returns:
        The learner; parameters are flax's, "params" and "batch_stats".

    Raises:
        ValueError: (when it is fitted) rows that are not images; targets that are not one-hot.

    Source: He et al. 2016 (arXiv 1512.03385); Ioffe and Szegedy 2015 (arXiv 1502.03167).

    >>> resnet(channels=(4, 8))
    resnet(channels=(4, 8), blocks=1, epochs=20, batch=64, rate=0.1, momentum=0.9)
    """

    def start(key: Any, rows: Rows) -> Any:
        require_one_hot(rows)
        return uniform_start(key, ResNet(channels, blocks, rows.y.shape[1]), rows.x[:1], train=False)

    def calls_of(variables: Any) -> Any:
        return linen_calls(ResNet(channels, blocks, variables["params"]["head"]["bias"].shape[-1]), None, "resnet")

    def apply(variables: Any, x: Array) -> Any:
        return calls_of(variables).apply(variables, x)

    def train(variables: Any, x: Array, key: Any) -> Any:
        return calls_of(variables).train(variables, x, key)

    settings = f"channels={channels}, blocks={blocks}, epochs={epochs:g}, batch={batch}"
    return minibatch(
        start, apply, optimiser=optax.sgd(rate, momentum), epochs=epochs, batch=batch, train=train, numeric=True,
        name=f"resnet({settings}, rate={rate:g}, momentum={momentum:g})",
    )  # fmt: skip


def normalised(h: Array, width: int, side: int, strides: tuple[int, int], train: bool, name: str) -> Array:
    """A convolution without bias and the normalisation of its outputs, as layers of the module that calls."""
    conv = partial(linen.Conv, use_bias=False, conv_general_dilated=convolve)
    h = conv(width, (side, side), strides, name=f"{name}_convolution")(h)
    return linen.BatchNorm(use_running_average=not train, momentum=_MEMORY, name=f"{name}_norm")(h)
