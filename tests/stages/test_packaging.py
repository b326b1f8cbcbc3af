"""What is shipped: the wheel holds the three rooms whole, and every file that states a version agrees."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jaxlib
import pytest
from file_tools import ROOT, listed

ROOMS = ("formal", "algorithms", "properties")
TOP = {f"neverseen/{name}" for name in ("__init__.py", "__init__.pyi", "__main__.py", "_process.py", "py.typed")} | {
    "_neverseen_pytest.py"
}


def copy_tree(target: Path) -> None:
    """Copy what a commit of the working tree would hold, links as links: no stale build, no caches."""
    for path in listed("--cached", "--others", "--exclude-standard"):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target / path, follow_symlinks=False)


def promised(tree: Path) -> set[str]:
    """The package's files as the folders of a tree have them, whatever their type, caches left out."""
    paths = (path.relative_to(tree) for room in ROOMS for path in (tree / room).rglob("*"))
    inside = {path for path in paths if (tree / path).is_file() and not is_cache(path)}
    return {f"neverseen/{path.as_posix()}" for path in inside} | TOP


def is_cache(path: Path) -> bool:
    """Whether a file lies in a cache: no part of the package has such a name."""
    return any(part == "__pycache__" or part.startswith(".") for part in path.parts)


def differences(promised: Iterable[str], shipped: Iterable[str]) -> list[str]:
    """How two file lists differ, one line for each file."""
    left, right = sorted(promised), sorted(shipped)
    missing = [f"missing from the wheel: {name}" for name in left if name not in right]
    surplus = [f"only in the wheel: {name}" for name in right if name not in left]
    twice = [f"twice in the wheel: {name}" for name in sorted(set(right)) if right.count(name) > 1]
    return missing + surplus + twice


def build_wheel(tree: Path, target: Path) -> list[str]:
    """The names in the wheel built from a tree."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(tree)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = target.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_holds_the_folders_whole(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    copy_tree(tree)
    # One file of another type, and one cache, in the room that comes last and the one that comes first.
    (tree / "properties" / "probe.html").write_text("<p>a template</p>", encoding="utf-8")
    (tree / "algorithms" / "__pycache__").mkdir()
    (tree / "algorithms" / "__pycache__" / "probe.pyc").write_bytes(b"stale")
    names = build_wheel(tree, tmp_path / "dist")
    metadata = [name for name in names if name.startswith("neverseen-")]
    expected = promised(ROOT) | {"neverseen/properties/probe.html"}
    assert differences(expected, [name for name in names if name not in metadata]) == []
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in metadata)


@pytest.mark.parametrize(
    ("shipped", "report"),
    [
        (["a.py", "b.html"], []),
        (["a.py"], ["missing from the wheel: b.html"]),
        (["a.py", "b.html", "formal/a.py"], ["only in the wheel: formal/a.py"]),
        (["a.py", "a.py", "b.html"], ["twice in the wheel: a.py"]),
    ],
)
def test_a_differing_file_list_is_reported(shipped: list[str], report: list[str]) -> None:
    assert differences({"a.py", "b.html"}, shipped) == report


def test_promised_files_are_of_every_type_but_caches(tmp_path: Path) -> None:
    for name in (
        "formal/a.py",
        "properties/sub/b.html",
        "formal/__pycache__/a.pyc",
        "formal/.x/c",
        "docs/d.md",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    rooms = {"neverseen/formal/a.py", "neverseen/properties/sub/b.html"}
    assert promised(tmp_path) == rooms | TOP


def text_of(name: str) -> str:
    """The text of a file at the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def project() -> dict[str, Any]:
    """The [project] table of pyproject.toml."""
    return tomllib.loads(text_of("pyproject.toml"))["project"]


def versions_in(text: str) -> list[str]:
    """The versions that a citation file states, YAML or BibTeX; the schema's own is not one."""
    return re.findall(r"^\s*version\s*[:=]\s*[{\"']?([^{}\"'\s,]+)", text, flags=re.MULTILINE)


def test_versions_agree() -> None:
    stated = {name: versions_in(text_of(name)) for name in ("CITATION.cff", "CITATION.bib")}
    version = project()["version"]
    assert stated == {"CITATION.cff": [version, version], "CITATION.bib": [version]}
    assert importlib.metadata.version("neverseen") == version


def test_versions_are_read_from_both_formats() -> None:
    assert versions_in("cff-version: 1.2.0\nversion: 0.1.0\nother:\n  version: '0.2.0'\n") == [
        "0.1.0",
        "0.2.0",
    ]
    assert versions_in("@software{x,\n  version = {0.1.0},\n}") == ["0.1.0"]


def unread(settings: dict[str, Any]) -> list[str]:
    """Rooms that the type checker passes over: it follows no links, so that each must be named, and not left out."""
    left_out = [*settings.get("exclude", ()), *settings.get("ignore", ())]
    cut = {room for room in ROOMS for pattern in left_out if re.match(rf"(\./|\*\*/)*{room}(/|$)", pattern)}
    return [room for room in ROOMS if room not in settings.get("include", ()) or room in cut]


def test_the_type_checker_reads_the_three_rooms() -> None:
    settings = tomllib.loads(text_of("pyproject.toml"))["tool"]["pyright"]
    assert unread(settings) == []
    assert settings["typeCheckingMode"] == "strict"


@pytest.mark.parametrize(
    ("settings", "rooms"),
    [
        ({"include": ["tests", *ROOMS], "exclude": ["src/neverseen/formal", "**/__pycache__"]}, []),
        ({"include": ["src", "tests"]}, [*ROOMS]),  # links alone: nothing would be read
        ({"include": ["formal", "properties"]}, ["algorithms"]),
        ({"include": [*ROOMS], "exclude": ["properties/cli"]}, ["properties"]),
        ({"include": [*ROOMS], "ignore": ["**/formal"]}, ["formal"]),
        ({}, [*ROOMS]),
    ],
)
def test_a_room_that_is_not_read_is_named(settings: dict[str, Any], rooms: list[str]) -> None:
    assert unread(settings) == rooms


REGISTRY = re.compile(
    r"index[-_]url|find[-_]links|tool[.]uv[.]index|pypi[.]org/simple|files[.]pythonhosted[.]org|registry[.]npmjs",
    flags=re.IGNORECASE,
)


def test_no_tracked_file_names_a_registry() -> None:
    tracked = [path for path in listed() if (ROOT / path).is_file()]
    texts = {path: (ROOT / path).read_text(encoding="utf-8", errors="replace") for path in tracked}
    assert [path for path, text in texts.items() if REGISTRY.search(text)] == []
    assert [path for path in tracked if path.name == "uv.lock"] == []


@pytest.mark.parametrize("name", ["--index{}url x", "PIP_EXTRA_INDEX{}URL=x", "find{}links = ['x']"])
def test_a_registry_is_recognised(name: str) -> None:
    assert REGISTRY.search(name.format("_" if name.startswith("PIP") else "-"))
    assert not REGISTRY.search(name.format(" "))


def normal(requirement: str) -> str:
    """The name that a requirement is about, in the one spelling that packaging tools compare."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;]", requirement)[0]).lower()


def test_the_jaxlib_here_does_not_wait_inside_its_own_thread_pool() -> None:
    """Its batched LAPACK calls did in 0.10 and 0.11.0, and deadlocked; the dependency excludes these versions."""
    kernels = [path for path in (Path(jaxlib.__file__).parent / "cpu").glob("_lapack*") if path.is_file()]
    assert kernels
    assert not any(b"ParallelBatchMap" in path.read_bytes() for path in kernels)


def test_constraints_pin_the_direct_dependencies() -> None:
    direct = [*project()["dependencies"], *project()["optional-dependencies"]["dev"]]
    pins = [line for line in text_of("constraints.txt").splitlines() if not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", pin)] == []
    assert sorted(map(normal, pins)) == sorted({normal(requirement) for requirement in direct})


@pytest.mark.parametrize("requirement", ["scikit-learn>=1.5", "Scikit_Learn[x] ~= 1", "scikit.learn; a=='b'"])
def test_a_requirement_has_one_name(requirement: str) -> None:
    assert normal(requirement) == "scikit-learn"
