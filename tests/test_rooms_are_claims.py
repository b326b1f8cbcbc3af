"""What the name of a remover's room says of it: each room is a rule, from a factory to its complaints."""

import dataclasses
import importlib
import inspect
import pkgutil
from collections import Counter
from collections.abc import Callable
from types import ModuleType

import pytest
from shipped_tools import tried

import neverseen as ns
from neverseen.algorithms.removers import APPROXIMATE, CERTIFIED, CONCEPT, EXACT, FAULTY, HEURISTIC, KINDS, REMOVERS
from neverseen.properties.runs._trial import same
from neverseen.properties.suite._check_suite import learners_for

Factory = Callable[..., ns.Remover]


def epsilon(remover: ns.Remover) -> float | None:
    """The ε that it declares at δ = 0; None where it declares nothing."""
    return None if remover.guarantee is None else remover.guarantee.epsilon(0.0)


def arrives(remover: ns.Remover) -> bool:
    """Whether it publishes its reference, run by run, under the keys of training."""
    on = tried(remover, learners_for(remover)[0])
    unseen = on.scenario.behaviour if remover.aims_at == "unlearning" else on.scenario.forget
    return same(on.removed(on.scenario.forget, keys=on.training), on.models(on.scenario.rows.without(unseen)))


def complaints(room: str, make: Factory) -> list[str]:
    """Where a remover is not what its room says."""
    remover = make()
    least, wraps = epsilon(remover), "base" in inspect.signature(make).parameters
    rules = {
        "exact": {"declares no ε = 0": least == 0, "misses its reference": least != 0 or arrives(remover)},
        "certified": {"declares nothing": least is not None, "is exact": least != 0},
        "approximate": {"aims elsewhere": remover.aims_at == "untraining"},
        "concept": {"aims elsewhere": remover.aims_at == "unlearning"},
        "wrappers": {"has no base": wraps},
    }
    rule = rules.get(room, {})
    if room not in ("exact", "certified"):
        rule |= {"declares a guarantee": least is None}
    if room != "wrappers":
        rule |= {"has a base": not wraps}
    return [complaint for complaint, holds in rule.items() if not holds]


@pytest.mark.parametrize("room", KINDS)
def test_every_remover_is_what_its_room_says(room: str) -> None:
    assert {name: why for name, make in KINDS[room].items() if (why := complaints(room, make))} == {}


def declaring(remover: ns.Remover, epsilon: float) -> Factory:
    """The same remover with a guarantee that it does not have, or has otherwise."""
    guarantee = ns.Guarantee("untraining", (), lambda delta: epsilon)
    return lambda: dataclasses.replace(remover, guarantee=guarantee)


@pytest.mark.parametrize(
    ("room", "make", "said"),
    [
        ("exact", ns.removers.influence, ["declares no ε = 0"]),
        ("exact", ns.removers.newton_removal, ["declares no ε = 0"]),
        ("exact", declaring(ns.removers.influence(), 0.0), ["misses its reference"]),
        ("exact", declaring(ns.removers.newton(), 0.0), []),
        ("certified", ns.removers.deltagrad, ["declares nothing"]),
        ("certified", ns.removers.retrain, ["is exact"]),
        ("certified", declaring(ns.removers.influence(), 2.0), []),
        ("approximate", ns.removers.retrain, ["declares a guarantee"]),
        ("approximate", ns.removers.uce, ["aims elsewhere"]),
        ("concept", ns.removers.finetune, ["aims elsewhere"]),
        ("heuristic", ns.removers.dare, ["declares a guarantee"]),
        ("heuristic", ns.removers.noisy, ["has a base"]),
        ("wrappers", ns.removers.finetune, ["has no base"]),
        ("faulty", declaring(ns.removers.no_op(), 0.0), ["declares a guarantee"]),
    ],
)
def test_the_rule_of_a_room(room: str, make: Factory, said: list[str]) -> None:
    assert complaints(room, make) == said


def test_no_remover_lies_in_two_rooms_and_the_registries_are_the_rooms() -> None:
    names = Counter(name for makes in KINDS.values() for name in makes)
    assert set(names.values()) == {1}
    assert list(REMOVERS) == list(names)
    assert all(getattr(ns.removers, name) is make for name, make in REMOVERS.items())
    # That these and no others declare a guarantee is what the rooms say, above.
    assert CERTIFIED.keys() == KINDS["exact"].keys() | KINDS["certified"]
    assert HEURISTIC.keys() == KINDS["heuristic"].keys() | KINDS["concept"]
    rest = (EXACT, "exact"), (APPROXIMATE, "approximate"), (CONCEPT, "concept"), (FAULTY, "faulty")
    assert all(registry == KINDS[room] for registry, room in rest)


def factories(module: ModuleType) -> set[str]:
    """The public functions of a module that make a remover when called with nothing, by name."""
    own = {name: f for name, f in vars(module).items() if inspect.isfunction(f) and f.__module__ == module.__name__}
    return {name for name, function in own.items() if name[0] != "_" and makes_a_remover(function)}


def makes_a_remover(function: Callable[..., object]) -> bool:
    parameters = inspect.signature(function).parameters.values()
    bare = all(each.default is not each.empty for each in parameters)
    return bare and function.__annotations__.get("return") is ns.Remover


@pytest.mark.parametrize("room", KINDS)
def test_every_factory_is_listed_where_it_is_defined(room: str) -> None:
    package = importlib.import_module(f"neverseen.algorithms.removers.{room}")
    modules = [importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)]
    defined = {name for module in modules for name in factories(module)}
    assert not defined - KINDS[room].keys(), f"import {defined - KINDS[room].keys()} in removers/{room}/__init__.py"
    assert defined == KINDS[room].keys()


def test_a_factory_that_is_not_listed_would_be_seen() -> None:
    def mine() -> ns.Remover:
        return ns.removers.no_op()

    def helper(name: str) -> ns.Remover:
        return ns.Remover(lambda *_: None, name)

    toy = ModuleType("toy")
    vars(toy).update(mine=mine, helper=helper, no_op=ns.removers.no_op, _hidden=mine)
    assert factories(toy) == set()
    mine.__module__ = helper.__module__ = "toy"
    assert factories(toy) == {"mine"}
