"""A remover and its tests: once on a scenario of one's own, once on those that Hypothesis draws."""

import hypothesis
import numpy as np

import neverseen as ns

CLAIM = ns.Untraining(epsilon=1.0, delta=0.05)
LEARNER = ns.learners.ridge(penalty=0.1)


@ns.remover(aims_at="untraining")
def mine(key, trained, rows, forget):
    """Train again without S."""
    return trained.learner.fit(key, rows.without(forget)).params


def test_mine_on_my_data():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(32, 3)), rng.normal(size=32)
    scenario = ns.Scenario.build(x, y, forget=[0, 1, 2])
    ns.assert_holds(CLAIM, mine, LEARNER, scenario, budget=256)


@hypothesis.settings(max_examples=3, deadline=None, database=None)
@hypothesis.given(ns.strategies.scenarios(max_rows=8, kinds=("random",)))
def test_mine_on_drawn_scenarios(scenario):
    ns.assert_holds(CLAIM, mine, LEARNER, scenario, budget=256)
