"""Notebooks: the text form and the one with outputs say the same, and it runs."""

import pathlib

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = pathlib.Path(__file__).parent.parent / "notebooks"
TEXTS = sorted(FOLDER.glob("*.py"))
notebooks = pytest.mark.parametrize("text", TEXTS, ids=[path.stem for path in TEXTS])


def cells(notebook: nbformat.NotebookNode) -> list[tuple[str, str]]:
    """The kind and source of each cell."""
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def printed(notebook: nbformat.NotebookNode) -> list[str]:
    """What the cells printed, verdicts and all."""
    return [out.text for cell in notebook.cells for out in cell.get("outputs", []) if out.output_type == "stream"]


def test_there_are_notebooks() -> None:
    assert TEXTS


@notebooks
def test_both_forms_hold_the_same_cells(text: pathlib.Path) -> None:
    kept = nbformat.read(text.with_suffix(".ipynb"), as_version=4)
    assert cells(jupytext.read(text)) == cells(kept)
    assert all(cell.get("outputs") is not None for cell in kept.cells if cell.cell_type == "code")
    assert printed(kept)


@notebooks
def test_it_runs_and_reaches_the_verdicts_it_shows(text: pathlib.Path) -> None:
    kept = nbformat.read(text.with_suffix(".ipynb"), as_version=4)
    fresh = jupytext.read(text)
    NotebookClient(fresh, timeout=300, kernel_name="python3").execute()
    words = ("SATISFIED", "REFUTED", "INCONCLUSIVE")
    found, shown = ([[w for w in words if w in line] for line in printed(n)] for n in (fresh, kept))
    assert found == shown
