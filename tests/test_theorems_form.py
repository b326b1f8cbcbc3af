"""The form of every theorem: fields filled, a source that can be found, LaTeX, a twin one operand or operator away."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import replace
from itertools import accumulate

import pytest
import sympy as sp
from file_tools import ROOT, listed

from neverseen.formal.catalogue import bibliography
from neverseen.formal.theorems import THEOREMS, Sentence, Theorem

every = pytest.mark.parametrize("theorem", THEOREMS, ids=lambda theorem: theorem.id)


def tokens(sentence: Sentence) -> list[str]:
    """The words of a statement."""
    return re.findall(r"\w+|[^\w\s]", f"{sp.sstr(sentence.given)} {sp.sstr(sentence.conclusion)}")


def changes(left: list[str], right: list[str]) -> int:
    """How many words one text has that the other has not, wherever they stand."""
    first, second = Counter(left), Counter(right)
    return max((first - second).total(), (second - first).total())


@every
def test_twin_is_a_small_edit(theorem: Theorem) -> None:
    # One operand or operator: as SymPy writes it out, a few words, TV(P, Q) being three and ∂/∂x one.
    edits = changes(tokens(theorem.statement), tokens(theorem.twin_statement))
    assert edits <= 12
    assert theorem.statement.digest != theorem.twin_statement.digest
    assert theorem.statement.ranges == theorem.twin_statement.ranges


def test_two_edits_or_a_long_one_are_seen() -> None:
    assert changes(["a", "<", "b"], ["a", "<=", "b"]) == 1
    assert changes(["a", "<", "b"], ["c", "<", "d"]) == 2
    assert changes(["a"], ["a", "+", "b", "+", "c"]) == 4


@every
def test_all_that_a_statement_speaks_of_is_printed_and_digested(theorem: Theorem) -> None:
    sentence = theorem.statement
    printed = sentence.latex()
    for relation in sentence.relations:
        for symbol in relation.free_symbols:
            bare = sp.latex(symbol, symbol_names=sentence.names)
            assert bare in printed or sp.latex(symbol**2, symbol_names=sentence.names) in printed
    assert sp.sstr(sentence.conclusion) in sentence.canonical
    assert replace(sentence, given=sp.Eq(sp.Symbol("y"), 1)).digest != sentence.digest
    assert replace(sentence, ranges=(*sentence.ranges, sp.Symbol("y") > 0)).digest != sentence.digest


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
    lost = {name: words for name, words in lost.items() if words}
    assert not lost, f"{lost}: cite a work of references.bib, or the function whose docstring is the proof"


HERE = "formal/theorems/_distances.py"


@pytest.mark.parametrize(
    ("source", "lost"),
    [
        ("Feldman 2020 (arXiv 1906.05271), Prop. 1", []),
        (f"the mechanism of Warner 1965 (doi 10.1080/01621459.1965.10480775); proof in {HERE}: _chain", []),
        ("definitions.md T2", ["definitions.md", "no work and no place"]),
        ("shared/statistics.md §5; Feldman 2020 (arXiv 1906.05271)", ["shared/statistics.md"]),
        ("Nobody 2020 (arXiv 2001.00000)", ["2001.00000"]),
        ("textbook", ["no work and no place"]),
        ("Feldman 2020", ["no work and no place"]),
        (f"proof in {HERE}: _t3_says", [f"{HERE}: _t3_says"]),  # a function that says nothing
        (f"proof in {HERE}: _t99", [f"{HERE}: _t99"]),
        ("proof in formal/theorems/_gone.py: _chain", ["formal/theorems/_gone.py"]),
    ],
)
def test_a_source_that_leads_nowhere_is_named(source: str, lost: list[str]) -> None:
    assert unsourced(source, frozenset({HERE})) == lost


TYPED = re.compile(r"\\Phi|\\sqrt\\kappa|H_\\gamma|H_\{e|\\mathrm\{TV\}|\\delta\(\\varepsilon|\\approx.*\\Rightarrow")


def test_no_formula_of_a_theorem_is_typed_in_a_notebook_or_in_the_docs() -> None:
    sources = [*(ROOT / "notebooks").glob("*.py"), *(ROOT / "docs").glob("*.md"), ROOT / "docs" / "conf.py"]
    assert len(sources) > 9
    assert [path.name for path in sources if TYPED.search(path.read_text(encoding="utf-8"))] == []
    assert sum(bool(TYPED.search(theorem.statement_latex)) for theorem in THEOREMS) > 10
    assert {path.name: copied(path.read_text(encoding="utf-8")) for path in sources} == {p.name: set() for p in sources}


def copied(page: str, least: int = 24) -> set[str]:
    """The theorems of whose printing a page's formulas repeat so many characters: more than notation takes."""
    lines = [re.sub(r"[\s#]", "", math) for math in re.findall(r"\$\$?(.+?)\$\$?", page, re.DOTALL)]
    seen = {line[i : i + least] for line in lines for i in range(len(line) - least + 1)}
    printed = {theorem.id: re.sub(r"\s", "", theorem.statement_latex) for theorem in THEOREMS}
    return {
        id for id, text in printed.items() if any(text[i : i + least] in seen for i in range(len(text) - least + 1))
    }


def test_a_theorem_copied_to_a_page_is_named() -> None:
    for theorem in THEOREMS:
        if len(re.sub(r"\s", "", theorem.statement_latex)) >= 24:
            assert theorem.id in copied(f"# one sees that\n# $${theorem.statement_latex}$$, as claimed")
