"""A small coupled pair of arms: SGD with output noise, and fine-tuning with the same noise."""

import neverseen as ns
from neverseen.properties.engine._pairs import Block
from neverseen.properties.runs._draw import PAIRS, blocks
from neverseen.properties.runs._views import views_of

CLAIM = ns.Untraining(0.5, 0.05)
SGD = ns.learners.noisy(ns.learners.logistic(epochs=2, batch=4, rate=0.1), 0.1)
TUNED = ns.removers.noisy(ns.removers.finetune(epochs=1, batch=4, rate=0.1))


def small() -> ns.Scenario:
    return ns.scenarios.blobs(rows=16, size=2, seed=1)


def drawn(remover: ns.Remover, learner: ns.Learner = SGD, count: int = 1) -> list[Block]:
    scenario = small()
    found = views_of(scenario, CLAIM)
    return list(blocks(CLAIM, remover, learner, scenario, found, seed=0, grain=0.0, budget=count * PAIRS))
