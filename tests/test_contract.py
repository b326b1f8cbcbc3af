"""The contract of every registered remover, and removers that break it."""

from typing import Any

import jax
import jax.numpy as jnp
import pytest
from contract_tools import ALONE, MLP, close, complaints, run, suited

import neverseen as ns
from neverseen.algorithms.removers import HEURISTIC, REMOVERS

DEVIATIONS = {
    "diverging": {"finite"},
    # By its declaration: more rows asked for than it was made for is an outcome, and that outcome is NaN.
    "langevin_unlearning": {"finite"},
    "leaking_padding": {"blind", "placeless"},
    "noisy_per_request": {"placeless"},
    "off_by_one": {"placeless"},
    "wrong_round": {"orderless"},
}
"""Clauses that removers break, all of them on purpose: faults, but for the one that says so."""

NOTHING_ASKED_NOTHING_DONE = {
    "amnesiac", "bad_teacher", "boundary_shrink", "do_nothing", "gradient_difference", "neg_grad", "npo",
    "random_label", "rmu", "salun", "simnpo", "ssd", "uce",
}  # fmt: skip
"""Heuristics for which S = ∅ is the identity; the others train on D∖S all the same."""


@pytest.mark.parametrize("name", REMOVERS)
def test_the_contract(name: str) -> None:
    remover = REMOVERS[name]()
    made = run(remover, suited(name), alone=name in ALONE or remover.made_for is not None)
    assert complaints(made, remover.random) == DEVIATIONS.get(name, set())
    if name in HEURISTIC:
        idle = close(made.stacked["none"], made.original["none"], 1e-6)
        assert idle == (name in NOTHING_ASKED_NOTHING_DONE)


def broken(clause: str) -> ns.Remover:
    """A remover that breaks one clause of the contract."""
    calls: list[int] = []

    def shift(rows: ns.Rows, forget: Any) -> Any:
        calls.append(1)
        left = rows.without(forget).count()
        return {
            "stackable": 1e-3 * len(calls),
            "finite": 0 * jnp.log(left - 2.0),
            "blind": 1e-3 * rows.x.sum(),
            "placeless": 1e-3 * forget.argmax(),
            "orderless": 1e-3 * (rows.present.cumsum() * forget).sum(),
        }[clause]

    def remove(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        by = shift(rows, forget)
        return jax.tree.map(lambda w: w + by, trained.params)

    return ns.Remover(remove, clause, random=False)


@pytest.mark.parametrize("clause", ["stackable", "finite", "blind", "placeless", "orderless"])
def test_the_contract_refuses(clause: str) -> None:
    assert clause in complaints(run(broken(clause), MLP), drawn=False)


def test_the_contract_sees_a_run_that_leans_on_those_beside_it() -> None:
    @jax.custom_batching.custom_vmap
    def centred(w: Any) -> Any:
        return w

    @centred.def_vmap
    def _(size: int, batched: Any, w: Any) -> Any:
        return w - w.mean(0), True

    def remove(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        return jax.tree.map(centred, trained.params)

    assert "stackable" in complaints(run(ns.Remover(remove, "leaning", random=False), MLP, alone=False), drawn=False)


def test_the_contract_sees_a_second_trace_and_a_changed_answer() -> None:
    made = run(ns.removers.do_nothing(), MLP)
    assert complaints(made, drawn=False) == set()
    made.traces, made.again = (2, 1), {case: flat + 1 for case, flat in made.again.items()}
    assert complaints(made, drawn=False) == {"steady", "pure"}


def test_a_remover_that_branches_on_values_cannot_be_traced() -> None:
    def remove(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        return trained.params if forget.any() else 0.0

    with pytest.raises(jax.errors.TracerBoolConversionError):
        run(ns.Remover(remove, "peeking"), MLP)
