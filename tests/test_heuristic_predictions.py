"""Rules that look at each prediction by itself, in float64: of one row of each part, and of the tokens of a text."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from heuristic_tools import A, W, agrees, gap, removed, rows, slope, softmax

import neverseen as ns
from neverseen.algorithms._tokens import Tokens

R = ns.removers
RATE = 0.5
ONE: dict[str, Any] = {"epochs": 1, "batch": 1, "rate": RATE}
TWO: dict[str, Any] = ONE | {"epochs": 2}


@pytest.fixture(autouse=True)
def in_double_precision() -> Iterator[None]:
    with jax.enable_x64():
        yield


def likely(w: Any) -> Any:
    """π of the row of S."""
    return softmax(A[0] @ w)[0]


def test_wga_climbs_by_a_power_of_the_probability_of_now() -> None:
    """Two steps: the weight of the second is that of the model that the first left."""
    step = {0: W}
    for i in range(2):
        w = step[i]
        step[i + 1] = w - RATE * (0.4 * slope(w, 1) - likely(w) ** 1.5 * slope(w, 0))
    agrees("wga", removed(R.wga(power=1.5, keep=0.4, **TWO)), step[2])
    assert likely(step[1]) < 0.9 * likely(W)


def test_wga_at_power_zero_is_gradient_difference() -> None:
    limit = removed(R.gradient_difference(keep=0.4, **TWO))
    assert gap(removed(R.wga(power=0, keep=0.4, **TWO)), limit) < 1e-14
    assert gap(limit, W) > 0.01


def towards(strength: float) -> Any:
    """Two steps on S to the outputs of W, the odds of whose label are divided by e to the strength."""

    def pull(w: Any) -> Any:
        p = softmax(A[0] @ W)
        target = np.r_[p[0] * np.exp(-strength), p[1:]] / (p[0] * np.exp(-strength) + p[1] + p[2])
        return slope(w, 0, target)

    first = W - RATE * pull(W)
    return first, first - RATE * pull(first)


def test_undial_goes_to_the_original_with_the_label_put_down() -> None:
    first, second = towards(1.5)
    agrees("undial", removed(R.undial(strength=1.5, **TWO)), second)
    agrees("undial", removed(R.undial(strength=1.5, keep=0.4, **ONE)), first - RATE * 0.4 * slope(W, 1))
    assert gap(second, first) > 0.01
    assert gap(removed(R.undial(strength=0, **TWO)), W) < 1e-14


def test_delete_leaves_the_label_out_of_the_original() -> None:
    _, second = towards(np.inf)
    agrees("delete", removed(R.delete(**TWO)), second)
    assert gap(removed(R.undial(strength=40.0, **TWO)), second) < 1e-14
    assert gap(removed(R.ce_u(**TWO)), second) > 0.01


def test_ce_u_is_ascent_by_the_odds_of_the_label() -> None:
    """In the first step it is `delete`; then its teacher has moved."""
    step = {0: W}
    for i in range(2):
        w = step[i]
        step[i + 1] = w + RATE * likely(w) / (1 - likely(w)) * slope(w, 0)
    agrees("ce_u", removed(R.ce_u(**TWO)), step[2])
    assert gap(removed(R.delete(**ONE)), step[1]) < 1e-14


@pytest.mark.parametrize("remover", [R.undial(), R.delete(), R.ce_u()], ids=str)
def test_what_has_no_label_to_put_down_is_refused(remover: ns.Remover) -> None:
    with pytest.raises(ValueError, match=rf"{remover.name}: .* declares no class scores"):
        removed(remover, ns.Trained(jnp.asarray(W), None, ns.learners.ridge(logits=False)))
    with pytest.raises(ValueError, match="one-hot targets"):
        removed(remover, data=rows(y=np.array([0.0, 2.0])))


def test_kl_minimisation_climbs_and_stays_near_the_original() -> None:
    """Three steps: in the first nothing has moved from the original yet."""
    w = W
    for _ in range(3):
        w = w + RATE * slope(w, 0) - RATE * 2.0 * slope(w, 1, softmax(A[1] @ W))
    made = removed(R.kl_minimisation(keep=2.0, epochs=3, batch=1, rate=RATE))
    agrees("kl_minimisation", made, w)
    assert gap(removed(R.kl_minimisation(keep=2.0, **ONE)), removed(R.neg_grad(**ONE))) < 1e-14
    assert gap(made, removed(R.neg_grad(epochs=3, batch=1, rate=RATE))) > 0.01


TABLE = np.random.default_rng(4).normal(size=(5, 5))
"""Scores of the next token by the last one: a model of texts whose gradient is seen at once."""
TEXT = np.array([[1, 2, 3], [2, 4, 1]]), np.array([[2, 3, 0], [4, 1, 0]])
"""Inputs and targets: row 0 is S; each is of two tokens and a place of padding."""


def reading() -> tuple[ns.Trained, ns.Rows]:
    """The table as a model, and the two texts."""
    tokens = Tokens(lambda y: y > 0, lambda params, x: params[x])

    def loss(scores: Any, y: Any) -> Any:
        each = -jnp.take_along_axis(jax.nn.log_softmax(scores), y[..., None], -1)[..., 0]
        return jnp.where(y > 0, each, 0).sum(-1) / (y > 0).sum(-1)

    learner = ns.Learner(lambda key, rows: model, lambda params, x: params[x], loss, name="bigrams", tokens=tokens)
    model = ns.Trained(jnp.asarray(TABLE), None, learner)
    return model, ns.Rows(jnp.asarray(TEXT[0]), jnp.asarray(TEXT[1]), jnp.ones(2, bool))


def by_token(row: int, pull: Any, table: Any = TABLE) -> Any:
    """∇ of a mean over the tokens of a row, from what each does to its scores z and their label."""
    total, here = np.zeros((5, 5)), [(x, y) for x, y in zip(TEXT[0][row], TEXT[1][row], strict=True) if y]
    for x, y in here:
        total[x] += pull(table[x], y) / len(here)
    return total


def error(z: Any, y: int) -> Any:
    """Of the cross-entropy: p − 1_y."""
    return softmax(z) - np.eye(5)[y]


def of_odds(z: Any, y: int) -> Any:
    """Of cross-entropy to the model's own p without y: ascent, by the odds of y."""
    return -softmax(z)[y] / (1 - softmax(z)[y]) * error(z, y)


def lowered(strength: float) -> Any:
    """Of cross-entropy to the outputs whose label lost so much."""
    return lambda z, y: softmax(z) - softmax(z - strength * np.eye(5)[y])


KEPT = by_token(1, error)
FADING = by_token(0, lambda z, y: softmax(z)[y] ** 1.5 * error(z, y))
TOLD: dict[str, tuple[ns.Remover, Any]] = {
    "wga": (R.wga(power=1.5, keep=0.4, **ONE), 0.4 * KEPT - FADING),
    "undial": (R.undial(strength=1.5, keep=0.4, **ONE), 0.4 * KEPT + by_token(0, lowered(1.5))),
    "delete": (R.delete(**ONE), by_token(0, lowered(40.0))),
    "ce_u": (R.ce_u(**ONE), by_token(0, of_odds)),
}


@pytest.mark.parametrize("name", TOLD)
def test_one_step_on_a_text_goes_token_by_token(name: str) -> None:
    remover, step = TOLD[name]
    assert gap(removed(remover, *reading()), TABLE - RATE * step) < 1e-14
    assert abs(step).max() > 0.01


def test_kl_minimisation_stays_near_the_original_token_by_token() -> None:
    """Two steps. Where the kept text has padding it reads a token that the first step moved."""
    first = TABLE + RATE * by_token(0, error)
    strayed = by_token(1, lambda z, y: softmax(z), first) - by_token(1, lambda z, y: softmax(z))
    made = removed(R.kl_minimisation(keep=2.0, **TWO), *reading())
    assert gap(made, first + RATE * (by_token(0, error, first) - 2 * strayed)) < 1e-14
    assert abs(strayed).max() > 0.01
