"""Notebooks: the text form and the one with outputs say the same, and all of them run."""

import pathlib
import re

import jupytext
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

FOLDER = pathlib.Path(__file__).parents[2] / "notebooks"
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
    """Whether two texts differ: in a word, or in a number by more than another machine's rounding may bring.

    Rounding decides at which pair a sampled verdict falls, so of such a sentence only the words count.
    """
    if NUMBER.sub("#", found) != NUMBER.sub("#", shown):
        return True
    fixed = ["\n".join(line for line in text.splitlines() if "pairs" not in line) for text in (found, shown)]
    return not np.allclose(*(np.array(NUMBER.findall(text), float) for text in fixed), rtol=0.05, atol=0.02)


def test_there_are_notebooks() -> None:
    assert TEXTS


@notebooks
def test_both_forms_hold_the_same_cells(text: pathlib.Path) -> None:
    kept = nbformat.read(text.with_suffix(".ipynb"), as_version=4)
    assert cells(jupytext.read(text)) == cells(kept)
    assert all(cell.get("outputs") is not None for cell in kept.cells if cell.cell_type == "code")
    assert any(printed(kept.cells))


def test_drift_is_seen() -> None:
    shown = "REFUTED: ε is at least 1 (43 pairs)\nδ ≤ 0.31"
    assert not drift("REFUTED: ε is at least 1.1 (46 pairs)\nδ ≤ 0.311", shown)
    assert drift("SATISFIED: ε is at least 1 (43 pairs)\nδ ≤ 0.31", shown)
    assert drift("REFUTED: ε is at least 1 (43 pairs)\nδ ≤ 0.38", shown)
    assert drift("REFUTED: ε is at least 1 (43 pairs)", shown)


@notebooks
def test_it_runs_and_shows_what_it_shows(text: pathlib.Path) -> None:
    kept, fresh = nbformat.read(text.with_suffix(".ipynb"), as_version=4), jupytext.read(text)
    NotebookClient(fresh, timeout=300, kernel_name="python3").execute()
    pairs = zip(printed(fresh.cells), printed(kept.cells), strict=True)
    assert [pair for pair in pairs if drift(*pair)] == []
    assert drawn(fresh.cells) == drawn(kept.cells)
