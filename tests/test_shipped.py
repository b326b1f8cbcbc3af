"""What users are told to run, run on the shipped removers: the contract and the relations on all, definitions on six.

`benchmarks/suite.py` runs whole suites on all of them; its table of what their authors declare to fail is read here, so
that there is one.
"""

import functools
import runpy
from pathlib import Path
from typing import Any

import pytest

import neverseen as ns
from neverseen.algorithms.removers import CERTIFIED, FAULTY, HEURISTIC, REMOVERS
from neverseen.formal.definitions._verdict import Route
from neverseen.properties.suite._check_suite import claimed, keys, learners_for, relation_rows
from neverseen.properties.suite.relations import RELATIONS

SHIPPED = [name for name in REMOVERS if name not in FAULTY]
SATISFIED, REFUTED, _ = ns.Status
CONTRACT = {relation.name for relation in RELATIONS if relation.follows_from == "contract"}


@functools.cache
def suites() -> dict[str, Any]:
    return runpy.run_path(str(Path(__file__).parents[1] / "benchmarks" / "suite.py"))


def learner_of(name: str) -> ns.Learner:
    return suites()["SUITED"].get(name) or learners_for(REMOVERS[name]())[0]


def refuted_and_held(remover: ns.Remover, learner: ns.Learner) -> tuple[set[str], set[str]]:
    """The claimed relations that are refuted, and those that hold."""
    rows = [row for row in relation_rows(remover, learner, 0) if claimed(row.check, remover)]
    made = {status: {row.check for row in rows if row.status is status} for status in (REFUTED, SATISFIED)}
    return made[REFUTED], made[SATISFIED]


@pytest.mark.parametrize("name", SHIPPED)
def test_relations_fail_only_where_that_is_declared(name: str) -> None:
    remover = REMOVERS[name]()
    declared = suites()["expected"](name, remover).keys()
    refuted, held = refuted_and_held(remover, learner_of(name))
    assert {check for check in refuted if not keys(check, remover) & declared} == set()
    assert held & CONTRACT >= {"pure", "deterministic", "held-out", "masking"}


def test_an_undeclared_failure_would_be_seen() -> None:
    """The same reading of deliberately wrong removers, each on what breaks it."""
    for name, relation in {"leaking_padding": "held-out", "no_op": "coincidence", "s_for_s_full": "forget-set"}.items():
        assert relation in refuted_and_held(FAULTY[name](), ns.learners.ridge())[0]


SIX: dict[str, tuple[str, ns.Status, ns.Status | None]] = {
    "exact": ("retrain", SATISFIED, REFUTED),
    "certified": ("newton_removal", SATISFIED, None),
    "coupled": ("noisy_finetuning", SATISFIED, None),
    "heuristic": ("finetune", REFUTED, None),
    "unlearning": ("retrain_full", REFUTED, SATISFIED),
    "streaming": ("stream_ridge", SATISFIED, REFUTED),
}
"""A remover of each kind, and what untraining and unlearning are to say of it."""


@pytest.mark.parametrize("kind", SIX)
def test_definitions_hold_as_claimed_and_doing_nothing_fails_there(kind: str) -> None:
    """The noise that certifies fine-tuning hides so few rows from anyone: there doing nothing is not asked."""
    name, *wanted = SIX[kind]
    learner = learner_of(name)
    scenario = ns.scenarios.blobs("near-duplicates", size=4, full=8, rows=31, dims=3)
    for claim, status in zip((ns.Untraining(1.0, 0.05), ns.Unlearning(1.0, 0.05)), wanted, strict=True):
        if status is not None:
            verdict = ns.check(claim, REMOVERS[name](), learner, scenario)
            assert verdict.status is status
            assert (verdict.route is Route.COUPLING) == (kind == "coupled")
            idle = ns.removers.do_nothing()
            assert kind == "coupled" or ns.check(claim, idle, learner, scenario).status is REFUTED


def test_the_six_are_what_they_stand_for() -> None:
    aims = {kind: REMOVERS[name]().aims_at for kind, (name, *_) in SIX.items()}
    assert {kind for kind, aim in aims.items() if aim != "untraining"} == {"unlearning"}
    assert {"newton_removal", "noisy_finetuning"} <= set(CERTIFIED)
    assert "finetune" in HEURISTIC
    assert REMOVERS["stream_ridge"]().made_for is not None
