"""The documentation: `pip install -e '.[docs]' && sphinx-build -W docs build/docs`; nothing is fetched.

One page for the library's face and one for each package, with what it re-exports, from the docstrings; the definitions
and theorems, from their registries; the notebooks, as committed. Mathematics becomes MathML, which browsers show
without any script.
"""

import importlib
import pathlib
import pkgutil
import re
import shutil
import sys
from typing import Any

import latex2mathml.converter
from docutils import nodes

import neverseen
from neverseen.formal.definitions._statements import STATEMENTS
from neverseen.formal.theorems import THEOREMS

HERE = pathlib.Path(__file__).parent
MADE = HERE / "made"
SHOWN: set[int] = set()
ROOMS = {
    "formal": "What must hold",
    "algorithms": "What is checked",
    "properties": "How it is decided",
}

project, author, copyright = "neverseen", "The neverseen authors", "The neverseen authors, Apache-2.0"
extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "myst_nb"]
exclude_patterns = ["build"]
html_theme = "alabaster"
html_math_renderer = "mathml"
default_role = "literal"
# A sidebar of every name on every page takes minutes.
toc_object_entries = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"
suppress_warnings = ["ref.python", "mystnb.unknown_mime_type", "myst.xref_missing"]


def mathematics(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Docstrings are Markdown as far as mathematics and single backticks go; here they become reStructuredText."""
    parts = re.split(r"(\n\s*\n)", "\n".join(lines))
    lines[:] = "".join(part if part.lstrip().startswith(">>>") else _prose(part) for part in parts).split("\n")


def _prose(text: str) -> str:
    # Without a colon of its own, napoleon takes what stands before the first one for a type.
    text = re.sub(r"(Returns|Yields):\n( +)", r"\1:\n\2: ", text)
    text = re.sub(r"^( *)\$\$(.+?)\$\$", _displayed, text, flags=re.S | re.M)
    text = re.sub(r"(?<![\\`$\w])\$([^$]+)\$(?!\w)", _inline, text)
    # A bar alone would start a substitution; those inside formulas and backticks stay.
    kept = re.split(r"(`[^`]+`|^ *\.\. math::\n\n.*$)", text, flags=re.M)
    return "".join(part if i % 2 else part.replace("|", "\\|") for i, part in enumerate(kept))


def _displayed(found: re.Match[str]) -> str:
    indent, formula = found.group(1), " ".join(found.group(2).split())
    return f"\n{indent}.. math::\n\n{indent}   {formula}\n\n{indent}"


def _inline(found: re.Match[str]) -> str:
    return f":math:`{' '.join(found.group(1).split())}`"


def packages(room: str) -> list[str]:
    """Packages and public modules of a room, the room itself first."""
    package = getattr(neverseen, room, None) or __import__(f"neverseen.{room}", fromlist=["x"])
    found = pkgutil.walk_packages(package.__path__, f"neverseen.{room}.")
    return [f"neverseen.{room}", *(m.name for m in found if not any(p.startswith("_") for p in m.name.split(".")))]


def offered(name: str) -> list[str]:
    """Functions and classes of ours that a package offers, or that a public module defines."""
    module = importlib.import_module(name)
    names = getattr(module, "__all__", None) or [n for n in vars(module) if n[0] != "_"]
    homes = {n: getattr(getattr(module, n), "__module__", None) or "" for n in names}
    own = "neverseen" if hasattr(module, "__path__") else name
    return sorted(n for n, home in homes.items() if home.startswith(own) and callable(getattr(module, n)))


def page(name: str, title: str, text: str) -> None:
    rule = "=" * len(title)
    (MADE / f"{name}.rst").write_text(f"{title}\n{rule}\n\n{text}\n", encoding="utf-8")


def write_pages(app: Any) -> None:
    """The pages that follow from the code."""
    shutil.rmtree(MADE, ignore_errors=True)
    MADE.mkdir()
    SHOWN.clear()
    _members("neverseen")
    for room, title in ROOMS.items():
        names = [name for name in packages(room) if _members(name)]
        listed = "".join(f"   {name}\n" for name in names)
        page(room, f"{title}: {room}", f".. toctree::\n   :maxdepth: 1\n\n{listed}")
    page("definitions", "Definitions", "".join(map(_definition, STATEMENTS.values())))
    page("theorems", "Theorems", "".join(map(_theorem, THEOREMS)))
    notebooks = sorted((HERE.parent / "notebooks").glob("*.ipynb"))
    for notebook in notebooks:
        shutil.copy(notebook, MADE / notebook.name)
    listed = "".join(f"   {notebook.stem}\n" for notebook in notebooks)
    page("notebooks", "Notebooks", f".. toctree::\n   :maxdepth: 1\n\n{listed}")


def _members(name: str) -> bool:
    """The page of a package: each object stands once, on the page of the first that offers it."""
    module = importlib.import_module(name)
    members = [member for member in offered(name) if id(getattr(module, member)) not in SHOWN]
    SHOWN.update(id(getattr(module, member)) for member in members)
    options = f"   :members: {', '.join(members)}\n   :imported-members:\n   :ignore-module-all:\n" if members else ""
    if members or name.count(".") < 2:
        page(name, name.removeprefix("neverseen."), f".. automodule:: {name}\n{options}")
        return True
    return False


def _definition(statement: Any) -> str:
    formula, _, where = _one_line(statement.latex()).partition(r" \quad \text{")
    where = _prose(where.removesuffix("}")) and f"{_prose(where.removesuffix('}'))}.\n\n"
    text = f"{statement.prose}\n\n.. math::\n\n   {formula}\n\n{where}"
    return _headed(
        f"{statement.title} ({statement.id})",
        f"{text}Never seen: {statement.unseen}. Cited as ``{', '.join(statement.citations)}``.",
    )


def _theorem(theorem: Any) -> str:
    formula, twin = (f".. math::\n\n   {_one_line(latex)}" for latex in (theorem.statement_latex, theorem.twin_latex))
    where = f"{theorem.hypotheses}; {_prose(theorem.statement.quantifiers())}."
    reach = theorem.solver.scope if theorem.solver else theorem.scope
    how = f"Settled by {', '.join(theorem.kinds)}: {reach}. Status: {theorem.status}. Source: {theorem.source}."
    parts = (formula, where.replace("|", "\\|"), how.replace("|", "\\|"), "False, and refuted:", twin)
    return _headed(f"{theorem.id}: {theorem.title}", "\n\n".join(parts))


def _headed(head: str, text: str) -> str:
    return f"{head}\n{'-' * len(head)}\n\n{text}\n\n"


def _one_line(latex: str) -> str:
    return " ".join(latex.split())


def _mathml(self: Any, node: nodes.math | nodes.math_block) -> None:
    block = isinstance(node, nodes.math_block)
    made = latex2mathml.converter.convert(node.astext(), display="block" if block else "inline")
    self.body.append(f"<div class='math'>{made}</div>" if block else made)
    raise nodes.SkipNode


def setup(app: Any) -> None:
    sys.setrecursionlimit(10_000)
    app.add_html_math_renderer("mathml", (_mathml, None), (_mathml, None))
    app.connect("builder-inited", write_pages)
    # Before napoleon, whose sections would be split by what a display formula becomes.
    app.connect("autodoc-process-docstring", mathematics, priority=100)
