"""What users are told to run, run on the shipped removers: every relation on all of them, definitions on six.

`benchmarks/suite.py` runs whole suites on all; its table of what their authors declare to fail is read here, so that
there is one.
"""

import functools

import jax
import pytest
from shipped_tools import suites, trial

import neverseen as ns
from neverseen.algorithms.removers import CERTIFIED, FAULTY, HEURISTIC, REMOVERS
from neverseen.formal.definitions._verdict import Route
from neverseen.properties.runs._trial import Trial
from neverseen.properties.suite._check_suite import claimed, keys, learners_for
from neverseen.properties.suite.relations import RELATIONS, Found, Relation

SHIPPED = [name for name in REMOVERS if name not in FAULTY]
SATISFIED, REFUTED, _ = ns.Status
CONTRACT = {relation.name for relation in RELATIONS if relation.follows_from == "contract"}


@functools.cache
def found(relation: Relation, on: Trial) -> Found:
    """What a relation says of a trial, judged once: to see whether a remover is pure, it is traced anew."""
    return relation.evaluate(on)


def refuted(on: Trial) -> set[str]:
    """The relations that a remover claims, and that are refuted."""
    mine = [relation for relation in RELATIONS if claimed(relation.name, on.remover)]
    return {relation.name for relation in mine if found(relation, on).status is REFUTED}


def broken(on: Trial) -> set[str]:
    """The relations of the contract that do not hold; where something is drawn by the place of a row, order counts."""
    drawn = {"permutation-invariant"} if on.remover.random else set[str]()
    held = {r.name for r in RELATIONS if r.name in CONTRACT and found(r, on).status is SATISFIED}
    return CONTRACT - held - drawn


@pytest.mark.parametrize("name", SHIPPED)
def test_relations_fail_only_where_that_is_declared(name: str) -> None:
    on = trial(name)
    declared = suites()["expected"](name, on.remover).keys()
    assert {check for check in refuted(on) if not keys(check, on.remover) & declared} == set()
    assert broken(on) == CONTRACT & declared


BREAKS = {
    "diverging": {"finite"},
    "leaking_padding": {"ignores-absent-rows", "masking"},
    "noisy_per_request": {"masking"},
    "off_by_one": {"masking"},
    "wrong_round": {"permutation-invariant"},
}
"""What faults break of the contract, all of them on purpose; the others break a definition alone."""


@pytest.mark.parametrize("name", FAULTY)
def test_a_fault_breaks_what_it_is_to_break_and_nothing_else_of_the_contract(name: str) -> None:
    assert broken(trial(name)) == BREAKS.get(name, set())


NOTHING_ASKED_NOTHING_DONE = {
    "amnesiac", "bad_teacher", "boundary_shrink", "ce_u", "delete", "do_nothing", "gradient_difference",
    "kl_minimisation", "neg_grad",
    "npo", "random_label", "rmu", "salun", "simnpo", "ssd", "uce", "undial", "wga",
}  # fmt: skip
"""Heuristics for which S = ∅ is the identity; the others train on D∖S all the same. Left out is `distributional`: it
trains anew, which on a learner that draws nothing is both."""


@pytest.mark.parametrize("name", [name for name in HEURISTIC if name != "distributional"])
def test_a_heuristic_asked_for_nothing_does_nothing_or_trains_on(name: str) -> None:
    [empty] = (relation for relation in RELATIONS if relation.name == "empty-request")
    idle = found(empty, trial(name)).evidence == "8 runs are the original"
    assert idle == (name in NOTHING_ASKED_NOTHING_DONE)


def test_an_undeclared_failure_would_be_seen() -> None:
    """The same reading of deliberately wrong removers, each on what breaks it."""
    wrong = {"leaking_padding": "masking", "no_op": "coincidence", "s_for_s_full": "forget-set-invariant"}
    for name, relation in wrong.items():
        assert relation in refuted(trial(name))


def test_a_remover_that_branches_on_values_is_refused() -> None:
    def remove(key: object, trained: ns.Trained, rows: ns.Rows, forget: jax.Array) -> object:
        return trained.params if forget.any() else 0.0

    scenario, peeking = ns.scenarios.figure1(), ns.Remover(remove, "peeking")
    for relation in RELATIONS:
        with pytest.raises(ValueError, match="peeking"):
            relation(peeking, ns.learners.ridge(), scenario, jax.random.key(0))


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
    learner = learners_for(REMOVERS[name]())[0]
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
