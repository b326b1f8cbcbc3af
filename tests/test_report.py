"""The report: whole, self-contained, escaped; every number in a drawing finite, every run in it counted once."""

import dataclasses
import errno
import itertools
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from neverseen.formal.definitions._definitions import Definition, Unlearning, Untraining
from neverseen.formal.definitions._verdict import Evidence, Status, Verdict, ViewRow, Witness
from neverseen.properties.report import _drawings, _laws, _svg, render, writable, write_report
from neverseen.properties.report._verdict_page import allowed

VOID = {"meta", "br", "img", "input", "link", "hr"}
NAUGHTY = "<script>alert(\"1\")</script> & <b>'mine'</b>"
SPAN = _laws.LARGEST / 1e12
ANY = st.floats(width=64)
LAW = st.lists(ANY, max_size=30)


class Page(HTMLParser):
    """A page taken apart; complains of tags that do not match."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.drawn: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if "svg" in [*self.open, tag]:
            self.drawn += [value or "" for name, value in attrs if name not in ("class", "text-anchor", "role", "id")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts.setdefault(tag, []).append(data)

    def text(self, tag: str) -> str:
        return "".join(self.texts.get(tag, []))


def law(centre: float, runs: int, seed: int) -> tuple[float, ...]:
    return tuple(np.random.default_rng(seed).normal(centre, 0.2, runs).tolist())


def verdict(status: Status = Status.REFUTED, definition: Definition | None = None, **changes: Any) -> Verdict:
    """A verdict on 48 pairs; `changes` go to the verdict or to its evidence."""
    rows = (
        ViewRow("loss on S", 1, 1e-3, 0.2, 3.1, 0.2, 12.5, False),
        ViewRow("parameters", 62, 1e-3, 1e-5, math.nan, None, -math.inf, None),
    )
    curve = tuple(0.2 * pair for pair in range(1, 49))
    fields: dict[str, Any] = {
        "law_view": "loss on S",
        "threshold": 1.5,
        "log_wealth": curve,
        "acceptance": (-0.1,) * 48,
    }
    fields |= {"removed": law(0.2, 48, 0), "reference": law(3.1, 48, 1), "original": law(0.2, 48, 2), "views": rows}
    fields |= {name: changes.pop(name) for name in list(changes) if name in fields}
    witness = Witness("loss on S", "loss on S > 1.5", 0.0, 1.0, 48)
    base = dataclasses.replace(Verdict.example(), status=status, witness=witness, evidence=Evidence(**fields))
    return dataclasses.replace(base, definition=definition or Untraining(1.0, 0.05), **changes)


HARD = (math.nan,) * 5 + (math.inf,) * 3 + (-math.inf, 1e300, -1e300, 5e-324, 1e30, 0.1, 0.2, 0.3)
BARE: dict[str, Any] = {"log_wealth": (), "acceptance": (), "views": (), "removed": (), "reference": (), "original": ()}
VERDICTS = {
    "refuted": verdict(),
    "satisfied": verdict(Status.SATISFIED, Unlearning(1.0, 0.05), acceptance=(0.0, 3.5)),
    "inconclusive": verdict(Status.INCONCLUSIVE, Unlearning(0.5, 0.0, "distribution"), removed=HARD, original=()),
    "curves": verdict(log_wealth=(math.nan, -math.inf, math.inf, 1e305), acceptance=(-math.inf, math.nan)),
    "bare": verdict(Status.SATISFIED, witness=None, threshold=None, **BARE),
    "equal": verdict(removed=(0.0,) * 9, reference=(0.0,) * 9, threshold=0.0, definition=Untraining(700.0, 0.0)),
    "naughty": verdict(subject=NAUGHTY, scope=NAUGHTY, law_view=NAUGHTY, provenance={NAUGHTY: "", "command": NAUGHTY}),
    "example": Verdict.example(),
}  # fmt: skip


@pytest.mark.parametrize("name", VERDICTS)
def test_every_page_is_whole_and_its_headline_is_the_sentence(name: str) -> None:
    page = Page(render(VERDICTS[name]))
    assert page.text("h1") == str(VERDICTS[name])
    assert {"html", "head", "style", "main", "dl"} <= {tag for tag, _ in page.tags}


@pytest.mark.parametrize("name", VERDICTS)
def test_every_number_in_a_drawing_is_finite_and_inside_it(name: str) -> None:
    page = Page(render(VERDICTS[name]))
    words = " ".join(page.drawn)
    assert not re.search(r"nan|inf\b", words, re.IGNORECASE)
    numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", words)]
    assert len(numbers) > 40
    assert all(-3 <= number <= _svg.WIDTH + 1 for number in numbers)


@pytest.mark.parametrize("name", VERDICTS)
def test_a_page_asks_for_nothing_else(name: str) -> None:
    source = render(VERDICTS[name])
    page = Page(source)
    assert re.findall(r"https?://|@import|javascript:|url\((?!#(?:never|ruled)\))", source) == []
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "base", "form"}
    assert not [name for _, given in page.tags for name in given if name in ("src", "href") or name.startswith("on")]


def test_text_from_outside_stays_text() -> None:
    page = Page(render(VERDICTS["naughty"]))
    for tag in ("h1", "h2", "dd", "title", "svg", "dt", "pre"):
        assert NAUGHTY in page.text(tag), tag
    assert not [tag for tag, _ in page.tags if tag == "script"]


def test_every_status_has_a_shape_and_a_word_of_its_own() -> None:
    shapes = {_drawings.mark(status) for status in Status}
    assert len({re.sub("<title>.*?</title>", "", shape) for shape in shapes}) == 3
    assert all(f'class="verdict {status.name}"' in render(verdict(status)) for status in Status)


@pytest.mark.parametrize(
    ("definition", "hole", "redrawn"),
    [
        (Untraining(1.0, 0.05), (30, 30, 30), False),
        (Unlearning(1.0, 0.05), (150, 150, 30), False),
        (Unlearning(1.0, 0.05, "distribution"), (150, 150, 30), True),
    ],
)
def test_the_hatched_part_is_what_the_reference_never_saw(
    definition: Definition, hole: tuple[int, ...], redrawn: bool
) -> None:
    """Of D, S_full and S, true to |D| = 100, |S_full| = 50 and |S| = 10; D is 300 wide."""
    removed, reference = (Page(_drawings.sets(definition, arm, (100, 10, 50))) for arm in ("removed", "reference"))
    for page, class_, widths in (
        (reference, "hole", hole),
        (removed, "asked", (30, 30, 30)),
        (removed, "seen removed", (300, 150, 30)),
    ):
        assert tuple(float(given["width"] or "nan") for _, given in page.tags if given.get("class") == class_) == widths
    assert not any(given.get("class") == "hole" for _, given in removed.tags)
    assert ("drawn anew" in removed.text("text"), "drawn anew" in reference.text("text")) == (redrawn, redrawn)


def test_the_command_is_shown_where_there_is_one() -> None:
    command = "neverseen check retrain --seed 3 --definition untraining"
    assert Page(render(verdict(provenance={"command": command}))).text("pre") == command
    assert Page(render(verdict(provenance={"seed": 3}))).text("pre") == ""


@pytest.mark.parametrize(("shift", "words"), [(0.0, "It did at pair 47."), (-5.0, "It stood at 4.6 after pair 48.")])
def test_the_curve_says_where_it_crossed(shift: float, words: str) -> None:
    wealth = tuple(0.2 * pair + shift for pair in range(1, 49))  # ln(1/α) = 9.21 lies between pairs 46 and 47
    assert words in Page(render(verdict(log_wealth=wealth))).text("figcaption")


@given(LAW, LAW, st.none() | ANY)
@example([1e308, -1e308], [5e-324], 1e308)
@example([0.0, 1e-300], [0.0], None)
@example([1.0, 1.0 + 2**-52], [1.0], 1.0)
def test_every_run_is_drawn_exactly_once(removed: list[float], reference: list[float], threshold: float | None) -> None:
    laws = _laws.lay_out("v", {"removed": removed, "reference": reference}, threshold)
    sides = _laws.edges(laws)
    for values in laws.arms.values():
        inside = sum(_laws.bin_shares(values, sides, laws.x)) * len(values) / 100
        assert inside + sum(_laws.aside(laws, values).values()) == pytest.approx(len(values))
    for drawn in (_laws.histogram(laws), _laws.distribution(laws)):
        assert not re.search(r'="[^"]*(nan|inf)', drawn, re.IGNORECASE)


@given(st.lists(st.floats(-SPAN, SPAN), min_size=1, max_size=30), st.floats(-SPAN, SPAN))
@example([0.0, 0.0, 1.0], 0.0)
def test_the_bins_beyond_the_threshold_hold_the_event(values: list[float], threshold: float) -> None:
    laws = _laws.lay_out("v", {"removed": values}, threshold)
    sides = _laws.edges(laws)
    assert threshold in sides
    beyond = sum(_laws.bin_shares(values, sides, laws.x)[sides.index(threshold) :]) * len(values) / 100
    outside = sum(n for label, n in _laws.aside(laws, values).items() if label in laws.right)
    assert beyond + outside == pytest.approx(sum(value > threshold for value in values))


@pytest.mark.parametrize(
    ("extra", "ends"), [((), 100), ((math.nan,) * 8, 50), ((math.inf,) * 8, 100), ((-math.inf,) * 8, 100)]
)
def test_a_distribution_function_ends_at_the_share_that_is_a_number(extra: tuple[float, ...], ends: int) -> None:
    drawn = _laws.distribution(_laws.lay_out("v", {"removed": (*map(float, range(8)), *extra)}, None))
    way = next(given["d"] or "" for _, given in Page(drawn).tags if given.get("class") == "law removed")
    heights = [float(point.split()[1]) for point in re.split("[ML]", way)[1:]]
    bottom, top = _svg.BOTTOM, _svg.TOP
    assert heights == sorted(heights, reverse=True)
    assert heights[0] == bottom
    assert heights[-1] == pytest.approx(bottom + (top - bottom) * ends / 105, abs=0.1)


@pytest.mark.parametrize("eps", [0.0, 0.5, 1.0, 3.0])
@pytest.mark.parametrize("delta", [0.0, 0.05, 0.3])
def test_the_allowed_range_is_what_four_inequalities_leave(eps: float, delta: float) -> None:
    grow, slack = math.exp(eps), 1e-9
    for p, q in itertools.product(np.linspace(0, 1, 41).tolist(), repeat=2):
        low, high = allowed(eps, delta, q)
        excess = max(a - grow * b - delta for a, b in ((p, q), (q, p), (1 - p, 1 - q), (1 - q, 1 - p)))
        assert (low - slack <= p <= high + slack) if excess <= 0 else True
        assert (low <= p <= high) is False if excess > slack else True


@given(ANY, ANY)
def test_ticks_are_round_few_and_inside(a: float, b: float) -> None:
    low, high = sorted(value if abs(value) < _laws.LARGEST else 0.0 for value in (a, b))
    axis = _svg.axis(low, high, 0.0, 1.0)
    ticks = _svg.ticks(axis.lo, axis.hi, 5)
    room = 1e-6 * (axis.hi - axis.lo)
    assert 1 <= len(ticks) <= 7
    assert all(axis.lo - room <= tick <= axis.hi + room for tick in ticks)
    assert len(set(_svg.labels(ticks))) == len(ticks)


def test_a_report_replaces_an_older_one_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    write_report(VERDICTS["naughty"], path)
    assert path.read_text(encoding="utf-8") == render(VERDICTS["naughty"])
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_a_report_follows_a_link(tmp_path: Path) -> None:
    link, target = tmp_path / "link.html", tmp_path / "target.html"
    link.symlink_to(target)
    write_report(Verdict.example(), link)
    assert link.is_symlink()
    assert target.is_file()


def test_a_name_that_is_no_unicode_can_be_reported(tmp_path: Path) -> None:
    write_report(verdict(subject="mine\udc80"), tmp_path / "report.html")
    assert "mine\\udc80" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_failed_write_leaves_the_older_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ValueError, match=r"report: cannot write .*report\.html' \(No space left on device\)"):
        write_report(Verdict.example(), path)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("report.html", "old")]


@pytest.mark.parametrize(("place", "words"), [("no/such/r.html", "is not a directory"), ("", "is not a file")])
def test_a_place_that_cannot_hold_a_report_is_refused_before_the_work(tmp_path: Path, place: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as raised:
        writable(tmp_path / place)
    assert "\n" not in str(raised.value)


def test_a_folder_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)  # pyright: ignore[reportUnknownLambdaType]
    with pytest.raises(ValueError, match="no permission"):
        writable(tmp_path / "report.html")
