"""Rules that are solved for, not stepped along, beside NumPy in float64; and the table of where all rules come from."""

import dataclasses
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from heuristic_tools import KEY, agrees, softmax

import neverseen as ns
from neverseen.algorithms._tokens import Tokens
from neverseen.algorithms.learners._noisy import perturbed
from neverseen.algorithms.removers import FAULTY, REMOVERS
from neverseen.algorithms.removers._origins import ORIGINS, departure, table
from neverseen.algorithms.removers._steps import balanced
from neverseen.algorithms.removers.approximate._deltagrad import bfgs
from neverseen.algorithms.removers.certified._newton import removal_step
from neverseen.properties.runs._quick import quickly as compiled

R, ROOT = ns.removers, Path(__file__).parents[1]
DRAW = np.random.default_rng(5)
X, Y = DRAW.normal(size=(6, 2)), np.eye(2)[[0, 1, 1, 0, 1, 0]]
A = np.c_[X, np.ones(6)]
GONE = np.array([True, False, False, True, False, False])
PENALTY = 0.7


@pytest.fixture(autouse=True)
def in_double_precision() -> Iterator[None]:
    with jax.enable_x64():
        yield


def rows(x: Any = X) -> ns.Rows:
    return ns.Rows(jnp.asarray(x), jnp.asarray(Y), jnp.ones(6, bool))


def made(remover: ns.Remover, model: ns.Trained, data: ns.Rows | None = None) -> Any:
    data = rows() if data is None else data
    return compiled(lambda m, d, f: remover(KEY, m, d, f))(model, data, jnp.asarray(GONE))


def minimised(a: Any, y: Any) -> Any:
    """Ridge regression by its normal equations."""
    return np.linalg.solve(a.T @ a + PENALTY * np.eye(a.shape[1]), a.T @ y)


RIDGE = minimised(A, Y)
"""The minimiser on D: every rule on ridge starts there."""


def on_ridge(remover: ns.Remover) -> Any:
    learner = ns.learners.ridge(PENALTY)
    return made(remover, ns.Trained(jnp.asarray(RIDGE), None, learner)).params


def test_newton_is_exact_on_ridge() -> None:
    agrees("newton", on_ridge(R.newton()), minimised(A[~GONE], Y[~GONE]))


def test_influence_keeps_the_hessian_of_all_rows() -> None:
    hessian = A.T @ A + PENALTY * np.eye(3)
    agrees(
        "influence", on_ridge(R.influence()), RIDGE + np.linalg.solve(hessian, A[GONE].T @ (A[GONE] @ RIDGE - Y[GONE]))
    )


def test_the_projective_residual_moves_within_the_span_of_s() -> None:
    """The exact step, seen by the rows of S alone: the least one that gives them the outputs of the model without S."""
    span, step = A[GONE], minimised(A[~GONE], Y[~GONE]) - RIDGE
    least = span.T @ np.linalg.solve(span @ span.T, span @ step)
    agrees("projective_residual", on_ridge(R.projective_residual()), RIDGE + least)


def bounded(x: Any) -> Any:
    """Rows with their one, none longer than 1."""
    a = np.c_[x, np.ones(len(x))]
    return a / np.maximum(np.linalg.norm(a, axis=1, keepdims=True), 1)


B = bounded(X)
W = np.array([[0.3, -0.2], [0.05, 0.4], [-0.1, 0.2]])


def pulled(w: Any, part: Any, penalty: float = 0.0) -> Any:
    """∇ of the summed cross-entropy of some rows, and of penalty/2 ‖w‖²."""
    return B[part].T @ (softmax(B[part] @ w) - Y[part]) + penalty * w


def bent(w: Any, part: Any, penalty: float) -> Any:
    """Its second derivative, a matrix over the entries of w in rows."""
    total = penalty * np.eye(w.size)
    for b in B[part]:
        p = softmax(b @ w)
        total += np.kron(np.outer(b, b), np.diag(p) - np.outer(p, p))
    return total


def test_newton_removal_takes_the_step_of_a_fixed_penalty() -> None:
    """Under a penalty that is counted by rows, as in the authors' code, the step has |S| shares of its slope more."""
    learner, data = ns.learners.objective_perturbed(penalty=40.0), rows()
    gone = data.only(jnp.asarray(GONE))
    step = compiled(lambda w, d, g: removal_step(w, lambda v: v.reshape(3, 2), learner, d, g))(
        jnp.asarray(W.ravel()), data.without(gone.present), gone
    )
    expected = np.linalg.solve(bent(W, ~GONE, 40.0), pulled(W, GONE).ravel())
    agrees("newton_removal", step, expected)
    by_rows = np.linalg.solve(bent(W, ~GONE, 40.0 * 4 / 6), (pulled(W, GONE) + 2 * 40.0 / 6 * W).ravel())
    assert abs(by_rows - expected).max() > 0.01


def test_deltagrad_replays_with_the_curvature_of_its_last_pairs() -> None:
    """Five steps: full gradients at 0, 1, 2 and 4, at 3 the recorded one corrected by two pairs; all of it in NumPy."""
    learner = ns.learners.recorded_descent(penalty=4.0, steps=5, rows=6)
    assert learner.schedule is not None
    rate, everything = learner.schedule.rate, np.ones(6, bool)
    path = [np.zeros((3, 2))]
    for _ in range(5):
        path.append(path[-1] - rate * pulled(path[-1], everything, 4.0))
    w, pairs = path[0], list[tuple[Any, Any]]()
    for i in range(5):
        recorded, moved = pulled(path[i], everything, 4.0), w - path[i]
        if i == 3:
            full = recorded + secant(pairs[-2:], moved.ravel()).reshape(3, 2)
        else:
            full = pulled(w, everything, 4.0)
            pairs += [(moved.ravel(), (full - recorded).ravel())] if i else []
        w = w - rate * (full - pulled(w, GONE))
    agrees("deltagrad", made(R.deltagrad(), compiled(learner.fit)(KEY, rows())).params, w)
    assert abs(w - path[5]).max() > 0.01


def secant(pairs: list[tuple[Any, Any]], v: Any) -> Any:
    """Bv in the compact form of Byrd, Nocedal & Schnabel 1994, from σ = yᵀs / sᵀs of the newest pair."""
    s, y = (np.array(side).T for side in zip(*pairs, strict=True))
    sigma, products = (y[:, -1] @ s[:, -1]) / (s[:, -1] @ s[:, -1]), s.T @ y
    lower, diagonal = np.tril(products, -1), np.diag(np.diag(products))
    middle = np.block([[sigma * s.T @ s, lower], [lower.T, -diagonal]])
    both = np.c_[sigma * s, y]
    return sigma * v - both @ np.linalg.solve(middle, both.T @ v)


def test_the_correction_is_that_of_the_compact_form() -> None:
    hessian = (lambda m: m @ m.T + np.eye(4))(DRAW.normal(size=(4, 4)))
    s, v = DRAW.normal(size=(3, 4)), DRAW.normal(size=4)
    y = s @ hessian
    found = bfgs(jnp.asarray(s), jnp.asarray(y), jnp.asarray(v))
    assert abs(found - secant(list(zip(s, y, strict=True)), v)).max() < 1e-12
    other = s[-1] * (y[-1] @ y[-1]) / (y[-1] @ s[-1])  # from (yᵀy / yᵀs) I, which is another matrix
    assert abs(bfgs(jnp.asarray(s[-1:]), jnp.asarray(y[-1:]), jnp.asarray(v)) - other).max() > 0.1


@pytest.mark.parametrize("labels", ["model", "data"])
def test_fisher_forgetting_draws_its_noise_by_the_information_left(labels: Any) -> None:
    """E over the model's own labels, Σ_y p_y (a (p − y)ᵀ)², or the square at the given ones; to the power −¼ or −½."""
    p = softmax(A @ W)
    targets = np.broadcast_to(np.eye(2)[:, None], (2, 6, 2)) if labels == "model" else Y[None]
    weights = p.T if labels == "model" else np.ones((1, 6))
    squares = np.einsum("yn,nd,ync->ndc", weights, A**2, (p - targets) ** 2)
    noise = np.asarray(jax.random.normal(KEY, (6,)))
    model = ns.Trained(jnp.asarray(W), None, ns.learners.logistic())
    for power in (0.25, 0.5):
        spread = 0.1 * np.maximum(squares[~GONE].mean(0), 1e-6) ** -power
        found = made(R.fisher_forgetting(0.1, labels=labels, power=power), model).params
        agrees("fisher_forgetting", found, W + spread * noise.reshape(3, 2))


def test_fisher_information_of_the_model_is_not_for_texts() -> None:
    learner, text, here = ns.learners.transformer(), jnp.array([[7, 8, 0]]), jnp.ones(1, bool)
    with pytest.raises(ValueError, match='too many labels to sum over; give labels="data"'):
        R.fisher_forgetting()(KEY, ns.Trained(jnp.zeros(3), None, learner), ns.Rows(text, text, here), ~here)


def test_langevin_steps_from_inside_the_ball() -> None:
    """One step on the summed objective of D∖S, before its noise, from the projection of the published model."""
    learner = ns.learners.langevin(penalty=4.0, ball=0.3, rows=6, sigma=1.0)
    assert learner.schedule is not None
    remover = R.langevin_unlearning(learner, epsilon=30.0, delta=0.5, steps=1, capacity=2)
    inside = published(0.3)
    found = made(remover, ns.Trained(jnp.asarray(W), jnp.asarray(W), learner)).record.exact
    agrees("langevin_unlearning", found, inside - learner.schedule.rate * pulled(inside, ~GONE, 4.0))


def published(ball: float) -> Any:
    """What noisy removers start from: W with the noise of a first publication, put into the ball."""
    noisy = np.asarray(perturbed(jax.random.fold_in(KEY, 0), jnp.asarray(W), 1.0))
    return noisy * min(1, ball / np.linalg.norm(noisy))


def test_noisy_finetuning_clips_the_mean_gradient_and_decays() -> None:
    learner = ns.learners.noisy_tail(steps=1, rate=0.5, decay=0.4, ball=0.3, clip=0.1, sigma=1.0)
    remover = R.noisy_finetuning(learner, epsilon=30.0, delta=0.5)
    found = made(remover, ns.Trained(jnp.asarray(W), jnp.asarray(W), learner)).record.exact
    inside = published(0.3)
    slope = pulled(inside, ~GONE) / 4
    assert np.linalg.norm(slope) > 0.1
    clipped = 0.1 * slope / np.linalg.norm(slope)
    agrees("noisy_finetuning", found, (1 - 0.5 * 0.4) * inside - 0.5 * clipped)


TEXTS = Tokens(lambda y: y[..., 1:] > 0, lambda params, x: x[:, None])
"""A row's targets are two numbers and how many predictions it stands for, one in each of three places."""


def test_of_texts_rows_count_alike_or_tokens_do() -> None:
    """Losses ½(w − y)² of two rows with one token and with three: the means of their slopes, by rows and by tokens."""
    counted = np.array([[1.0, 1, 0, 0], [5.0, 1, 1, 1]])
    learner = ns.Learner(ns.learners.ridge().fit, lambda p, x: p + 0 * x[:, 0], lambda z, y: (z - y[:, 0]) ** 2 / 2)
    texts = dataclasses.replace(learner, tokens=TEXTS)
    batch = ns.Rows(jnp.zeros((2, 1)), jnp.asarray(counted), jnp.ones(2, bool))
    by_rows, by_tokens = (balanced(texts, -2, mean=mean)(jnp.asarray(0.5), batch) for mean in ("rows", "tokens"))
    losses = (0.5 - counted[:, 0]) ** 2 / 2
    assert abs(by_rows + 2 * losses.mean()) < 1e-14
    assert abs(by_tokens + 2 * (losses @ [1, 3]) / 4) < 1e-14


WITHOUT_A_CASE = {"dare": "a forest", "sisa_removal": "training itself", "rum": "other removers in turn"}
"""Rules with public code that have no step of their own to compare: what they are made of instead."""


def test_every_remover_says_where_it_comes_from() -> None:
    listed = [name for name in REMOVERS if name not in FAULTY]
    assert sorted(ORIGINS) == sorted(listed)
    assert all(ORIGINS[name].code for name in WITHOUT_A_CASE)


@pytest.mark.parametrize("name", ORIGINS)
def test_a_rule_with_public_code_is_equal_to_it_or_says_how_it_differs(name: str) -> None:
    origin, said = ORIGINS[name], departure(REMOVERS[name])
    source = inspect.getdoc(REMOVERS[name]) or ""
    assert " ".join(source.split()).count("Differs from the public code: ") == (name in DIFFERING)
    if name in DIFFERING:
        assert origin.code
        assert DIFFERING[name] in said
    assert (origin.difference is None) == (not origin.code or name in WITHOUT_A_CASE) or name == "finetune"


DIFFERING = {
    "dare": "thresholds", "langevin_unlearning": "on the sphere", "newton_removal": "|S|λθ",
    "fisher_forgetting": "exponent", "bad_teacher": "C classes", "convolution_transpose": "from step to step",
    "gradient_difference": "tokens", "l1_sparse": "subgradient", "masked_small_gradients": "convolutions",
    "neg_grad": "tokens", "random_label": "all classes", "salun": "rounded", "scrub": "Adam", "simnpo": "β(ℓ − γ)",
    "ssd": "minibatches", "boundary_shrink": "argmax", "unsir": "together", "wga": "tokens",
    "undial": "tokens", "delete": "momentum", "ce_u": "tokens", "kl_minimisation": "padding",
}  # fmt: skip
"""Removers that are not what the public code does, and what the sentence must name; the others with code are equal."""


COMPARED = sorted(name for name, origin in ORIGINS.items() if origin.difference is not None)


@pytest.mark.parametrize("name", COMPARED)
def test_the_difference_of_a_rule_is_computed_by_a_test(name: str) -> None:
    modules = "heuristic_steps", "heuristic_predictions", "published_rules"
    paths = (ROOT / "tests" / f"test_{each}.py" for each in modules)
    text = "".join(path.read_text(encoding="utf-8") for path in paths)
    assert re.search(rf"agrees\(\s*\"{name}\"|\n        \(R\.{name}\(", text)


def test_the_page_is_the_table() -> None:
    """`python benchmarks/algorithms_page.py` writes it."""
    page = (ROOT / "docs" / "algorithms.md").read_text(encoding="utf-8")
    assert table(REMOVERS) in page
