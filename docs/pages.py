"""The pages that follow from the code: definitions and theorems, the command line, the public names, the notebooks."""

import argparse
import importlib
import inspect
import json
import pathlib
import pkgutil
import re
import shutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from docstrings import prose
from sphinx.pycode import ModuleAnalyzer

import neverseen
from neverseen.formal._public import public_names
from neverseen.formal.definitions import STATEMENTS
from neverseen.formal.definitions._withdrawn import WITHDRAWN
from neverseen.formal.theorems import THEOREMS
from neverseen.properties.cli._main import commands, parser

HERE = pathlib.Path(__file__).parent
MADE = HERE / "made"
CITED = ("definitions", "closeness", "laws", "theorems", "distributional", "catalogue")
"""Rooms of `neverseen.formal` whose names people cite, and notebooks import."""


def write_pages(app: Any) -> None:
    """All of them, anew."""
    shutil.rmtree(MADE, ignore_errors=True)
    MADE.mkdir()
    withdrawn = "".join(_withdrawn(name, why) for name, why in WITHDRAWN.items())
    page("definitions", "Definitions", "".join(map(_definition, STATEMENTS.values())) + withdrawn)
    page("theorems", "Theorems", "".join(map(_theorem, THEOREMS)))
    page("command_line", "Command line", "".join(_commands()))
    _names()
    notebooks = sorted((HERE.parent / "notebooks").glob("*.ipynb"))
    for notebook in notebooks:
        (MADE / notebook.name).write_text(_placed(notebook.read_text(encoding="utf-8")), encoding="utf-8")
    _contents("notebooks", "Notebooks", [notebook.stem for notebook in notebooks])


def _placed(text: str) -> str:
    """A notebook one folder further down; where a formula ends in words with formulas in them, the words follow it."""
    notebook = json.loads(text.replace("](../", "](../../"))
    shown = [out["data"] for cell in notebook["cells"] for out in cell.get("outputs", []) if "data" in out]
    for data in shown:
        if "text/markdown" in data:
            words = "".join(data["text/markdown"])
            data["text/markdown"] = re.sub(r" *\\quad \\text\{(.*?)\}\$\$", r"$$\n\n\1", words, flags=re.S)
    return json.dumps(notebook)


def page(name: str, title: str, text: str) -> None:
    rule = "=" * len(title)
    (MADE / f"{name}.rst").write_text(f"{title}\n{rule}\n\n{text}\n", encoding="utf-8")


def _contents(name: str, title: str, names: list[str], before: str = "") -> None:
    listed = "".join(f"   {one}\n" for one in names)
    page(name, title, f"{before}.. toctree::\n   :maxdepth: 1\n\n{listed}")


def _headed(head: str, text: str, anchor: str = "") -> str:
    target = f".. _{anchor}:\n\n" if anchor else ""
    return f"{target}{head}\n{'-' * len(head)}\n\n{text}\n\n"


def _one_line(latex: str) -> str:
    return " ".join(latex.split())


def _definition(statement: Any) -> str:
    formula, _, where = _one_line(statement.latex()).partition(r" \quad \text{")
    where = prose(where.removesuffix("}")) and f"{prose(where.removesuffix('}'))}.\n\n"
    text = f"{statement.prose}\n\n.. math::\n\n   {formula}\n\n{where}Never seen: {statement.unseen}. "
    text += f"Digest ``{statement.digest}``. Cite as ``{statement.id}``; sources: {statement.source}."
    title = statement.title[0].upper() + statement.title[1:]
    return _headed(f"{title} ({statement.id})", text, statement.id)


def _withdrawn(name: str, why: str) -> str:
    return _headed(f"Withdrawn: {name}", f"No longer asked for: {why}.", name)


def _theorem(theorem: Any) -> str:
    formula, twin = (f".. math::\n\n   {_one_line(latex)}" for latex in (theorem.statement_latex, theorem.twin_latex))
    where = f"{theorem.hypotheses}; {prose(theorem.statement.quantifiers())}."
    reach = theorem.solver.scope if theorem.solver else theorem.scope
    how = f"Settled by {', '.join(theorem.kinds)}: {reach}. Status: {theorem.status}. Source: {theorem.source}."
    parts = (formula, where.replace("|", "\\|"), how.replace("|", "\\|"), "False, and refuted:", twin)
    return _headed(f"{theorem.id}: {theorem.title}", "\n\n".join(parts), theorem.id.lower())


def _commands() -> Iterator[str]:
    """A section for each command: its usage, arguments and statuses, as `--help` has them."""
    every = parser()
    yield every.format_help().partition("\n\n")[2].partition("positional arguments")[0].strip() + "\n\n"
    yield f"::\n\n{_indented((every.epilog or '').strip())}\n\n"
    actions = [one for one in every._actions if isinstance(one, argparse._SubParsersAction)]
    for command in commands():
        made = actions[0].choices[command.name]
        made.prog = f"neverseen {command.name}"
        yield _headed(f"neverseen {command.name}", f"::\n\n{_indented(made.format_help())}", f"command-{command.name}")


def _indented(text: str) -> str:
    return "\n".join(f"   {line}" if line else "" for line in text.splitlines())


def _names() -> None:
    """The library's face, then each module that it offers, then the rooms of definitions and theorems."""
    modules = [name for name in neverseen.__all__ if inspect.ismodule(getattr(neverseen, name))]
    own = [name for name in neverseen.__all__ if name not in modules and name != "__version__"]
    _module("neverseen", sorted(own, key=lambda name: inspect.isclass(getattr(neverseen, name))))
    made = ["neverseen"]
    rooms = {f"ns.{name}": getattr(neverseen, name) for name in modules}
    rooms |= {f"neverseen.formal.{name}": importlib.import_module(f"neverseen.formal.{name}") for name in CITED}
    for title, module in rooms.items():
        _module(module.__name__, _of(module), title)
        made.append(module.__name__)
    said = "What is written here is promised; anything else may change without a word. ``import neverseen as ns``.\n\n"
    _contents("api", "Public names", made, said)


def _of(module: ModuleType) -> list[str]:
    """What a module offers and `neverseen` itself does not: each object stands once."""
    face = {id(getattr(neverseen, name)) for name in neverseen.__all__}
    return [name for name in public_names(module) if id(getattr(module, name)) not in face]


def _module(name: str, names: list[str], title: str = "") -> None:
    module = importlib.import_module(name)
    text = "".join(
        _entry(name, one, getattr(module, one)) for one in names if not inspect.ismodule(getattr(module, one))
    )
    page(name, title or name, f"{inspect.getdoc(module)}\n\n.. py:module:: {name}\n\n{text}")


def _entry(module: str, name: str, value: Any) -> str:
    """A name under a heading of its own, so that the page's contents list it."""
    if inspect.isclass(value):
        return _headed(name, f".. autoclass:: {module}.{name}\n   :members:\n")
    if inspect.isroutine(value):
        return _headed(name, f".. autofunction:: {module}.{name}\n")
    return _headed(name, f".. py:data:: {module}.{name}\n\n   {prose(_said(module, name))}\n")


def _said(module: str, name: str) -> str:
    """The line under an assignment, where it is made; the names in a table where there is none."""
    package = module if hasattr(importlib.import_module(module), "__path__") else module.rpartition(".")[0]
    inside = pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}.")
    for home in (module, *(one.name for one in inside)):
        lines = ModuleAnalyzer.for_module(home).find_attr_docs().get(("", name))
        if lines:
            return " ".join(line for line in lines if line)
    return _shown(getattr(importlib.import_module(module), name))


def _shown(value: Any) -> str:
    """What a value without a line of its own is: the names that it holds, or itself."""
    if isinstance(value, dict | tuple | frozenset) and not isinstance(value, str):
        names = [str(getattr(one, "name", None) or getattr(one, "id", one)) for one in value]
        return f"One of: {', '.join(f'`{name}`' for name in names)}."
    return f"`{value}`"
