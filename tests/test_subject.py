"""What a question is asked of: a wrong kind, none, or code that gives up is one line that says how to mend it."""

from collections.abc import Callable
from typing import Any

import pytest

import neverseen as ns
from neverseen.algorithms.programs._foreign import contained
from neverseen.algorithms.programs._traced import traced
from neverseen.properties.cli._blame import blame, theirs
from neverseen.properties.metrics import Table
from neverseen.properties.runs._rehearsal import rehearse
from neverseen.properties.runs._subject import mapping, several, subject
from neverseen.properties.suite._check_suite import known_names

CLAIM, RIDGE, RETRAIN = ns.Untraining(1.0, 0.05), ns.learners.ridge(), ns.removers.retrain()
SCENE = ns.scenarios.figure1()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"remover": ns.removers.retrain},
            "remover: retrain is no Remover; call it, retrain(...), or decorate it",
        ),
        ({"learner": ns.learners.ridge}, "learner: ridge is no Learner; call it, ridge(...)"),
        ({"scenario": ns.scenarios.figure1}, "scenario: figure1 is no Scenario; call it, figure1(...)"),
        ({"definition": ns.Untraining}, "definition: Untraining is no Definition; call it, Untraining(...)"),
        ({"remover": RIDGE}, "remover: ridge(penalty=1) is no Remover; give one, of neverseen.removers"),
        ({"definition": "untraining"}, "definition: 'untraining' is no Definition; give one, Untraining(...)"),
        ({"learner": None}, "learner: None is no Learner; give one, of neverseen.learners or of your own"),
    ],
)
def test_another_kind_is_refused(given: dict[str, Any], message: str) -> None:
    right: dict[str, Any] = {"definition": CLAIM, "remover": RETRAIN, "learner": RIDGE, "scenario": SCENE}
    subject(**right)
    subject(finite=True, **right)
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message is compared below
        subject(**right | given)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize("none", [[], (), iter([]), {}])
def test_no_remover_is_no_table(none: Any) -> None:
    with pytest.raises(ValueError, match="removers: none is given, so nothing would be judged; give at least one"):
        several(none)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: ns.compare(CLAIM, [], RIDGE, SCENE),
        lambda: ns.testing.parametrize_with_checks([]),
        lambda: ns.sweep_all([], RIDGE, SCENE),
    ],
)
def test_whoever_takes_several_takes_at_least_one(ask: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match="removers: none is given"):
        ask()


@pytest.mark.parametrize("wrong", [{"untraining"}, ["untraining"], "untraining", 5, lambda name: "why"])
def test_declared_failures_are_a_mapping(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"^expected: .* is no mapping; give names with reasons, \{"):
        mapping(wrong, "{'untraining': 'why'}")
    assert mapping(None, "") == {}


@pytest.mark.parametrize("why", ["", " "])
def test_a_declared_failure_has_a_reason(why: Any) -> None:
    assert known_names({"untraining": "it does nothing"}) == {"untraining": "it does nothing"}
    with pytest.raises(ValueError, match=r"expected: 'untraining' is to fail because of .*; give the reason in words"):
        known_names({"untraining": why})


@pytest.mark.parametrize(("table", "name"), [(ns.Comparison.example(), "mine"), (Table.example(), "forget-gap")])
def test_tables_go_by_name(table: Any, name: str) -> None:
    assert list(table) == list(table.rows)
    assert len(table) == len(table.rows)
    assert name in table
    assert 0 not in table
    assert table[name] in table.rows
    for wrong in (0, "nobody"):
        with pytest.raises(KeyError, match=rf"{wrong!r} is no row; rows go by name: .*{name}"):
            table[wrong]
    with pytest.raises(ValueError, match="has no truth value"):
        bool(table)


class Own(KeyboardInterrupt):
    """No Ctrl-C."""


class UnsayableError(BaseException):
    def __str__(self) -> str:
        raise SystemExit(0)


GIVES_UP = [SystemExit(0), SystemExit(), GeneratorExit(), BaseException("no"), Own(), Own("mine"), UnsayableError()]


@pytest.mark.parametrize("error", GIVES_UP, ids=lambda error: type(error).__name__)
def test_who_gave_up_is_said_once_and_never_escapes(error: BaseException) -> None:
    @ns.remover
    def mine(key: Any, trained: Any, rows: Any, forget: Any) -> Any:
        raise error

    def run(who: Callable[[str], Any]) -> Callable[[], Any]:
        def inside() -> None:
            with who("remover mine"):
                raise error

        return inside

    def once() -> None:
        with contained("remover mine"):
            rehearse(mine, RIDGE, SCENE)

    for ask in (run(contained), run(traced), once):
        with pytest.raises(ValueError, match=rf"^remover mine: raised {type(error).__name__}\b") as refused:
            ask()
        said = str(refused.value)
        assert said.count("raised") == said.count("neither end") == said.count(type(error).__name__) == 1
        assert ": (" not in said
        assert blame(refused.value) == (2, said)
    with pytest.raises(ValueError, match=rf"^mine\.py: raised {type(error).__name__} when called(: .+)?$"):
        run(lambda who: theirs("mine.py", "when called"))()
    assert ": ;" not in blame(error)[1]


def test_ctrl_c_goes_through() -> None:
    for who in (contained, traced):
        with pytest.raises(KeyboardInterrupt), who("remover mine"):
            raise KeyboardInterrupt
