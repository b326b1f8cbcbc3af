"""What lies in a room is listed there: a step of CONTRIBUTING that was left out is named."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Collection, Iterable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import neverseen as ns
from neverseen.algorithms import learners
from neverseen.algorithms.learners import LEARNERS
from neverseen.formal import theorems
from neverseen.formal.theorems import THEOREMS, Theorem
from neverseen.properties import cli, metrics, scenarios
from neverseen.properties.cli._flags import Command
from neverseen.properties.cli._main import commands
from neverseen.properties.metrics import METRICS, Metric
from neverseen.properties.scenarios import SCENARIOS


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


def unlisted(found: Iterable[tuple[str, Any]], registry: Collection[Any], name: str) -> list[str]:
    """What was found and is not in the registry."""
    lacking = {f"{module}: {getattr(each, '__name__', each)} is not in {name}" for module, each in found
               if not any(each is one for one in registry)}  # fmt: skip
    return sorted(lacking)


LISTED: dict[str, Callable[[], list[str]]] = {
    "learners": lambda: unlisted(factories_in(modules_of(learners), ns.Learner), LEARNERS.values(), "LEARNERS"),
    "scenarios": lambda: unlisted(factories_in(modules_of(scenarios), ns.Scenario), SCENARIOS.values(), "SCENARIOS"),
    "metrics": lambda: unlisted(values_in(modules_of(metrics), Metric), METRICS.values(), "METRICS"),
    "theorems": lambda: unlisted(values_in(modules_of(theorems), Theorem), THEOREMS, "THEOREMS"),
    "commands": lambda: unlisted(values_in(modules_of(cli), Command), commands(), "NAMES"),
}
"""Removers follow from their folders (test_rooms_are_claims), observables register themselves (test_observables)."""


@pytest.mark.parametrize("kind", LISTED)
def test_everything_in_its_room_is_listed(kind: str) -> None:
    complaints = LISTED[kind]()
    assert not complaints, "\n".join(complaints)


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
