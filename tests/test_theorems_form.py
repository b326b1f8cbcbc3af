"""The form of every theorem: fields filled, a source that can be found, LaTeX, a twin one operand or operator away."""

from __future__ import annotations

import ast
import inspect
import io
import re
import token
import tokenize
from difflib import SequenceMatcher
from itertools import accumulate
from typing import Any

import pytest
from file_tools import ROOT, listed

from neverseen.formal.catalogue import bibliography
from neverseen.formal.theorems import THEOREMS, Theorem

every = pytest.mark.parametrize("theorem", THEOREMS, ids=lambda theorem: theorem.id)


def tokens(claim: Any) -> list[str]:
    """The words of a function's source, without `def` and its name."""
    source = io.StringIO(inspect.getsource(claim)).readline
    kinds = (token.NAME, token.NUMBER, token.OP)
    return [t.string for t in tokenize.generate_tokens(source) if t.type in kinds][2:]


def changes(left: list[str], right: list[str]) -> list[int]:
    """The sizes of the places in which two sources differ, in tokens."""
    codes = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    return [max(b - a, d - c) for kind, a, b, c, d in codes if kind != "equal"]


@every
def test_twin_is_one_operand_or_operator_away(theorem: Theorem) -> None:
    sizes = changes(tokens(theorem.claim), tokens(theorem.twin_claim))
    assert len(sizes) == 1
    assert sizes[0] <= 3  # `c.tau` is three tokens


def test_two_edits_or_a_long_one_are_seen() -> None:
    assert changes(["a", "<", "b"], ["a", "<=", "b"]) == [1]
    assert changes(["a", "<", "b"], ["c", "<", "d"]) == [1, 1]
    assert changes(["a"], ["a", "+", "b", "+", "c"]) == [4]


@every
def test_every_field_is_filled_and_the_latex_balances(theorem: Theorem) -> None:
    for text in (theorem.title, theorem.hypotheses, theorem.status, theorem.source, theorem.scope):
        assert text.strip()
    for latex in (theorem.statement_latex, theorem.twin_latex):
        depths = list(accumulate((ch == "{") - (ch == "}") for ch in latex.replace(r"\{", "").replace(r"\}", "")))
        assert depths[-1] == 0
        assert min(depths) >= 0
        assert "$" not in latex
    assert theorem.statement_latex != theorem.twin_latex


def proves(file: str, name: str) -> bool:
    """Whether a function of a module has a docstring: the place where a proof is."""
    body = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
    return any(isinstance(node, ast.FunctionDef) and node.name == name and ast.get_docstring(node) for node in body)


def unsourced(source: str, shipped: frozenset[str]) -> list[str]:
    """What a reader of a source looks for in vain: a file, a work, the place of a proof."""
    works = re.findall(r"\((?:arXiv|doi) ([^)]+)\)", source)
    places = re.findall(r"([\w/.-]+\.py): (\w+)", source)
    files = [name for name in re.findall(r"[\w/.-]*\w\.[a-z]+\b", source) if name not in shipped]
    known = {entry[field] for entry in bibliography().values() for field in ("eprint", "doi") if field in entry}
    lost = [f"{file}: {name}" for file, name in places if file in shipped and not proves(file, name)]
    nothing = [] if works or places else ["no work and no place"]
    return files + [work for work in works if work not in known] + lost + nothing


def test_every_source_can_be_found() -> None:
    shipped = frozenset(path.as_posix() for path in listed("--cached", "--others", "--exclude-standard"))
    lost = {theorem.id: unsourced(theorem.source, shipped) for theorem in THEOREMS}
    assert {name: words for name, words in lost.items() if words} == {}


HERE = "formal/theorems/_distances.py"


@pytest.mark.parametrize(
    ("source", "lost"),
    [
        ("Feldman 2020 (arXiv 1906.05271), Prop. 1", []),
        (f"the mechanism of Warner 1965 (doi 10.1080/01621459.1965.10480775); proof in {HERE}: _t3", []),
        ("definitions.md T2", ["definitions.md", "no work and no place"]),
        ("shared/statistics.md §5; Feldman 2020 (arXiv 1906.05271)", ["shared/statistics.md"]),
        ("Nobody 2020 (arXiv 2001.00000)", ["2001.00000"]),
        ("textbook", ["no work and no place"]),
        ("Feldman 2020", ["no work and no place"]),
        (f"proof in {HERE}: _t3_twin", [f"{HERE}: _t3_twin"]),  # a function that says nothing
        (f"proof in {HERE}: _t99", [f"{HERE}: _t99"]),
        ("proof in formal/theorems/_gone.py: _t3", ["formal/theorems/_gone.py"]),
    ],
)
def test_a_source_that_leads_nowhere_is_named(source: str, lost: list[str]) -> None:
    assert unsourced(source, frozenset({HERE})) == lost
