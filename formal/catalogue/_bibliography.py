"""references.bib, read with a strict parser: one field per line, so that a slip is an error and not a loss."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FILE = Path(__file__).parents[1] / "references.bib"

_HEAD = re.compile(r"@(\w+)\{([\w-]+),")
_FIELD = re.compile(r"\s+(\w+) = \{(.+)\},")
_REQUIRED = ("author", "title", "year")


def parse(text: str) -> dict[str, dict[str, str]]:
    """Key → fields of every entry of a BibTeX text.

    Args:
        text: entries of the form `@misc{key,`, lines `  field = {value},`, a line `}`; `%` starts a comment.

    Raises:
        ValueError: a line of another form, a key given twice, or an entry without author, title or year.

    >>> parse("@misc{a2020,\\n  author = {A, B},\\n  title = {T},\\n  year = {2020},\\n}\\n")["a2020"]["title"]
    'T'
    """
    found: dict[str, dict[str, str]] = {}
    key = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("%"):
            continue
        if (head := _HEAD.fullmatch(line)) and not key and head[2] not in found:
            key = head[2]
            found[key] = {}
        elif (field := _FIELD.fullmatch(line)) and key:
            found[key][field[1]] = field[2]
        elif line == "}" and key:
            key = _closed(key, found[key])
        else:
            raise ValueError(f"references.bib, line {number}: not a new entry, a field or its end: {line!r}")
    if key:
        raise ValueError(f"references.bib, entry {key}: it has no end, add a line with }}")
    return found


def _closed(key: str, fields: dict[str, str]) -> str:
    missing = [name for name in _REQUIRED if name not in fields]
    if missing:
        raise ValueError(f"references.bib, entry {key}: {', '.join(missing)} missing, add it")
    return ""


@cache
def bibliography() -> dict[str, dict[str, str]]:
    """The entries of the library's references.bib.

    >>> bibliography()["feldman2020"]["eprint"]
    '1906.05271'
    """
    return parse(FILE.read_text(encoding="utf-8"))


def cite(key: str) -> str:
    """Author, year and, where it is known, the arXiv id or else the DOI.

    Raises:
        ValueError: references.bib has no such key.

    >>> cite("neel2021"), cite("cao2015"), cite("ville1939")
    ('Neel et al. 2021 (arXiv 2007.02923)', 'Cao & Yang 2015 (doi 10.1109/SP.2015.35)', 'Ville 1939')
    """
    if key not in bibliography():
        raise ValueError(f"citation {key!r} is not in references.bib; add it there")
    entry = bibliography()[key]
    names = [author.partition(",")[0] for author in entry["author"].split(" and ")]
    who = names[0] if len(names) == 1 else " & ".join(names)
    who = f"{names[0]} et al." if len(names) > 2 or "others" in names else who
    ids = [f" ({name} {entry[field]})" for field, name in (("eprint", "arXiv"), ("doi", "doi")) if field in entry]
    return f"{who} {entry['year']}{''.join(ids[:1])}"
