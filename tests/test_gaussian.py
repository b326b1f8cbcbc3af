"""Equal covariances: profiles against known answers, mpmath and dp-accounting; bad input."""

import math
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from dp_accounting.pld import privacy_loss_distribution as pld

from neverseen.formal.closeness import Bracket, gaussian_profile
from neverseen.formal.laws._gaussian import Gaussian, distance, least_epsilon, profile
from neverseen.formal.laws._gaussian_certified import certified_delta, certified_epsilon, certified_profile

# (ε, q, δ): the closed form of Balle & Wang 2018 (arXiv 1805.06530) in 30 digits, rounded
KNOWN = [
    (0.0, 0.5, 0.19741265),
    (0.0, 1.0, 0.38292492),
    (0.1, 0.5, 0.15926051),
    (0.5, 0.2, 0.00051253608),
    (0.5, 1.0, 0.23842171),
    (1.0, 1.0, 0.12693674),
    (1.0, 2.0, 0.50986166),
    (2.0, 1.0, 0.020923636),
]


TINY = 1.2308359836427042e-25  # ε = 1, q = 1/10


def line(mean: float, variance: float) -> Gaussian:
    return Gaussian(np.array([mean]), np.array([[variance]]))


def reference(epsilon: float, q: float, digits: int = 60) -> Any:
    """Balle–Wang in multiple precision: code independent of the library's."""
    with mpmath.workdps(digits):
        e, d = mpmath.mpf(epsilon), mpmath.mpf(q)
        return mpmath.ncdf(d / 2 - e / d) - mpmath.exp(e) * mpmath.ncdf(-d / 2 - e / d)


@pytest.mark.parametrize(("epsilon", "q", "delta"), KNOWN)
def test_known_answers(epsilon: float, q: float, delta: float) -> None:
    bracket = profile(line(3 * q, 9.0), line(0.0, 9.0), epsilon)
    assert bracket.width < 1e-13
    assert float(reference(epsilon, q)) in bracket
    for value in (bracket.lower, bracket.upper, gaussian_profile.host(epsilon=epsilon, distance=q)):
        assert float(value) == pytest.approx(delta, rel=0, abs=1e-8)
    assert float(gaussian_profile(epsilon=epsilon, distance=q)) == pytest.approx(delta, rel=1e-3, abs=1e-6)


def test_the_tail_keeps_its_digits_where_the_naive_form_has_none() -> None:
    host = float(gaussian_profile.host(epsilon=1.0, distance=0.1))
    assert host == pytest.approx(TINY, rel=1e-11)
    naive = 0.5 * (1 + math.erf((0.05 - 10) / math.sqrt(2))) - math.e * 0.5 * (
        1 + math.erf((-0.05 - 10) / math.sqrt(2))
    )
    assert naive == 0.0
    certified = certified_delta(1.0, Fraction(1, 10))
    assert certified.width <= 5e-41
    with mpmath.workdps(60):
        truth = mpmath.ncdf(mpmath.mpf("-9.95")) - mpmath.e * mpmath.ncdf(mpmath.mpf("-10.05"))
        assert mpmath.mpf(certified.lower) <= truth <= mpmath.mpf(certified.upper)
    assert certified.lower <= TINY <= certified.upper
    assert host in profile(line(0.1, 1.0), line(0.0, 1.0), 1.0)


def test_float32_and_x64_traces() -> None:
    traced = jax.jit(lambda epsilon, q: gaussian_profile(epsilon=epsilon, distance=q))
    assert float(traced(1.0, 0.1)) == pytest.approx(TINY, rel=2e-3)
    with jax.enable_x64(True):
        assert float(traced(jnp.asarray(1.0), jnp.asarray(0.1))) == pytest.approx(TINY, rel=1e-11)
    gaps = jnp.array([0.0, 1e-30, 1e-3, 1.0, 50.0])
    values, slopes = jax.vmap(jax.value_and_grad(lambda q: traced(1.0, q)))(gaps)
    np.testing.assert_allclose(values, [0.0, 0.0, 0.0, 0.12693674, 1.0], atol=1e-6)
    # dδ/dq = φ(q/2 − ε/q)
    np.testing.assert_allclose(slopes[3], math.exp(-0.125) / math.sqrt(2 * math.pi), rtol=1e-4)
    assert jnp.isfinite(slopes).all()


@pytest.mark.parametrize("epsilon", [0.0, 1e-3, 0.5, 4.0])
def test_brackets_hold_over_the_whole_range(epsilon: float) -> None:
    for q in (0.0, 1e-6, 1e-3, 0.03, 0.3, 3.0, 30.0):
        truth = reference(epsilon, q) if q else mpmath.mpf(0)
        for bracket in (profile(line(q, 1.0), line(0.0, 1.0), epsilon), certified_delta(epsilon, q)):
            assert mpmath.mpf(bracket.lower) <= truth <= mpmath.mpf(bracket.upper)
        assert certified_delta(epsilon, q).width <= 4 * math.ulp(float(truth))


def test_certified_profile_of_a_matrix_agrees_with_float64() -> None:
    rng = np.random.default_rng(0)
    root = rng.normal(size=(4, 4))
    covariance = root @ root.T + np.eye(4)
    p, q = Gaussian(rng.normal(size=4), covariance), Gaussian(rng.normal(size=4), covariance)
    certified, plain = certified_profile(p, q, 0.7), profile(p, q, 0.7)
    assert certified.width < 1e-15
    assert distance(p, q) == pytest.approx(distance(q, p), rel=1e-14)
    assert plain.lower <= certified.lower <= certified.upper <= plain.upper
    assert plain.width < 1e-12


def test_dp_accounting_agrees() -> None:
    for epsilon, q, _ in KNOWN[::3]:
        loss = pld.from_gaussian_mechanism(1 / q, value_discretization_interval=1e-4)
        assert loss.get_delta_for_epsilon(epsilon) == pytest.approx(
            profile(line(q, 1.0), line(0.0, 1.0), epsilon).upper, abs=1e-4
        )


def test_nearly_equal_covariances_meet_the_closed_form() -> None:
    p = Gaussian(np.full(4, 0.3), np.eye(4))
    q = Gaussian(np.zeros(4), np.eye(4) * (1 + 1e-12))
    bracket = profile(p, q, 0.5)
    assert bracket.lower <= float(reference(0.5, 0.6)) <= bracket.upper
    assert bracket.width <= 1e-6


def test_least_epsilon_inverts_the_profile() -> None:
    p, q = line(1.0, 1.0), line(0.0, 1.0)
    for epsilon in (0.1, 1.0, 5.0):
        delta = float(reference(epsilon, 1.0))
        found = least_epsilon(p, q, delta)
        assert found.width < 1e-9
        assert found.lower == pytest.approx(epsilon, abs=1e-9)
        sure = certified_epsilon(p, q, delta)
        assert sure.lower - 1e-9 <= epsilon <= sure.upper + 1e-9
        assert certified_profile(p, q, sure.upper).upper <= delta
        assert certified_profile(p, q, sure.lower).lower > delta
    assert least_epsilon(p, q, 0.5) == Bracket(0.0, 0.0)
    assert least_epsilon(p, q, 0.0).upper == math.inf
    assert least_epsilon(p, p, 0.0) == Bracket(0.0, 0.0)


EYE, ZERO = np.eye(2), np.zeros(2)


BAD: dict[str, Callable[[], object]] = {
    "singular": lambda: Gaussian(ZERO, np.array([[1.0, 1.0], [1.0, 1.0]])),
    "singular or not positive definite": lambda: Gaussian(ZERO, np.diag([1.0, 0.0])),
    "not positive definite; add": lambda: Gaussian(ZERO, np.diag([1.0, -1.0])),
    "not symmetric": lambda: Gaussian(ZERO, np.array([[1.0, 0.5], [0.0, 1.0]])),
    "NaN or an infinity": lambda: Gaussian(np.array([np.nan, 0.0]), EYE),
    "an infinity; give": lambda: Gaussian(ZERO, np.diag([np.inf, 1.0])),
    r"got \(0,\)": lambda: Gaussian(np.zeros(0), np.zeros((0, 0))),
    "dimensions 2 and 1": lambda: profile(Gaussian(ZERO, EYE), line(0.0, 1.0), 1.0),
    "epsilon = -0.5": lambda: profile(line(1.0, 1.0), line(0.0, 1.0), -0.5),
    "epsilon = nan": lambda: profile(line(1.0, 1.0), line(0.0, 1.0), math.nan),
    "epsilon = inf must": lambda: certified_delta(math.inf, 1.0),
    "distance = -1": lambda: certified_delta(1.0, -1.0),
    "delta = 1.5": lambda: least_epsilon(line(1.0, 1.0), line(0.0, 1.0), 1.5),
    "delta = nan": lambda: certified_epsilon(line(1.0, 1.0), line(0.0, 1.0), math.nan),
    "one covariance": lambda: certified_profile(line(1.0, 1.0), line(0.0, 2.0), 1.0),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_input_is_one_line(message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        BAD[message]()
    assert "\n" not in str(caught.value)


def test_ill_scaled_is_not_singular() -> None:
    p, q = (Gaussian(np.array([m, 0.0]), np.diag([1e-20, 1.0])) for m in (1e-10, 0.0))
    assert profile(p, q, 1.0).lower == pytest.approx(0.12693674, abs=1e-8)


def test_laws_are_read_only_copies() -> None:
    mean = np.zeros(1)
    law = Gaussian(mean, np.eye(1))
    mean[0] = 5.0
    assert law.mean[0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        law.covariance[0, 0] = 2.0


def test_a_missing_ball_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "flint", None)
    with pytest.raises(ImportError, match=r"pip install 'neverseen\[certified\]'") as caught:
        certified_delta(1.0, 1.0)
    assert "\n" not in str(caught.value)
    assert profile(line(1.0, 1.0), line(0.0, 1.0), 1.0).lower > 0.12
