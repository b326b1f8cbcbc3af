"""Notebooks: the text form and the one with outputs say the same, and all of them run."""

import pathlib
import re

import jupytext
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

FOLDER = pathlib.Path(__file__).parent.parent / "notebooks"
TEXTS = sorted(FOLDER.glob("*.py"))
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
notebooks = pytest.mark.parametrize("text", TEXTS, ids=[path.stem for path in TEXTS])


def cells(notebook: nbformat.NotebookNode) -> list[tuple[str, str]]:
    """The kind and source of each cell."""
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def printed(found: list[nbformat.NotebookNode]) -> list[str]:
    """What each cell printed, verdicts and all; warnings go to stderr, and depend on the machine's speed."""
    return [
        "".join(out.text for out in cell.outputs if out.output_type == "stream" and out.name == "stdout")
        for cell in found
        if cell.cell_type == "code"
    ]


def drawn(found: list[nbformat.NotebookNode]) -> list[int]:
    """How many figures each cell showed."""
    return [sum("image/png" in out.get("data", {}) for out in c.outputs) for c in found if c.cell_type == "code"]


def drift(found: str, shown: str) -> bool:
    """Whether two texts differ: in a word, or in a number by more than another machine's rounding may bring."""
    numbers = [np.array(NUMBER.findall(text), float) for text in (found, shown)]
    if NUMBER.sub("#", found) != NUMBER.sub("#", shown):
        return True
    return not np.allclose(*numbers, rtol=0.05, atol=0.02)


def test_there_are_notebooks() -> None:
    assert TEXTS


@notebooks
def test_both_forms_hold_the_same_cells(text: pathlib.Path) -> None:
    kept = nbformat.read(text.with_suffix(".ipynb"), as_version=4)
    assert cells(jupytext.read(text)) == cells(kept)
    assert all(cell.get("outputs") is not None for cell in kept.cells if cell.cell_type == "code")
    assert any(printed(kept.cells))


def test_drift_is_seen() -> None:
    shown = "REFUTED: ε is at least 1 (43 pairs); δ ≤ 0.031"
    assert not drift("REFUTED: ε is at least 1 (43 pairs); δ ≤ 0.0311", shown)
    assert drift("SATISFIED: ε is at least 1 (43 pairs); δ ≤ 0.031", shown)
    assert drift("REFUTED: ε is at least 1 (63 pairs); δ ≤ 0.031", shown)
    assert drift("REFUTED: ε is at least 1 (43 pairs)", shown)


def test_they_run_and_show_what_they_show() -> None:
    """One after the other in one kernel, cleared between: programs are imported and compiled once."""
    kept = {text.stem: nbformat.read(text.with_suffix(".ipynb"), as_version=4) for text in TEXTS}
    fresh = {text.stem: jupytext.read(text) for text in TEXTS}
    together = nbformat.v4.new_notebook()
    for notebook in fresh.values():
        together.cells += [nbformat.v4.new_code_cell("%reset -f"), *notebook.cells]
    NotebookClient(together, timeout=300, kernel_name="python3").execute()
    for name, notebook in fresh.items():
        pairs = zip(printed(notebook.cells), printed(kept[name].cells), strict=True)
        assert [pair for pair in pairs if drift(*pair)] == [], name
        assert drawn(notebook.cells) == drawn(kept[name].cells), name
