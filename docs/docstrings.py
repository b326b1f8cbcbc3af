"""Docstrings are Markdown as far as mathematics and single backticks go; here they become reStructuredText."""

import re
from typing import Any


def mathematics(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """What Sphinx calls with the lines of a docstring."""
    parts = re.split(r"(\n\s*\n)", "\n".join(lines))
    lines[:] = "".join(part if part.lstrip().startswith(">>>") else prose(part) for part in parts).split("\n")


def prose(text: str) -> str:
    """A paragraph: formulas, and bars that are no substitutions."""
    # Without a colon of its own, napoleon takes what stands before the first one for a type.
    text = re.sub(r"(Returns|Yields):\n( +)", r"\1:\n\2: ", text)
    # A letter and a full stop are no numbered list: "remover: U."
    text = re.sub(r"(: )([A-Z])\.(?=\s|$)", r"\1\2\\.", text)
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
