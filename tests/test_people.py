"""Texts as tokens, and the scenario of people who do not exist."""

import importlib
import itertools
import re
from typing import Any

import numpy as np
import pytest
from scenario_tools import rebuilt

import neverseen as ns
from neverseen.algorithms._tokens import BEGIN, PADDING, SYMBOLS
from neverseen.algorithms.learners import decode, encode

SCENARIO = ns.scenarios.people()
MADE = importlib.import_module("neverseen.properties.scenarios._people")


def texts(rows: ns.Rows, which: Any = True) -> list[str]:
    """The texts of the rows present among those marked."""
    return decode(np.asarray(rows.y)[np.asarray(rows.present & which)])


def name_of(text: str) -> str:
    return " ".join(text.split()[:2])


def test_every_character_becomes_the_token_after_those_before_it() -> None:
    every = "".join(chr(code) for code in range(32, 127))
    x, y = encode([every, "ab"], 96)
    assert decode(y) == [every, "ab"]
    assert (y.min(), y.max()) == (PADDING, SYMBOLS - 1)
    assert len(set(y[0, :95].tolist()) - {BEGIN, PADDING}) == 95
    assert (x[:, 0] == BEGIN).all()
    np.testing.assert_array_equal(x[0, 1:95], y[0, :94])
    assert (x[1].tolist(), y[1].tolist()) == ([1, 67, *[0] * 94], [67, 68, *[0] * 94])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "row 1 has 0 characters; give 1 to 4"),
        ("abcde", "row 1 has 5"),
        ("é", "not printable"),
        ("\t", "not print"),
    ],
)
def test_texts_that_cannot_be_told_are_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        encode(["ok", text], 4)


def complaints(s: ns.Scenario) -> set[str]:
    """What a scenario of people breaks of its promises."""
    full, rest = texts(s.rows, s.behaviour), texts(s.rows, ~s.behaviour)
    fresh, real = texts(s.fresh_behaviour), texts(s.fresh_rest)
    name = name_of(full[0])
    everything = [*full, *rest, *fresh, *real]
    kept = {
        "named": all(name_of(text) == name for text in (*full, *fresh)),
        "alone": not any(name in text for text in (*rest, *real)),
        "once": len(set(everything)) == len(everything),
        "inside": set(texts(s.rows, s.forget)) <= set(full),
        "real": set(real) <= set(MADE._pieces(s.rows.x.shape[1])),
    }
    return {promise for promise, holds in kept.items() if not holds}


@pytest.mark.parametrize("seed", range(3))
def test_the_promises_are_kept(seed: int) -> None:
    s = ns.scenarios.people(seed=seed)
    assert complaints(s) == set()
    sizes = [int(found.sum()) for found in (s.forget, s.behaviour, s.fresh_behaviour.present, s.fresh_rest.present)]
    assert (int(s.rows.count()), *sizes) == (256, 4, 16, 16, 64)


def test_a_sentence_in_the_wrong_place_is_noticed() -> None:
    s = SCENARIO
    swapped = ns.Rows(s.rows.x, s.rows.y, s.rows.present & ~s.behaviour)
    assert "named" in complaints(ns.Scenario(s.rows, s.forget, ~s.behaviour, *_fresh(s), None, ""))
    assert "once" in complaints(ns.Scenario(s.rows, s.forget, s.behaviour, s.fresh_behaviour, swapped, None, ""))
    part = s.behaviour & (s.behaviour.cumsum() < 16)
    assert {"alone"} <= complaints(ns.Scenario(s.rows, s.forget & part, part, *_fresh(s), None, ""))


def _fresh(s: ns.Scenario) -> tuple[ns.Rows, ns.Rows]:
    return s.fresh_behaviour, s.fresh_rest


def test_each_of_the_people_has_as_many_sentences_and_the_rest_is_real() -> None:
    pieces = set(MADE._pieces(48))
    told = [text for text in texts(SCENARIO.rows) if text not in pieces]
    assert sorted(sum(name_of(text) == name for text in told) for name in set(map(name_of, told))) == [16] * 4
    assert all(re.fullmatch(r"[A-Z]\w+ [A-Z]\w+ [\w ]+\.", text) for text in told)


def test_tokens_of_a_row_are_those_of_its_text_alone() -> None:
    """No vocabulary, order or scale is read off the other rows."""
    for i, text in enumerate(texts(SCENARIO.rows)[:8]):
        x, y = encode([text], 48)
        np.testing.assert_array_equal(SCENARIO.rows.x[i], x[0])
        np.testing.assert_array_equal(SCENARIO.rows.y[i], y[0])


def test_equal_arguments_give_equal_scenarios_and_the_recipe_rebuilds_them() -> None:
    for s in (SCENARIO, ns.scenarios.people(size=2, full=5, rows=40, seed=3, others=1, length=60)):
        assert rebuilt(s).digest() == s.digest()
    assert ns.scenarios.people(seed=1).digest() != SCENARIO.digest()


def test_a_smaller_forget_set_lies_in_a_larger_one() -> None:
    small, large = (ns.scenarios.people(size=size, full=12) for size in (3, 8))
    np.testing.assert_array_equal(small.behaviour, large.behaviour)
    assert not (small.forget & ~large.forget).any()


def test_every_sentence_there_can_be_fits() -> None:
    name = " ".join(max(names.split(), key=len) for names in (MADE._FIRST, MADE._LAST))
    longest = {kind: max(words.split(), key=len) for kind, words in MADE._WORDS.items()}
    assert max(len(text.format(name, **longest)) for text in MADE._SENTENCES) <= 48
    assert all(a != b for a, b in itertools.combinations(MADE._SENTENCES, 2))


def test_all_sentences_about_a_person_may_be_in_d() -> None:
    s = ns.scenarios.people(full=32, others=0)
    assert (int(s.behaviour.sum()), int(s.fresh_behaviour.count())) == (32, 0)
    assert ns.scenarios.people(full=30, others=0).fresh_behaviour.count() == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"size": 5, "full": 4}, "size: S cannot have 5 of the 4 sentences of S_full"),
        ({"size": -1}, "size: S cannot have -1"),
        ({"full": 33}, "full: 33 is more than the 32 sentences"),
        ({"rows": 60}, "rows: D cannot have 60 rows, 64 of them about people; give 64 to"),
        ({"rows": 2000}, "rows: D cannot have 2000 rows"),
        ({"others": 16}, "others: 16 other people cannot be named; give 0 to 15"),
        ({"length": 40}, "length: a sentence does not fit 40 tokens; give 48"),
        ({"seed": -1}, "seed: -1"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ns.scenarios.people(**changes)
