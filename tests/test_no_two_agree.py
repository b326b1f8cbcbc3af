"""No two shipped removers publish the same model, but for those that agree by right: these are listed, with the reason.

One request of two rows, one key for training and removal. A remover runs on the learner that suits it, beside all
others that run there, doing nothing and a retrain.
"""

import collections
import functools
import itertools
from typing import Any

import jax
import numpy as np
from jax.flatten_util import ravel_pytree
from shipped_tools import MLP, suited

import neverseen as ns
from neverseen.algorithms.removers import FAULTY, REMOVERS
from neverseen.properties.runs._quick import quickly

# At its default it is made for one row, and answers two with NaN.
INSTEAD = {"langevin_unlearning": ns.removers.langevin_unlearning(capacity=2)}
SHIPPED = {name: make() for name, make in REMOVERS.items() if name not in FAULTY} | INSTEAD
EVERYWHERE = ("do_nothing", "retrain")
VARIANTS = {"ssd(1)": ns.removers.ssd(selection=1)}
"""Beside the defaults: what a default that does nothing here would do."""

EXACT = "exact, and the model is a function of the rows that are left"
SAME_KEY = "exact in law, and under the key of training in every draw"
NEAR = "within a bound that is declared, and here far below it: less than 1e-5 from A(D∖S), with the same noise"
BY_RIGHT: dict[tuple[str, str], str] = {
    ("dare", "retrain"): SAME_KEY,
    ("do_nothing", "ssd"): "no parameter passes its authors' α here: the no-op that it is on most requests",
    ("newton", "retrain"): EXACT,
    ("newton_removal", "retrain"): NEAR,
    ("noisy", "retrain"): f"{EXACT}, the noise one of the key",
    ("retrain", "rewind_to_delete"): NEAR,
    ("retrain", "sequence"): EXACT,
    ("retrain", "sisa_removal"): SAME_KEY,
    ("retrain", "stream_moments"): EXACT,
    ("retrain", "stream_quadratic"): f"{EXACT}, where the loss is quadratic, as here",
    ("retrain", "stream_ridge"): EXACT,
    ("sequence", "stream_ridge"): "its default base, which takes two requests as one",
}
"""Pairs that publish the same, alphabetically, and why they may."""

Groups = dict[ns.Learner, dict[str, Any]]
KEY = jax.random.key(20261122)


def of_three_classes() -> ns.Scenario:
    """32 rows, 6 of them absent, and an S of two: none of the removers does nothing here."""
    draw, label = np.random.default_rng(7), np.arange(32) % 3
    x, y = draw.normal(size=(32, 3)) + 1.5 * np.eye(3)[label], np.eye(3)[label]
    present = ~np.isin(np.arange(32), [1, 8, 9, 17, 26, 31])
    return ns.Scenario.build(x, y, present=present, forget=[3, 7], behaviour=[3, 7, 12, 21])


SCENARIO = of_three_classes()


@functools.cache
def groups() -> Groups:
    """What everybody published, by learner."""
    runs: dict[ns.Learner, dict[str, ns.Remover]] = collections.defaultdict(dict)
    for name, remover in SHIPPED.items():
        runs[suited(name)][name] = remover
    runs[MLP] |= VARIANTS
    return {
        learner: basis(learner) | {n: published(r, learner) for n, r in g.items() if n not in EVERYWHERE}
        for learner, g in runs.items()
    }


@functools.cache
def trained(learner: ns.Learner) -> tuple[ns.Trained, ns.Trained]:
    """Models of D and of D∖S, by one program."""
    rows, fit = SCENARIO.rows, quickly(learner.fit)
    return fit(KEY, rows), fit(KEY, rows.without(SCENARIO.forget))


def basis(learner: ns.Learner) -> dict[str, Any]:
    """The original, which doing nothing publishes, and a retrain."""
    return dict(zip(EVERYWHERE, map(flat, trained(learner)), strict=True))


def published(remover: ns.Remover, learner: ns.Learner) -> Any:
    extra = {need: getattr(SCENARIO, need) for need in remover.needs}
    return flat(quickly(remover)(KEY, trained(learner)[0], SCENARIO.rows, SCENARIO.forget, **extra))


def flat(model: ns.Trained) -> Any:
    return np.asarray(ravel_pytree(model.params)[0])


def agreeing(everybody: Groups) -> set[tuple[str, str]]:
    """Pairs of one learner that published the same up to float rounding, alphabetically."""
    return {
        (a, b)
        for group in everybody.values()
        for a, b in itertools.combinations(sorted(group), 2)
        if np.allclose(group[a], group[b], 1e-5, 1e-5)
    }


def complaints(everybody: Groups, by_right: dict[tuple[str, str], str]) -> list[str]:
    """Pairs that agree and are not listed, and pairs that are listed and do not agree."""
    found = agreeing(everybody)
    return sorted(
        [f"{a} and {b} agree" for a, b in found - set(by_right)]
        + [f"{a} and {b} differ" for a, b in set(by_right) - found]
    )


def test_no_two_removers_agree_unless_by_right() -> None:
    assert complaints(groups(), BY_RIGHT) == []


def test_every_shipped_remover_was_there() -> None:
    assert set().union(*groups().values()) - set(VARIANTS) == set(REMOVERS) - set(FAULTY)
    assert all(np.isfinite(flat).all() for group in groups().values() for flat in group.values())


def test_the_basis_is_what_the_two_removers_publish() -> None:
    for name in EVERYWHERE:
        assert np.allclose(published(SHIPPED[name], MLP), groups()[MLP][name], 1e-6, 1e-6)


def test_two_of_a_kind_are_caught_and_so_is_an_entry_without_a_pair() -> None:
    """A remover shipped under a second name, and one that differs by a constant from another."""
    again = published(ns.Remover(SHIPPED["finetune"].remove, "another"), MLP)
    twice: Groups = {MLP: groups()[MLP] | {"another": again, "moved": again + 1e-3}}
    listed = {pair: why for pair, why in BY_RIGHT.items() if pair in agreeing({MLP: groups()[MLP]})}
    assert complaints(twice, listed) == ["another and finetune agree"]
    assert complaints(groups(), BY_RIGHT | {("finetune", "retrain"): "made up"}) == ["finetune and retrain differ"]
