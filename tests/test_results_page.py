"""README and page of results equal the files of benchmarks/: nothing measured is typed."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import jinja2
import pytest

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = (ROOT / "benchmarks" / "results.md.jinja").read_text(encoding="utf-8")
FIXED = re.compile(r"\bW[123]\b|S_full|`[^`]*`")
"""Names that carry a digit, or stand for no number."""


def results() -> ModuleType:
    """The command as a module."""
    spec = importlib.util.spec_from_file_location("results", ROOT / "benchmarks" / "results.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def typed_numbers(template: str) -> list[str]:
    """Rows whose middle column has a digit that no expression puts there."""
    plain = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", template, flags=re.S)
    rows = [line for line in plain.splitlines() if line.startswith("| ") and not line.startswith("| claim")]
    assert rows
    return [row for row in rows if re.search(r"\d", FIXED.sub("", row.split(" | ")[1]))]


def test_the_page_is_what_the_files_say() -> None:
    made = results().page()
    assert (ROOT / "docs" / "results.md").read_text(encoding="utf-8") == made, "run python benchmarks/results.py"
    assert made.count("\n| ") > 40


def test_no_measured_number_is_typed() -> None:
    assert typed_numbers(TEMPLATE) == []
    assert typed_numbers("| a claim | {{ x }} of 5 | `x.py` |") != []
    assert typed_numbers("| 5 claims | {{ x }} of {{ y }} | `x.py` |") == []


def test_another_number_in_a_file_is_another_page() -> None:
    module = results()
    row = "{{ mutants.counted.killed }} of {{ mutants.counted.values() | sum }}"
    assert row in TEMPLATE
    assert module.page(row, mutants={"counted": {"killed": 3, "survived": 1}}) == "3 of 4"
    with pytest.raises(jinja2.UndefinedError):
        module.page(row, mutants={})


def test_every_file_that_a_row_names_is_there_and_every_file_of_results_has_a_row() -> None:
    for name in re.findall(r"\| `(\w+\.py)[^|]*\|$", TEMPLATE, flags=re.M):
        assert (ROOT / "benchmarks" / name).is_file(), name
    apart = {"distributional", "pins", "speed_history", "time_to_verdict_history", "tuning"}
    looked_up = " ".join(re.findall(r"\{[{%].*?[}%]\}", TEMPLATE, flags=re.S))
    unread = {name for name in results().files() if not re.search(rf"\b{name}\b", looked_up)}
    assert unread == apart


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0127, "0.0127"), (5.71e-5, "5.71·10⁻⁵"), (0.000974, "0.000974"), (12345.0, "12345"), (0.0, "0"), (47.0, "47")],
)
def test_numbers_are_written_for_people(value: float, text: str) -> None:
    assert results().sig(value, 3) == text


def test_the_readme_s_picture_shows_the_numbers_of_its_file() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (name,) = re.findall(r"!\[[^\]]+\]\((\S+\.svg)\)", readme)
    drawn = set(re.findall(r">(\w+) \((\d\.\d\d), (\d\.\d\d)\)<", (ROOT / name).read_text(encoding="utf-8")))
    cell = json.loads((ROOT / "benchmarks" / "chooser.json").read_text(encoding="utf-8"))["cells"]["near-duplicates/16"]
    shares = {(r["remover"], r["definition"]): r["distance"] for r in cell["records"] if r["settings"] == "default"}
    assert len(drawn) > 10
    for remover, across, up in drawn:
        assert shares[remover, "untraining-1"] == pytest.approx(float(across), abs=0.0051)
        assert shares[remover, "unlearning-dataset-2"] == pytest.approx(float(up), abs=0.0051)


def test_the_readme_is_no_longer_than_two_screens() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 90
