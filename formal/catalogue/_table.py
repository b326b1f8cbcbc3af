"""The catalogue as a Markdown table, from the same entries that decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ._bibliography import cite
from ._entries import Entry

_HEADS = ("id", "title", "notion", "why", "mapped by", "sources")


def table(entries: Mapping[str, Entry] | Iterable[Entry]) -> str:
    r"""A Markdown table of entries, one row each.

    Args:
        entries: one of `SETTINGS`, `TOPICS`, `ALGORITHMS`, `METRICS`, or any entries.

    Raises:
        ValueError: a citation that references.bib lacks.

    >>> print(table([Entry("a|b", "A", "both", "Because.", ("cao2015",))]))
    | id | title | notion | why | mapped by | sources |
    | --- | --- | --- | --- | --- | --- |
    | a\|b | A | both | Because. | ours | Cao & Yang 2015 (doi 10.1109/SP.2015.35) |
    """
    rows = entries.values() if isinstance(entries, Mapping) else entries
    lines = [_line(_HEADS), _line(["---"] * len(_HEADS)), *(_line(_cells(entry)) for entry in rows)]
    return "\n".join(lines)


def _cells(entry: Entry) -> list[str]:
    sources = "; ".join(cite(key) for key in entry.citations)
    return [entry.id, entry.title, entry.notion, entry.why, entry.mapped_by, sources]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
