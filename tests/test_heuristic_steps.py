"""One step of every heuristic remover, worked out by hand in float64: it agrees to the last digits."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from heuristic_tools import FORGET, KEY, A, W, X, Y, agrees, gap, linear, network, removed, rows, slope, softmax

import neverseen as ns
from neverseen.algorithms.removers.concept._boundary import nearest_other
from neverseen.algorithms.removers.concept._misdirect import direction
from neverseen.algorithms.removers.heuristic._dampen import squares_by_part
from neverseen.algorithms.removers.heuristic._distil import divergence
from neverseen.algorithms.removers.heuristic._refined import memorised
from neverseen.properties.runs._quick import quickly as compiled

R = ns.removers
RATE = 0.5
ONE: dict[str, Any] = {"epochs": 1, "batch": 1, "rate": RATE}
"""One step: one row in each part, one pass."""

S, KEPT = slope(W, 0), slope(W, 1)


@pytest.fixture(autouse=True)
def in_double_precision() -> Iterator[None]:
    with jax.enable_x64():
        yield


@pytest.mark.parametrize(
    ("remover", "expected"),
    [
        (R.finetune(**ONE), W - RATE * KEPT),
        (R.neg_grad(**ONE), W + RATE * S),
        (R.neg_grad_plus(keep=0.7, **ONE), W - RATE * (0.7 * KEPT - 0.3 * S)),
        (R.gradient_difference(keep=2.0, **ONE), W - RATE * (2 * KEPT - S)),
        (R.cf_k(**ONE), W - RATE * KEPT),
        # Logistic regression starts from zero, and its penalty is 1/2 ‖W‖².
        (R.eu_k(**ONE), -RATE * slope(0 * W, 1)),
        (R.eu_k(epochs=2, batch=1, rate=RATE), "momentum"),
        (R.npo(beta=3.0, keep=0, **ONE), W + RATE * S),
        (R.npo(beta=3.0, keep=0.4, **ONE), W + RATE * S - RATE * 0.4 * KEPT),
        (R.convolution_transpose(decay=0.1, **ONE), W - RATE / 2 * (KEPT + 0.1 * W)),
    ],
    ids=lambda value: value.name if isinstance(value, ns.Remover) else "",
)
def test_one_step(remover: ns.Remover, expected: Any) -> None:
    if isinstance(expected, str):
        first = slope(0 * W, 1)
        at = -RATE * first
        expected = at - RATE * (0.9 * first + slope(at, 1) + at)
    agrees(remover.name, removed(remover), expected)


def test_simnpo_weighs_by_the_likelihood() -> None:
    likely = softmax(A[0] @ W)[0]
    weight = 2 / (1 + likely**-2.5 * np.exp(-0.3))
    agrees("simnpo", removed(R.simnpo(beta=2.5, margin=0.3, keep=0, **ONE)), W + RATE * weight * S)
    assert 0 < weight < 1.9


def test_npo_slows_down_as_s_becomes_unlikely() -> None:
    """Weights 2π^β / (π^β + π₀^β): 1 in the first step, less in the second."""
    first = W + RATE * S
    before, after = (softmax(A[0] @ w)[0] for w in (W, first))
    weight = 2 * after**3 / (after**3 + before**3)
    assert weight < 0.9
    agrees(
        "npo", removed(R.npo(beta=3.0, keep=0, epochs=2, batch=1, rate=RATE)), first + RATE * weight * slope(first, 0)
    )


def tempered(w: Any, row: int, temperature: float) -> Any:
    """∇ of T² KL(original ‖ student): T a (s − t)ᵀ."""
    s, t = (softmax(A[row] @ v / temperature) for v in (w, W))
    return temperature * np.outer(A[row], s - t)


def test_scrub_climbs_away_on_s_and_keeps_close_elsewhere() -> None:
    """Climb (no gradient at the start), keep, climb, keep."""
    one = W - RATE * KEPT
    two = one + RATE * tempered(one, 0, 2.0)
    three = two - RATE * (0.5 * tempered(two, 1, 2.0) + slope(two, 1))
    assert gap(two, one) > 0.01
    agrees("scrub", removed(R.scrub(epochs=2, climbs=2, batch=1, rate=RATE)), three)


def test_bad_teacher_weighs_its_teachers_by_their_rows() -> None:
    """One row of S beside two equal kept ones; an untrained logistic model is uniform. Two steps, since towards the
    original there is no gradient in the first."""
    data, uniform = rows(X[[0, 1, 1]], Y[[0, 1, 1]]), np.full(3, 1 / 3)
    one = W - RATE / 3 * slope(W, 0, uniform)
    two = one - RATE / 3 * (slope(one, 0, uniform) + 2 * tempered(one, 1, 1.0))
    assert gap(tempered(one, 1, 1.0), 0 * W) > 0.01
    forget = jnp.array([True, False, False])
    agrees("bad_teacher", removed(R.bad_teacher(epochs=0.6, batch=1, rate=RATE), data=data, forget=forget), two)


def test_the_divergence_has_a_direction() -> None:
    p, q = np.array([[0.7, 0.2, 0.1]]), np.array([[0.1, 0.3, 0.6]])
    forward = float((p * np.log(p / q)).sum())
    assert abs(float(divergence(jnp.log(p), jnp.log(q))[0]) - forward) < 1e-14
    assert abs(float(divergence(jnp.log(q), jnp.log(p))[0]) - forward) > 0.05


TWO = {"x": X, "y": np.eye(2)[[0, 1]]}
V = np.array([[0.3, -0.2], [0.05, 0.4], [-0.1, 0.2]])
"""Two classes: a random label other than the true one is the other one."""


def flipped() -> tuple[Any, Any]:
    away = np.outer(A[0], softmax(A[0] @ V) - np.array([0, 1]))
    return away, np.outer(A[1], softmax(A[1] @ V) - np.array([0, 1]))


def test_random_labels_exclude_the_true_one() -> None:
    away, kept = flipped()
    made = removed(R.random_label(keep=0.5, **ONE), linear(V), rows(**TWO))
    agrees("random_label", made, V - RATE * (away + 0.5 * kept))


def test_salun_moves_the_salient_weights() -> None:
    """|∇L_S| is |a_j| |p − y|: of a = (2, −1, 1) the first row of the weights is the most salient third."""
    away, kept = flipped()
    mask = np.array([[1, 1], [0, 0], [0, 0]])
    made = removed(R.salun(share=1 / 3, keep=0.5, **ONE), linear(V), rows(**TWO))
    agrees("salun", made, V - RATE * mask * (away + 0.5 * kept))


def test_boundary_shrink_takes_the_nearest_other_class() -> None:
    sure = W + np.array([[0, 0, 0], [0, 0, 0], [6, 0, 0]])
    climb = sure[:2] @ (softmax(A[0] @ sure) - Y[0])
    scores = np.r_[X[0] + 4 * np.sign(climb), 1] @ sure
    label = np.eye(3)[1 + scores[1:].argmax()]
    away = nearest_other(ns.learners.logistic(), jnp.asarray(sure, float), rows(), 4)
    assert np.array_equal(away[0], label)
    assert scores.argmax() == 0, "the given class still wins at x′: it is excluded, not outvoted"
    downhill = np.r_[X[0] - 4 * np.sign(climb), 1] @ sure
    assert downhill[1:].argmax() != scores[1:].argmax()
    made = removed(R.boundary_shrink(reach=4, **ONE), linear(sure))
    agrees("boundary_shrink", made, sure - RATE * slope(sure, 0, label))


def test_l1_sparse_thresholds_softly() -> None:
    moved = W - RATE * KEPT
    expected = np.sign(moved) * np.maximum(abs(moved) - RATE * 0.3, 0)
    assert (expected == 0).any()
    agrees("l1_sparse", removed(R.l1_sparse(sparsity=0.3, **ONE)), expected)


def test_ssd_dampens_by_the_ratio_of_mean_squares() -> None:
    """Three weights of a regression, D of two rows, S the first: F_S / F_D is at most 2, and passes at 1.5."""
    w, y = np.array([0.4, -0.3, 0.2]), np.array([0.3, -0.95])
    squares = ((A @ w - y)[:, None] * A) ** 2
    whole, part = squares.mean(0), squares[0]
    hit = part > 1.5 * whole
    assert 0 < hit.sum() < 3
    expected = np.where(hit, w * np.minimum(0.6 * whole / part, 1), w)
    model = ns.Trained(jnp.asarray(w[:, None], float), None, ns.learners.ridge(logits=False))
    made = compiled(R.ssd(selection=1.5, dampening=0.6))(KEY, model, rows(y=y[:, None]), FORGET)
    agrees("ssd", made.params[:, 0], expected)
    assert abs(float(made.record["dampened"]) - hit.mean()) < 1e-6
    means = squares_by_part(model.learner, model.params, (rows(y=y[:, None]),))[0]
    assert gap(means[:, 0], whole) < 1e-14


def test_amnesiac_takes_back_the_batches_with_s() -> None:
    updates = np.random.default_rng(0).normal(size=(3, *W.shape))
    log = {"updates": jnp.asarray(updates, float), "drawn": jnp.array([[0, 1], [1, 1], [1, 0]])}
    made = removed(R.amnesiac(), linear(record=log))
    agrees("amnesiac", made, W - updates[0] - updates[2])


def test_rum_treats_groups_of_rising_loss_one_after_the_other() -> None:
    """Each part notes its number, how many rows it is to forget and how many it may keep."""

    def part(digit: float) -> ns.Remover:
        def remove(key: Any, trained: ns.Trained, data: ns.Rows, forget: Any) -> Any:
            return trained.params * 10 + digit * forget.sum() + 0.001 * data.without(forget).count()

        return ns.Remover(remove, f"part{digit}")

    five = jnp.arange(8) < 5
    data = ns.Rows(jnp.zeros((8, 1)), jnp.zeros((8, 1)), jnp.arange(8) < 7)
    model = ns.Trained(jnp.zeros((2, 1)), None, ns.learners.ridge())
    made = removed(R.rum((part(1), part(2), part(3))), model, data, five)
    assert gap(made, np.full((2, 1), ((0 + 2.002) * 10 + 4.002) * 10 + 3.002)) < 1e-3
    losses = jnp.array([5.0, 1.0, 4.0, 2.0, 3.0, 0.0, 0.0, 0.0])
    assert memorised(losses, five, 3)[:5].tolist() == [2, 0, 1, 0, 1]


def test_masked_small_gradients_starts_anew_where_s_says_least() -> None:
    """Four of nine weights from zero, moved by the whole gradient; the others by a tenth of it. All of them decay."""
    size = abs(KEPT - S)
    small = size <= np.sort(size.ravel())[3]
    start = np.where(small, 0, W)
    step = slope(start, 1) * np.where(small, 1, 0.1) + 0.2 * start
    made = removed(R.masked_small_gradients(share=4 / 9, decay=0.2, **ONE))
    assert small.sum() == 4
    agrees("masked_small_gradients", made, start - RATE * step)


def test_kernels_are_transposed_in_their_spatial_axes() -> None:
    kernel = jnp.arange(24.0).reshape(2, 2, 3, 2)
    learner = ns.Learner(lambda key, data: model, lambda p, x: x, lambda out, y: out.sum(1))
    model = ns.Trained({"Conv_0": {"kernel": kernel, "bias": jnp.ones(2)}}, None, learner)
    made = removed(R.convolution_transpose(), model, forget=jnp.ones(2, bool))
    assert gap(made["Conv_0"]["kernel"], np.einsum("abio->baio", kernel)) == 0


def units(model: ns.Trained) -> Any:
    body = jax.tree.map(np.asarray, model.params["params"]["body"])
    return np.maximum(X @ body["kernel"] + body["bias"], 0)


def test_cf_k_trains_the_head_of_a_network() -> None:
    model = network()
    head = jax.tree.map(np.asarray, model.params["params"]["head"])
    h = units(model)[1]
    error = softmax(h @ head["kernel"] + head["bias"]) - Y[1]
    made = removed(R.cf_k(**ONE), model)["params"]
    agrees("cf_k", made["head"]["kernel"], head["kernel"] - RATE * np.outer(h, error))
    agrees("cf_k", made["head"]["bias"], head["bias"] - RATE * error)
    assert gap(made["body"], model.params["params"]["body"]) == 0


def test_forgetting_fades_the_most_active_unit_fastest() -> None:
    model = network()
    activity = units(model)[0]
    order = np.argsort(-activity, kind="stable")
    tau = np.empty(4)
    tau[order] = 0.5 * 16 ** (np.arange(4) / 3)
    phi = np.exp(-1 / tau)
    made = removed(R.forgetting(rounds=1, epochs=0), model)["params"]
    head = model.params["params"]["head"]
    assert gap(made["head"]["kernel"], phi[:, None] * np.asarray(head["kernel"])) < 1e-14
    assert gap(made["head"]["bias"], head["bias"]) == 0
    twice = removed(R.forgetting(form="fixed", rounds=2, epochs=0), model)["params"]["head"]["kernel"]
    assert gap(twice, np.exp(-2 / 2.0) * np.asarray(head["kernel"])) < 1e-14


def test_rmu_pulls_the_units_on_s_towards_a_direction() -> None:
    model = network()
    target = 20.0 * np.asarray(direction(jax.random.split(KEY)[0], 4))
    h = units(model)[0]
    pull = 2 / 4 * (h - target) * (h > 0)
    made = removed(R.rmu(**ONE), model)["params"]
    body = model.params["params"]["body"]
    agrees("rmu", made["body"]["kernel"], body["kernel"] - RATE * np.outer(X[0], pull))
    agrees("rmu", made["body"]["bias"], body["bias"] - RATE * pull)
    assert gap(made["head"], model.params["params"]["head"]) == 0


def test_uce_solves_its_normal_equations() -> None:
    """The stacked least-squares problem, solved by NumPy."""
    made = np.asarray(removed(R.uce(preserve=2.0, anchor=0.3)), float)
    v = A[1] @ W
    left = np.r_[A[:1], np.sqrt(2.0) * A[1:], np.sqrt(0.3) * np.eye(3)]
    right = np.r_[v[None], np.sqrt(2.0) * A[1:] @ W, np.sqrt(0.3) * W]
    agrees("uce", made, np.linalg.lstsq(left, right)[0])
    assert abs(left.T @ (left @ made - right)).max() < 1e-12
    assert gap(made, W) > 0.1


def adam(w: Any, slopes: list[Any], rate: float) -> Any:
    """Where Adam goes from w: moments with memory .9 and .999, both corrected for their start at zero."""
    first = second = 0.0
    for step, g in enumerate(slopes, 1):
        first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g**2
        w = w - rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return w


def test_unsir_learns_noise_impairs_and_repairs() -> None:
    """Adam: two steps on the noise, one on noise and kept row, one on the kept row, each time from new moments."""
    start = np.asarray(jax.random.normal(jax.random.split(KEY, 3)[0], (2, 2)))[0]

    def harm(noise: Any) -> Any:
        return 0.1 * 2 * noise - W[:2] @ (softmax(np.r_[noise, 1] @ W) - Y[0])

    once = adam(start, [harm(start)], 0.1)
    a = np.r_[adam(start, [harm(start), harm(once)], 0.1), 1]
    impaired = adam(W, [np.outer(a, softmax(a @ W) - Y[0]) + KEPT], 0.2)
    expected = adam(impaired, [slope(impaired, 1)], 0.3)
    agrees("unsir", removed(R.unsir(batch=1, impair=0.2, repair=0.3, learning=2)), expected)


def test_random_labels_in_turn_pass_over_s_and_then_over_the_rest() -> None:
    one: dict[str, Any] = {"keep": 0.5, "passes": "in turn"} | ONE
    away, _ = flipped()
    after = V - RATE * away
    kept = np.outer(A[1], softmax(A[1] @ after) - np.array([0, 1]))
    agrees("random_label", removed(R.random_label(**one), linear(V), rows(**TWO)), after - RATE * 0.5 * kept)
    mask = np.array([[1, 1], [0, 0], [0, 0]])
    after = V - RATE * mask * away
    kept = np.outer(A[1], softmax(A[1] @ after) - np.array([0, 1]))
    made = removed(R.salun(share=1 / 3, **one), linear(V), rows(**TWO))
    agrees("salun", made, after - RATE * 0.5 * mask * kept)
