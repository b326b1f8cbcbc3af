"""Results have one shape: JSON and back, one table, one page, one writer; and what an older version wrote is read."""

import dataclasses
import html.parser
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neverseen as ns
from neverseen.formal._codec import from_json, from_plain, to_json, to_plain
from neverseen.formal._files import write_whole
from neverseen.formal._tabled import aligned
from neverseen.formal.definitions._verdict import Power, Status
from neverseen.formal.theorems import find
from neverseen.properties.checks._plan import Plan
from neverseen.properties.checks._proofs import Proofs
from neverseen.properties.checks._prove import run_theorem
from neverseen.properties.checks._sweep import Sweep, SweepPoint
from neverseen.properties.engine._effects import Effect
from neverseen.properties.metrics import Table
from neverseen.properties.report import render, write_report

OLD: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("results_0_1_0.json").read_text(encoding="utf-8"))
KINDS: dict[str, Any] = {kind.__name__: kind for kind in (ns.Verdict, ns.Relative, ns.Suite, ns.Comparison, Table)}


def swept() -> Sweep:
    return Sweep("retrain", "ridge", "blobs", 4, (SweepPoint(2, ns.Verdict.example()),))


def planned(effect: str) -> Plan:
    return ns.plan(ns.Unlearning(1.0, 0.05, "distribution"), effect, replications=5, budget=64)


def results() -> list[Any]:
    examples = [kind.example() for kind in (ns.Verdict, ns.Relative, ns.Suite, ns.Comparison, Table)]
    return [
        *examples,
        ns.Tuning.example(),
        ns.Ranking.example(),
        ns.Distance.example(),
        ns.Bound.example(),
        swept(),
        planned("shift=3"),
        planned("none"),
        Proofs(2, (run_theorem(find("T11")[0]),)),
    ]


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
    if isinstance(example, ns.Comparison):  # distances, accuracy and cost came later
        later = {"grades": (), "accuracy": None, "cost": None}
        example = dataclasses.replace(example, rows=tuple(dataclasses.replace(row, **later) for row in example.rows))
    assert from_json(KINDS[name], json.dumps(OLD[name])) == example
    assert shared(example.to_dict(), OLD[name]) == shared(OLD[name], example.to_dict())


def shared(one: Any, other: Any) -> Any:
    """Plain values without the fields that the other version does not write."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: shared(one[key], other[key]) for key in one if key in other}
    return [shared(*pair) for pair in zip(one, other, strict=True)] if isinstance(one, list) else one


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


def test_columns_are_aligned_and_the_last_one_folds() -> None:
    rows = [("view", "mean", "why"), ("loss", "12.5", "it is on S")]
    assert aligned(rows, right=(1,)) == ["view  mean  why", "loss  12.5  it is on S"]
    assert aligned([("a", "1"), ("b", "12")], right=(1,)) == ["a   1", "b  12"]
    assert aligned(rows, fold=20) == ["view  mean  why", "loss  12.5  it is on", " " * 12 + "S"]
    assert aligned([]) == []
    with pytest.raises(ValueError, match="zip"):
        aligned([("a", "b"), ("c",)])


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / ("long" * 60)  # a name of its own length has room for no longer one beside it
    write_whole(place, b"old")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(place, b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


class Parsed(html.parser.HTMLParser):
    """What a page shows, and the elements that are open at its end."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text, self.open, self.tags = "", list[str](), set[str]()
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile(result: Any) -> Any:
    """The result with a name that is markup."""
    name = "<script>alert(1)</script>"
    if isinstance(result, Proofs):
        return dataclasses.replace(result, theorems=(dataclasses.replace(result.theorems[0], title=name),))
    if isinstance(result, ns.Ranking):
        return dataclasses.replace(result, comparisons=tuple(map(hostile, result.comparisons)))
    fields = {field.name for field in dataclasses.fields(result)} & {"subject", "remover", "learner"}
    return dataclasses.replace(result, **dict.fromkeys(fields, name))


def test_every_result_is_a_whole_page_and_a_small_fragment(tmp_path: Path) -> None:
    for result in map(hostile, results()):
        page, fragment = render(result), result._repr_html_()
        assert page.startswith("<!doctype html>")
        assert (Parsed(page).open, Parsed(fragment).open) == ([], [])
        assert {"script", "link", "img"}.isdisjoint(Parsed(page).tags | Parsed(fragment).tags)
        assert len(fragment.encode()) < 4_000
        assert not {"style", "svg"} & Parsed(fragment).tags
        if not isinstance(result, Plan):  # which has no name that anybody gave
            assert "<script>alert(1)</script>" in Parsed(page).text
        write_report(result, tmp_path / "page.html")
        assert (tmp_path / "page.html").read_text(encoding="utf-8") == page


def test_a_fragment_shows_what_the_table_shows() -> None:
    tables = [result for result in results() if hasattr(result, "cells")]
    kinds = {ns.Suite, ns.Comparison, ns.Distance, ns.Tuning, Table, Sweep, Plan, Proofs}
    assert {type(result) for result in tables} == kinds
    for result in tables:
        shown = Parsed(result._repr_html_()).text
        assert all(cell in shown for row in result.cells for cell in row)
        assert all(cell in str(result) for row in result.cells for cell in row[:-1])


def test_sweeps_that_do_not_run_say_why_on_the_page() -> None:
    idle = Sweep("a", "b", "c", 4, (), "it is made for ridge")
    assert "does not apply: it is made for ridge" in Parsed(render([idle, swept()])).text
    with pytest.raises(ValueError, match="report: no sweep is given"):
        render([])


def test_what_is_no_result_has_no_page() -> None:
    with pytest.raises(ValueError, match=r"^report: 'REFUTED' is no result; give one of Verdict, Suite, "):
        render("REFUTED")
    with pytest.raises(ValueError, match="metrics stand beside a verdict, and this is a Suite"):
        render(ns.Suite.example(), metrics=Table.example())


def test_a_notebook_shows_what_was_read_from_a_file_and_values_know_no_html() -> None:
    code = """
import sys
import neverseen as ns
read = ns.Verdict.example().to_json()
print(hasattr(ns.Verdict, "_repr_html_"))
for name in [name for name in sys.modules if name.partition(".")[0] == "neverseen"]:
    del sys.modules[name]
from IPython.core.formatters import DisplayFormatter  # as in a notebook: it is there first
import neverseen as ns
print(DisplayFormatter().format(ns.Verdict.from_json(read))[0]["text/html"].split("</strong>")[0])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.split()[:4] == ["False", "<div>", "<p><strong", 'style="color:']
