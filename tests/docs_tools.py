"""The code in README and docs: its blocks, in order, with what stands above each."""

import contextlib
import dataclasses
import io
import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SLOW = {"docs/choose.md", "docs/your_network.md"}
"""Pages whose code takes seconds: it runs in `tests/stages/test_doc_code.py`."""

_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.S | re.M)


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced block: its language ("" for none), and its text."""

    language: str
    text: str


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page; Sphinx's own directives are none."""
    return [Block(*found.groups()) for found in _FENCE.finditer(page) if not found.group(1).startswith("{")]


def run(page: str, name: str) -> int:
    """Run the Python blocks of a page in one namespace, and compare what each prints with a `text` block after it.

    Returns:
        How many blocks ran.
    """
    space: dict[str, object] = {"__name__": f"page_{name}"}
    ran, printed = 0, ""
    for block in blocks(page):
        if block.language == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(block.text, f"{name}, block {ran + 1}", "exec"), space)
            ran, printed = ran + 1, out.getvalue()
        elif block.language == "text":
            assert printed == block.text, f"{name}: block {ran} prints {printed!r}, and the page says {block.text!r}"
    return ran


def commands(page: str) -> list[list[str]]:
    """The calls of `neverseen` in a page: in its shell blocks, and in its text between backticks; not those with …."""
    lines = [line for block in blocks(page) if block.language == "sh" for line in re.split(r"\n|&&", block.text)]
    prose = _FENCE.sub("", page)
    lines += [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose)]
    calls = [re.sub(r'^eval "\$\((.*)\)"$', r"\1", line.strip()) for line in lines]
    return [shlex.split(call)[1:] for call in calls if call.startswith("neverseen ") and "…" not in call]
