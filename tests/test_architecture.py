"""The rules of the house, read off the syntax trees: each is a function from a source to its complaints."""

import ast
import importlib
import importlib.util
import inspect
import os
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

import jax
import pytest
from floors import FLOORS, arrows, circles, double_names, module_of, sources, sub_room, wrong_ways
from jaxtyping import PRNGKeyArray, TypeCheckError

import neverseen as ns
from neverseen.formal._public import public_names

ROOT = Path(__file__).resolve().parents[1]
ROOMS = tuple(FLOORS)  # imports go from a room to itself and to those on its left
MOST_LINES = 320

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def modules_of(node: ast.AST) -> list[str]:
    """What an import statement names, with one leading dot per level; nothing for other nodes."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    stem = "." * node.level + (node.module or "")
    if node.module:
        return [stem]
    return [stem + alias.name for alias in node.names]


def room_reached(path: str, name: str) -> str:
    """The room that import `name` in the file `path` ends in: "" for third parties, "?" for the root."""
    level = len(name) - len(name.lstrip("."))
    first = name.lstrip(".").split(".")[0]
    if level == 0:
        return "?" if first in (*ROOMS, "neverseen") else ""
    package = path.split("/")[:-1]  # the package that the file lies in, __init__.py included
    if level <= len(package):
        return package[0]
    return first if level == len(package) + 1 and first in ROOMS else "?"


def wrong_imports(path: str, source: str) -> list[str]:
    """Absolute imports of ourselves, imports of the package root, and imports of a later room."""
    allowed = ("", *ROOMS[: ROOMS.index(path.split("/")[0]) + 1])
    names = (name for node in ast.walk(ast.parse(source)) for name in modules_of(node))
    return [f"{path}: imports {name}" for name in names if room_reached(path, name) not in allowed]


def too_long(path: str, source: str) -> list[str]:
    """Files of more than `MOST_LINES` lines."""
    lines = len(source.splitlines())
    return [f"{path}: {lines} lines"] if lines > MOST_LINES else []


def undocumented(path: str, source: str) -> list[str]:
    """Public functions and classes at module level without a docstring; overloads share the last one's."""
    definitions = (node for node in ast.parse(source).body if isinstance(node, Definition))
    public = (node for node in definitions if node.name[0] != "_" and not is_overload(node))
    return [f"{path}: {node.name} has no docstring" for node in public if not ast.get_docstring(node)]


def is_overload(node: Definition) -> bool:
    """Whether a definition is decorated by typing.overload."""
    return any(ast.unparse(decorator).split(".")[-1] == "overload" for decorator in node.decorator_list)


def unpickles(node: ast.AST) -> bool:
    """Whether a node imports pickle or one of its kin, or lets NumPy unpickle."""
    roots = {name.split(".")[0] for name in modules_of(node)}
    permits = isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False"
    return permits or bool(roots & {"pickle", "_pickle", "cloudpickle", "dill", "shelve"})


def swallows(node: ast.AST) -> bool:
    """Whether a node hides every error: `except Exception: pass`, or suppress(Exception)."""
    broad = {"Exception", "BaseException"}
    if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "suppress":
        return bool({ast.unparse(argument) for argument in node.args} & broad)
    if not isinstance(node, ast.ExceptHandler):
        return False
    caught = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else broad
    idle = all(isinstance(step, ast.Pass | ast.Continue) or is_literal(step) for step in node.body)
    return bool(caught & broad) and idle


def is_literal(step: ast.stmt) -> bool:
    """Whether a statement is a bare constant, such as `...` or a string."""
    return isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant)


def unsafe(path: str, source: str) -> list[str]:
    """Pickles, and errors caught only to be dropped."""
    nodes = [node for node in ast.walk(ast.parse(source)) if unpickles(node) or swallows(node)]
    return [f"{path}: {ast.unparse(node).splitlines()[0]}" for node in nodes]


RULES: tuple[Callable[[str, str], list[str]], ...] = (wrong_imports, too_long, undocumented, unsafe)


@pytest.mark.parametrize("rule", RULES)
def test_every_module_keeps_the_rule(rule: Callable[[str, str], list[str]]) -> None:
    modules = sources(ROOT)
    assert {f"{room}/__init__.py" for room in ROOMS} <= set(modules)
    complaints = [complaint for path, source in modules.items() for complaint in rule(path, source)]
    assert not complaints, "\n".join(complaints)


def test_imports_go_one_way_between_the_sub_rooms() -> None:
    complaints = wrong_ways(sources(ROOT))
    assert not complaints, "\n".join(complaints)


def test_no_modules_and_no_sub_rooms_import_each_other() -> None:
    texts = sources(ROOT)
    home = {module_of(path): f"{path.split('/')[0]}/{sub_room(path)}" for path in texts}
    pairs = {(a, b) for a, b, _ in arrows(texts) if a not in ROOMS}
    assert circles(pairs) == []
    assert circles({(home[a], home[b]) for a, b in pairs if home[a] != home[b]}) == []


SAME_ON_PURPOSE = {"noisy"}
"""A learner and a remover of one idea: `ns.learners.noisy` and `ns.removers.noisy` are told apart by their rooms."""


def test_no_public_name_is_defined_twice_in_a_room() -> None:
    complaints = [line for line in double_names(sources(ROOT)) if line.split(":")[0] not in SAME_ON_PURPOSE]
    assert not complaints, "\n".join(complaints)


def face_errors(texts: Mapping[str, str]) -> list[str]:
    """Modules whose name claims what their package does not: public is what it re-exports as a module, no other."""
    offered = {module_of(path): set(names_given_to_all(text)) for path, text in texts.items()}
    complaints: list[str] = []
    for path in texts:
        package, _, leaf = module_of(path).rpartition(".")
        if path.endswith("__init__.py") or not package:
            continue
        if (leaf in offered.get(package, ())) == leaf.startswith("_"):
            complaints.append(f"{path}: {'re-exported, so no underscore' if leaf[0] == '_' else 'not re-exported'}")
        elif leaf[0] != "_" and leaf not in offered.get(package, ()):
            complaints.append(f"{path}: its package does not re-export it; call it _{leaf}.py")
    return complaints


def names_given_to_all(text: str) -> list[str]:
    """What a package re-exports: `X as X`."""
    nodes = (node for node in ast.parse(text).body if isinstance(node, ast.ImportFrom))
    return [alias.name for node in nodes for alias in node.names if alias.asname == alias.name]


def test_a_module_is_private_unless_its_package_offers_it() -> None:
    texts = sources(ROOT)
    stubs = (path for room in FLOORS for path in (ROOT / room).rglob("__init__.pyi"))
    texts |= {path.relative_to(ROOT).as_posix().removesuffix("i"): path.read_text(encoding="utf-8") for path in stubs}
    complaints = face_errors(texts)
    assert not complaints, "\n".join(complaints)


def test_stubs_are_read_in_a_locale_without_letters() -> None:
    """What loads names lazily opens its stub in the encoding of whoever started the process."""
    stubs = [path for room in (*FLOORS, "src") for path in (ROOT / room).rglob("*.pyi")]
    assert len(stubs) > 4
    assert [path.name for path in stubs if not path.read_text(encoding="utf-8").isascii()] == []


def lookups_of_private_modules(text: str) -> list[str]:
    """Lines of a page for users that import what no package offers."""
    lines = [line for line in text.splitlines() if re.search(r"\b(from|import) neverseen\S*\._", line)]
    return lines + [line for line in text.splitlines() if re.search(r"\bfrom neverseen\S* import .*\b_\w", line)]


@pytest.mark.parametrize("page", sorted(str(p.relative_to(ROOT)) for p in (ROOT / "notebooks").glob("*.py")))
def test_what_readers_copy_imports_public_names(page: str) -> None:
    assert lookups_of_private_modules((ROOT / page).read_text(encoding="utf-8")) == []


def test_the_readme_imports_public_names() -> None:
    assert lookups_of_private_modules((ROOT / "README.md").read_text(encoding="utf-8")) == []


TOY = {
    "formal/__init__.py": "",
    "formal/laws/__init__.py": "from . import open as open",
    "formal/laws/_a.py": "from . import _b",
    "formal/laws/_b.py": "def law(): ...",
    "formal/laws/open.py": "",
    "formal/definitions/_c.py": "from ..laws._a import x",
}
"""A small house that keeps every rule."""


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        ("formal/laws/_a.py", "from ..definitions._c import y", "formal.laws._a:1: imports formal.definitions._c"),
        ("formal/laws/_a.py", "def f():\n    from ..definitions import _c", "formal.laws._a:2: imports formal.defin"),
        ("formal/attic/_a.py", "", "formal/attic: on no floor"),
    ],
)
def test_the_floors_rule_accepts_and_rejects(path: str, text: str, says: str) -> None:
    assert wrong_ways(TOY) == []
    (complaint,) = wrong_ways(TOY | {path: text})
    assert complaint.startswith(says)


def test_the_circle_rule_accepts_and_rejects() -> None:
    def found(texts: dict[str, str]) -> list[list[str]]:
        return circles({(a, b) for a, b, _ in arrows(texts)})

    assert found(TOY) == []
    turned = {"formal/laws/_b.py": "def f():\n    from ._a import x"}
    assert found(TOY | turned) == [["formal.laws._a", "formal.laws._b"]]


def test_the_rule_of_double_names_accepts_and_rejects() -> None:
    assert double_names(TOY) == []
    assert double_names(TOY | {"formal/laws/_a.py": "law = 3"}) == ["law: formal/laws/_a.py, formal/laws/_b.py"]
    assert double_names(TOY | {"formal/laws/_a.py": "from ._b import law\n_law = 3"}) == []
    assert double_names(TOY | {"properties/_a.py": "law = 3"}) == []


def test_the_rule_of_faces_accepts_and_rejects() -> None:
    assert face_errors(TOY) == []
    for path in ("formal/laws/c.py", "formal/laws/_open.py"):
        texts = TOY | {path: "", "formal/laws/__init__.py": "from . import open as open, _open as _open"}
        assert [complaint.split(":")[0] for complaint in face_errors(texts)] == [path]


def test_the_rule_of_pages_accepts_and_rejects() -> None:
    assert lookups_of_private_modules("import neverseen as ns\nfrom neverseen.formal.laws import World") == []
    for line in ("from neverseen.formal.laws._worlds import World", "from neverseen.formal.laws import _worlds"):
        assert len(lookups_of_private_modules(line)) == 1


@pytest.mark.parametrize(
    ("path", "statement"),
    [
        ("formal/a.py", "import numpy as np"),
        ("formal/a.py", "from .b import c"),
        ("formal/a.py", "from . import b"),
        ("formal/sub/a.py", "from ..b import c"),
        ("formal/sub/__init__.py", "from .a import c"),
        ("algorithms/a.py", "from ..formal import b"),
        ("algorithms/a.py", "from .. import formal"),
        ("algorithms/sub/a.py", "from ...formal.b import c"),
        ("properties/a.py", "from ..algorithms.b import c"),
    ],
)
def test_the_import_rule_accepts(path: str, statement: str) -> None:
    assert wrong_imports(path, statement) == []


@pytest.mark.parametrize(
    ("path", "statement"),
    [
        ("formal/a.py", "import neverseen"),
        ("formal/a.py", "from neverseen.formal.b import c"),
        ("properties/a.py", "import formal.b"),
        ("formal/a.py", "from ..algorithms.b import c"),
        ("formal/a.py", "from .. import algorithms"),
        ("formal/a.py", "def f():\n    from ..properties import b"),
        ("formal/sub/a.py", "from ...algorithms import b"),
        ("algorithms/a.py", "from .. import formal, properties"),
        ("algorithms/a.py", "from .. import check"),
        ("properties/a.py", "from ...formal import b"),
    ],
)
def test_the_import_rule_rejects(path: str, statement: str) -> None:
    assert len(wrong_imports(path, statement)) == 1


@pytest.mark.parametrize(
    ("rule", "right", "wrong"),
    [
        (too_long, "x = 1\n" * MOST_LINES, "x = 1\n" * (MOST_LINES + 1)),
        (undocumented, "def f():\n    'Do it.'\ndef _g(): ...", "def f(): ..."),
        (undocumented, "class C:\n    'It.'\n    def m(self): ...", "class C:\n    x = 1"),
        (
            undocumented,
            "@overload\ndef f(): ...\ndef f():\n    'It.'",
            "@overload\ndef f(): ...\ndef f(): ...",
        ),
        (unsafe, "import json", "import pickle"),
        (unsafe, "import numpy", "import cloudpickle as safe"),
        (unsafe, "from .pickle import load", "from pickle import load"),
        (unsafe, "load(f, allow_pickle=False)", "load(f, allow_pickle=True)"),
        (unsafe, "try: f()\nexcept KeyError: pass", "try: f()\nexcept Exception: pass"),
        (unsafe, "try: f()\nexcept Exception: raise", "try: f()\nexcept: ..."),
        (unsafe, "try: f()\nexcept (OSError, KeyError): pass", "try: f()\nexcept (OSError, Exception): pass"),
        (unsafe, "with suppress(OSError): f()", "with contextlib.suppress(Exception): f()"),
    ],
)
def test_the_rule_accepts_and_rejects(rule: Callable[[str, str], list[str]], right: str, wrong: str) -> None:
    assert rule("formal/a.py", right) == []
    assert len(rule("formal/a.py", wrong)) == 1


def without_example(module: ModuleType) -> Iterator[str]:
    """Public functions and classes of our own, in a module and the modules it offers, lacking a `>>>`."""
    root = module.__name__.split(".")[0]
    for name in public_names(module):
        value = inspect.unwrap(getattr(module, name))
        ours = (getattr(value, "__module__", None) or "").split(".")[0] == root
        callable_of_ours = ours and (inspect.isroutine(value) or inspect.isclass(value))
        if inspect.ismodule(value) and value.__name__.startswith(f"{root}."):
            yield from without_example(value)
        elif callable_of_ours and ">>>" not in (value.__doc__ or ""):
            yield f"{module.__name__}.{name}"


@pytest.mark.parametrize("name", ["neverseen", *(f"neverseen.{room}" for room in ROOMS)])
def test_every_public_name_has_an_example(name: str) -> None:
    module = importlib.import_module(name)
    assert public_names(module) != [], f"{name} offers nothing"
    lacking = list(without_example(module))
    assert not lacking, "no example:\n" + "\n".join(lacking)


def test_what_is_passed_on_by_a_star_is_offered_too() -> None:
    removers = importlib.import_module("neverseen.algorithms.removers")
    assert {"finetune", "retrain", "REMOVERS"} <= set(public_names(removers))


def offered_by_dir(module: ModuleType) -> Iterator[str]:
    """Names that completion shows in a module and the modules of ours it offers, and that it does not offer."""
    wrong = set(dir(module)) ^ set(public_names(module))
    yield from (f"{module.__name__}.{name}" for name in sorted(wrong))
    for name in public_names(module):
        value = getattr(module, name)
        if inspect.ismodule(value) and value.__name__.startswith("neverseen."):
            yield from offered_by_dir(value)


@pytest.mark.parametrize("name", ["neverseen", *(f"neverseen.{room}" for room in ROOMS)])
def test_completion_shows_public_names_only(name: str) -> None:
    assert list(offered_by_dir(importlib.import_module(name))) == []


def test_completion_of_what_a_user_types() -> None:
    assert dir(ns) == public_names(ns)
    assert {"check", "Scenario", "removers"} <= set(dir(ns))
    assert dir(ns.report) == ["render", "writable", "write_report"]
    assert not {"np", "jax", "Any", "Callable"} & set(dir(ns.observables))


def test_a_module_without_a_dir_of_its_own_is_seen(tmp_path: Path) -> None:
    assert "toy.ast" in list(offered_by_dir(toy(tmp_path, "import ast\ndef f(): ...")))


DOC = "'''One line.\n\n>>> 1 + 1\n2\n'''"


@pytest.mark.parametrize(
    ("source", "lacking"),
    [
        ("def f():\n    DOC", []),
        ("class C:\n    DOC", []),
        ("limit = 3\ndef _f(): ...", []),
        ("from os.path import join as join", []),
        ("__all__ = ['f']\ndef f():\n    DOC\ndef g(): ...", []),
        ("def f():\n    'One line.'", ["toy.f"]),
        ("class C:\n    'One line.'", ["toy.C"]),
        ("def f(): ...\nclass C: ...", ["toy.C", "toy.f"]),
        ("import dataclasses\n@dataclasses.dataclass\nclass C:\n    x: int", ["toy.C"]),
        ("import jax\n@jax.jit\ndef f(x): return x", ["toy.f"]),
        ("__all__ = ['f', 'g']\ndef f():\n    DOC\ndef g(): ...", ["toy.g"]),
    ],
)
def test_the_example_rule_accepts_and_rejects(tmp_path: Path, source: str, lacking: list[str]) -> None:
    assert list(without_example(toy(tmp_path, source.replace("DOC", DOC)))) == lacking


def toy(folder: Path, source: str) -> ModuleType:
    """A module called `toy` made of the given source."""
    path = folder / "toy.py"
    path.write_text(textwrap.dedent(source), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("toy", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_key_fixture_prints_its_seed(key: PRNGKeyArray) -> None:
    seed = int(jax.random.key_data(key)[-1])
    assert str(seed) in repr(key)
    assert (jax.random.key_data(jax.random.key(seed)) == jax.random.key_data(key)).all()


def test_the_mesh_path_has_its_devices() -> None:
    assert len(jax.devices("cpu")) == min(2, os.cpu_count() or 1)


def test_types_are_checked_while_tests_run() -> None:
    """Those of arrays with their shapes by jaxtyping, plain ones by beartype alone, of methods and generators too."""
    from neverseen.algorithms._losses import cross_entropy
    from neverseen.algorithms.programs._programs import bodies
    from neverseen.properties.testing.ledger import Ledger, confirmation_seed

    with pytest.raises(TypeCheckError):
        confirmation_seed("0")  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeCheckError):
        Ledger().confirm("question", "verdict")  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeCheckError):
        list(bodies("an equation"))  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeCheckError, match="cross_entropy"):
        cross_entropy(jax.numpy.ones((2, 3)), jax.numpy.ones((4, 3)))
