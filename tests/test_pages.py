"""The three pages: each holds its parts, shows names as text, asks a real browser for nothing, and shows the arms."""

import dataclasses
import re
import shutil
import subprocess
import unicodedata
from importlib import resources
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import neverseen as ns
from neverseen.formal.definitions._verdict import Status, Verdict, ViewRow, Witness
from neverseen.properties.checks._compared import Compared
from neverseen.properties.engine._pairs import Block, PairBuffer
from neverseen.properties.metrics._table import Table
from neverseen.properties.report import render
from neverseen.properties.report._maps import heats, needed, region
from neverseen.properties.report._rerun import check_again, row_again
from neverseen.properties.report._verdict_page import verdict_page
from neverseen.properties.runs._cost import Behaviour
from neverseen.properties.suite._result import RowOutcome, SuiteRow
from neverseen.properties.testing.ledger import Ledger

NAUGHTY = '<script>console.error("1")</script>'
SHOWN = "&lt;script&gt;console.error("
LEARNER, SCENARIO = ns.learners.nearest_neighbour(), ns.scenarios.figure1()


@pytest.fixture(scope="module")
def checked() -> Verdict:
    return ns.check(ns.Untraining(1.0, 0.05), ns.removers.do_nothing(), LEARNER, SCENARIO, budget=64)


def named(verdict: Verdict, name: str) -> Verdict:
    return dataclasses.replace(verdict, subject=name, provenance=verdict.provenance | {"remover": name})


def suite(verdict: Verdict, name: str = "mine") -> ns.Suite:
    """Three checks, the failed one last."""
    row = SuiteRow(
        "untraining", f"{LEARNER} · {SCENARIO}", RowOutcome.EXPECTED, Status.REFUTED, "as declared", 80, 0.5, verdict
    )
    rows = (
        ns.Suite.example().rows[0],
        row,
        dataclasses.replace(row, outcome=RowOutcome.FAILED, evidence=f"not so {name}"),
    )
    return dataclasses.replace(ns.Suite.example(), remover=name, rows=rows, expected={"untraining": name})


def comparison(verdict: Verdict, name: str = "mine") -> ns.Comparison:
    example = ns.Comparison.example()
    mine = dataclasses.replace(example.rows[1], remover=name, verdicts=(verdict,))
    return dataclasses.replace(example, rows=(example.rows[0], mine, Compared(name, "", True, (), f"{name} raised")))


def pages(verdict: Verdict, name: str) -> dict[str, str]:
    shown = render(named(verdict, name), metrics=Table.example(), behaviour=Behaviour.example())
    return {
        "check": shown,
        "suite": render(suite(verdict, name)),
        "comparison": render(comparison(verdict, name)),
    }


PARTS = {
    "check": (
        "What was claimed", "What this does not say", "The two laws of", "The evidence, pair by pair", "ruled out",
        "Example by example", "Every view", "Metrics, each with its floor", "Cost against retraining",
        "Provenance, and how to run it again",
    ),
    "suite": ("Every check", "As expected", "failed as declared", "Runs", "ns.check(ns.Untraining", "ns.relations"),
    "comparison": ("Remover by remover", "the original", "ε at least", "Cost, in retrains", "ns.compare(["),
}  # fmt: skip


@pytest.mark.parametrize("page", PARTS)
def test_a_page_has_its_parts_and_shows_names_as_text(page: str, checked: Verdict) -> None:
    source = pages(checked, NAUGHTY)[page]
    assert [part for part in PARTS[page] if part not in source] == []
    assert "<script" not in source
    assert SHOWN in source
    assert source.count("<!doctype html>") == source.count("<style>") == 1


@pytest.mark.parametrize("page", PARTS)
def test_what_nobody_sees_is_shown_as_escapes(page: str, checked: Verdict) -> None:
    """A terminal's commands, a bell, and letters that turn the direction of those that follow."""
    odd = "a\x1b[31m\x07\x9b\N{RIGHT-TO-LEFT OVERRIDE}\N{RIGHT-TO-LEFT ISOLATE}\ud800\N{ZERO WIDTH SPACE}b"
    views = tuple(dataclasses.replace(row, view=odd) for row in checked.evidence.views)
    evidence = dataclasses.replace(checked.evidence, views=views, law_view=odd)
    assert checked.witness is not None
    witness = dataclasses.replace(checked.witness, view=odd, event=odd)
    made = checked.provenance | {"learner": odd, "scenario": odd, "command": odd, odd: odd}
    verdict = dataclasses.replace(checked, evidence=evidence, witness=witness, scope=odd, provenance=made)
    source = pages(verdict, odd)[page]
    hidden = {letter for letter in source if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")}
    assert hidden <= {"\n"}
    assert r"a\x1b[31m\x07\x9b\u202e\u2067\ud800\u200bb" in source


def test_refuted_rows_come_first(checked: Verdict) -> None:
    told = re.findall(r"<tr[^>]*><td>(\w+)</td><td class=\"word (\w+)\"", render(suite(checked)))
    assert told == [("untraining", "REFUTED"), ("untraining", "REFUTED"), ("pure", "SATISFIED")]
    assert render(suite(checked)).index("not so mine") < render(suite(checked)).index("as declared")


def test_what_is_not_given_is_left_out(checked: Verdict) -> None:
    bare = render(checked)
    assert "Metrics, each" not in bare
    assert "Cost against" not in bare


def test_the_maps_show_which_arm_is_which(checked: Verdict) -> None:
    """Doing nothing still knows S: the removed law lies above; with the arms swapped it lies below, hue and number."""
    [row] = [row for row in checked.evidence.views if row.view == "margins on S"]
    assert row.apart[-1] == row.original_apart[-1] == 1.0
    assert {row.view[:10] for row in checked.evidence.views if row.apart} == {"margins on"}
    high, low = {"margins on S": np.ones((4, 2))}, {"margins on S": np.zeros((4, 2))}
    named = frozenset(high)
    drawn = [
        _heat_of(checked, block)
        for block in (Block(high, low, None, by_example=named), Block(low, high, None, by_example=named))
    ]
    assert [(shown.count("cell above"), shown.count("cell below")) for shown in drawn] == [(2, 0), (0, 2)]
    assert [shown.count(">+1<") for shown in drawn] == [2, 0]
    assert [shown.count(">−1<") for shown in drawn] == [0, 2]


def test_a_page_says_what_its_verdict_does_not(checked: Verdict) -> None:
    """Each status its own words; the other notion is named where S is not all of S_full."""
    said = {
        status: " ".join(verdict_page(dataclasses.replace(checked, status=status))[1]["unclaimed"]) for status in Status
    }
    for status, words in zip(Status, ("outside its scope", "bounded from below", "or that it does not"), strict=True):
        assert [each for each in Status if words in said[each]] == [status]
    assert "anything about unlearning" in said[Status.REFUTED]
    one = dataclasses.replace(checked, sizes=(14, 9, 9))
    assert "about unlearning" not in " ".join(verdict_page(one)[1]["unclaimed"])


def test_rows_are_named_as_in_d(checked: Verdict) -> None:
    assert checked.provenance["places"] == {"S": [0, 1, 7], "S_full∖S": [2, 3, 4, 5, 6, 8]}
    drawn = "".join(heats(checked))
    assert all(f">D[{place}]<" in drawn for place in range(9))


def _heat_of(verdict: Verdict, block: Block) -> str:
    pairs = PairBuffer(iter([block]))
    removed, original = pairs.cliffs_deltas("margins on S", pairs.reach(4))
    row = ViewRow("margins on S", 2, 0.0, None, None, None, 0.0, None, removed, original)
    return heats(dataclasses.replace(verdict, evidence=dataclasses.replace(verdict.evidence, views=(row,))))[0]


def test_the_region_holds_the_bounds(checked: Verdict) -> None:
    plain = dataclasses.replace(checked, epsilon_lower=0.0, delta_lower=0.0)
    held = dataclasses.replace(plain, status=Status.SATISFIED, epsilon_upper=0.5, delta_upper=0.01)
    drawn = [region(v) for v in (checked, plain, held)]
    assert [d.count('class="excluded"') for d in drawn] == [2, 0, 0]
    assert [d.count('class="established"') for d in drawn] == [0, 0, 2]
    assert [d.count('class="scoped"') for d in drawn] == [0, 0, 1]


@pytest.mark.parametrize(("p", "q", "delta"), [(0.0, 1.0, 1.0), (0.5, 0.5, 0.0), (0.9, 0.1, 0.9 - 0.1 * 2.0)])
def test_what_an_event_needs(p: float, q: float, delta: float) -> None:
    assert needed(Witness("a", "a > 0", p, q, 9), 0.6931471805599453) == pytest.approx(delta)


def test_the_code_on_the_page_runs_the_check_again(checked: Verdict) -> None:
    ran: dict[str, Any] = {}
    exec(check_again(checked), ran)  # as it stands: nothing is given to it
    assert dataclasses.replace(ran["verdict"], seconds=checked.seconds) == checked
    given = {"ns": ns, "jax": jax, "remover": ns.removers.do_nothing(), "learner": LEARNER}
    relation = SuiteRow("empty-request", f"{LEARNER} · {SCENARIO}", RowOutcome.PASSED, Status.SATISFIED, "", 0, 0.0)
    assert eval(row_again(relation, "do_nothing", 0), given).status is Status.SATISFIED


def test_examples_survive_json(checked: Verdict) -> None:
    assert Verdict.from_json(checked.to_json()) == checked
    assert ViewRow("loss on S", 1, 0.0, None, None, None, 0.0, None).apart == ()
    made = comparison(checked)
    assert ns.Comparison.from_json(made.to_json()) == made
    with pytest.raises(ValueError, match="not the JSON of a Comparison"):
        ns.Comparison.from_json("{}")


def test_a_comparison_always_has_its_anchors_and_keeps_who_does_not_run() -> None:
    asked = [ns.removers.stream_ridge(), ns.removers.retrain()]
    made = ns.compare(ns.Untraining(1.0, 0.05), asked, LEARNER, SCENARIO, budget=48, runs=8)
    assert [(row.remover, row.anchor[:7], row.asked) for row in made.rows] == [
        ("do_nothing", "the ori", False), ("retrain", "a fresh", True), ("retrain_full", "a fresh", False),
        ("stream_ridge", "", True),
    ]  # fmt: skip
    assert made["do_nothing"].verdicts[0].status is Status.REFUTED
    assert made["retrain"].verdicts[0].status is not Status.REFUTED
    assert {v.alpha for row in made.rows for v in row.verdicts} == {Ledger(1e-3, 4).alpha}
    assert made["stream_ridge"].why.startswith("remover stream_ridge: raised ValueError")
    assert "1 did not run" in str(made)


# a real browser


BROWSERS = [name for name in ("chromium", "chromium-browser", "google-chrome") if shutil.which(name)][:1]
"""One of those there are: pip brings none. Without, `test_a_page_asks_for_nothing_else` reads the page's source."""


def looked_at(browser: str, page: Path) -> tuple[list[str], set[str]]:
    """What Chromium says on its console, and the addresses it asks for; its own housekeeping left out."""
    log = page.with_suffix(".net")
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        "--disable-background-networking",
    ]
    places = [f"--user-data-dir={page.with_suffix('.user')}", f"--log-net-log={log}", f"--screenshot={page}.png"]
    command = [browser, *flags, *places, page.as_uri()]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    asked = set(re.findall(r'"url":"(\w+://[^/"]*)', log.read_text(encoding="utf-8")))
    own = re.compile(r"file:|https?://([\w-]+\.)*(google|gvt1|googleapis)\.com")
    return re.findall(r"CONSOLE.*", ran.stderr), {address for address in asked if not own.match(address)}


@pytest.mark.parametrize("browser", BROWSERS)
def test_a_browser_shows_the_pages_and_asks_for_nothing(browser: str, tmp_path: Path, checked: Verdict) -> None:
    frames: list[str] = []
    for name, source in pages(checked, NAUGHTY).items():
        (tmp_path / f"{name}.html").write_text(source, encoding="utf-8")
        frames.append(f'<iframe src="{name}.html" width="900" height="900"></iframe>')
    (tmp_path / "all.html").write_text("".join(frames), encoding="utf-8")
    assert looked_at(browser, tmp_path / "all.html") == ([], set())
    (tmp_path / "bad.html").write_text(f"{NAUGHTY}<img src='http://elsewhere.invalid/a.png'>", encoding="utf-8")
    said, asked = looked_at(browser, tmp_path / "bad.html")
    assert any('"1"' in line for line in said)
    assert asked == {"http://elsewhere.invalid"}


TEXT, DRAWN = ("ink", "soft", "satisfied", "refuted", "inconclusive"), ("removed", "reference", "original")


def luminance(colour: str) -> float:
    """Of a colour as #rgb or #rrggbb, as WCAG 2 defines it."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def too_faint(sheet: str) -> list[str]:
    """Colours of text below 4.5 : 1 on their ground, and of drawings below 3 : 1, light and dark (WCAG 2, AA)."""
    found: list[str] = []
    for i, block in enumerate(re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)):
        named = {name: luminance(value) for name, value in re.findall(r"--([\w-]+): (#\w+)", block)}
        for ground in ("paper", "wash"):
            for name, least in [*((each, 4.5) for each in TEXT), *((each, 3.0) for each in DRAWN)]:
                low, high = sorted((named[name], named[ground]))
                if (high + 0.05) / (low + 0.05) < least:
                    found.append(f"{name} on {ground} {'dark' if i else 'light'}")
    return found


def test_colours_are_told_from_their_ground_by_light_and_by_dark() -> None:
    sheet = resources.files("neverseen.properties.report").joinpath("page.css").read_text(encoding="utf-8")
    assert sheet.count(":root {") == 2
    assert too_faint(sheet) == []
    assert too_faint(sheet.replace("--soft: #5c6168", "--soft: #8c9198")) == [
        "soft on paper light",
        "soft on wash light",
    ]
