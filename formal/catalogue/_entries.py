"""What the catalogue holds: one frozen entry for each setting, algorithm and metric."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Notion = Literal["untraining", "unlearning", "both"]
Mapping = Literal["2604.07962", "ours"]


@dataclass(frozen=True)
class Entry:
    """A setting, an algorithm or a metric, with the notion it belongs to.

    Args:
        id: permanent name, lower case with hyphens.
        title: as people call it.
        notion: "untraining", "unlearning" or "both".
        why: one sentence.
        citations: keys of references.bib.
        mapped_by: whose mapping: "2604.07962", which maps settings and the works they cite, or "ours".

    >>> Entry("u-lira", "U-LiRA", "untraining", "It asks about the rows of S.", ("hayes2024",)).mapped_by
    'ours'
    """

    id: str
    title: str
    notion: Notion
    why: str
    citations: tuple[str, ...] = ()
    mapped_by: Mapping = "ours"

    def judges(self, notion: str) -> bool:
        """Whether the entry belongs to this notion, alone or with the other."""
        return self.notion in (notion, "both")


def by_id(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Id → entry, in the order given; `ValueError` for an id given twice.

    >>> list(by_id([Entry("a", "A", "both", "…"), Entry("b", "B", "both", "…")]))
    ['a', 'b']
    """
    found: dict[str, Entry] = {}
    for entry in entries:
        if entry.id in found:
            raise ValueError(f"catalogue id {entry.id!r} is given twice: rename one")
        found[entry.id] = entry
    return found
