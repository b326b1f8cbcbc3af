"""What the Coq files say, read off their text: theorems, statements, what each file requires."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

FOLDER = Path(__file__).parent

LIBRARY = "neverseen"
"""Under which name the files require each other."""

_COMMENT = re.compile(r"\(\*(?!\*\s)(?:(?!\(\*|\*\)).)*\*\)", re.DOTALL)
_ANY_COMMENT = re.compile(r"\(\*(?:(?!\(\*|\*\)).)*\*\)", re.DOTALL)
_REQUIRES = re.compile(rf"^From {LIBRARY} Require Import ([\w\s]+)\.$", re.MULTILINE)
_THEOREM = re.compile(
    r"(?:\(\*\*\s(?P<words>(?:(?!\*\)).)*)\*\)\s*)?^Theorem (?P<text>(?P<name>\w+).*?)\.$", re.S | re.M
)
_ID = re.compile(r"([TF]\d+[a-z]?)(?:_(\w+))?")
_HOLES = re.compile(
    r"\b(Admitted|admit|give_up|Axioms?|Parameters?|Conjectures?|bypass_check|Unset\s+\w+\s+Checking|type_in_type)\b"
)
_ASSUMED = re.compile(r"^\s*(Variables?|Hypothes[ie]s|Context)\b", re.MULTILINE)


@dataclass(frozen=True)
class CoqTheorem:
    """A theorem as a Coq file states it.

    Args:
        name: its name in Coq.
        id: the id in `THEOREMS` that it proves or says more of: "T3" of `T3`, `T3_twin` and `T3_eps`; "" for others.
        role: "" for the statement itself; else what follows the id, such as "twin": a sharper statement refuted by
            an example, or "attained": an example of equality.
        file: the file's name.
        statement: as written, without the variables of the section around it (`CoqProof.closed` has them).
        words: what the comment before it says.

    >>> next(each for each in coq_theorems() if each.name == "F1").file
    'Closeness.v'
    """

    name: str
    id: str
    role: str
    file: str
    statement: str
    words: str


def files(folder: Path = FOLDER) -> dict[str, str]:
    """The text of every Coq file, by its name; one that requires another comes after it.

    Raises:
        ValueError: two require each other, or one requires what is not there.

    >>> next(iter(files()))
    'Closeness.v'
    """
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.v"))}
    needs = {name: required(text) for name, text in texts.items()}
    for name, others in needs.items():
        for lacking in sorted(others - set(texts)):
            raise ValueError(f"{name}: requires {lacking}, which is not there")
    return {name: texts[name] for name in TopologicalSorter(needs).static_order()}


def required(text: str) -> set[str]:
    """The files of ours that a file requires.

    >>> sorted(required("From neverseen Require Import Laws Chains."))
    ['Chains.v', 'Laws.v']
    """
    return {f"{name}.v" for found in _REQUIRES.findall(text) for name in found.split()}


def theorems_in(name: str, text: str) -> Iterator[CoqTheorem]:
    """The theorems of one file, in its order.

    >>> [found] = theorems_in("A.v", "(** Nothing less. *)\\nTheorem T3_twin a :\\n  a <= a.\\nProof. by []. Qed.")
    >>> found.id, found.role, found.statement, found.words
    ('T3', 'twin', 'T3_twin a : a <= a', 'Nothing less.')
    """
    for match in _THEOREM.finditer(_COMMENT.sub("", text)):
        known = _ID.fullmatch(match["name"])
        number, role = (known[1], known[2] or "") if known else ("", "")
        statement = " ".join(_ANY_COMMENT.sub("", match["text"]).split())
        yield CoqTheorem(match["name"], number, role, name, statement, " ".join((match["words"] or "").split()))


def coq_theorems(folder: Path = FOLDER) -> tuple[CoqTheorem, ...]:
    """Every theorem of the Coq files, read off their text: Coq is not needed, and nothing is proved.

    Args:
        folder: where the files lie.

    Returns:
        The theorems, a file after those that it requires.

    Raises:
        ValueError: files require each other, or what is not there.

    >>> [each.name for each in coq_theorems() if each.id == "F1" and not each.role]
    ['F1']
    """
    return tuple(theorem for name, text in files(folder).items() for theorem in theorems_in(name, text))


def holes(text: str) -> tuple[str, ...]:
    """What a file takes for granted or leaves unproved: axioms, admitted proofs, assumptions outside a section.

    >>> holes("Lemma a : False. Admitted."), holes("(* no Axiom *) Section A.\\nVariable b : nat.\\nEnd A.")
    (('Admitted',), ())
    """
    plain = _ANY_COMMENT.sub("", _ANY_COMMENT.sub("", text))
    return tuple(dict.fromkeys([*_HOLES.findall(plain), *_outside(plain)]))


def _outside(plain: str) -> Iterator[str]:
    depth = 0
    for line in plain.splitlines():
        depth += len(re.findall(r"^\s*Section \w+\.", line)) - len(re.findall(r"\bEnd \w+\.", line))
        if depth <= 0 and (found := _ASSUMED.search(line)):
            yield found[1]


def digest_input(texts: Mapping[str, str]) -> str:
    """All files as one text, for a digest of what was proved.

    >>> digest_input({"A.v": "a", "B.v": "b"})
    'A.v\\na\\nB.v\\nb\\n'
    """
    return "".join(f"{name}\n{text}\n" for name, text in texts.items())
