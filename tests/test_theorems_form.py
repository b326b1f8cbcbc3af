"""The form of every theorem: fields filled, LaTeX balanced, and a twin one operand or operator away."""

from __future__ import annotations

import inspect
import io
import token
import tokenize
from difflib import SequenceMatcher
from itertools import accumulate
from typing import Any

import pytest

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
