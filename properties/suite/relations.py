"""Exact relations: what must hold of a remover whatever its runs draw, without one reference being estimated.

Each is a value, judged on eight runs. SATISFIED and REFUTED say what those runs show. Where they differ by chance an
exact relation has nothing to say: its status is None, and the definitions decide. A relation about laws refutes only
where the learner is declared deterministic: a law that lies within δ of one point misses it in all eight runs with
probability at most δ⁸.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from ...algorithms.base import Learner, Remover, Trained
from ...algorithms.programs._foreign import contained
from ...formal._public import dir_of as _dir_of
from ...formal._truth import Untruthful
from ...formal.definitions._scenario import Rows, Scenario
from ...formal.definitions._verdict import Status
from ..runs._purity import impurity_of
from ..runs._rehearsal import rehearse
from ..runs._trial import RUNS, SAME_WITHIN, Mask, Trial, gaps, garbled, half_of_each, permuted, renumbered, same

_Source = Literal["contract", "aim", "untraining", "unlearning"]


@dataclasses.dataclass(frozen=True)
class Found(Untruthful, outcome="status"):
    """What a relation found: None where it does not apply, or cannot be decided by single runs.

    >>> Found(Status.SATISFIED, "8 runs agree").status.name
    'SATISFIED'
    """

    status: Status | None
    evidence: str


@dataclasses.dataclass(frozen=True)
class Relation:
    """An exact relation.

    Args:
        name: for tables, tests and expected failures.
        statement: what must hold, in one line.
        follows_from: the contract of every remover, whichever notion it aims at, or one of the two notions.
        judge: from a trial to what was found.
        theorem: the id it rests on; "" where it rests on the contract.

    >>> import neverseen as ns
    >>> [idle] = [r for r in RELATIONS if r.name == "empty-request"]
    >>> idle(ns.removers.retrain(), ns.learners.ridge(), ns.scenarios.figure1(), jax.random.key(0)).status.name
    'SATISFIED'
    """

    name: str
    statement: str
    follows_from: _Source
    judge: Callable[[Trial], Found]
    theorem: str = ""

    def __call__(self, remover: Remover, learner: Learner, scenario: Scenario, key: PRNGKeyArray) -> Found:
        """Judge it.

        Raises:
            ValueError: learner or remover raise on the scenario itself, or would end the process or skip a test.
        """
        with contained(f"{remover} on {learner}"):
            rehearse(remover, learner, scenario)
        return self.evaluate(Trial(remover, learner, scenario, key))

    def evaluate(self, trial: Trial) -> Found:
        """Judge it on a trial that may have served other relations; a request that is refused is not judged."""
        with contained(f"{trial.remover} on {trial.learner}"):
            try:
                return self.judge(trial)
            except ValueError as error:
                return Found(None, f"the request is refused: {error}")

    def __repr__(self) -> str:
        return self.name


def _pure(trial: Trial) -> Found:
    impurity = impurity_of(trial)
    if impurity:
        return Found(Status.REFUTED, impurity)
    return Found(Status.SATISFIED, "traced twice it is one program, and its arguments are as they were")


def _deterministic(trial: Trial) -> Found:
    again = trial.removed(trial.scenario.forget)
    if not _bitwise(trial.plain, again):
        return Found(Status.REFUTED, "the same key and arguments gave two models")
    if trial.remover.random:
        return Found(Status.SATISFIED, f"{RUNS} runs, bit for bit the same twice")
    other = trial.removed(trial.scenario.forget, keys=trial.spare)
    if not _bitwise(trial.plain, other):
        return Found(Status.REFUTED, "declared random=False, but another key gives another model")
    return Found(Status.SATISFIED, f"{RUNS} runs, bit for bit the same twice and under other keys")


def _bitwise(a: Trained, b: Trained) -> bool:
    return all(
        np.array_equal(np.asarray(x), np.asarray(y), equal_nan=True)
        for x, y in zip(jax.tree.leaves(a.params), jax.tree.leaves(b.params), strict=True)
    )


def _absent_rows(trial: Trial) -> Found:
    rows = _thinned(trial.scenario)
    if bool(rows.present.all()):
        return Found(None, "all rows are present")
    models = trial.models(rows)
    outputs = [trial.removed(trial.scenario.forget, models=models, rows=each) for each in (rows, garbled(rows))]
    absent = int((~rows.present).sum())
    return _equal(outputs[1], outputs[0], f"with other numbers in {absent} absent rows")


def _masking(trial: Trial) -> Found:
    scene, rows = trial.scenario, _thinned(trial.scenario)
    here = np.flatnonzero(np.asarray(rows.present))
    fewer = permuted(rows, here)
    models = trial.models(rows), trial.models(fewer)
    if not same(*models):
        return Found(None, f"{trial.learner} itself trains other models on deleted rows than on masked ones")
    masked = trial.removed(scene.forget, models=models[0], rows=rows)
    forget, full = permuted(scene.forget, here), permuted(scene.behaviour, here)
    deleted = trial.removed(forget, full, models=models[1], rows=fewer)
    equal = _equal(deleted, masked, f"with {rows.present.size - here.size} absent rows cut away")
    return equal if equal.status is Status.SATISFIED or trial.certain else Found(None, f"{equal.evidence}; {_CHANCE}")


def _order(trial: Trial) -> Found:
    scene = trial.scenario
    to = np.random.default_rng(int(scene.digest()[:8], 16)).permutation(scene.rows.present.size)
    rows = permuted(scene.rows, to)
    models = renumbered(trial.original, to) or trial.models(rows)
    if not same(models, trial.original):
        return Found(None, f"{trial.learner} itself depends on the order of rows")
    forget, full = permuted(scene.forget, to), permuted(scene.behaviour, to)
    output = trial.removed(forget, full, models=models, rows=rows)
    equal = _equal(output, trial.plain, "with the rows in another order")
    return equal if equal.status is Status.SATISFIED or trial.certain else Found(None, f"{equal.evidence}; {_CHANCE}")


def _stacking(trial: Trial) -> Found:
    scene, half = trial.scenario, RUNS // 2
    others = trial.models(scene.rows.without(scene.behaviour | _first(scene)))
    beside = half_of_each(trial.original, others)
    output, plain = (
        Trained(jax.tree.map(lambda leaf: np.asarray(leaf)[:half], each.params), None, trial.learner)
        for each in (trial.removed(scene.forget, models=beside), trial.plain)
    )
    return _equal(output, plain, f"beside {half} other models")


def _finite(trial: Trial) -> Found:
    for words, rows, forget, behaviour in _requests(trial.scenario):
        models = None if rows is trial.scenario.rows else trial.models(rows)
        plain = forget is trial.scenario.forget and models is None
        output = trial.plain if plain else trial.removed(forget, behaviour, models=models, rows=rows)
        leaves = [np.asarray(leaf, float).reshape(RUNS, -1) for leaf in jax.tree.leaves(output.params)]
        wrong = ~np.isfinite(np.concatenate(leaves, 1))
        refused = all(np.isnan(leaf).all() for leaf in leaves) and not plain
        if wrong.any() and not refused:
            return Found(Status.REFUTED, f"{words}: {int(wrong.any(1).sum())} of {RUNS} runs hold NaN or inf")
    requests = ", ".join(words for words, *_ in _requests(trial.scenario))
    return Found(Status.SATISFIED, f"finite for {requests}, or NaN throughout where it refuses")


def _requests(scene: Scenario) -> Iterator[tuple[str, Rows, Mask, Mask]]:
    """S, and requests at the ends of what may be asked; the last of rows that are copies of four."""
    here, first, rows = scene.rows.present, _first(scene), scene.rows
    yield "S", rows, scene.forget, scene.behaviour
    for words, request in {
        "|S| = 1": first,
        "S = D": here,
        "S = ∅": jnp.zeros_like(here),
        "two rows left": here & (jnp.cumsum(here) > 2),
        "one target left": here & ~_alike(rows),
    }.items():
        yield words, rows, request, request
    copies = np.resize(np.flatnonzero(np.asarray(here))[:4], here.size)
    yield "four rows many times", permuted(rows, copies), scene.forget, scene.behaviour


def _alike(rows: Rows) -> Mask:
    """The rows whose target is that of the first row present."""
    at = rows.present.argmax()
    same = [(leaf == leaf[at]).reshape(len(leaf), -1).all(1) for leaf in jax.tree.leaves(rows.y)]
    return functools.reduce(jnp.logical_and, same)


def _empty_request(trial: Trial) -> Found:
    none = jnp.zeros_like(trial.scenario.forget)
    output = trial.removed(none, none)
    return _among(trial, output, {"the original": trial.original, "A(D) anew": trial.references(none)})


def _second_call(trial: Trial) -> Found:
    scene = trial.scenario
    if not bool(scene.forget.any()):
        return Found(None, "S is empty")
    second = trial.removed(scene.forget, models=trial.plain, rows=scene.rows.without(scene.forget))
    return _among(trial, second, {"what the first call published": trial.plain})


def _reaches(trial: Trial, request: Mask, words: str) -> Found:
    """On a request with S = S_full both notions have one reference: the remover publishes it, or not."""
    if not bool(request.any()):
        return Found(None, f"{words} is empty")
    return _among(trial, trial.removed(request, request), {f"A(D∖S), S = {words}": trial.references(request)})


def _ignores_s_full(trial: Trial) -> Found:
    if "behaviour" not in trial.remover.needs:
        return Found(None, "it is never told S_full")
    scene = trial.scenario
    narrow = trial.removed(scene.forget, scene.forget)
    return _among(trial, trial.plain, {"the same request told that S_full = S": narrow})


def _forget_set(trial: Trial) -> Found:
    scene = trial.scenario
    other = scene.behaviour & ~scene.forget & scene.rows.present
    if not bool(other.any()):
        return Found(None, "S = S_full: no other S samples the same behaviour")
    return _among(trial, trial.removed(other), {"what S gave": trial.plain})


def _sequences(trial: Trial) -> Found:
    scene = trial.scenario
    first = scene.forget & (jnp.cumsum(scene.forget) % 2 == 1)
    if int(scene.forget.sum()) < 2:
        return Found(None, "S has no two rows")
    after = trial.removed(first)
    second = trial.removed(scene.forget & ~first, models=after, rows=scene.rows.without(first))
    return _among(trial, second, {"the union in one request": trial.plain})


_CHANCE = "its runs differ by chance, so the definitions decide"


def _among(trial: Trial, output: Trained, targets: dict[str, Trained]) -> Found:
    """Run by run one of the targets, or, where the learner's laws are points, in no run any of them."""
    for words, target in targets.items():
        if same(output, target):
            return Found(Status.SATISFIED, f"{RUNS} runs are {words}")
    least = min(float(gaps(output, target).min()) for target in targets.values())
    if trial.settled and least > SAME_WITHIN:
        return Found(Status.REFUTED, f"each of {RUNS} runs lies {least:.2g} or more from {' and '.join(targets)}")
    return Found(None, f"not run by run {' or '.join(targets)}; {_CHANCE}")


def _equal(output: Trained, expected: Trained, words: str) -> Found:
    gap = np.diagonal(gaps(output, expected))
    if gap.max() <= SAME_WITHIN:
        return Found(Status.SATISFIED, f"{words}: the same {len(gap)} models")
    return Found(Status.REFUTED, f"{words}: a model moved by {gap.max():.2g} under the same key")


def _first(scene: Scenario) -> Mask:
    """One row: the first of S, or of D where S is empty."""
    among = scene.forget & scene.rows.present
    among = jnp.where(among.any(), among, scene.rows.present)
    return jnp.arange(among.size) == among.argmax()


def _thinned(scene: Scenario) -> Rows:
    """D without up to three rows that are not of the behaviour, so that rows are absent among the others too."""
    rest = np.flatnonzero(np.asarray(scene.rows.present & ~scene.behaviour))[::2][:3]
    return scene.rows.without(jnp.isin(jnp.arange(scene.forget.size), jnp.asarray(rest, int)))


RELATIONS: tuple[Relation, ...] = (
    Relation("pure", "the result depends on the arguments alone, and they stay as they were", "contract", _pure),
    Relation("deterministic", "one key, one model; random=False is true", "contract", _deterministic),
    Relation("finite", "no NaN on S; on least and largest requests a model, or NaN throughout", "contract", _finite),
    Relation("ignores-absent-rows", "absent rows are not read", "contract", _absent_rows),
    Relation("masking", "rows that are masked are as rows that are gone", "contract", _masking),
    Relation("permutation-invariant", "the order of rows does not count", "contract", _order),
    Relation("vmap-consistent", "a run is the same whatever runs it is stacked with", "contract", _stacking),
    Relation("empty-request", "S = ∅: the original, or A(D) anew", "aim", _empty_request, "T15"),
    Relation("idempotent", "a second call with nothing left to forget changes nothing", "aim", _second_call, "T7"),
    Relation(
        "coincidence", "S = S_full: the one reference of both notions", "aim",
        lambda trial: _reaches(trial, trial.scenario.behaviour & trial.scenario.rows.present, "S_full"), "T1",
    ),
    Relation("single-row", "|S| = 1: the reference", "aim", lambda t: _reaches(t, _first(t.scenario), "one row"), "T1"),
    Relation(
        "whole-dataset", "S = D: A(∅)", "aim", lambda t: _reaches(t, t.scenario.rows.present, "D"), "T15",
    ),
    Relation("ignores-S_full", "untraining does not depend on S_full", "untraining", _ignores_s_full, "T1"),
    Relation("sequences", "S₁, then S₂, is S₁ ∪ S₂", "untraining", _sequences, "T7"),
    Relation(
        "forget-set-invariant", "unlearning does not depend on which S ⊆ S_full was given", "unlearning", _forget_set,
        "T6",
    ),
)  # fmt: skip
"""The exact relations, those of the contract first."""

__dir__ = _dir_of(__name__)
