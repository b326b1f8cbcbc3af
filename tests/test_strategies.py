"""The strategies: what they draw is sound, shares shapes, shrinks to the cheapest and prints as code."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import Phase, example, find, given, settings
from hypothesis.strategies import SearchStrategy
from scenario_tools import as_set, held, kind, rebuilt

import neverseen as ns
from neverseen.formal import Scenario
from neverseen.properties import scenarios, strategies

RIDGE = ns.learners.ridge()
CLAIMS = (ns.Untraining(1.0, 0.05), ns.removers.retrain()), (ns.Unlearning(1.0, 0.05), ns.removers.retrain_full())


def assert_sound(s: Scenario) -> None:
    """What holds for a scenario of any kind."""
    present, forget, full = (np.asarray(mask) for mask in (s.rows.present, s.forget, s.behaviour))
    assert not (forget & ~full).any()
    assert not (full & ~present).any()
    assert not np.asarray(s.rows.x)[~present].any()
    assert not np.asarray(s.rows.y)[~present].any()
    assert np.asarray(s.rows.y)[present].sum(1).tolist() == [1.0] * present.sum()
    rows, fresh, rest = (as_set(part) for part in (s.rows, s.fresh_behaviour, s.fresh_rest))
    assert not rows & (fresh | rest)
    assert not fresh & rest
    assert len(rest) == s.fresh_rest.present.size > 0
    assert bool(fresh) == (kind(s) != "random")
    if kind(s) == "class":
        assert np.array_equal(np.asarray(s.rows.y)[:, 8 if "digits" in s.recipe else 0] == 1, full)
    if kind(s) in ("class", "subgroup"):
        assert len({*held(s.rows, s.behaviour)[1], *held(s.fresh_behaviour)[1]}) <= 1
    again = rebuilt(s)
    assert (repr(again), again.digest()) == (s.recipe, s.digest())


def shape(s: Scenario) -> tuple[tuple[int, ...], ...]:
    """The shapes that decide what is compiled."""
    return tuple(leaf.shape for leaf in jax.tree.leaves(s))


@pytest.mark.parametrize(
    ("strategy", "count", "shapes"), [(strategies.scenarios(), 50, 8), (strategies.real_scenarios(), 12, 10)]
)
def test_drawn_scenarios_are_sound_and_share_shapes(
    strategy: SearchStrategy[Scenario], count: int, shapes: int
) -> None:
    seen: set[Any] = set()

    @settings(max_examples=count)
    @given(strategy)
    def sound(s: Scenario) -> None:
        seen.add(shape(s))
        assert_sound(s)

    sound()
    assert 4 <= len(seen) <= shapes


def test_max_rows_is_kept_and_reached() -> None:
    counts: set[int] = set()

    @settings(max_examples=20)
    @given(strategies.scenarios(max_rows=31))
    def collect(s: Scenario) -> None:
        counts.add(int(s.rows.count()))

    collect()
    assert counts == {8, 16}


EDGES: dict[str, tuple[Callable[[Scenario], Any], str]] = {
    "anything": (lambda s: True, "forget='random', size=0, full=0, seed=0, rows=8"),
    "S = D": (lambda s: s.forget.sum() == s.rows.count(), "forget='random', size=8, full=8, seed=0, rows=8"),
    "S = S_full": (
        lambda s: s.forget.any() and (s.forget == s.behaviour).all(),
        "forget='random', size=1, full=1, seed=0, rows=8",
    ),
    "S ⊊ S_full": (
        lambda s: s.forget.any() and (s.forget != s.behaviour).any(),
        "forget='random', size=1, full=2, seed=0, rows=8",
    ),
    "near-duplicates": (
        lambda s: kind(s) == "near-duplicates" and s.forget.any(),
        "forget='near-duplicates', size=1, full=1, seed=0, rows=8",
    ),
}


@pytest.mark.parametrize("edge", EDGES)
def test_the_edges_are_found_and_shrink_to_the_cheapest(edge: str) -> None:
    holds, arguments = EDGES[edge]
    search = settings(max_examples=300, phases=[Phase.generate, Phase.shrink])
    assert repr(find(strategies.scenarios(), holds, settings=search)) == f"ns.scenarios.blobs({arguments})"


@pytest.mark.parametrize("strategy", [strategies.scenarios(), strategies.real_scenarios()])
def test_a_failing_example_prints_as_code(strategy: SearchStrategy[Scenario]) -> None:
    failed: list[Scenario] = []

    @settings(max_examples=20, database=None, phases=[Phase.generate, Phase.shrink])
    @given(strategy)
    def fails(scenario: Scenario) -> None:
        failed.append(scenario)
        assert not scenario.forget.any()

    with pytest.raises(AssertionError) as failure:
        fails()
    (printed,) = (note for note in failure.value.__notes__ if "fails(" in note)
    names = {"fails": lambda scenario: scenario, "ns": ns, **scenarios.SCENARIOS}
    assert eval(printed[printed.index("fails(") :], names).digest() == failed[-1].digest()


@settings(max_examples=4, deadline=200)
@example(scenario=ns.scenarios.blobs(size=0, full=0, rows=8))
@example(scenario=ns.scenarios.blobs(size=8, full=8, rows=8))
@example(scenario=ns.scenarios.blobs("class", size=0, full=8, rows=16))
@example(scenario=ns.scenarios.blobs("near-duplicates", size=8, full=16, rows=16, separation=1.0))
@given(scenario=ns.strategies.scenarios())
def test_a_right_remover_is_decided_on_all_that_is_drawn(scenario: Scenario) -> None:
    """Within the budget that a check has by default, under Hypothesis' own default deadline, at a ledger's price."""
    for claim, remover in CLAIMS:
        assert ns.assert_holds(claim, remover, RIDGE, scenario).status is ns.Status.SATISFIED


@pytest.mark.parametrize("learner", [ns.learners.logistic(), ns.learners.nearest_neighbour()], ids=repr)
@pytest.mark.parametrize("size", [0, 4, 8])
def test_a_right_remover_is_decided_at_the_edges(learner: Any, size: int) -> None:
    scenario = ns.scenarios.blobs("mislabelled", size=size, full=8, rows=8)
    for claim, remover in CLAIMS:
        assert ns.assert_holds(claim, remover, learner, scenario).status is ns.Status.SATISFIED
