"""Exact laws, kernels and divergences: right objects accepted, wrong ones refused."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neverseen.formal.laws._finite import (
    Kernel,
    Law,
    as_exact,
    compose,
    integers,
    kernel_of,
    mixed_law,
    normalise,
    point,
    push,
    push_forward,
    uniform,
)
from neverseen.formal.laws._finite_closeness import (
    delta_between,
    delta_bracket,
    epsilon_bracket,
    exact_hockey_stick,
    exact_profile,
    exact_total_variation,
    exactly_indistinguishable,
    exp_bracket,
    gamma_between,
    log_bracket,
)

F = Fraction
seeded = settings(derandomize=True, deadline=None, database=None, max_examples=80)
gammas = st.fractions(1, 6, max_denominator=7)


@st.composite
def some_law(draw: st.DrawFn, outcomes: str = "abcd") -> Law:
    weights = draw(st.lists(st.integers(0, 9), min_size=len(outcomes), max_size=len(outcomes)).filter(any))
    return normalise(dict(zip(outcomes, weights, strict=True)))


@st.composite
def some_kernel(draw: st.DrawFn) -> Kernel:
    rows = {name: draw(some_law("xyz")) for name in "abcd"}
    return kernel_of("abcd", lambda name: rows[name])


# Laws and kernels


@pytest.mark.parametrize(
    ("outcomes", "masses", "message"),
    [
        ("ab", (0.5, 0.5), "must be exact"),
        ("ab", (True, False), "must be exact"),
        ("ab", (np.float64(1), 0), "must be exact"),
        ("ab", (F(3, 2), F(-1, 2)), "nonnegative"),
        ("ab", (F(1, 2), F(1, 3)), "sums to 5/6, not 1"),
        ("aa", (F(1, 2), F(1, 2)), "listed twice"),
        ("ab", (F(1),), "2 outcomes but 1 masses"),
        ("", (), "sums to 0"),
    ],
)
def test_law_refuses(outcomes: str, masses: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        Law(tuple(outcomes), masses)
    assert "\n" not in str(caught.value)


def test_law_is_a_measure() -> None:
    law = Law(("a", "b"), (1, 0))
    assert law == point("a")
    assert hash(law) == hash(point("a"))
    assert law != point("b")
    assert law != "a"
    assert law.probability(lambda outcome: outcome == "b") == 0


def test_numpy_integers_become_python_integers() -> None:
    large: Any = np.int64(2**40)
    assert as_exact(large, "x") * 2**40 == 2**80
    assert type(as_exact(Fraction(large, large - 1), "x").numerator) is int


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (((1, 0),), "kernel must be 2×2"),
        (((1, 0), (1,)), "kernel must be 2×2"),
        (((1, 0), (F(1, 2), F(1, 3))), "row 'b' sums to 5/6"),
        (((1, 0), (0.5, 0.5)), "must be exact"),
    ],
)
def test_kernel_refuses(matrix: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Kernel(("a", "b"), (0, 1), matrix)


def test_kernel_without_the_row_refuses() -> None:
    with pytest.raises(ValueError, match="no row for 'c'"):
        push(point("c"), Kernel(("a",), (0,), ((1,),)))


@pytest.mark.parametrize(
    "bad",
    [
        lambda: mixed_law((F(1, 2), F(1, 3)), (point(0), point(1))),
        lambda: mixed_law((1,), (point(0), point(1))),
        lambda: normalise({"a": 0}),
        lambda: normalise({"a": 0.5}),
        lambda: uniform(()),
    ],
)
def test_bad_mixtures_refuse(bad: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        bad()


@given(some_law(), some_kernel())
@seeded
def test_push_is_the_matrix_product(law: Law, kernel: Kernel) -> None:
    image = push(law, kernel)
    matrix: Any = kernel.matrix
    for j, outcome in enumerate(kernel.outcomes):
        expected = sum(law.mass(name) * row[j] for name, row in zip(kernel.inputs, matrix, strict=True))
        assert image.mass(outcome) == expected


@given(some_law(), some_kernel())
@seeded
def test_compose_then_push_is_push_twice(law: Law, kernel: Kernel) -> None:
    second = kernel_of("xyz", lambda outcome: mixed_law((F(1, 3), F(2, 3)), (point(outcome), point("x"))))
    assert push(law, compose(kernel, second)) == push(push(law, kernel), second)
    assert push_forward(law, lambda outcome: outcome in "ab").mass(True) == law.mass("a") + law.mass("b")


@given(some_law(), some_law("cdef"))
@seeded
def test_integers_are_the_law(p: Law, q: Law) -> None:
    counts, total = integers((p, q))
    assert counts.shape == (2, 6)
    assert [F(int(c), total) for c in counts[1][2:]] == [q.mass(o) for o in "cdef"]
    assert counts.sum(axis=1).tolist() == [total, total]


# Divergences


def naive(p: Law, q: Law, gamma: Fraction) -> Fraction:
    names = sorted({*p.outcomes, *q.outcomes}, key=str)
    events = ([n for n, b in zip(names, bits, strict=True) if b] for bits in product((0, 1), repeat=len(names)))
    return max(sum((p.mass(n) - gamma * q.mass(n) for n in event), F(0)) for event in events)


@given(some_law(), some_law("bcde"), gammas)
@seeded
def test_hockey_stick_is_the_best_event(p: Law, q: Law, gamma: Fraction) -> None:
    assert exact_hockey_stick(p, q, gamma=gamma) == naive(p, q, gamma)
    assert delta_between(p, q, gamma=gamma) == max(naive(p, q, gamma), naive(q, p, gamma))
    assert exact_total_variation(p, q) == naive(p, q, F(1))


@given(some_law(), some_law("bcde"), gammas, st.fractions(0, 1, max_denominator=12))
@seeded
def test_profile_and_its_inverse(p: Law, q: Law, gamma: Fraction, delta: Fraction) -> None:
    curve = exact_profile(p, q)
    assert curve.delta(gamma) == exact_hockey_stick(p, q, gamma=gamma)
    least = curve.gamma(delta)
    if least is None:
        assert p.probability(lambda o: q.mass(o) == 0) > delta
    else:
        assert exact_hockey_stick(p, q, gamma=least) <= delta
        assert least == 1 or exact_hockey_stick(p, q, gamma=max(F(1), least - F(1, 10**9))) > delta


def test_direction_of_the_hockey_stick() -> None:
    p, q = point("a"), uniform("ab")
    assert exact_hockey_stick(p, q, gamma=2) == 0
    assert exact_hockey_stick(q, p, gamma=2) == F(1, 2)
    assert gamma_between(p, q, delta=F(1, 2)) == 1
    assert gamma_between(p, q, delta=F(1, 4)) is None


@pytest.mark.parametrize("gamma", [1.5, np.float64(2), F(1, 2), 0, True, "2"])
def test_epsilon_or_a_float_for_gamma_is_refused(gamma: Any) -> None:
    for ask in (exact_hockey_stick, delta_between):
        if not isinstance(gamma, str):
            with pytest.raises(ValueError, match=r"γ = e\^ε is meant"):
                ask(point("a"), point("b"), gamma=gamma)


@pytest.mark.parametrize("delta", [0.1, F(-1, 2), F(3, 2)])
def test_bad_delta_is_refused(delta: Any) -> None:
    with pytest.raises(ValueError, match="delta"):
        exactly_indistinguishable(point("a"), point("b"), gamma=1, delta=delta)


def decimal_exp(epsilon: Fraction) -> tuple[Fraction, Fraction]:
    with localcontext() as context:
        context.prec = 60
        value = (Decimal(epsilon.numerator) / Decimal(epsilon.denominator)).exp()
        return F(value), F(value) / 10**50


@given(st.fractions(-30, 30, max_denominator=1000).filter(bool))
@seeded
def test_exp_bracket_contains_the_exponential(epsilon: Fraction) -> None:
    low, high = exp_bracket(epsilon)
    truth, error = decimal_exp(epsilon)
    assert low < high
    assert low - error <= truth <= high + error
    assert high - low <= low / 2**112


@given(st.fractions(F(1, 100), 20, max_denominator=100))
@seeded
def test_log_bracket_inverts_exp_bracket(epsilon: Fraction) -> None:
    low, high = exp_bracket(epsilon)
    assert log_bracket(low)[0] <= epsilon <= log_bracket(high)[1]
    assert log_bracket(high)[1] - log_bracket(low)[0] < F(1, 10**30)


@given(some_law(), some_law(), st.fractions(F(1, 50), 3, max_denominator=50), st.integers(6, 20))
@seeded
def test_coarse_brackets_contain_fine_ones(p: Law, q: Law, epsilon: Fraction, bits: int) -> None:
    # Few bits leave no slack for a forgotten remainder or a bracket that is upside down.
    pairs = [
        (exp_bracket(epsilon, bits=bits), exp_bracket(epsilon)),
        (log_bracket(1 + epsilon, bits=bits), log_bracket(1 + epsilon)),
        (delta_bracket(p, q, epsilon=epsilon, bits=bits), delta_bracket(p, q, epsilon=epsilon)),
    ]
    for coarse, fine in pairs:
        assert coarse[0] <= fine[0] <= fine[1] <= coarse[1]


@pytest.mark.parametrize("bits", range(2, 14))
def test_exp_bracket_counts_its_remainder(bits: int) -> None:
    for epsilon in (F(k, n) for n in range(1, 9) for k in range(1, n + 1)):
        low, high = exp_bracket(epsilon, bits=bits)
        truth = exp_bracket(epsilon)
        assert low <= truth[0] <= truth[1] <= high


def test_brackets_at_the_ends() -> None:
    assert exp_bracket(0) == (1, 1)
    assert log_bracket(1) == (0, 0)
    assert exp_bracket(10_000)[0] > 10**4342
    for bad in (0.5, 10_001):
        with pytest.raises(ValueError, match="epsilon"):
            exp_bracket(bad)


@given(some_law(), some_law(), st.fractions(0, 3, max_denominator=20))
@seeded
def test_delta_bracket_contains_the_float_value(p: Law, q: Law, epsilon: Fraction) -> None:
    low, high = delta_bracket(p, q, epsilon=epsilon)
    gamma = float(np.exp(float(epsilon)))
    a, b = (np.array([float(law.mass(o)) for o in "abcd"]) for law in (p, q))
    value = max(np.maximum(a - gamma * b, 0).sum(), np.maximum(b - gamma * a, 0).sum())
    assert float(low) - 1e-12 <= value <= float(high) + 1e-12
    assert high - low < F(1, 10**30)


def test_epsilon_bracket_of_randomised_response() -> None:
    p, q = Law("ab", (F(3, 4), F(1, 4))), Law("ab", (F(1, 4), F(3, 4)))
    bracket = epsilon_bracket(p, q, delta=0)
    assert bracket is not None
    assert float(bracket[0]) == pytest.approx(np.log(3), abs=1e-15)
    assert epsilon_bracket(point("a"), point("b"), delta=0) is None
    with pytest.raises(ValueError, match="nonnegative"):
        delta_bracket(p, q, epsilon=F(-1))
