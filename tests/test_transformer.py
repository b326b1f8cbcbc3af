"""The language model: its network, its loss, and removers that work on whole texts or on hidden units."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, PRNGKeyArray

import neverseen as ns
from neverseen.algorithms.learners._gradient import uniform_start
from neverseen.algorithms.learners._transformer import Transformer, attention, next_token_loss
from neverseen.algorithms.removers._layers import layers
from neverseen.algorithms.removers.concept._misdirect import direction
from neverseen.properties.runs._quick import quickly as compiled

R = ns.removers
KEY = jax.random.key(5)
TWO, SMALL = (ns.learners.transformer(width=4, blocks=n, heads=2, epochs=2, batch=2, symbols=7) for n in (2, 1))
TEXT = np.array([[1, 3, 5, 2, 0], [1, 6, 4, 0, 0]]), np.array([[3, 5, 2, 4, 0], [6, 4, 3, 0, 0]])
"""Two texts of four tokens and of three; row 0 is S."""

ROWS = ns.Rows(jnp.asarray(TEXT[0]), jnp.asarray(TEXT[1]), jnp.ones(2, bool))
FORGET, BETA, RATE, SLOW = jnp.array([True, False]), 0.7, 0.5, 0.01
ONE: dict[str, Any] = {"epochs": 1, "batch": 1, "rate": RATE}


def started() -> Any:
    """Parameters of two blocks; biases too are not zero."""
    params = jax.jit(lambda: uniform_start(KEY, Transformer(5, 4, 2, 2, 7), ROWS.x[:1]))()
    flat, rebuild = ravel_pytree(params)
    return rebuild(flat + 0.1 * np.random.default_rng(0).normal(size=flat.shape).astype(np.float32))


PARAMS = started()
MODEL = ns.Trained(
    {"params": {name: part for name, part in PARAMS["params"].items() if name != "layer_1"}}, None, SMALL
)


def units_of(learner: ns.Learner, params: Any, x: Any) -> Array:
    assert learner.tokens is not None
    return learner.tokens.units(params, x)


def in_numpy(x: Any, blocks: int) -> tuple[np.ndarray, np.ndarray]:
    """The units after so many blocks and their scores, token by token and head by head."""
    layer = jax.tree.map(np.asarray, PARAMS["params"])

    def normal(h: np.ndarray) -> np.ndarray:
        return (h - h.mean()) / np.sqrt(h.var() + 1e-5)

    h = [layer["embed"]["kernel"][token] + layer["embed_place"]["kernel"][i] for i, token in enumerate(x)]
    for b in range(blocks):
        at = layer[f"layer_{b}"]
        q, k, v = zip(*[np.split(normal(u) @ at["attend_in"]["kernel"], 3) for u in h], strict=True)
        for i in range(len(h)):
            heard = []
            for part in (slice(0, 2), slice(2, 4)):
                weights = np.exp([q[i][part] @ k[j][part] / np.sqrt(2) for j in range(i + 1)])
                heard.extend(weights @ np.array([v[j][part] for j in range(i + 1)]) / weights.sum())
            h[i] = h[i] + np.array(heard) @ at["attend_out"]["kernel"]
        for i, u in enumerate(h):
            raised = np.maximum(normal(u) @ at["feed_in"]["kernel"] + at["feed_in"]["bias"], 0)
            h[i] = u + raised @ at["feed_out"]["kernel"] + at["feed_out"]["bias"]
    return np.array(h), np.array([normal(u) @ layer["output"]["kernel"] + layer["output"]["bias"] for u in h])


def test_the_network_is_the_one_its_formula_says() -> None:
    scores, units = compiled(lambda p, x: (TWO.apply(p, x), units_of(TWO, p, x)))(PARAMS, ROWS.x)
    for row in range(2):
        np.testing.assert_allclose(scores[row], in_numpy(TEXT[0][row], 2)[1], atol=1e-5)
        np.testing.assert_allclose(units[row], in_numpy(TEXT[0][row], 1)[0], atol=1e-5)


def reaches_back(attend: Any) -> bool:
    """Whether what a token hears depends on a later one."""
    q, k, v = np.random.default_rng(1).normal(size=(3, 1, 4, 2, 2)).astype(np.float32)
    later = np.arange(4)[:, None, None] >= 2
    heard, other = (np.asarray(compiled(attend)(*(part + i * later for part in (q, k, v)))) for i in range(2))
    return bool(abs(heard - other)[:, :2].max() > 1e-6)


def test_no_token_hears_a_later_one() -> None:
    assert not reaches_back(attention)
    assert reaches_back(lambda q, k, v: attention(q[:, ::-1], k[:, ::-1], v[:, ::-1])[:, ::-1])


def test_the_loss_is_the_mean_over_tokens_and_padding_counts_nowhere() -> None:
    scores = np.random.default_rng(2).normal(size=(2, 5, 7)).astype(np.float32)
    log = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
    expected = [-np.mean([log[row, i, y] for i, y in enumerate(TEXT[1][row]) if y]) for row in range(2)]
    losses, back = compiled(lambda s, y: (next_token_loss(s, y), jax.grad(lambda t: next_token_loss(t, y).sum())(s)))(
        scores, ROWS.y
    )
    np.testing.assert_allclose(losses, expected, atol=1e-6)
    assert not np.asarray(back)[TEXT[1] == 0].any()
    assert compiled(next_token_loss)(scores, 0 * ROWS.y).tolist() == [0.0, 0.0]


def surprise(params: Any, row: Any) -> Array:
    """−log π of a text, the sum over its tokens."""
    log = jax.nn.log_softmax(SMALL.apply(params, ROWS.x[row][None])[0])
    y = ROWS.y[row]
    return -jnp.where(y > 0, log[jnp.arange(5), y], 0).sum()


def steered(params: Any) -> Array:
    """RMU's objective at the start: the units of the four tokens of S against the target."""
    target = 3.0 * direction(jax.random.split(KEY)[0], 4)
    return ((units_of(SMALL, params, ROWS.x[:1])[0, :4] - target) ** 2).mean()


@pytest.fixture(scope="module")
def made() -> Any:
    """What each remover publishes after one step, the gradients it is made of, and a second step of NPO."""
    removers = {
        "gradient_difference": R.gradient_difference(2.0, **ONE), "rmu": R.rmu(3.0, **ONE),
        "simnpo": R.simnpo(BETA, 0.3, 0, **ONE), "npo, twice": R.npo(BETA, 0, epochs=2, batch=1, rate=SLOW),
    }  # fmt: skip

    def published(model: ns.Trained) -> Any:
        found = {name: remover(KEY, model, ROWS, FORGET).params for name, remover in removers.items()}
        return found | {"steered": jax.grad(steered)(model.params)}

    start, slope = MODEL.params, compiled(jax.value_and_grad(surprise))
    (before, s), (_, kept) = (slope(start, row) for row in range(2))
    first = jax.tree.map(lambda w, g: w + SLOW * g, start, s)
    after, then = slope(first, 0)
    found = compiled(published)(MODEL) | {"S": s, "kept": kept, "then": then, "start": start, "first": first}
    return {name: np.asarray(ravel_pytree(tree)[0]) for name, tree in found.items()}, before, after


def test_one_step_on_texts(made: Any) -> None:
    """Plain losses are means over tokens: four of S, three of what is kept."""
    flat, before, _ = made
    s, kept = flat["S"] / 4, flat["kept"] / 3
    weight = 2 / (1 + np.exp(BETA * before / 4 - 0.3))
    expected = {
        "gradient_difference": s - 2 * kept, "simnpo": weight * s, "rmu": -flat["steered"],
    }  # fmt: skip
    for name, step in expected.items():
        np.testing.assert_allclose(flat[name], flat["start"] + RATE * step, atol=2e-5, err_msg=name)
    assert abs(s).max() > 0.01


def test_npo_climbs_on_the_whole_text_and_slows_down_by_its_probability(made: Any) -> None:
    flat, before, after = made
    weight = 2 / (1 + np.exp(BETA * (after - before)))
    assert weight < 0.99
    np.testing.assert_allclose(flat["npo, twice"], flat["first"] + SLOW * weight * flat["then"], atol=2e-5)


def test_rmu_leaves_what_reads_the_units_as_it_was(made: Any) -> None:
    moved = ravel_pytree(MODEL.params)[1](jnp.asarray(abs(made[0]["rmu"] - made[0]["start"])))["params"]
    assert {name for name in moved if ravel_pytree(moved[name])[0].max() > 0} == {"embed", "embed_place", "layer_0"}


def test_layers_come_in_their_order() -> None:
    inside = ("attend_in", "attend_out", "feed_in", "feed_out")
    named = ["embed", "embed_place", *(f"layer_{i}/{part}" for i in range(2) for part in inside), "output"]
    assert layers(PARAMS) == tuple(f"params/{name}" for name in named)


def test_shorter_rows_are_read_by_a_network_of_longer_ones() -> None:
    short, whole = (compiled(SMALL.apply)(MODEL.params, ROWS.x[:, :n]) for n in (3, 5))
    np.testing.assert_allclose(short, whole[:, :3], atol=1e-6)


def test_it_learns_what_follows_what(key: PRNGKeyArray) -> None:
    learner = ns.learners.transformer(width=8, blocks=1, epochs=80, batch=4, rate=0.03, symbols=7)
    x = jnp.asarray(np.arange(4)[:, None] + np.arange(9)) % 5 + 2
    rows = ns.Rows(x[:, :-1], x[:, 1:], jnp.ones(4, bool))
    both = jax.vmap(lambda k: learner.mean_loss(learner.fit(k, rows).params, rows))
    losses = compiled(both)(jax.random.split(key, 2))
    assert float(losses.max()) < 0.2 < np.log(5)


def test_dropout_leaves_out_what_a_part_adds() -> None:
    """Where all is left out only the bias of the output learns; at evaluation nothing is."""
    learner = ns.learners.transformer(width=4, blocks=1, heads=2, epochs=1, batch=2, symbols=7, dropout=1.0)
    assert repr(learner).endswith("symbols=7, dropout=1)")
    params = compiled(lambda key: learner.fit(key, ROWS).params)(KEY)["params"]
    start = uniform_start(jax.random.split(KEY)[0], Transformer(5, 4, 1, 2, 7), ROWS.x[:1])["params"]
    assert bool(params["output"]["bias"].any())
    same = jax.tree.map(lambda a, b: bool((a == b).all()), params, start)
    assert jax.tree.all(same | {"output": {"kernel": same["output"]["kernel"]}})
    np.testing.assert_array_equal(learner.apply(MODEL.params, ROWS.x), SMALL.apply(MODEL.params, ROWS.x))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.zeros((2, 3)), np.zeros((2, 3), int)),
        (np.zeros((2, 3), int), np.eye(2)),
        (np.zeros((2, 3), int), np.zeros((2, 4), int)),
        (np.zeros((2, 3, 1), int), np.zeros((2, 3, 1), int)),
        (np.zeros((2, 3), int), {"a": np.zeros((2, 3), int)}),
    ],
)
def test_rows_that_are_no_texts_are_refused(x: Any, y: Any) -> None:
    rows = ns.Rows(jnp.asarray(x), jax.tree.map(jnp.asarray, y), jnp.ones(2, bool))
    with pytest.raises(ValueError, match=r"rows of token numbers, x and y both \[n, t\]; see learners.encode"):
        SMALL.fit(KEY, rows)


@pytest.mark.parametrize(
    ("heads", "why"), [(3, "do not divide a width of 4; give a divisor"), (0, "is not in"), (-1, "is not in")]
)
def test_heads_divide_the_width(heads: int, why: str) -> None:
    with pytest.raises(ValueError, match=f"heads: {heads} {why}"):
        ns.learners.transformer(width=4, heads=heads)


def test_a_remover_of_class_scores_says_that_texts_have_none() -> None:
    with pytest.raises(ValueError, match="declares no class scores"):
        R.scrub()(KEY, MODEL, ROWS, FORGET)
