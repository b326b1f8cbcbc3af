"""The floors of the house: which module imports which, read off the syntax trees.

`python tests/floors.py [ROOT]` draws those of a checkout: modules, lines of code, arrows and circles of each sub-room.
"""

import ast
import io
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

FLOORS = {
    "formal": ("", "catalogue", "closeness", "laws", "definitions", "distributional", "proofs", "theorems"),
    "algorithms": ("programs", "", "learners", "removers", "store", "pools", "fill"),
    "properties": (
        "engine", "scenarios", "runs", "metrics", "saved", "external", "selftest", "checks", "suite", "testing",
        "report", "cli",
    ),
}  # fmt: skip
"""The sub-rooms of each room, lowest first: a module imports from its own and from those before it.

"" are the modules that lie in the room itself; a room's `__init__` may import from all of its sub-rooms.
"""


class Arrow(NamedTuple):
    """One import: module `importer`, in `line`, of module `imported`."""

    importer: str
    imported: str
    line: int


def sources(root: Path) -> dict[str, str]:
    """The text of every module of the three rooms, by its path from the root."""
    paths = (path for room in FLOORS for path in sorted((root / room).rglob("*.py")))
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def module_of(path: str) -> str:
    """The dotted name of the module in a file; a package's is that of its folder."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def sub_room(path: str) -> str | None:
    """The sub-room of a file: "" where it lies in the room itself, None for the room's own `__init__`."""
    parts = path.split("/")
    if parts[1:] == ["__init__.py"]:
        return None
    return parts[1] if len(parts) > 2 else ""


def arrows(texts: Mapping[str, str]) -> set[Arrow]:
    """All imports between these modules, those inside functions and those for types included."""
    known = {module_of(path) for path in texts}
    return {arrow for path, text in texts.items() for arrow in _arrows(path, text, known)}


def _arrows(path: str, text: str, known: set[str]) -> Iterator[Arrow]:
    package = path.split("/")[:-1]
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = ".".join([*package[: len(package) - node.level + 1], *(node.module or "").split(".")]).rstrip(".")
        for alias in node.names:
            reached = f"{base}.{alias.name}" if f"{base}.{alias.name}" in known else base
            if reached in known and reached != module_of(path):
                yield Arrow(module_of(path), reached, node.lineno)


def wrong_ways(texts: Mapping[str, str], floors: Mapping[str, tuple[str, ...]] = FLOORS) -> list[str]:
    """Imports from a sub-room that is not before the importer's own, and sub-rooms that no floor names."""
    where = {module_of(path): (path.split("/")[0], sub_room(path)) for path in texts}
    unknown = sorted({f"{room}/{sub}: on no floor" for room, sub in where.values() if sub not in (None, *floors[room])})
    return unknown + [
        f"{arrow.importer}:{arrow.line}: imports {arrow.imported}, of a later floor"
        for arrow in sorted(arrows(texts))
        if _climbs(where[arrow.importer], where[arrow.imported], floors)
    ]


def _climbs(a: tuple[str, str | None], b: tuple[str, str | None], floors: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether an import goes up; between rooms another rule decides, and a room's own face stands above them all."""
    if a[0] != b[0] or a[1] is None or a[1] == b[1]:
        return False
    order = floors[a[0]]
    return b[1] is None or (b[1] in order and a[1] in order and order.index(b[1]) > order.index(a[1]))


def circles(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Groups of nodes that reach each other along the arrows, each sorted (Tarjan 1972)."""
    after: dict[str, set[str]] = defaultdict(set)
    for a, b in pairs:
        after[a].add(b)
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    groups: list[list[str]] = []

    def visit(node: str) -> None:
        order[node] = low[node] = len(order)
        stack.append(node)
        for other in sorted(after[node]):
            if other not in order:
                visit(other)
            if other in stack:
                low[node] = min(low[node], low[other])
        if low[node] == order[node]:
            group = [stack.pop()]
            while group[-1] != node:
                group.append(stack.pop())
            groups.append(sorted(group))

    for node in sorted(after):
        if node not in order:
            visit(node)
    return [group for group in groups if len(group) > 1]


def depth(pairs: Iterable[tuple[str, str]]) -> int:
    """How many floors the nodes need: one more than the longest way down, circles aside."""
    below: dict[str, set[str]] = defaultdict(set)
    for a, b in pairs:
        below[a].add(b)
    height: dict[str, int] = {}

    def climb(node: str, seen: frozenset[str]) -> int:
        if node not in height:
            height[node] = 1 + max((climb(other, seen | {node}) for other in below[node] - seen), default=0)
        return height[node]

    return max((climb(node, frozenset({node})) for node in list(below)), default=1)


def names_given(text: str) -> set[str]:
    """Public functions, classes and values that a module defines at its top; what it imports is not its own."""
    names: set[str] = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in names if name[0] != "_"}


def double_names(texts: Mapping[str, str]) -> list[str]:
    """Public names that two modules of one room define."""
    homes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path, text in texts.items():
        for name in names_given(text):
            homes[path.split("/")[0], name].append(path)
    return [f"{name}: {', '.join(paths)}" for (_, name), paths in sorted(homes.items()) if len(paths) > 1]


def code_lines(text: str) -> int:
    """Lines that hold code: no comments, no docstrings, no blank lines."""
    words: set[int] = set()
    aside = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in aside:
            words |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            words -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(words)


def drawing(texts: Mapping[str, str]) -> Iterator[str]:
    """The floors in words, a line to a sub-room."""
    home = {module_of(path): f"{path.split('/')[0]}/{sub_room(path) or ''}".rstrip("/") for path in texts}
    found = arrows(texts)
    for room in FLOORS:
        mine = {path: text for path, text in texts.items() if path.split("/")[0] == room}
        inner = {(a, b) for a, b, _ in found if a.split(".")[0] == room == b.split(".")[0] and room not in (a, b)}
        faces = {(home[a], home[b]) for a, b in inner if home[a] != home[b]}
        code, lines = sum(map(code_lines, mine.values())), sum(len(text.splitlines()) for text in mine.values())
        yield f"{room}: {len(mine)} modules, {code} lines of code of {lines}"
        yield f"  modules:   {depth(inner)} floors, {len(inner)} arrows, {_said(circles(inner))}"
        yield f"  sub-rooms: {depth(faces)} floors, {len(faces)} arrows, {_said(circles(faces))}"
        yield f"  public names defined twice: {len(double_names(mine))}"
        counts = Counter(home[module_of(path)] for path in mine)
        for name in sorted(counts, key=lambda name: depth(pair for pair in _below(name, faces))):
            to = sorted(b.partition("/")[2] or "." for a, b in faces if a == name)
            yield f"    {name:<24}{counts[name]:>3} modules → {' '.join(to) or '–'}"


def _below(name: str, faces: set[tuple[str, str]]) -> set[tuple[str, str]]:
    reached, size = {name}, 0
    while size != len(reached):
        size = len(reached)
        reached |= {b for a, b in faces if a in reached}
    return {(a, b) for a, b in faces if a in reached}


def _said(groups: list[list[str]]) -> str:
    return "no circle" if not groups else f"{len(groups)} circles: " + "; ".join(" ⇄ ".join(group) for group in groups)


if __name__ == "__main__":
    print("\n".join(drawing(sources(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1])))))
