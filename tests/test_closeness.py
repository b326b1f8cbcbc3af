"""Divergences and the (ε, δ) calculus against exact rationals, brute force and dp-accounting."""

import math
from collections.abc import Callable
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy
from closeness_laws import Law, few, floats, gammas, laws, response, stick
from dp_accounting.pld import privacy_loss_distribution as pld
from hypothesis import given
from hypothesis import strategies as st

from neverseen.formal import closeness as c

traced_delta = jax.jit(lambda p, q, epsilon: c.indistinguishability(p, q, epsilon=epsilon))


traced_renyi = jax.jit(lambda p, q, order: c.renyi(p, q, order=order))


traced = {"chi_squared": jax.jit(c.chi_squared), "kullback_leibler": jax.jit(c.kullback_leibler)}


def pad(*arrays: np.ndarray) -> list[jax.Array]:
    """One shape, so that each traced function compiles once."""
    return [jnp.pad(jnp.asarray(a), (0, 5 - len(a))) for a in arrays]


@few
@given(laws(), gammas)
def test_divergences_equal_exact_rationals(pair: list[Law], gamma: Fraction) -> None:
    p, q = pair
    both = max(stick(p, q, gamma), stick(q, p, gamma))
    assert c.hockey_stick.exact(p, q, gamma=gamma) == sympy.Rational(stick(p, q, gamma))
    assert c.indistinguishability.exact(p, q, epsilon=sympy.log(sympy.Rational(gamma))) == sympy.Rational(both)
    assert c.total_variation.exact(p, q) == sympy.Rational(stick(p, q, Fraction(1)))
    a, b = floats(p), floats(q)
    np.testing.assert_allclose(c.hockey_stick.host(a, b, gamma=float(gamma)), float(stick(p, q, gamma)), atol=1e-15)
    epsilon = math.log(gamma)
    np.testing.assert_allclose(traced_delta(*pad(a, b), epsilon), float(both), atol=1e-6)


@few
@given(laws(), st.sampled_from([Fraction(1, 2), Fraction(2), Fraction(7)]))
def test_unbounded_divergences_equal_their_sums(pair: list[Law], order: Fraction) -> None:
    p, q = pair
    expected = {"kullback_leibler": 0.0, "chi_squared": 0.0, "renyi": 0.0}
    for a, b in zip(map(float, p), map(float, q), strict=True):
        expected["kullback_leibler"] += (a * math.log(a / b) if b else math.inf) if a else 0.0
        expected["chi_squared"] += (a - b) ** 2 / b if b else (math.inf if a else 0.0)
        power = a ** float(order) * b ** (1 - float(order)) if b else (math.inf if a and order > 1 else 0.0)
        expected["renyi"] += power
    total = expected["renyi"]
    expected["renyi"] = (math.log(total) if total else -math.inf) / float(order - 1)
    for divergence in (c.kullback_leibler, c.chi_squared, c.renyi):
        values = {"order": float(order)} if divergence is c.renyi else {}
        want = expected[divergence.id.removesuffix("-1").replace("-", "_")]
        np.testing.assert_allclose(divergence.host(floats(p), floats(q), **values), want, rtol=1e-12, atol=1e-14)
        padded = pad(floats(p), floats(q))
        got = (
            traced_renyi(*padded, values["order"])
            if values
            else traced[divergence.id.removesuffix("-1").replace("-", "_")](*padded)
        )
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)
        exact = divergence.exact(p, q, **({"order": sympy.Rational(order)} if values else {}))
        np.testing.assert_allclose(float(exact), want, rtol=1e-12, atol=1e-14)


def test_zeros_make_no_nan_in_values_or_gradients_under_jit() -> None:
    p, q = jnp.array([0.0, 0.5, 0.5, 0.0]), jnp.array([0.5, 0.5, 0.0, 0.0])
    with jax.debug_nans(True):
        assert jax.jit(c.kullback_leibler)(p, q) == jnp.inf
        assert jax.jit(c.kullback_leibler)(q, q) == 0.0
        assert jax.jit(c.chi_squared)(p, q) == jnp.inf
        assert jax.jit(lambda a, b: c.renyi(a, b, order=2.0))(p, q) == jnp.inf
        half = jax.jit(lambda a, b: c.renyi(a, b, order=0.5))
        np.testing.assert_allclose(half(p, q), -2 * math.log(0.5), rtol=1e-6)
        assert half(jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])) == jnp.inf
        for divergence in (c.kullback_leibler, c.chi_squared, c.total_variation):
            assert jnp.isfinite(jax.grad(divergence)(q, q * 0.5 + p * 0.5)).all()


def test_divergences_batch_over_leading_axes_and_parameters() -> None:
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(4), size=(3, 1)), rng.dirichlet(np.ones(4), size=2)
    gamma = np.array([1.0, 2.0])
    batch = c.hockey_stick(p, q, gamma=gamma)
    assert batch.shape == (3, 2)
    one = c.hockey_stick.host(p[2, 0], q[1], gamma=2.0)
    np.testing.assert_allclose(batch[2, 1], one, atol=1e-6)


def test_indistinguishable_is_a_predicate_on_both_directions() -> None:
    p, q = np.array([0.5, 0.5, 0.0]), np.array([0.5, 0.25, 0.25])
    assert bool(c.indistinguishable(p, q, 0.5, 0.2501))
    assert not bool(c.indistinguishable(p, q, 0.5, 0.2499))
    assert not bool(c.indistinguishable(q, p, 0.5, 0.2499))


def test_one_direction_differs_from_the_other() -> None:
    p, q = np.array([0.5, 0.5, 0.0]), np.array([0.5, 0.25, 0.25])
    gamma = math.exp(0.5)
    forward, backward = c.hockey_stick.host(p, q, gamma=gamma), c.hockey_stick.host(q, p, gamma=gamma)
    assert forward < backward
    assert c.indistinguishability.host(p, q, epsilon=0.5) == backward == c.indistinguishability.host(q, p, epsilon=0.5)


def test_dp_accounting_agrees_in_both_directions() -> None:
    rng = np.random.default_rng(1)
    for _ in range(5):
        p, q = rng.dirichlet(np.ones(4)), rng.dirichlet(np.ones(4))
        for a, b in ((p, q), (q, p)):
            lower, upper = (
                pld.from_two_probability_mass_functions(
                    {i: math.log(v) for i, v in enumerate(b)},
                    {i: math.log(v) for i, v in enumerate(a)},
                    pessimistic_estimate=pessimistic,
                    value_discretization_interval=1e-5,
                ).get_delta_for_epsilon(0.3)
                for pessimistic in (False, True)
            )
            ours = float(c.hockey_stick.host(a, b, gamma=math.exp(0.3)))
            assert lower - 1e-9 <= ours <= upper + 1e-9 <= lower + 1e-4


@few
@given(laws(count=3, least=1), gammas, gammas)
def test_chaining_holds_and_plain_addition_does_not(triple: list[Law], one: Fraction, two: Fraction) -> None:
    p, q, r = triple

    def least(a: Law, b: Law, gamma: Fraction) -> Fraction:
        return max(stick(a, b, gamma), stick(b, a, gamma))

    first, second = least(p, q, one), least(q, r, two)
    logs = {"epsilon_1": sympy.log(sympy.Rational(one)), "epsilon_2": sympy.log(sympy.Rational(two))}
    bound = c.chain_delta.exact(delta_1=sympy.Rational(first), delta_2=sympy.Rational(second), **logs)
    assert bound >= sympy.Rational(least(p, r, one * two))
    host = c.chain(
        c.Indistinguishability(math.log(one), float(first)),
        c.Indistinguishability(math.log(two), float(second)),
    )
    assert host.delta == pytest.approx(float(bound), rel=1e-13)


@pytest.mark.parametrize("way", [1, -1])
def test_chaining_needs_its_exponential(way: int) -> None:
    """Two hops whose δs alone, added, fall short; the rule, either way round, does not."""
    hops = [np.array([0.5, 0.5]), np.array([0.8, 0.2]), np.array([0.98, 0.02])]
    epsilons = (math.log(2), 0.0)
    found = float(c.indistinguishability.host(hops[0], hops[2], epsilon=sum(epsilons)))
    pairs = zip(hops[:2], hops[1:], epsilons, strict=True)
    parts = [c.Indistinguishability(e, float(c.indistinguishability.host(a, b, epsilon=e))) for a, b, e in pairs]
    assert sum(part.delta for part in parts) < found <= c.chain(*parts[::way]).delta


def test_group_privacy_on_repeated_randomised_response() -> None:
    """k rows, each answered by the dominating pair of (ε, δ): the product laws obey the group rule."""
    one = c.Indistinguishability(0.4, 0.05)
    p, q = response(one.epsilon, one.delta)
    start, end = np.ones(1), np.ones(1)
    for size in range(1, 5):
        start, end = np.outer(start, p).ravel(), np.outer(end, q).ravel()
        rule = c.group(one, size)
        found = float(c.indistinguishability.host(start, end, epsilon=rule.epsilon))
        assert found <= rule.delta + 1e-12
        assert size == 1 or found > one.delta
    assert c.group(c.Indistinguishability(0.0, 0.1), 4).delta == pytest.approx(0.4)
    assert c.group(one, 0) == c.Indistinguishability(0.0, 0.0)


def test_weakening_and_post_processing() -> None:
    one = c.Indistinguishability(1.0, 0.05)
    p, q = response(one.epsilon, one.delta)
    for epsilon in (0.0, 0.4, 1.0, 2.0):
        found = float(c.indistinguishability.host(p, q, epsilon=epsilon))
        assert found <= c.weaken(one, epsilon).delta + 1e-12
    kernel = np.random.default_rng(6).dirichlet(np.ones(3), size=4)
    assert c.indistinguishability.host(p @ kernel, q @ kernel, epsilon=1.0) <= c.post_process(one).delta


@few
@given(laws(count=4), gammas, st.fractions(0, 1, max_denominator=5))
def test_joint_convexity(four: list[Law], gamma: Fraction, weight: Fraction) -> None:
    p, q, r, s = four

    def mix(a: Law, b: Law) -> Law:
        return tuple(weight * x + (1 - weight) * y for x, y in zip(a, b, strict=True))

    bound = weight * stick(p, q, gamma) + (1 - weight) * stick(r, s, gamma)
    assert stick(mix(p, r), mix(q, s), gamma) <= bound
    parts = [c.Indistinguishability(math.log(gamma), float(stick(a, b, gamma))) for a, b in ((p, q), (r, s))]
    rule = c.mixture([float(weight), float(1 - weight)], parts)
    assert rule.delta == pytest.approx(float(bound), abs=1e-15)


P2, HALF = np.array([0.5, 0.5]), [Fraction(1, 2), Fraction(1, 2)]


BAD: dict[str, Callable[[], object]] = {
    "sums to": lambda: c.total_variation(np.array([0.5, 0.4]), P2),
    "negative or NaN": lambda: c.total_variation(np.array([1.5, -0.5]), P2),
    "negative or NaN probability": lambda: c.total_variation(np.array([np.nan, 1.0]), P2),
    "one support": lambda: c.total_variation(np.array([1.0]), P2),
    "takes the keywords": lambda: c.hockey_stick(P2, P2, epsilon=1.0),
    r"gamma >= 0; got gamma = -1.0": lambda: c.hockey_stick(P2, P2, gamma=-1.0),
    r"order > 0": lambda: c.renyi(P2, P2, order=0.0),
    r"Ne\(order, 1\)": lambda: c.renyi(P2, P2, order=1.0),
    r"order > 1; got order = 0.5": lambda: c.renyi_to_delta(order=0.5, renyi=1.0, epsilon=1.0),
    r"delta <= 1": lambda: c.renyi_to_epsilon(order=2.0, renyi=1.0, delta=1.5),
    r"smaller <= epsilon|epsilon >= smaller": lambda: c.indistinguishability_to_smaller_epsilon.host(
        epsilon=1.0, delta=0.1, smaller=2.0
    ),
    "kl >= 0; got kl = nan": lambda: c.pinsker(kl=math.nan),
    "keywords kl; got KL": lambda: c.pinsker(KL=1.0),
    "epsilon = -1": lambda: c.Indistinguishability(-1.0, 0.0),
    "delta = nan": lambda: c.Indistinguishability(1.0, math.nan),
    "weights ≥ 0 summing to 1": lambda: c.mixture([0.5], [c.Indistinguishability(1.0, 0.0)]),
    "size >= 0": lambda: c.group(c.Indistinguishability(1.0, 0.1), -1),
    "two laws on one support": lambda: c.total_variation.exact(HALF, [Fraction(1, 2), Fraction(1, 3)]),
    "is empty": lambda: c.Bracket(1.0, 0.0),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_input_is_one_line(message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        BAD[message]()
    assert "\n" not in str(caught.value)


def test_search_keeps_sure_points() -> None:
    noisy = c.solve_decreasing(lambda x: c.Bracket(max(1 - x - 0.01, 0.0), max(1 - x + 0.01, 0.0)), 0.5)
    assert noisy.lower == pytest.approx(0.49)
    assert noisy.upper == pytest.approx(0.51)
    assert c.solve_decreasing(lambda _: c.Bracket(0.6, 0.7), 0.5, stop=8.0).upper == math.inf
    assert c.solve_decreasing(lambda _: c.Bracket(0.1, 0.2), 0.5) == c.Bracket(0.0, 0.0)
