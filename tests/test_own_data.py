"""Scenarios from one's own frames, columns, words and groups: the rows meant are taken, or one line says why."""

import pickle
from typing import Any

import jax
import numpy as np
import pandas as pd
import pytest

import neverseen as ns

AGES, TOWNS = [30.0, 41.0, 29.0, 55.0, 38.0], ["Oulu", "Pula", "Oulu", "Faro", "Pula"]
COLUMNS: dict[str, Any] = {
    "age": AGES, "dose": [1, 2, 1, 3, 2], "ill": ["no", "yes", "no", "yes", "no"], "town": TOWNS,
    "asked": [True, False, False, False, False],
}  # fmt: skip
FRAME = pd.DataFrame(COLUMNS)
FRESH = pd.DataFrame(COLUMNS | {"age": [1.0, 2.0, 3.0, 4.0, 5.0]})
MASK = [True, False, False, False, False]
X = np.arange(10.0).reshape(5, 2)


def frame(given: Any = FRAME, y: Any = "ill", **changes: Any) -> ns.Scenario:
    """S is row 0, S_full is who lives in Oulu: rows 0 and 2."""
    said: dict[str, Any] = {"forget": "asked", "behaviour": ("town", "Oulu")}
    return ns.Scenario.build(given, y, **said | changes)


def arrays(**changes: Any) -> ns.Scenario:
    """The same by hand."""
    given: dict[str, Any] = {"x": np.column_stack([AGES, COLUMNS["dose"]]), "forget": [0], "behaviour": [0, 2]}
    given |= {"y": np.eye(2)[[0, 1, 0, 1, 0]]} | changes
    return ns.Scenario.build(given.pop("x"), given.pop("y"), **given)


@pytest.mark.parametrize(
    "made",
    [
        lambda: frame(COLUMNS),
        lambda: frame(FRAME.astype({"town": "category", "asked": int, "age": "Float64"})),
        lambda: frame(FRAME.assign(asked=["yes", "no", "no", "no", "no"])),
        lambda: frame(FRAME.assign(asked=[1.0, 0, 0, 0, 0], town=[7, 8, 7, 9, 8]), behaviour=("town", 7)),
        lambda: frame(behaviour=None, groups="town"),
        lambda: frame(FRAME.set_axis(range(5), axis=1), y="2", forget="4", behaviour=("3", "Oulu")),
        lambda: frame(FRAME.drop(columns="town"), behaviour=None, groups=FRAME["town"]),
        lambda: frame(FRAME.drop(columns="asked"), forget=FRAME["asked"]),
        lambda: frame(FRAME.drop(columns="asked"), forget=FRAME.index[:1]),
        lambda: frame(FRAME.drop(columns="asked").set_index(np.arange(5)[::-1]), forget=pd.Index([4])),
        lambda: frame(FRAME.drop(columns="ill"), y=FRAME["ill"]),
        lambda: frame(FRAME.assign(ill=[0, 1, 0, 1, 0]), classes=2),
        lambda: frame(FRAME.assign(ill=[0.0, 1, 0, 1, 0]), classes=2),
        lambda: arrays(x=FRAME[["age", "dose"]]),
        lambda: arrays(y=COLUMNS["ill"]),
        lambda: arrays(y=[4, 9, 4, 9, 4], classes=[4, 9]),
        lambda: arrays(forget=np.array(MASK), behaviour=None, groups=TOWNS),
    ],
)
def test_however_it_is_said_it_is_the_same_scenario(made: Any) -> None:
    scenario = made()
    assert scenario.digest() == arrays().digest() != arrays(behaviour=[0, 3]).digest()


def test_targets_are_numbers_where_they_are() -> None:
    one = frame(FRAME.drop(columns="ill"), y="dose")
    np.testing.assert_array_equal(one.rows.y[:5], COLUMNS["dose"])
    two = frame(FRAME.drop(columns="ill").assign(late=1.5), y=["dose", "late"])
    assert two.rows.y[:2].tolist() == [[1.0, 1.5], [2.0, 1.5]]
    assert two.rows.x.shape == (8, 1)


def test_fresh_points_are_read_as_d_is() -> None:
    made = frame(fresh_rest=FRESH, fresh_behaviour=(FRESH[["age", "dose"]], COLUMNS["ill"]))
    for fresh in (made.fresh_rest, made.fresh_behaviour):
        assert fresh.x[:5, 0].tolist() == [1, 2, 3, 4, 5]
        np.testing.assert_array_equal(fresh.y[:5], made.rows.y[:5])
    short = FRESH[FRESH["ill"] == "yes"]  # words of one class only are coded by the classes of D
    assert frame(fresh_rest=short).fresh_rest.y[0].tolist() == [0.0, 1.0]


def test_the_classes_are_kept() -> None:
    assert frame().classes == ("no", "yes")
    assert arrays(y=[4, 9, 4, 9, 4], classes=[9, 4]).classes == (9, 4)
    assert arrays(y=list("babac")).classes == ("a", "b", "c")
    assert arrays().classes == ()
    assert jax.tree.map(lambda leaf: leaf, frame()).classes == ("no", "yes")


def test_name_and_sizes_are_said_by_repr_and_reports() -> None:
    named = frame(name="patients")
    said = "patients(n=5, |S|=1, |S_full|=2)"
    assert repr(named) == said
    assert repr(frame(present=[1, 2, 3])) == "Scenario.build(n=3, |S|=1, |S_full|=2)"
    assert repr(frame(name="patients", recipe="mine()")) == "mine()"
    with pytest.raises(ValueError, match=r"patients\(n=5, \|S\|=1"):
        named.draw(jax.random.key(0))
    asked: Any = {"budget": 40, "seed": 1}
    verdict = ns.check(ns.Untraining(1.0, 0.05), ns.removers.do_nothing(), ns.learners.ridge(), named, **asked)
    assert said in str(verdict) or said in verdict.subject
    assert said in ns.report.render(verdict)


def test_equal_scenarios_are_equal() -> None:
    assert frame() == frame() != frame(behaviour=("town", ["Oulu", "Faro"]))
    assert (frame() == 3, hash(frame()) == hash(frame())) == (False, True)
    assert arrays() != arrays(population=jax.random.key)
    assert arrays() != frame()  # of no classes that are named


def test_a_scenario_is_pickled_where_its_parts_are() -> None:
    """Others send it to their processes; nothing is stored in that form."""
    again = pickle.loads(pickle.dumps(frame(name="patients")))
    assert again == frame()
    assert repr(again) == repr(frame(name="patients"))
    mixture = ns.scenarios.mixture(rows=32, size=4)
    assert pickle.loads(pickle.dumps(mixture)) == mixture
    with pytest.raises((AttributeError, pickle.PicklingError)):
        pickle.dumps(arrays(population=lambda key: arrays()))


WRONG: list[tuple[Any, str]] = [
    (
        lambda: frame(behaviour=None, groups=None, y="ill"),
        "x: column 'town' holds words; make numbers of it, as pandas",
    ),
    (lambda: frame(FRAME.assign(when=pd.Timestamp("2020"))), "x: column 'when' holds datetime64"),
    (lambda: frame(FRAME.assign(age=[1, np.nan, 2, 3, 4])), "x: column 'age' holds NaN or inf in row 1; fill it or"),
    (lambda: frame(FRAME.assign(age=[1, 2, np.inf, 3, 4])), "x: column 'age' holds NaN or inf in row 2"),
    (
        lambda: frame(FRAME.assign(age=pd.array([1, None, 2, 3, 4], "Int64"))),
        "x: column 'age' holds NaN or inf in row 1",
    ),
    (lambda: frame(FRAME.assign(ill=["a", None, "a", "b", "a"])), "y: column 'ill' has nothing in row 1; fill or drop"),
    (lambda: frame(COLUMNS | {"age": [[1], [2, 3], [1], [1], [1]]}), "x: the rows are not all of one shape"),
    (lambda: frame(COLUMNS | {"age": [[1, 2]] * 5}), "x: column 'age' holds int64 of shape (5, 2); make numbers"),
    (lambda: frame(COLUMNS | {"age": AGES[:4]}), "x: the columns are not all of one length"),
    (lambda: frame(FRAME[["ill", "town", "asked"]]), "x: no column is left for the inputs; 'ill', 'town', 'asked'"),
    (lambda: frame({}), "y: no column is called 'ill'; there are none"),
    (lambda: frame(pd.concat([FRAME, FRAME[["age"]]], axis=1)), "x: two columns are called 'age'; rename one"),
    (lambda: frame(y="il"), "y: no column is called 'il'; did you mean 'ill'?"),
    (lambda: frame(y="zzz"), "y: no column is called 'zzz'; there are 'age', 'dose', 'ill', 'town', 'asked'"),
    (lambda: frame(forget="askd"), "forget: no column is called 'askd'; did you mean 'asked'?"),
    (lambda: frame(present="there"), "present: no column is called 'there'"),
    (lambda: frame(behaviour=("twn", "Oulu")), "behaviour: no column is called 'twn'; did you mean 'town'?"),
    (lambda: frame(behaviour=("town", "Olu")), "behaviour: no row of column 'town' is 'Olu'; did you mean 'Oulu'?"),
    (lambda: frame(behaviour=("town", 3)), "behaviour: no row of column 'town' is '3'; it holds 'Faro', 'Oulu'"),
    (lambda: frame(behaviour="town"), "behaviour: column 'town' holds 'oulu', and not yes or no; for the rows of one"),
    (lambda: frame(forget="age"), "forget: column 'age' holds '30', and not yes or no"),
    (lambda: frame(forget="dose"), "forget: column 'dose' holds '2', and not yes or no"),
    (lambda: frame(groups="town"), "groups: behaviour= is given too; S_full is said by one of them"),
    (lambda: frame(behaviour=None, groups="city"), "groups: no column is called 'city'"),
    (lambda: arrays(behaviour=None, groups=["a", "b"]), "groups: shape (2,) for 5 rows; give one group for each row"),
    (lambda: arrays(behaviour=None, groups="town"), "groups: 'town' names a column, and x is no data frame"),
    (lambda: arrays(forget="asked"), "forget: 'asked' names a column, and x is no data frame; give a mask or row num"),
    (lambda: arrays(behaviour=("town", "Oulu")), "behaviour: 'town' names a column, and x is no data frame"),
    (lambda: arrays(y="ill"), "y: 'ill' names a column, and x is no data frame; give the targets themselves"),
    (lambda: arrays(forget=pd.Index([0])), "forget: an index names rows of a frame, and x is none"),
    (lambda: frame(forget=pd.Index([9])), "forget: no row of x is called 9"),
    (
        lambda: frame(FRAME.set_axis(list("aabcd")), forget=pd.Index(["a"])),
        "forget: two rows of x have one label; give",
    ),
    (lambda: frame(forget=FRAME["asked"][::-1]), "forget: its index is not that of x; give forget.reindex(x.index)"),
    (lambda: frame(y=FRAME["ill"].set_axis(list("abcde"))), "y: its index is not that of x; give y.reindex(x.index)"),
    (
        lambda: frame(FRAME.drop(columns="town"), behaviour=None, groups=FRAME["town"][::-1]),
        "groups: its index is not that of x",
    ),
    (lambda: frame(forget=("town", "Pula")), "forget: row 1 is in S but not in S_full; add it to behaviour="),
    (lambda: arrays(y=["cat"] * 5), "y: there is one class, 'cat'; a label must be able to be another"),
    (lambda: arrays(y=[0, 1, 2, 0, 1], classes=2), "y: row 2 is 2, which is none of the classes 0, 1"),
    (lambda: arrays(y=COLUMNS["ill"], classes=["no", "sick"]), "y: row 1 is 'yes', which is none of the classes 'no'"),
    (lambda: arrays(y=[0.5] * 5, classes=2), "y: classes= is for words or whole numbers, not float64"),
    (lambda: arrays(y={"a": np.zeros(5)}, classes=2), "y: classes= is for one label a row, not for a dict of arrays"),
    (lambda: arrays(y=[0, 1, 0, 1, 0], classes="two"), "classes: 'two' is no number and no list of the classes"),
    (lambda: arrays(y=[0, 1, 0, 1, 0], classes=[0, 1, 1]), "classes: one is named twice; name each once"),
    (lambda: arrays(y=[0] * 5, classes=1), "y: there is one class, 0; a label must be able to be another"),
    (lambda: arrays(y=[["a", "b"]] * 5), "y: labels of shape (5, 2); give one word or class number for each row"),
    (lambda: frame(fresh_rest=FRESH.assign(ill="maybe")), "fresh_rest y: row 0 is 'maybe', which is none of the class"),
    (lambda: frame(fresh_rest=FRESH.drop(columns="dose")), "fresh_rest: rows of float32[1] but D's are float32[2]"),
    (lambda: frame(fresh_rest=FRESH.drop(columns="ill")), "fresh_rest y: no column is called 'ill'"),
    (lambda: frame(fresh_rest=FRESH[["age", "dose"]]), "fresh_rest y: no column is called 'ill'"),
    (lambda: arrays(y=[0, 1, 0, 1, 0], classes=2**80), "classes: 1208925819614629174706176 is not in ["),
    (lambda: frame(y="a" * 1000), "y: no column is called 'aaaaaaaaa"),
    (lambda: frame(name=""), "name: '' is no name; give a word or a few in one line"),
    (lambda: frame(name="a\nb"), "name: 'a\\nb' is no name"),
    (lambda: frame(name="a" * 81), "name: 'aaa"),
]


@pytest.mark.parametrize(("make", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_wrong_frame_is_one_line(make: Any, message: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole message is compared below
        make()
    assert str(refusal.value).startswith(message)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 200
