"""Spaces: every listed heuristic publishes what may be searched, with its source, or says why there is nothing."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import neverseen as ns
from neverseen.algorithms._factory import fits
from neverseen.algorithms._space import Choice, Range, no_space, space, space_of
from neverseen.algorithms.removers import (
    APPROXIMATE,
    CERTIFIED,
    EXACT,
    FAULTY,
    HEURISTIC,
    KINDS,
    REMOVERS,
    why_no_space,
)
from neverseen.properties.checks._search import read_search
from neverseen.properties.checks._tuning_runs import Phase, Removals, request_alone, tuning_streams, without_reference

SPACED = {name: make for name, make in REMOVERS.items() if space_of(make)}


def complaints(make: Callable[..., Any]) -> list[str]:
    """What a factory's space lacks."""
    published, parameters = space_of(make), inspect.signature(make).parameters
    if not published:
        return [] if why_no_space(make) else ["neither a space nor a reason"]
    found = [f"{name}: no source" for name, each in published.items() if not each.source]
    found += [
        f"{name}: default outside" for name, each in published.items() if not each.holds(parameters[name].default)
    ]
    for name, each in published.items():
        for end in each.ends:
            try:
                made = make(**{name: end})
                found += [] if isinstance(made, ns.Remover) else [f"{name} = {end}: no remover"]
            except ValueError as error:
                found.append(f"{name} = {end}: {error}")
    return found


@pytest.mark.parametrize("name", REMOVERS)
def test_a_listed_remover_publishes_a_space_or_says_why_not(name: str) -> None:
    assert complaints(REMOVERS[name]) == []


def test_those_with_settings_publish_them_and_guarantees_do_not() -> None:
    """A heuristic with a number among its arguments has a space, but for what buys time or is a remover itself."""
    without = {name for name in HEURISTIC | APPROXIMATE if name not in SPACED}
    assert without == {"do_nothing", "rum", "deltagrad", "projective_residual", "stream_quadratic"}
    assert not SPACED.keys() & (EXACT | CERTIFIED | FAULTY | KINDS["wrappers"]).keys()
    assert ns.removers.finetune.space == space_of(ns.removers.finetune)  # pyright: ignore[reportFunctionMemberAccess]


def test_the_rule_accepts_and_rejects() -> None:
    @space(rate=Range(0.1, 1.0, source="ours"))
    def right(rate: float = 0.5) -> ns.Remover:
        return ns.removers.finetune(rate=rate)

    @space(rate=Range(0.1, 1.0), epochs=Choice((1, 2), "ours"))
    def wrong(rate: float = 5.0, epochs: int = 1) -> ns.Remover:
        if rate == 1.0:
            raise ValueError("rate: too fast")
        return ns.removers.finetune()

    assert complaints(right) == []
    assert complaints(wrong) == ["rate: no source", "rate: default outside", "rate = 1.0: rate: too fast"]
    assert complaints(no_space("nothing to set")(ns.removers.do_nothing.__wrapped__)) == []  # pyright: ignore[reportFunctionMemberAccess]
    assert complaints(lambda: ns.removers.do_nothing()) == ["neither a space nor a reason"]
    with pytest.raises(ValueError, match="space: right has no setting 'speed'"):
        space(speed=Range(0, 1))(right)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Range(1.0, 0.5), "low = 1.0 is not below high = 0.5"),
        (lambda: Range(1, 1), "low = 1 is not below high = 1"),
        (lambda: Range(0, 1, log=True), "low = 0 has no logarithm"),
        (lambda: Range(-1.0, 1.0, log=True), "low = -1.0 has no logarithm"),
        (lambda: Range(float("nan"), 1.0), "low = nan is not a finite number"),
        (lambda: Range(0.0, float("inf")), "high = inf is not a finite number"),
        (lambda: Range(1.5, 4, whole=True), "low = 1.5 is not a whole number"),
        (lambda: Choice(()), "no option is given"),
        (lambda: Choice((1, 1)), "1 is given twice"),
        (lambda: Choice((1, object())), "is no truth value, number, word or None"),
    ],
)
def test_impossible_ranges_are_one_line(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        make()
    assert "\n" not in str(refused.value)


def test_what_a_range_holds() -> None:
    assert [Range(1, 3, whole=True).holds(v) for v in (1, 3, 2.5, 4, True, "2")] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]
    assert [Choice((1, None, True)).holds(v) for v in (1, True, None, 2, False)] == [True, True, True, False, False]
    assert [Choice(options).ordered for options in ((1, 2.5, 5), (2, 1), (True, False), ("a", "b"))] == [True] + [
        False
    ] * 3
    fixed = functools.partial(ns.removers.scrub, climbs=1)
    assert "climbs" not in space_of(fixed)
    assert space_of(lambda: 0) == {}


def test_a_factory_s_own_checks_let_a_tracer_pass_and_a_number_not() -> None:
    assert fits(0 <= 1, jnp.array(1.0) > 0)
    assert not fits(0 <= 1, jnp.array(-1.0) > 0)
    assert jax.jit(lambda x: jnp.zeros(1) if fits(x > 0) else None)(-1.0) is not None


STATIC = {
    "boundary_shrink": {"epochs"},
    "cf_k": {"epochs", "last"},
    "distributional": {"rule", "share"},
    "eu_k": {"epochs", "last"},
    "forgetting": {"epochs", "form", "rounds"},
    "masked_small_gradients": {"epochs", "share"},
    "random_label": {"epochs", "exclude"},
    "salun": {"epochs", "share"},
    "scrub": {"climbs", "epochs"},
    **{name: set[str]() for name in ("fisher_forgetting", "influence", "newton", "ssd", "uce")},
}
"""Settings of shipped removers that a program is compiled for; of the others the epochs alone."""

LEARNER, SCENE = ns.learners.logistic(epochs=2), ns.scenarios.figure1()


@functools.cache
def phase() -> Phase:
    roots = tuning_streams(SCENE, 0)
    return without_reference(LEARNER, request_alone(SCENE), roots, roots["halves"], 8, None)


@pytest.mark.parametrize("name", sorted(SPACED.keys() - {"amnesiac", "stream_online"}))
def test_every_number_that_is_searched_is_traced(name: str) -> None:
    """Those two are for learners of their own."""
    wanted = read_search(SPACED[name], None)
    traced = Removals(wanted, phase()).traced
    assert wanted.space.keys() - traced == STATIC.get(name, {"epochs"})
    assert all(isinstance(wanted.space[each], Range) for each in traced)
