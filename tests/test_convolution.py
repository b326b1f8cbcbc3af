"""`convolve` and `max_pool` agree with JAX and flax in values and gradients, and avoid what is slow on a CPU."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen
from jax import lax
from jaxtyping import Array

import neverseen as ns
from neverseen.properties.runs._quick import quickly

FLAX = ("NHWC", "HWIO", "NHWC")
CASES: dict[str, dict[str, Any]] = {
    "flax": {},
    "strides": {"window_strides": (2, 3)},
    "valid": {"padding": "VALID"},
    "lower": {"padding": "SAME_LOWER", "window_strides": (2, 1), "kernel": (2, 4)},
    "explicit": {"padding": ((2, 0), (1, 3))},
    "tall": {"kernel": (5, 1), "image": (7, 4)},
    "wide-strided": {"kernel": (1, 2), "window_strides": (1, 2), "channels": 2},
    "one-channel": {"channels": 1},
    "one-channel-strided": {"channels": 1, "window_strides": (2, 2), "image": (9, 16)},
    "prime-width": {"channels": 3, "image": (5, 7)},
    "point": {"kernel": (1, 1), "channels": 5},
    "NCHW": {"dimension_numbers": ("NCHW", "OIHW", "NCHW")},
    "mixed": {"dimension_numbers": ("HWNC", "IOHW", "CNWH"), "channels": 1},
    "default": {"dimension_numbers": None},
    "groups": {"feature_group_count": 2, "channels": 4},
    "dilated": {"rhs_dilation": (2, 1)},
    "transposed": {"lhs_dilation": (2, 2), "padding": ((1, 1), (2, 1))},
}
cases = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))


def build(case: dict[str, Any], dtype: Any = jnp.float32) -> tuple[Array, Array, dict[str, Any]]:
    """An image, a kernel and the arguments of a case."""
    chosen = dict(case)
    tall, wide = chosen.pop("kernel", (3, 3))
    height, width = chosen.pop("image", (6, 8))
    channels = chosen.pop("channels", 4)
    chosen = {"window_strides": (1, 1), "padding": "SAME", "dimension_numbers": FLAX, **chosen}
    numbers: Any = chosen["dimension_numbers"] or ("NCHW", "OIHW", "NCHW")
    sizes = {"N": 2, "H": height, "W": width, "C": channels}
    taps = {"H": tall, "W": wide, "I": channels // chosen.get("feature_group_count", 1), "O": 6}
    rng = np.random.default_rng(0)
    x, k = rng.normal(size=[sizes[a] for a in numbers[0]]), rng.normal(size=[taps[a] for a in numbers[1]])
    return jnp.asarray(x, dtype), jnp.asarray(k, dtype), chosen


def value_and_gradients(function: Callable[..., Array], *given: Array) -> tuple[Array, ...]:
    """The value, and the gradients of a weighted sum of its squares."""

    def loss(*given: Array) -> tuple[Array, Array]:
        value = function(*given)
        return jnp.sum(jnp.cos(jnp.arange(value.size, dtype=value.dtype)).reshape(value.shape) * value**2), value

    along, value = jax.grad(loss, tuple(range(len(given))), has_aux=True)(*given)
    return (value, *along)


def difference(ours: Callable[..., Array], theirs: Callable[..., Array], *given: Array) -> float:
    """The largest difference of values and gradients, each relative to the largest entry."""
    both = quickly(lambda *given: [value_and_gradients(each, *given) for each in (ours, theirs)])
    return largest(*both(*given))


def largest(found: tuple[Array, ...], wanted: tuple[Array, ...]) -> float:
    assert [a.dtype for a in found] == [b.dtype for b in wanted]
    pairs = [(np.asarray(a), np.asarray(b)) for a, b in zip(found, wanted, strict=True)]
    return max(float(abs(a - b).max() / abs(b).max()) for a, b in pairs)


@cases
def test_values_and_gradients_are_those_of_jax(case: dict[str, Any]) -> None:
    x, k, chosen = build(case)
    ours, theirs = (lambda x, k, f=f: f(x, k, **chosen) for f in (ns.learners.convolve, lax.conv_general_dilated))
    assert difference(ours, theirs, x, k) < 1e-5


def test_a_negative_edge_crops() -> None:
    """Against the native convolution of the cropped image: XLA:CPU's own (JAX 0.10.2) reads beyond an image there."""
    x, k, chosen = build({"padding": ((-1, 1), (2, -3))})
    chosen.pop("padding")

    def cropped(x: Array, k: Array, wide: int = -3) -> Array:
        return lax.conv_general_dilated(x[:, 1:, :wide], k, padding=((0, 1), (2, 0)), **chosen)

    def ours(x: Array, k: Array) -> Array:
        return ns.learners.convolve(x, k, padding=((-1, 1), (2, -3)), **chosen)

    assert difference(ours, cropped, x, k) < 1e-5
    assert jax.eval_shape(lambda x, k: cropped(x, k, -2), x, k).shape != jax.eval_shape(ours, x, k).shape


@pytest.mark.parametrize("axes", [(0, None), (None, 0), (0, 0), (1, 3)])
@pytest.mark.parametrize("name", ["flax", "one-channel-strided", "groups"])
def test_under_vmap_too(name: str, axes: tuple[int | None, int | None]) -> None:
    x, k, chosen = build(CASES[name])
    many = [
        part if axis is None else jnp.stack([part, 2 - part, part**2], axis)
        for part, axis in zip((x, k), axes, strict=True)
    ]
    ours, theirs = (
        jax.vmap(lambda x, k, f=f: f(x, k, **chosen), axes) for f in (ns.learners.convolve, lax.conv_general_dilated)
    )
    assert difference(ours, theirs, *many) < 1e-5


@pytest.mark.parametrize("name", ["flax", "one-channel", "mixed"])
def test_in_double_precision(name: str) -> None:
    with jax.enable_x64(True):
        x, k, chosen = build(CASES[name], jnp.float64)
        ours, theirs = (lambda x, k, f=f: f(x, k, **chosen) for f in (ns.learners.convolve, lax.conv_general_dilated))
        assert jax.eval_shape(ours, x, k).dtype == jnp.float64
        assert difference(ours, theirs, x, k) < 1e-13


def test_what_differs_is_told_apart() -> None:
    x, k, chosen = build({})
    ours, flipped = (lambda x, k, s=s: ns.learners.convolve(x, k[:, ::s], **chosen) for s in (1, -1))
    assert difference(ours, flipped, x, k) > 0.1


def test_bad_arguments_are_judged_as_jax_does() -> None:
    x, k, chosen = build({})
    with pytest.raises((TypeError, ValueError)):
        ns.learners.convolve(x, k[:, :, :3], **chosen)


def test_on_a_cpu_no_convolution_is_compiled_and_no_branch_is_left() -> None:
    x, k, chosen = build({})
    along = jax.vmap(jax.grad(lambda x, k: jnp.sum(ns.learners.convolve(x, k, **chosen) ** 2), (0, 1)))
    compiled = str(jax.jit(along).lower(jnp.stack([x, x]), jnp.stack([k, k])).compile().as_text())
    assert "convolution(" not in compiled
    assert "conditional(" not in compiled


def test_one_exported_program_serves_other_platforms() -> None:
    x, k, chosen = build({})
    program = jax.export.export(
        jax.jit(lambda x, k: ns.learners.convolve(x, k, **chosen)), platforms=("cpu", "cuda", "tpu")
    )(x, k)
    assert "stablehlo.convolution" in program.mlir_module()
    np.testing.assert_allclose(program.call(x, k), lax.conv_general_dilated(x, k, **chosen), atol=1e-5)


POOLS: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "2x2": ((3, 8, 6, 5), {"window_shape": (2, 2), "strides": (2, 2)}),
    "3x2": ((3, 9, 6, 5), {"window_shape": (3, 2), "strides": (3, 2)}),
    "rest dropped": ((3, 7, 5, 5), {"window_shape": (2, 2), "strides": (2, 2)}),
    "more axes": ((2, 3, 4, 4, 5), {"window_shape": (2, 2), "strides": (2, 2)}),
    "no batch": ((4, 4, 5), {"window_shape": (2, 2), "strides": (2, 2)}),
    "overlap": ((3, 8, 6, 5), {"window_shape": (3, 3), "strides": (2, 2)}),
    "no strides": ((3, 8, 6, 5), {"window_shape": (2, 2)}),
    "same": ((3, 7, 5, 5), {"window_shape": (2, 2), "strides": (2, 2), "padding": "SAME"}),
    "line": ((3, 8, 5), {"window_shape": (2,), "strides": (2,)}),
}


@pytest.mark.parametrize("case", POOLS.values(), ids=list(POOLS))
def test_pooling_is_that_of_flax(case: tuple[tuple[int, ...], dict[str, Any]]) -> None:
    shape, chosen = case
    drawn = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    both = [lambda x, f=f: f(x, **chosen) for f in (ns.learners.max_pool, linen.max_pool)]
    alone = quickly(lambda x: [value_and_gradients(f, x) for f in both])
    stacked = quickly(lambda many: [value_and_gradients(jax.vmap(f), many) for f in both])
    # Whole numbers tie in most windows: the gradient must go to the same place as flax's, and arrive once.
    for x in (drawn, np.round(drawn)):
        ours, theirs = alone(x)
        assert bool((ours[0] == theirs[0]).all())
        assert largest(ours, theirs) < 1e-6
        assert largest(*stacked(np.stack([x, -x]))) < 1e-6


def test_forward_mode_and_second_order() -> None:
    x, k, chosen = build({"image": (4, 4), "channels": 2})

    def loss(convolution: Any, pool: Any, k: Array) -> Array:
        return jnp.sum(jnp.tanh(pool(convolution(x, k, **chosen), (2, 2), (2, 2))) ** 2)

    pairs = (ns.learners.convolve, ns.learners.max_pool), (lax.conv_general_dilated, slow_pool)
    ours, theirs = quickly(
        lambda k: [jax.jvp(jax.grad(lambda k, p=p: loss(*p, k)), (k,), (jnp.ones_like(k),))[1] for p in pairs]
    )(k)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def slow_pool(x: Array, window: tuple[int, int], strides: tuple[int, int]) -> Array:
    """The maximum of side-by-side windows, by reshaping."""
    del strides
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // window[0], window[0], width // window[1], window[1], channels).max((2, 4))
