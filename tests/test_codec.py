"""Results as JSON and back: every one round trip, each damage one line, and what an older version wrote."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neverseen as ns
from neverseen.formal._codec import from_json, from_plain, to_json, to_plain
from neverseen.formal.definitions._verdict import Power, Status
from neverseen.formal.theorems import find
from neverseen.properties.checks._plan import Plan
from neverseen.properties.checks._prove import Proofs, run_theorem
from neverseen.properties.checks._sweep import Point, Sweep
from neverseen.properties.engine._effects import Effect
from neverseen.properties.metrics import Table

OLD: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("results_0_1_0.json").read_text(encoding="utf-8"))
KINDS: dict[str, Any] = {kind.__name__: kind for kind in (ns.Verdict, ns.Relative, ns.Suite, ns.Comparison, Table)}


def swept() -> Sweep:
    return Sweep("retrain", "ridge", "blobs", 4, (Point(2, ns.Verdict.example()),))


def planned(effect: str) -> Plan:
    return ns.plan(ns.Unlearning(1.0, 0.05, "distribution"), effect, replications=5, budget=64)


def results() -> list[Any]:
    examples = [kind.example() for kind in (ns.Verdict, ns.Relative, ns.Suite, ns.Comparison, Table)]
    return [*examples, swept(), planned("shift=3"), planned("none"), Proofs(2, (run_theorem(find("T11")[0]),))]


def test_every_result_is_the_same_after_json() -> None:
    for result in results():
        assert from_json(type(result), result.to_json()) == result
        assert type(result).from_json(result.to_json()) == result
        assert from_json(list[type(result)], to_json([result, result])) == [result, result]
        with pytest.raises(ValueError, match="no truth value"):
            bool(result)


def test_what_is_said_beside_the_fields_is_there_and_is_not_read() -> None:
    plain = ns.Suite.example().to_dict()
    assert (plain["status"], plain["sentence"]) == ("REFUTED", ns.Suite.example().sentence)
    assert from_plain(ns.Suite, plain | {"status": "SATISFIED", "sentence": "all is well"}) == ns.Suite.example()


def test_numbers_that_are_not_finite_and_words_that_look_like_them() -> None:
    verdict = dataclasses.replace(
        ns.Verdict.example(), resolution=math.inf, subject="nan", provenance={"least": "-inf"}
    )
    again = ns.Verdict.from_json(verdict.to_json())
    assert (again.resolution, again.subject, again.provenance) == (math.inf, "nan", {"least": -math.inf})
    assert math.isnan(from_plain(float, to_plain(math.nan)))


def test_an_effect_keeps_its_last_digit() -> None:
    for size in (3.0, 1 / 3, 1e-9, 1.23456789):
        assert from_plain(Effect, to_plain(Effect("shift", size))) == Effect("shift", size)


def test_each_field_that_has_no_default_is_missed_by_its_name() -> None:
    for result in results():
        for field in dataclasses.fields(result):
            plain = result.to_dict()
            del plain[field.name]
            if field.default is dataclasses.MISSING:
                with pytest.raises(
                    ValueError, match=f"not the JSON of a {type(result).__name__} .{field.name} is missing"
                ):
                    from_json(type(result), json.dumps(plain))
            else:
                assert getattr(from_json(type(result), json.dumps(plain)), field.name) == field.default


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Expecting value"),
        ("[]", r"\[\] is no Verdict"),
        ("{}", "status is missing; an unknown version wrote it"),
        ('{"status": "MAYBE"}', "status: 'MAYBE' is no Status"),
        ("[" * 100_000, "recursion"),
        ("1" * 5_000, "digits"),
    ],
)
def test_what_is_no_verdict_is_one_line(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=rf"^not the JSON of a Verdict \(.*{words}.*\); write one with to_json\(\)$"):
        ns.Verdict.from_json(text)


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("pairs", 1.5, "pairs: 1.5 is no int"),
        ("pairs", True, "pairs: True is no int"),
        ("alpha", "small", "alpha: 'small' is no float"),
        ("route", "guessed", "'guessed' is no Route"),
        ("route", 5, "5 is no Route"),
        ("definition", {"id": "oblivion", "epsilon": 1.0, "delta": 0.0}, "'oblivion' is unknown"),
        ("definition", {"id": "untraining-1", "epsilon": -1.0, "delta": 0.0}, "epsilon: -1.0"),
        ("definition", None, "None is no Untraining | Unlearning"),
        ("witness", [], r"witness: [] is no Witness"),
        ("sizes", [1, 2], "sizes: 2 values stand where 3 belong"),
        ("assumptions", "none", "assumptions: 'none' is no tuple"),
        ("provenance", [], "provenance: [] is no dict"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(place: str, value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=r"^not the JSON of a Verdict") as caught:
        ns.Verdict.from_json(json.dumps(ns.Verdict.example().to_dict() | {place: value}))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_place_deep_inside_is_named() -> None:
    plain = ns.Verdict.example().to_dict()
    plain["evidence"]["views"][0]["width"] = "wide"
    with pytest.raises(ValueError, match=r"evidence\.views\.0\.width: 'wide' is no int"):
        ns.Verdict.from_json(json.dumps(plain))


@pytest.mark.parametrize("name", KINDS)
def test_what_version_0_1_0_wrote_is_read(name: str) -> None:
    example: Any = KINDS[name].example()
    if isinstance(example, ns.Verdict):
        example = dataclasses.replace(example, provenance=OLD[name]["provenance"])
    assert from_json(KINDS[name], json.dumps(OLD[name])) == example
    assert example.to_dict() == OLD[name]


def test_what_cannot_be_read_says_who_wrote_it() -> None:
    old = {key: value for key, value in OLD["Verdict"].items() if key != "scope"}
    with pytest.raises(ValueError, match=r"\(scope is missing; neverseen 0\.1\.0 wrote it, this is \d"):
        ns.Verdict.from_json(json.dumps(old))


def test_a_field_that_an_older_version_did_not_know_has_its_default() -> None:
    old = {key: value for key, value in OLD["Verdict"].items() if key not in ("power", "assumptions", "delta_upper")}
    verdict = ns.Verdict.from_json(json.dumps(old))
    assert (verdict.power, verdict.assumptions, verdict.delta_upper) == (Power(), (), None)


def test_a_number_that_json_does_not_have_is_an_error_and_no_invalid_text() -> None:
    assert json.loads(to_json({"at": math.inf})) == {"at": "inf"}
    with pytest.raises(TypeError):
        to_json({"at": np.float32(1.0)})
    assert from_json(Status, '"REFUTED"') is Status.REFUTED
