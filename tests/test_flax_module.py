"""What flax users write is a learner: its numbers are a plain loop's, and what cannot work is said in one line."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import linen, nnx
from jaxtyping import PRNGKeyArray

import neverseen as ns
from neverseen.algorithms.learners._cpu_layers import for_cpus
from neverseen.algorithms.learners._descent import draws
from neverseen.properties.runs._dry_run import dry_run
from neverseen.properties.runs._quick import quickly
from neverseen.properties.runs._views import views_of

EPOCHS, BATCH, STEPS = 3, 4, 6
SCENARIO = ns.scenarios.blobs(size=4, rows=16)
PRESENT = np.arange(16) % 2 == 0
ROWS = ns.Rows(
    jnp.where(jnp.asarray(PRESENT)[:, None], SCENARIO.rows.x[:16], jnp.nan), SCENARIO.rows.y[:16], jnp.asarray(PRESENT)
)
"""Eight rows of blobs, and eight absent ones that no number may come from."""


class Net(linen.Module):
    """Batch normalisation and dropout, told by an argument that has no default.

    No bias below the normalisation, which cancels it: its slope would be rounding, and Adam makes steps of that.
    """

    @linen.compact
    def __call__(self, x: Any, train: bool) -> Any:
        """Scores."""
        x = linen.BatchNorm(use_running_average=not train, momentum=0.8)(linen.Dense(4, use_bias=False)(x))
        return linen.Dense(2)(linen.Dropout(0.5)(linen.relu(x), deterministic=not train))


class NNXNet(nnx.Module):
    """The same in nnx, told by `train()` and `eval()`."""

    def __init__(self, *, rngs: nnx.Rngs, rate: float = 0.5) -> None:
        self.body, self.head = nnx.Linear(2, 4, use_bias=False, rngs=rngs), nnx.Linear(4, 2, rngs=rngs)
        self.norm, self.dropout = nnx.BatchNorm(4, momentum=0.8, rngs=rngs), nnx.Dropout(rate, rngs=rngs)

    def __call__(self, x: Any) -> Any:
        """Scores."""
        return self.head(self.dropout(nnx.relu(self.norm(self.body(x)))))


def optimiser() -> optax.GradientTransformation:
    """A chain with a schedule and decay, which reads the parameters."""
    return optax.chain(
        optax.clip_by_global_norm(1.0), optax.adamw(optax.cosine_decay_schedule(0.05, STEPS), weight_decay=0.1)
    )


def learner_of(module: Any, **options: Any) -> ns.Learner:
    return ns.learners.flax_module(module, optimiser=optimiser(), epochs=EPOCHS, batch=BATCH, name="mine", **options)


LEARNER, NNX = learner_of(Net()), learner_of(NNXNet)


def plain_loop(key: PRNGKeyArray, train: Callable[..., Any], variables: Any) -> Any:
    """Flax and optax by hand: `train(params, state, x, key) -> (scores, state)`, one step after the other."""
    _, order = jax.random.split(key)
    chain, params, state = optimiser(), variables["params"], {k: v for k, v in variables.items() if k != "params"}
    at = chain.init(params)

    def loss(params: Any, state: Any, chosen: Any, step: Any) -> Any:
        scores, state = train(params, state, ROWS.x[chosen], jax.random.fold_in(jax.random.fold_in(key, 2), step))
        return optax.softmax_cross_entropy(scores, ROWS.y[chosen]).mean(), state

    for step in range(STEPS):
        chosen = draws(jax.random.split(jax.random.fold_in(order, step), 1)[0], ROWS, BATCH)
        slope, state = jax.grad(loss, has_aux=True)(params, state, chosen, step)
        moves, at = chain.update(slope, at, params)
        params = optax.apply_updates(params, moves)
    return {"params": params, **state}


def linen_loop(key: PRNGKeyArray) -> Any:
    def train(params: Any, state: Any, x: Any, key: PRNGKeyArray) -> Any:
        return Net().apply({"params": params, **state}, x, train=True, rngs={"dropout": key}, mutable=["batch_stats"])

    return plain_loop(key, train, Net().init(jax.random.split(key)[0], ROWS.x[:1], train=False))


def nnx_loop(key: PRNGKeyArray) -> Any:
    net = NNXNet(rngs=nnx.Rngs(jax.random.split(key)[0]))
    graph, params, streams, state = nnx.split(net, nnx.Param, nnx.RngState, ...)

    def train(params: Any, state: Any, x: Any, key: PRNGKeyArray) -> Any:
        # Variables made anew: those of another trace cannot be written to.
        net = nnx.merge(graph, *jax.tree.map(lambda leaf: leaf, (params, streams, state["state"])))
        net.dropout.rngs = nnx.Rngs(jax.random.fold_in(key, 0))["default"]
        scores = net(x)
        return scores, {"state": nnx.split(net, nnx.Param, nnx.RngState, ...)[3]}

    made = plain_loop(key, train, {"params": params, "state": state})
    return [leaf for part in (made["params"], made["state"]) for leaf in jax.tree.leaves(part)]


@pytest.fixture(scope="module")
def fitted() -> Callable[..., Any]:
    """The parameters of a run, compiled once for each learner."""
    compiled = {
        name: quickly(lambda key, rows, of=of: of.fit(key, rows).params)
        for name, of in {"linen": LEARNER, "nnx": NNX}.items()
    }
    return lambda name, key, rows: compiled[name](key, rows)


@pytest.mark.parametrize(("name", "loop"), [("linen", linen_loop), ("nnx", nnx_loop)])
def test_the_numbers_are_those_of_a_plain_loop(
    name: str, loop: Callable[..., Any], fitted: Callable[..., Any], key: PRNGKeyArray
) -> None:
    """Absent rows hold NaN."""
    made, plain = fitted(name, key, ROWS), quickly(loop)(key)
    for a, b in zip(jax.tree.leaves(made), jax.tree.leaves(plain), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-6)


def test_running_statistics_are_published_and_no_remover_descends_on_them(key: PRNGKeyArray, fitted: Any) -> None:
    params = fitted("linen", key, ROWS)
    slope = jax.grad(lambda p: LEARNER.mean_loss(p, SCENARIO.rows))(params)
    assert not any(leaf.any() for leaf in jax.tree.leaves(slope["batch_stats"]))
    assert all(leaf.any() for leaf in jax.tree.leaves(slope["params"]["BatchNorm_0"]))
    assert float(abs(params["batch_stats"]["BatchNorm_0"]["mean"]).max()) > 1e-3


def test_evaluation_is_flax_s(key: PRNGKeyArray, fitted: Any) -> None:
    """The nnx model, its layers renamed, answers as the linen one."""
    params, made, x = fitted("linen", key, ROWS), fitted("nnx", key, ROWS), SCENARIO.rows.x
    np.testing.assert_array_equal(LEARNER.apply(params, x), Net().apply(params, x, train=False))
    names = {"body": "Dense_0", "norm": "BatchNorm_0", "head": "Dense_1"}
    renamed = {"params": {names[name]: part for name, part in made["params"].items()}}
    renamed["batch_stats"] = {"BatchNorm_0": made["state"]["norm"]}
    np.testing.assert_allclose(NNX.apply(made, x), LEARNER.apply(renamed, x), atol=1e-5)


class Sown(linen.Module):
    """Keeps a growing record in training."""

    @linen.compact
    def __call__(self, x: Any, dropping: bool = False) -> Any:
        """Scores."""
        self.sow("losses", "of", x.sum())
        return linen.Dense(2)(x)


class Masked(linen.Module):
    """Wants what nothing gives."""

    def __call__(self, x: Any, mask: Any) -> Any:
        """The input."""
        return x * mask


def stack(*layers: Any) -> ns.Learner:
    return learner_of(linen.Sequential([linen.Dense(3), *layers, linen.Dense(2)]))


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "an nnx instance": (lambda: learner_of(NNXNet(rngs=nnx.Rngs(0))), r"lambda rngs: NNXNet\(…, rngs=rngs\)"),
    "a class": (lambda: learner_of(Net), r"Net is a class; give an instance, Net\(…\)"),
    "no module": (lambda: learner_of(3), r"3 is no flax module; give a linen module, or what makes an nnx one"),
    "no maker": (lambda: learner_of(nnx.Linear), "takes in_features, out_features, rngs; give a linen module"),
    "made nothing": (lambda: learner_of(lambda rngs: 3), "makes ShapeDtypeStruct, no flax module"),
    "a mask": (lambda: learner_of(Masked()), r"nothing gives the argument mask of __call__; .*mode={'mask'"),
    "no such flag": (lambda: learner_of(Net(), mode={"off": (0, 1)}), "has no argument off, it has train"),
    "no pair": (lambda: learner_of(Net(), mode={"train": True}), "train is True; give two values"),
    "untold normalisation": (lambda: shapes_of(stack(linen.BatchNorm())), "let __call__ tell its layers whether"),
    "untold dropout": (lambda: shapes_of(stack(linen.Dropout(0.5))), '"deterministic" must .*let __call__ tell'),
    "always dropping": (lambda: shapes_of(stack(linen.Dropout(0.5, deterministic=False))), "needs PRNG .*let __call__"),
    "always training": (
        lambda: shapes_of(stack(linen.BatchNorm(use_running_average=False))),
        r'"batch_stats" is immutable; let __call__ tell its layers',
    ),
    "sown": (lambda: shapes_of(learner_of(Sown())), "other shapes of the collection 'losses'; .*in loss="),
}  # fmt: skip


def shapes_of(learner: ns.Learner) -> Any:
    made = jax.eval_shape(learner.fit, jax.random.key(0), SCENARIO.rows)
    return jax.eval_shape(learner.apply, made.params, SCENARIO.rows.x)


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_work_is_said_in_one_line(case: str) -> None:
    make, words = REFUSED[case]
    with pytest.raises(ValueError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_a_flag_of_another_name_is_asked_for_in_a_line(key: PRNGKeyArray) -> None:
    class Odd(linen.Module):
        @linen.compact
        def __call__(self, x: Any, dropping: bool = True) -> Any:
            return linen.Dropout(0.5, deterministic=not dropping)(linen.Dense(2, name="only")(x))

    learner, untold, x = learner_of(Odd(), mode={"dropping": (True, False)}), learner_of(Odd()), SCENARIO.rows.x
    params: Any = Odd().init(key, x, False)
    np.testing.assert_array_equal(learner.apply(params, x), x @ params["params"]["only"]["kernel"])
    with pytest.raises(ValueError, match="needs PRNG"):
        untold.apply(params, x)


class Image(linen.Module):
    """Convolution and pooling as flax has them; under jit, as some authors write it."""

    @linen.compact
    def __call__(self, x: Any) -> Any:
        """Scores."""
        x = linen.Conv(2, (3, 3), name="conv")(x)
        return jax.jit(linen.max_pool, static_argnums=(1, 2))(x, (2, 2), (2, 2)).sum((1, 2))


def primitives(program: Any) -> set[str]:
    """Of all steps outside of branches."""
    inner = (step.params.get("jaxpr") for step in program.eqns)
    return {step.primitive.name for step in program.eqns}.union(*(primitives(each.jaxpr) for each in inner if each))


def test_convolutions_and_poolings_are_those_that_are_fast_on_a_cpu() -> None:
    """Up to rounding the same, slopes too; that they are others shows in the program, which has a branch for each."""
    learner, x = learner_of(Image()), jax.random.normal(jax.random.key(0), (3, 4, 4, 1))
    params: Any = Image().init(jax.random.key(1), x)

    def slope_of(apply: Callable[..., Any]) -> Any:
        return quickly(jax.value_and_grad(lambda p: (apply(p, x) ** 2).sum()))(params)

    for ours, plain in zip(*(jax.tree.leaves(slope_of(f)) for f in (learner.apply, Image().apply)), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-4, atol=1e-5)
    native = {"conv_general_dilated", "reduce_window_max"}
    assert primitives(jax.make_jaxpr(Image().apply)(params, x).jaxpr) >= native
    assert not primitives(jax.make_jaxpr(learner.apply)(params, x).jaxpr) & native


def test_a_pooling_of_another_kind_stays_as_it_is() -> None:
    x = jax.random.normal(jax.random.key(0), (2, 5, 5, 1))
    for options in ({"strides": (1, 1)}, {"strides": (2, 2), "padding": "SAME"}):
        pool = partial(linen.max_pool, window_shape=(2, 2), **options)
        np.testing.assert_array_equal(for_cpus(pool)(x), pool(x))


def test_batch_moments_at_evaluation_are_refused() -> None:
    """The recipe of old: an nnx module split once, in training mode for ever."""

    def made(rngs: nnx.Rngs) -> Any:
        return nnx.Sequential(nnx.Linear(2, 2, rngs=rngs), nnx.BatchNorm(2, rngs=rngs))

    graph, _ = nnx.split(made(nnx.Rngs(0)))

    def start(key: PRNGKeyArray, rows: ns.Rows) -> Any:
        return nnx.split(made(nnx.Rngs(key)))[1]

    coupled = ns.learners.minibatch(
        start, lambda state, x: nnx.merge(graph, state)(x), optimiser=optax.sgd(0.1), epochs=1, batch=4, name="coupled",
        loss=lambda scores, y: ((scores - y) ** 2).sum(-1),
    )  # fmt: skip
    claim = ns.Untraining(1.0, 0.05)
    with pytest.raises(ValueError, match="learner coupled: its output for a row depends on the rows beside it; eval"):
        dry_run(claim, ns.removers.do_nothing(), coupled, SCENARIO, views_of(SCENARIO, claim))
