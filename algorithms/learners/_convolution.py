"""Convolution and pooling that stay fast on a CPU when many networks train side by side."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen
from jax import lax
from jaxtyping import Array, Float

TILE = 4
"""Neighbouring outputs that one row of patches serves, where the channels alone make too narrow a matrix."""


def convolve(
    lhs: Array,
    rhs: Array,
    window_strides: Sequence[int],
    padding: str | Sequence[tuple[int, int]],
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: Any = None,
    feature_group_count: int = 1,
    batch_group_count: int = 1,
    precision: Any = None,
    preferred_element_type: Any = None,
    out_sharding: Any = None,
) -> Array:
    r"""`jax.lax.conv_general_dilated`, for networks that train under `vmap` on a CPU.

    $y_{b,h,w,o} = \sum_{i,j,c} x_{b,\,sh+i,\,sw+j,\,c}\; k_{i,j,c,o}$ is one matrix product of the patches of x, side
    by side in memory, with the kernel. The native convolution of XLA on a CPU becomes a grouped one under `vmap`, and
    its gradients convolutions with large windows; those run, and compile, many times slower. A GPU or TPU keeps the
    native one: the platform is chosen when the program is lowered, so one exported program serves all.
    It can be differentiated to any order, forward and in reverse.

    Args:
        lhs: inputs, two spatial axes; in flax `[batch, height, width, channels]`.
        rhs: kernel; in flax `[height, width, channels, features]`.
        window_strides, padding, dimension_numbers, precision: as in `jax.lax.conv_general_dilated`.
        lhs_dilation, rhs_dilation, feature_group_count, batch_group_count, preferred_element_type, out_sharding: as
            there; if any of them is used, and for one or three spatial axes, the native convolution answers.

    Returns:
        The convolution, axes as `dimension_numbers` says.

    Raises:
        ValueError, TypeError: as `jax.lax.conv_general_dilated`.

    >>> import jax, jax.numpy as jnp
    >>> from flax import linen
    >>> layer = linen.Conv(16, (3, 3), conv_general_dilated=convolve)
    >>> x = jnp.ones((2, 8, 8, 1))
    >>> layer.apply(layer.init(jax.random.key(0), x), x).shape
    (2, 8, 8, 16)
    """

    def native(x: Array, k: Array) -> Array:
        return lax.conv_general_dilated(
            x, k, window_strides, padding, lhs_dilation, rhs_dilation, dimension_numbers,
            feature_group_count, batch_group_count, precision, preferred_element_type, out_sharding,
        )  # fmt: skip

    # The native convolution judges the arguments, whichever one answers.
    output = jax.eval_shape(native, lhs, rhs)
    rates = (*(lhs_dilation or ()), *(rhs_dilation or ()), feature_group_count, batch_group_count)
    other = preferred_element_type is not None or out_sharding is not None
    if other or any(rate != 1 for rate in rates) or lhs.ndim != 4 or lhs.dtype.kind != "f" or output.size == 0:
        return native(lhs, rhs)
    axes = lax.conv_dimension_numbers(lhs.shape, rhs.shape, dimension_numbers)
    pads = _edges(lhs, rhs, axes, window_strides, padding)

    def product(x: Array, k: Array) -> Array:
        (batch, channels, *sides), (out, into, *taps) = axes.lhs_spec, axes.rhs_spec
        image = _padded(x.transpose(batch, *sides, channels), pads)
        y = _product(image, k.transpose(*taps, into, out), (window_strides[0], window_strides[1]), precision)
        return jnp.moveaxis(y, (0, 3, 1, 2), axes.out_spec)

    return lax.platform_dependent(lhs, rhs, cpu=product, default=native)


def max_pool(
    inputs: Float[Array, "..."],
    window_shape: Sequence[int],
    strides: Sequence[int] | None = None,
    padding: str | Sequence[tuple[int, int]] = "VALID",
) -> Float[Array, "..."]:
    """`flax.linen.max_pool`, for networks that train under `vmap` on a CPU.

    Windows side by side are split into slices, and the gradient goes to the place that won, the first one in a tie;
    flax's own reduces windows, and its gradient scatters one number after another.

    Args:
        inputs: `[..., height, width, channels]`.
        window_shape: height and width of a window.
        strides: from window to window; 1 when left out, as in flax. Windows that overlap are left to flax.
        padding: VALID drops what fills no window. Any other padding is left to flax.

    Returns:
        `[..., height // window height, width // window width, channels]` where windows lie side by side.

    >>> import jax.numpy as jnp
    >>> max_pool(jnp.arange(16.0).reshape(1, 4, 4, 1), (2, 2), (2, 2))[0, :, :, 0].tolist()
    [[5.0, 7.0], [13.0, 15.0]]
    """
    window = tuple(window_shape)
    side_by_side = len(window) == 2 and strides is not None and tuple(strides) == window and padding == "VALID"
    if not side_by_side or not jnp.issubdtype(inputs.dtype, jnp.floating):
        native: Any = linen.max_pool
        return native(inputs, window, strides, padding)
    *lead, height, width, channels = inputs.shape
    rows, columns = height // window[0], width // window[1]
    whole = inputs[..., : rows * window[0], : columns * window[1], :]
    split = whole.reshape(math.prod(lead), rows, window[0], columns, window[1], channels)
    return _largest(split).reshape(*lead, rows, columns, channels)


def _product(
    x: Float[Array, "b H W c"], kernel: Float[Array, "i j c o"], strides: tuple[int, int], precision: Any
) -> Float[Array, "b h w o"]:
    """A convolution without padding: patches, each serving `tile` outputs of a row, times the kernel at each shift."""
    (down, across), (tall, wide, channels, features) = strides, kernel.shape
    height, width = (x.shape[1] - tall) // down + 1, (x.shape[2] - wide) // across + 1
    tile = max(t for t in range(1, TILE + 1) if width % t == 0) if channels < TILE else 1
    reach = (tile - 1) * across + wide
    rows = [slice(i, i + (height - 1) * down + 1, down) for i in range(tall)]
    if tile == 1:
        columns = [slice(j, j + (width - 1) * across + 1, across) for j in range(wide)]
        pieces = [x[:, i, j] for i, j in itertools.product(rows, columns)]
    else:
        # Whole windows of a row first: one or two channels are too short a run to copy.
        starts = range(0, width * across, tile * across)
        windows = jnp.stack([x[:, :, at : at + reach].reshape(*x.shape[:2], -1) for at in starts], 2)
        pieces = [windows[:, i] for i in rows]
    patches = jnp.concatenate(pieces, -1).reshape(-1, tall * reach * channels)
    ends = [(t * across, reach - wide - t * across) for t in range(tile)]
    shifted = jnp.stack([jnp.pad(kernel, ((0, 0), end, (0, 0), (0, 0))) for end in ends], 3)
    return jnp.dot(patches, shifted.reshape(-1, tile * features), precision=precision).reshape(
        -1, height, width, features
    )


def _padded(x: Float[Array, "b h w c"], pads: Sequence[tuple[int, int]]) -> Float[Array, "b H W c"]:
    """Zeros around the image, by concatenation: XLA:CPU fuses `pad` into every slice taken from it.

    A negative edge crops.
    """
    for axis, (low, high) in zip((2, 1), reversed(list(pads)), strict=True):
        x = lax.slice_in_dim(x, max(-low, 0), x.shape[axis] - max(-high, 0), axis=axis)
        zeros = [jnp.zeros((*x.shape[:axis], max(size, 0), *x.shape[axis + 1 :]), x.dtype) for size in (low, high)]
        x = jnp.concatenate([zeros[0], x, zeros[1]], axis)
    return x


def _edges(x: Array, kernel: Array, axes: Any, strides: Sequence[int], padding: Any) -> Sequence[tuple[int, int]]:
    """How many zeros go before and after height and width."""
    if not isinstance(padding, str):
        return padding
    sides, taps = [x.shape[i] for i in axes.lhs_spec[2:]], [kernel.shape[i] for i in axes.rhs_spec[2:]]
    return lax.padtype_to_pads(sides, taps, strides, padding)


@jax.custom_jvp
def _largest(split: Float[Array, "b h p w q c"]) -> Float[Array, "b h w c"]:
    return _winner(split)[0]


@_largest.defjvp
def _largest_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (split,), (tangent,) = primals, tangents
    largest, place = _winner(split)
    index = [lax.broadcasted_iota(split.dtype, split.shape, axis) for axis in (2, 4)]
    # XLA:CPU would compute `place`, and whatever the layer above sends back, anew for every place of a window, as it
    # does with all that it deems cheap. A root and a quotient it deems dear, and computes once: the root of a square,
    # and the quotient by what is always 1.
    won = jnp.sqrt(place)[:, :, None, :, None] == index[0] * split.shape[4] + index[1]
    return largest, jnp.where(won, tangent, 0).sum((2, 4)) / jnp.where(place < math.inf, 1.0, 2.0).astype(split.dtype)


def _winner(split: Float[Array, "b h p w q c"]) -> tuple[Float[Array, "b h w c"], Float[Array, "b h w c"]]:
    """The largest of every window, and the square of its place, counted row by row; the first in a tie."""
    places = list(itertools.product(range(split.shape[2]), range(split.shape[4])))
    largest = split[:, :, 0, :, 0]
    square = jnp.zeros_like(largest)
    for number, (i, j) in enumerate(places[1:], 1):
        rival = split[:, :, i, :, j]
        square = jnp.where(rival > largest, jnp.asarray(number**2, split.dtype), square)
        largest = jnp.maximum(largest, rival)
    return largest, square
