"""What lies in a room is listed there: a step of CONTRIBUTING that was left out is named."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from jaxtyping import Array

import neverseen as ns
from neverseen.algorithms import learners, removers
from neverseen.algorithms.learners import LEARNERS
from neverseen.algorithms.removers import KINDS
from neverseen.formal import theorems
from neverseen.formal.theorems import THEOREMS, Theorem
from neverseen.properties import cli, metrics, scenarios
from neverseen.properties.cli._flags import Command
from neverseen.properties.cli._main import NAMES, commands
from neverseen.properties.metrics import METRICS, Metric
from neverseen.properties.runs import observables
from neverseen.properties.runs.observables import OBSERVABLES, Model, Observable
from neverseen.properties.scenarios import SCENARIOS
from neverseen.properties.suite import relations
from neverseen.properties.suite.relations import RELATIONS, Found, Trial


def modules_of(room: ModuleType) -> list[ModuleType]:
    """The modules of a room, imported."""
    return [importlib.import_module(f"{room.__name__}.{found.name}") for found in pkgutil.iter_modules(room.__path__)]


def values_in(modules: Iterable[ModuleType], kind: type) -> Iterator[tuple[str, Any]]:
    """Module and value of each public value of a kind, those in tuples too."""
    for module in modules:
        for name, value in vars(module).items():
            for each in value if isinstance(value, tuple) else (value,):
                if isinstance(each, kind) and not name.startswith("_"):
                    yield module.__name__, each


def factories_in(modules: Iterable[ModuleType], kind: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Module and function of each public function that returns a kind and can be called without arguments."""
    for module in modules:
        for name, value in vars(module).items():
            if name.startswith("_") or not inspect.isfunction(value) or value.__module__ != module.__name__:
                continue
            signature = inspect.signature(value, eval_str=True)
            if signature.return_annotation is kind and all(
                p.default is not p.empty for p in signature.parameters.values()
            ):
                yield module.__name__, value


def functions_of(module: ModuleType, given: type, made: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Module and function of each function, private ones too, from a value of one kind to one of another."""
    for value in vars(module).values():
        if inspect.isfunction(value) and value.__module__ == module.__name__:
            kinds = [one.annotation for one in inspect.signature(value, eval_str=True).parameters.values()]
            if [*kinds, inspect.signature(value, eval_str=True).return_annotation] == [given, made]:
                yield module.__name__, value


def kept_to_itself(package: ModuleType, names: Iterable[str]) -> list[str]:
    """The names that a package imports for its table and does not re-export."""
    imported = (node for node in ast.parse(inspect.getsource(package)).body if isinstance(node, ast.ImportFrom))
    offered = {alias.asname for node in imported for alias in node.names if alias.asname == alias.name}
    return [f"{package.__name__}: re-export it, `import {name} as {name}`" for name in names if name not in offered]


def unlisted(found: Iterable[tuple[str, Any]], registry: Collection[Any], name: str) -> list[str]:
    """What was found and is not in the registry."""
    lacking = {f"{module}: {called(each)} is not in {name}" for module, each in found
               if not any(each is one for one in registry)}  # fmt: skip
    return sorted(lacking)


def called(value: Any) -> str:
    """The name of what lies in a room: of a function, of a theorem, of any other."""
    return next(getattr(value, field) for field in ("__name__", "id", "name") if hasattr(value, field))


LISTED: dict[str, Callable[[], list[str]]] = {
    "learners": lambda: unlisted(factories_in(modules_of(learners), ns.Learner), LEARNERS.values(), "LEARNERS"),
    "scenarios": lambda: unlisted(factories_in(modules_of(scenarios), ns.Scenario), SCENARIOS.values(), "SCENARIOS"),
    "metrics": lambda: unlisted(values_in(modules_of(metrics), Metric), METRICS.values(), "METRICS"),
    "theorems": lambda: unlisted(values_in(modules_of(theorems), Theorem), THEOREMS, "THEOREMS"),
    "commands": lambda: unlisted(values_in(modules_of(cli), Command), commands(), "NAMES"),
    "observables": lambda: [
        *unlisted(values_in([observables], Observable), OBSERVABLES.values(), "OBSERVABLES"),
        *unlisted(functions_of(observables, Model, Array), [o.of for o in OBSERVABLES.values()], "OBSERVABLES"),
    ],
    "relations": lambda: unlisted(functions_of(relations, Trial, Found), [r.judge for r in RELATIONS], "RELATIONS"),
}
"""Removers follow from their folders: test_rooms_are_claims."""


@pytest.mark.parametrize("kind", LISTED)
def test_everything_in_its_room_is_listed(kind: str) -> None:
    complaints = LISTED[kind]()
    assert not complaints, "\n".join(complaints)


ROOMS: dict[str, tuple[ModuleType, Iterable[str]]] = {
    "learners": (learners, LEARNERS),
    "scenarios": (scenarios, SCENARIOS),
    **{kind: (importlib.import_module(f"{removers.__name__}.{kind}"), makes) for kind, makes in KINDS.items()},
}


@pytest.mark.parametrize("room", ROOMS)
def test_what_a_table_names_is_re_exported(room: str) -> None:
    complaints = kept_to_itself(*ROOMS[room])
    assert not complaints, "\n".join(complaints)


def untested(names: Iterable[str], texts: Collection[str]) -> list[str]:
    """The commands that no test calls by name in a file that reads the status of bad input, 2."""
    called = r"""[(\[]\s*["']%s["' ]"""
    tested = {name for name in names for text in texts if re.search(called % name, text) and "== 2" in text}
    return [
        f"{name}: no test calls it and reads its exit status, 2 of bad input" for name in names if name not in tested
    ]


def test_every_command_has_a_test() -> None:
    others = (path for path in Path(__file__).parent.rglob("*.py") if path.name != Path(__file__).name)
    texts = [path.read_text(encoding="utf-8") for path in others]
    complaints = untested(NAMES, texts)
    assert not complaints, "\n".join(complaints)


def test_every_scenario_says_where_its_data_come_from() -> None:
    silent = [name for name, make in SCENARIOS.items() if "Source: " not in (make.__doc__ or "")]
    assert not silent, f"{', '.join(silent)}: say in the docstring, 'Source: …', whose data they are, with the licence"


def a_learner() -> ns.Learner:
    return ns.learners.ridge()


def needs_an_argument(base: ns.Learner) -> ns.Learner:
    return base


def test_the_rule_accepts_and_rejects() -> None:
    module: Any = SimpleNamespace(__name__=__name__, a_learner=a_learner, needs=needs_an_argument, made=a_learner())
    assert [value for _, value in factories_in([module], ns.Learner)] == [a_learner]
    assert [type(value) for _, value in values_in([module], ns.Learner)] == [ns.Learner]
    assert unlisted([("m", a_learner)], [a_learner], "LEARNERS") == []
    assert unlisted([("m", a_learner)], [], "LEARNERS") == ["m: a_learner is not in LEARNERS"]


def test_the_other_rules_accept_and_reject() -> None:
    judges = {function.__name__ for _, function in functions_of(relations, Trial, Found)}
    assert judges & {"_pure", "_among"} == {"_pure"}
    module: Any = SimpleNamespace(__name__=__name__, needs=needs_an_argument, a_learner=a_learner)
    assert [value for _, value in functions_of(module, ns.Learner, ns.Learner)] == [needs_an_argument]
    assert kept_to_itself(learners, ["ridge"]) == []
    assert len(kept_to_itself(learners, ["Learner"])) == 1
    right = """assert main(["plan", "--runs", "x"]) == 2"""
    assert untested(["plan"], [right, ""]) == []
    assert len(untested(["plan"], [right.replace("2", "0"), "2", right.replace("plan", "planned")])) == 1
