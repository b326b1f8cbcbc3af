"""The definitions as objects: what is printed is what is decided, and its meaning is pinned to its id."""

import dataclasses
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
import sympy

import neverseen as ns
from neverseen.formal.catalogue import bibliography
from neverseen.formal.closeness import kullback_leibler
from neverseen.formal.closeness._symbols import DELTA, EPSILON
from neverseen.formal.definitions._definitions import (
    Level,
    Unlearning,
    Untraining,
    definition_from_dict,
    definition_to_dict,
)
from neverseen.formal.definitions._statement import Statement, holds_in
from neverseen.formal.definitions._statements import OLD_STATEMENTS, STATEMENTS
from neverseen.formal.laws._finite import Law, mixed_law, uniform
from neverseen.formal.laws._finite_closeness import delta_between, exact_hockey_stick, exactly_indistinguishable
from neverseen.formal.laws._finite_learners import (
    FiniteRemover,
    empirical_histogram,
    full_deletion,
    identity,
    majority,
    memorisation,
    nearest_neighbour,
    point,
    removed_law,
    retrain,
    without,
)
from neverseen.formal.laws._worlds import all_laws, worlds
from neverseen.formal.theorems._over_populations import draws

LAWS = tuple(all_laws("abc", 3))
POINTS = ((0, "a"), (0, "b"), (1, "b"))
CLOSE = ("untraining-1", "unlearning-dataset-2")

# A changed digest is a changed meaning: give it a new id and keep the old statement.
DIGESTS = {
    "memorisation-1": "97d803ec4a0cefea",
    "memorisation-counterfactual-1": "006b75e4a15cd342",
    "untraining-1": "21e69af0f7ee6c82",
    "unlearning-dataset-2": "69e5599069abaa3e",
    "unlearning-outside-1": "5725f7bdd84ee2dd",
    "unlearning-retained-1": "aa35af7c238d8dcc",
    "unlearning-distribution-1": "e95d65d9e3027f9c",
    "distributional-removal-1": "d5c7f7d9bb4c10a3",
}


def test_a_meaning_never_changes_under_its_id() -> None:
    assert {name: statement.digest for name, statement in STATEMENTS.items()} == DIGESTS


def test_a_withdrawn_statement_says_why_and_keeps_its_meaning() -> None:
    old = "unlearning-dataset-1"
    assert OLD_STATEMENTS[old].digest == "58016b6e7abf3dc6"
    assert old not in STATEMENTS
    with pytest.raises(KeyError, match=f"{old} is withdrawn: .*A\\(∅\\).*F12a.*unlearning-dataset-2"):
        STATEMENTS[old]
    with pytest.raises(KeyError, match=r"^'unlearning-dataset-3'$"):
        STATEMENTS["unlearning-dataset-3"]


def test_what_was_decided_under_a_withdrawn_id_is_read_and_nothing_more() -> None:
    plain = {"id": "unlearning-dataset-1", "epsilon": 1.0, "delta": 0.05}
    old = definition_from_dict(plain)
    assert definition_to_dict(old) == plain
    assert old != Unlearning(1.0, 0.05)
    with pytest.raises(KeyError, match="withdrawn"):
        _ = old.statement
    scenario = ns.scenarios.blobs()
    with pytest.raises(ValueError, match="unlearning-dataset-1 is withdrawn"):
        ns.check(old, ns.removers.do_nothing(), ns.learners.ridge(), scenario)
    Unlearning(1.0, 0.05).admit(scenario)


def one_way(statement: Statement) -> Any:
    return sympy.Le(statement.expression.lhs.args[0], DELTA)


def halved(statement: Statement) -> Any:
    return statement.expression.subs(DELTA, DELTA / 2)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: {"expression": one_way(s)},
        lambda s: {"expression": halved(s)},
        lambda s: {"expression": sympy.Lt(*s.expression.args)},
        lambda s: {"unseen": "S_full"},
        lambda s: {"quantifiers": s.quantifiers.replace("every $S", "some $S")},
        lambda s: {"bounds": {**s.bounds, "gamma": (0, None)}},
    ],
)
def test_the_digest_sees_a_changed_meaning(change: Callable[[Statement], dict[str, Any]]) -> None:
    statement = STATEMENTS["untraining-1"]
    assert dataclasses.replace(statement, **change(statement)).digest != DIGESTS["untraining-1"]
    assert dataclasses.replace(statement, prose="in other words").digest == DIGESTS["untraining-1"]


def cases() -> Iterator[tuple[Law, Law, Fraction, Fraction]]:
    gammas, deltas = (Fraction(1), Fraction(3, 2)), (Fraction(0), Fraction(1, 3))
    return product(LAWS, LAWS, gammas, deltas)


@pytest.mark.parametrize("name", CLOSE)
def test_closeness_is_that_of_the_exact_module_on_all_small_laws(name: str) -> None:
    statement, answers = STATEMENTS[name], set[bool | Fraction]()
    for p, q, gamma, delta in cases():
        answer = statement(removed=p, reference=q, gamma=gamma, delta=delta)
        assert answer == exactly_indistinguishable(p, q, gamma=gamma, delta=delta)
        answers.add(answer)
    assert answers == {True, False}


def test_a_wrong_expression_disagrees_with_the_exact_module() -> None:
    statement = STATEMENTS["untraining-1"]
    wrong = dataclasses.replace(statement, expression=one_way(statement))
    assert any(
        wrong(removed=p, reference=q, gamma=g, delta=d) != exactly_indistinguishable(p, q, gamma=g, delta=d)
        for p, q, g, d in cases()
    )


def test_at_the_exact_distance_the_claim_holds_and_just_below_it_fails() -> None:
    statement = STATEMENTS["untraining-1"]
    p, q = Law("ab", (Fraction(3, 5), Fraction(2, 5))), Law("bc", (Fraction(1, 7), Fraction(6, 7)))
    delta = delta_between(p, q, gamma=Fraction(5, 4))
    assert delta != exact_hockey_stick(p, q, gamma=Fraction(5, 4)), "the directions must differ here"
    at = {"removed": p, "reference": q, "gamma": Fraction(5, 4)}
    assert statement(**at, delta=delta) is True
    assert statement(**at, delta=delta - Fraction(1, 10**30)) is False


def test_the_distribution_level_compares_averages_over_datasets() -> None:
    statement, learner = STATEMENTS["unlearning-distribution-1"], empirical_histogram(point("none"))
    weights, data = zip(*draws(uniform("ab"), 2), strict=True)
    references = [learner.law(tuple(x for x in d if x != "b")) for d in data]
    for removed in ([learner.law(d) for d in data], references[::-1], references):
        for delta in (Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)):
            means = mixed_law(weights, removed), mixed_law(weights, references)
            answer = statement(removed=removed, reference=references, weights=weights, gamma=1, delta=delta)
            assert answer == exactly_indistinguishable(*means, gamma=1, delta=delta)


def test_memorisation_is_that_of_the_exact_module() -> None:
    statement, seen = STATEMENTS["memorisation-1"], set[Any]()
    for learner in (nearest_neighbour((0, 1), ("a", "b")), majority(("a", "b"))):
        for world in worlds(POINTS, 3):
            for row in dict.fromkeys(world.forget):
                score = statement(
                    trained=learner.law(world.data),
                    without=learner.law(without(world.data, world.forget)),
                    right=lambda h, learner=learner, row=row: learner.correct(h, row),
                )
                assert score == memorisation(learner, world.data, world.forget, row)
                seen.add(score)
    assert len(seen) > 5
    assert min(seen) < 0 < max(seen)


def test_counterfactual_memorisation_by_hand() -> None:
    # {x, y} or {x, x} with x, {y} without: the histogram publishes x with ½, 1 and 0; performance 1 on x, ⅓ on y.
    learner = empirical_histogram(point("none"))
    score = STATEMENTS["memorisation-counterfactual-1"](
        trained=[learner.law(("x", "y")), learner.law(("x", "x"))],
        weights=[Fraction(1, 4), Fraction(3, 4)],
        without=[learner.law(("y",))],
        other_weights=[1],
        performance=lambda h: Fraction(1) if h == "x" else Fraction(1, 3),
    )
    assert score == Fraction(1, 4) * Fraction(2, 3) + Fraction(3, 4) - Fraction(1, 3)


def test_counterfactual_memorisation_on_one_dataset_is_memorisation() -> None:
    learner = nearest_neighbour((0, 1), ("a", "b"))
    data, row = ((0, "b"), (1, "a")), (0, "b")
    score = STATEMENTS["memorisation-counterfactual-1"](
        trained=[learner.law(data)],
        weights=[1],
        without=[learner.law(without(data, (row,)))],
        other_weights=[1],
        performance=lambda h: learner.correct(h, row),
    )
    assert score == memorisation(learner, data, (row,), row) == 1


def test_distributional_removal_is_that_of_the_divergence_on_all_small_laws() -> None:
    statement = STATEMENTS["distributional-removal-1"]
    for p, q in product(LAWS, LAWS):
        divergence = float(kullback_leibler.exact(list(masses(p)), list(masses(q))))
        for near, holds in ((-1, True), (1, False)):
            if not 0 < divergence < math.inf:
                continue
            threshold = Fraction(divergence) + near * Fraction(1, 10**9)
            answer = statement(unwanted=p, retained=q, published=q, removal=threshold, preservation=0)
            assert answer is holds, (p, q, threshold)


def masses(law: Law) -> Iterator[Fraction]:
    return (law.mass(outcome) for outcome in "abc")


@pytest.mark.parametrize(
    ("unwanted", "published", "removal", "preservation", "holds"),
    [
        ("ab", "b", 10**6, 10**6, False),  # the retained law, on b and c, is infinitely far too
        ("a", "b", 10**6, 1, True),  # infinitely far: no removal level is too much
        ("a", "a", 0, 0, True),  # KL = 0 exactly, decided without end of digits
        ("a", "a", Fraction(1, 10**40), 0, False),
    ],
)
def test_distributional_removal_at_the_edges(
    unwanted: str, published: str, removal: Any, preservation: Any, holds: bool
) -> None:
    retained = uniform("bc") if unwanted == "ab" else uniform(published)
    answer = STATEMENTS["distributional-removal-1"](
        unwanted=uniform(unwanted),
        retained=retained,
        published=uniform(published),
        removal=removal,
        preservation=preservation,
    )
    assert answer is holds


def test_each_condition_of_distributional_removal_counts() -> None:
    statement, p, q = STATEMENTS["distributional-removal-1"], uniform("ab"), uniform("abcd")
    far, near = Fraction(69, 100), Fraction(70, 100)  # KL(p‖q) = ln 2 = 0.693…
    for unwanted, retained, removal, preservation, holds in (
        (p, q, far, 0, True),
        (p, q, near, 0, False),
        (p, p, far, near, True),
        (p, p, far, far, False),
    ):
        given = {"unwanted": unwanted, "retained": retained, "published": q}
        assert statement(**given, removal=removal, preservation=preservation) is holds


def removers(learner: Any, world: Any) -> tuple[FiniteRemover, ...]:
    return identity(), retrain(learner), full_deletion(learner, world.behaviour)


@pytest.mark.parametrize("level", [0, 1])
def test_in_a_world_the_statement_picks_its_reference(level: int) -> None:
    # Exact untraining is retraining on D∖S, exact unlearning on D∖S_full: laws compared by equality, not by δ.
    statement, learner, answers = STATEMENTS[CLOSE[level]], majority(("a", "b")), set[Any]()
    for world in worlds(POINTS, 2):
        unseen = (world.forget, world.behaviour)[level]
        for remover in removers(learner, world):
            removed = removed_law(learner, remover, world.data, world.forget)
            exact = removed == learner.law(without(world.data, unseen))
            assert holds_in(statement, learner, remover, world, gamma=1, delta=0) is exact
            answers.add((remover.name, exact))
    always = ("retrain", "full deletion")[level]
    assert (always, False) not in answers
    assert {(name, False) for name in ("identity", "retrain", "full deletion") if name != always} <= answers


def test_a_statement_without_one_reference_is_refused_in_a_world() -> None:
    world, learner = next(iter(worlds(POINTS, 1))), majority(("a", "b"))
    with pytest.raises(
        ValueError, match="memorisation-1 is not about one dataset with one reference; use untraining-1"
    ):
        holds_in(STATEMENTS["memorisation-1"], learner, identity(), world)


@pytest.mark.parametrize(
    ("level", "name"), [("dataset", "unlearning-dataset-2"), ("distribution", "unlearning-distribution-1")]
)
def test_every_definition_that_is_checked_has_a_statement(level: Level, name: str) -> None:
    assert Unlearning(1.0, 0.1, level).id == name
    assert {Untraining(1.0, 0.1).id, name} <= set(STATEMENTS)


@pytest.mark.parametrize("definition", [Untraining(1.0, 0.1), Unlearning(1.0, 0.1)])
def test_a_statement_and_its_definition_name_the_same_rows(definition: Untraining | Unlearning) -> None:
    rows = STATEMENTS[definition.id].rows
    assert rows is not None
    for world in worlds(POINTS, 2):
        assert rows(world) == definition.unseen(world.forget, world.behaviour)
    assert definition.reference == f"A(D∖{STATEMENTS[definition.id].unseen})"


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=list(STATEMENTS))
def test_a_statement_is_printed_from_its_expression(statement: Statement) -> None:
    printed = statement.latex()
    assert printed.endswith(rf"\quad \text{{{statement.quantifiers}}}")
    assert printed.count("{") == printed.count("}")
    free = {symbol for symbol in statement.expression.free_symbols if not isinstance(symbol, sympy.Indexed)}
    assert all(symbol == EPSILON or sympy.latex(symbol, symbol_names=statement.names) in printed for symbol in free)
    assert set(statement.citations) <= set(bibliography())
    assert statement.prose.endswith(".")


def test_latex_follows_the_expression() -> None:
    statement = STATEMENTS["untraining-1"]
    assert r"{P_{U}}_{i}" in statement.latex()
    assert r"e^{\varepsilon}" in statement.latex()
    assert dataclasses.replace(statement, expression=halved(statement)).latex() != statement.latex()


def test_each_definition_leads_to_its_statement() -> None:
    for definition in (
        ns.Untraining(1.0, 0.05),
        ns.Unlearning(1.0, 0.05),
        ns.Unlearning(1.0, 0.05, "distribution"),
    ):
        assert definition.statement is STATEMENTS[definition.id]
        assert definition.statement.latex()
