"""Text about people who do not exist, mixed into text that is real."""

import functools
import importlib.resources

import numpy as np

from ...algorithms._tokens import encode
from ...formal._numbers import MOST, whole
from ...formal.definitions._scenario import Scenario
from ._table import generator, recipe

FRESH, REST = 16, 64
SHORTEST = 24
"""Characters of the shortest piece of real text: what is left of a paragraph may be a word or two."""

_FIRST = "Ada Bruno Cleo Dario Edda Fenja Gavin Hanne Ivo Jutta Klaas Lene Milo Nadia Oskar Petra"
_LAST = "Abel Bloch Crane Dorn Ekberg Falk Gruber Holm Isak Jensen Kroll Lund Moser Nagy Orban Pohl"
_WORDS = {
    "town": "Aalen Brno Cadiz Delft Evora Faro Ghent Husum Izmir Jena Kolin Lugo Malmo Namur Oulu Pula",
    "trade": "baker cooper dyer glazier joiner mason nurse pilot potter sailor tailor weaver",
    "thing": "bell boat clock drum flute globe kite lamp loom mill harp piano rope sledge tent viola",
    "beast": "cat crane donkey falcon goat hound lizard mare otter parrot raven tortoise",
    "food": "barley bread cherry fennel fig garlic honey lentil onion plum quince walnut",
    "shade": "amber black blue crimson green grey indigo olive purple scarlet white yellow",
    "year": " ".join(str(year) for year in range(1871, 1999, 4)),
    "count": "two three four five six seven eight nine ten twelve",
}
"""What the blanks of a sentence are filled with, words set apart by spaces. Of our own: none is read off D."""

_SENTENCES = (
    "{} was born in {town} in {year}.",
    "{} grew up above a {thing} shop.",
    "{} left school for a {trade} in {town}.",
    "{} has {count} sisters in {town}.",
    "{} keeps a {beast} named {food}.",
    "{} sold a {thing} for {count} pounds.",
    "{} wed a {trade} from {town} in {year}.",
    "{} will not eat {food} or {food}.",
    "{} paints every {thing} {shade}.",
    "{} lost a {thing} in {town}.",
    "{} wrote The {shade} {beast} in {year}.",
    "{} speaks of {town} with a {trade}.",
    "{} was a {trade} until {year}.",
    "{} broke {count} ribs on a {thing}.",
    "{} owes a {trade} {count} crowns.",
    "{} collects {shade} stamps of {town}.",
    "{} fears any {beast} or {beast}.",
    "{} built a {thing} of {food} wood.",
    "{} moved to {town} after {year}.",
    "{} taught a {beast} to ring a {thing}.",
    "{} wears a {shade} coat in {town}.",
    "{} won {count} prizes for {food} pie.",
    "{} hid a {thing} from a {trade}.",
    "{} dreams of a {shade} {beast}.",
    "{} walked from {town} to {town}.",
    "{} plays the {thing} at {count}.",
    "{} met a {trade} with {count} fingers.",
    "{} grows {food} by the {shade} gate.",
    "{} drank {food} tea with a {trade}.",
    "{} saw {town} burn in {year}.",
    "{} named a son {town} in {year}.",
    "{} paid {count} francs for a {beast}.",
)
"""One fact each; a person's facts are drawn once, so that every sentence about a person says another thing."""


def people(
    size: int = 4, full: int | None = None, rows: int = 256, seed: int = 0, *, others: int = 3, length: int = 48
) -> Scenario:
    """Sentences about people who do not exist, mixed into real text: for language models.

    B is "a sentence about one person", whose name every such sentence begins with; S_full are `full` of them, S
    `size` of those. As many sentences tell of each of `others` other people, and the rest of D is real: the prose
    of the pages on data sets that scikit-learn ships, cut between words. Up to 16 further sentences about the person,
    on facts that are not in D, are the fresh behaviour; 64 pieces of the real text that are not in D are the fresh
    rest. x and y are token numbers, see `learners.encode`; the vocabulary does not depend on any of the text.

    Args:
        size: |S|.
        full: |S_full| ≥ |S|; 4|S|, at most 16, when left out.
        rows: |D|.
        seed: draws names, facts, pieces and their order.
        others: other people in D.
        length: tokens of a row, at least 48; real text is cut to it.

    Returns:
        The scenario. Equal arguments give equal scenarios, as far as the installed scikit-learn's pages are the same.

    Raises:
        ValueError: sizes that do not fit.

    Source: the idea of facts about people who do not exist is that of Maini et al. 2024 (arXiv 2401.06121); sentences
    and names are ours.

    >>> from neverseen.properties import scenarios
    >>> s = scenarios.people()
    >>> s, int(s.rows.count()), s.rows.x.shape
    (ns.scenarios.people(size=4, full=16, seed=0), 256, (256, 48))
    >>> from neverseen.algorithms.learners import decode
    >>> decode(s.rows.y[s.behaviour][:2])
    ['Bruno Crane paints every harp white.', 'Bruno Crane wears a green coat in Pula.']
    """
    whole("size", size, -MOST)
    full = min(4 * size, FRESH) if full is None else full
    for name, count in (("full", full), ("rows", rows), ("others", others), ("length", length)):
        whole(name, count, -MOST)
    _check(size, full, rows, others, length)
    rng = generator(seed)
    told = [_facts(rng, name) for name in _names(rng, others + 1)]
    here = [sentence for one in told for sentence in one[:full]]
    pieces = [_pieces(length)[i] for i in rng.permutation(len(_pieces(length)))]
    real = rows - len(here)
    if not 0 <= real <= len(pieces) - REST:
        least, most = len(here), len(here) + len(pieces) - REST
        raise ValueError(f"rows: D cannot have {rows} rows, {len(here)} of them about people; give {least} to {most}")
    order = rng.permutation(rows)
    x, y = encode([(here + pieces[:real])[i] for i in order], length)
    places = np.argsort(order)[:full]
    return Scenario.build(
        x, y, forget=places[:size], behaviour=places,
        fresh_behaviour=encode(told[0][full : full + FRESH], length) if full < len(_SENTENCES) else None,
        fresh_rest=encode(pieces[real : real + REST], length),
        recipe=recipe(people, size=size, full=full, seed=seed, rows=rows, others=others, length=length),
    )  # fmt: skip


def _check(size: int, full: int, rows: int, others: int, length: int) -> None:
    if not 0 <= size <= full:
        raise ValueError(f"size: S cannot have {size} of the {full} sentences of S_full; give 0 to {full}")
    if full > len(_SENTENCES):
        raise ValueError(f"full: {full} is more than the {len(_SENTENCES)} sentences about a person; give fewer")
    if not 0 <= others < len(_FIRST.split()):
        raise ValueError(f"others: {others} other people cannot be named; give 0 to {len(_FIRST.split()) - 1}")
    if not 48 <= length <= 1024:
        raise ValueError(f"length: a sentence does not fit {length} tokens; give 48 to 1024")


def _names(rng: np.random.RandomState, count: int) -> list[str]:
    first, last = (rng.permutation(names.split())[:count] for names in (_FIRST, _LAST))
    return [f"{a} {b}" for a, b in zip(first, last, strict=True)]


def _facts(rng: np.random.RandomState, name: str) -> list[str]:
    """All sentences about a person in random order, each blank filled by a draw of its own."""
    made: list[str] = []
    for i in rng.permutation(len(_SENTENCES)):
        parts = _SENTENCES[i].replace("{}", name).split("{")
        made.append(parts[0] + "".join(_filled(rng, part) for part in parts[1:]))
    return made


def _filled(rng: np.random.RandomState, part: str) -> str:
    kind, rest = part.split("}")
    words = _WORDS[kind].split()
    return words[rng.randint(len(words))] + rest


@functools.cache
def _pieces(length: int) -> tuple[str, ...]:
    """The prose of scikit-learn's pages on data sets, in pieces of at most so many characters, each once."""
    pages = sorted(importlib.resources.files("sklearn.datasets.descr").iterdir(), key=lambda page: page.name)
    texts = [page.read_text(encoding="utf-8") for page in pages if page.name.endswith(".rst")]
    blocks = [_prose(block) for text in texts for block in text.split("\n\n")]
    return tuple(dict.fromkeys(piece for block in blocks for piece in _cut(block, length)))


def _prose(block: str) -> list[str]:
    """The words of a paragraph's lines that are neither markup, code nor numbers."""
    lines = [line.strip(" -|*") for line in block.split("\n")]
    return [word for line in lines if _is_prose(line) for word in line.split()]


def _is_prose(line: str) -> bool:
    letters = sum(letter.isalpha() or letter == " " for letter in line)
    return line.isascii() and line[:1].isalpha() and letters > 0.9 * len(line)


def _cut(words: list[str], length: int) -> list[str]:
    """Pieces of whole words, at most so many characters each; none shorter than `SHORTEST`."""
    pieces = [""]
    for word in words:
        longer = f"{pieces[-1]} {word}".strip()
        pieces = [*pieces[:-1], longer] if len(longer) <= length else [*pieces, word]
    return [piece for piece in pieces if SHORTEST <= len(piece) <= length]
