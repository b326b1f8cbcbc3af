"""Our contestants: shipped learners and plain fits through the library's public path; and what their runs drew."""

import functools
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen
from jax.sharding import PartitionSpec
from speed_plain import Convolutions, Network, ordered, plain, weighted
from speed_work import HIDDEN, Work

import neverseen as ns
from neverseen.algorithms.learners._descent import draws
from neverseen.algorithms.learners._gradient import Perceptron, uniform_start


def ours(learner: ns.Learner, rows: ns.Rows, keys: jax.Array) -> ns.Trained:
    """The public path: one run of the learner for each key."""
    return ns.pools.draw(learner, rows, keys)


def shipped(work: Work) -> ns.Learner:
    """The library's own learner of a workload; AttributeError or TypeError where it has none yet."""
    if work.batch == 0:
        return ns.learners.logistic(penalty=work.penalty, epochs=work.steps, rate=work.rate, bootstrap=True)
    settings = {"epochs": work.epochs, "batch": work.batch, "rate": work.rate, "momentum": work.momentum}
    return ns.learners.cnn(**settings) if work.name == "W3" else ns.learners.mlp(hidden=HIDDEN, **settings)


def convolution() -> Callable[..., jax.Array]:
    """The library's convolution, to be given to flax's `Conv`; AttributeError where it has none yet."""
    return ns.learners.convolve


WAYS: dict[str, Callable[[Work], ns.Learner]] = {
    "shipped": shipped,
    "plain": plain,
    "plain, our convolution": lambda work: plain(work, convolution()),
}


class Contestant:
    """A learner through `ours`, or without the library under `jit` of `vmap`.

    Args:
        work: the workload.
        way: one of `WAYS`.
        bare: without the library: the plain fit under `jax.jit(jax.vmap)`.
    """

    def __init__(self, work: Work, way: str, bare: bool = False) -> None:
        ns.pools.use_host_cores()
        self.work, self.way, self.learner = work, way, WAYS[way](work)
        x, y = work.data()
        self.rows = ns.Rows(jnp.asarray(x), jax.nn.one_hot(y, work.classes), jnp.ones(work.n, bool))
        vmapped = jax.jit(jax.vmap(self.learner.fit, in_axes=(0, None)))
        self.run = (lambda keys: vmapped(keys, self.rows)) if bare else functools.partial(ours, self.learner, self.rows)

    def train(self, models: int, seed: int) -> Any:
        return jax.block_until_ready(self.run(jax.random.split(jax.random.key(seed), models)).params)

    def check(self, models: int) -> list[float]:
        """Final losses of the first runs of a round, each on all rows."""
        params = self.run(self.keys(models)).params
        loss = jax.jit(jax.vmap(lambda p: self.learner.row_losses(p, self.rows).mean()))
        return loss(params).tolist()

    def given(self, models: int) -> list[np.ndarray]:
        """What those runs drew: initial parameters `[models, ...]` and orders `[models, ...]`."""
        return [np.asarray(part) for part in orders(self.work, self.way, self.rows, self.keys(models))]

    def keys(self, models: int) -> jax.Array:
        return jax.random.split(jax.random.key(0), self.work.models)[:models]

    def peak(self, _: int) -> float:
        """GFLOP/s of the fastest single-precision matrix product on all devices, best of sizes and of two ways."""
        mesh = jax.make_mesh((len(jax.devices()),), ("d",), axis_types=(jax.sharding.AxisType.Auto,))
        each = PartitionSpec("d")
        apart = jax.jit(jax.shard_map(lambda a: a @ a, mesh=mesh, in_specs=each, out_specs=each))
        found = []
        for size in (512, 1024, 2048):
            for product, count in ((jax.jit(lambda a: a @ a), 1), (apart, len(jax.devices()))):
                a = jnp.ones((count, size, size))
                found.append(2e-9 * count * size**3 / min(_seconds(product, a) for _ in range(6)))
        return max(found)


def _seconds(call: Callable[[Any], Any], argument: Any) -> float:
    jax.block_until_ready(call(argument))
    started = time.perf_counter()
    jax.block_until_ready(call(argument))
    return time.perf_counter() - started


def orders(work: Work, way: str, rows: ns.Rows, keys: jax.Array) -> tuple[Any, ...]:
    """What the runs of these keys draw: parameters in the order of `speed_torch`, then weights or minibatches.

    The one place that knows how a learner uses its key.
    """
    if work.batch == 0:
        drawn = _resampled if way == "shipped" else weighted
        return (jax.vmap(lambda key: drawn(key, rows))(keys),)
    start, order = jax.vmap(jax.random.split)(keys).swapaxes(0, 1)
    mine = way == "shipped"
    drawn = jax.vmap(lambda key: (_descended if mine else ordered)(key, rows, work.steps, work.batch))(order)
    module = Convolutions() if work.name == "W3" else Perceptron(HIDDEN, work.classes)
    begin = _uniform(module, rows) if mine else _default(work, rows)
    return (*leaves(jax.vmap(begin)(start)["params"]), drawn)


def _resampled(key: jax.Array, rows: ns.Rows) -> jax.Array:
    """As `algorithms/learners/_logistic.py` draws its bootstrap."""
    return jnp.zeros(len(rows.present)).at[draws(key, rows, len(rows.present))].add(1 / len(rows.present))


def _uniform(module: linen.Module, rows: ns.Rows) -> Callable[[jax.Array], Any]:
    return lambda key: uniform_start(key, module, rows.x[:1])


def _default(work: Work, rows: ns.Rows) -> Callable[[jax.Array], Any]:
    module = Convolutions() if work.name == "W3" else Network(work.classes)
    return lambda key: module.init(key, rows.x[:1])


def leaves(params: dict[str, Any]) -> list[Any]:
    """Layer by layer, kernel then bias; flax names layers in an order that sorts."""
    order = sorted(params, key=lambda name: (not name.startswith(("Conv", "body")), name))
    return [params[name][part] for name in order for part in ("kernel", "bias")]


def _descended(key: jax.Array, rows: ns.Rows, steps: int, batch: int) -> jax.Array:
    """As `algorithms/learners/_descent.py` samples: step i draws from `split(fold_in(key, i), 1)`."""
    count = rows.count()

    def at(i: jax.Array) -> jax.Array:
        (own,) = jax.random.split(jax.random.fold_in(key, i), 1)
        turn = jnp.floor(jax.random.uniform(own, (batch,)) * count).astype(int)
        return jnp.flatnonzero(rows.present, size=rows.present.shape[0], fill_value=0)[jnp.clip(turn, 0, count - 1)]

    return jax.vmap(at)(jnp.arange(steps))
