"""One question to `check`, with all that determines its answer: what a memo of verdicts is keyed by."""

import dataclasses
import functools
import hashlib
import inspect
import json
import types
import weakref
from collections.abc import Hashable
from typing import Any

import jax
import numpy as np

from ..formal.definitions import Definition
from ..formal.scenario import Scenario
from ..formal.verdict import Evidence, Route, Status, Verdict
from .check import check
from .provenance import surroundings

_DEFAULTS = {
    name: parameter.default
    for name, parameter in inspect.signature(check).parameters.items()
    if parameter.kind is parameter.KEYWORD_ONLY and name not in ("progress", "store")
}


@dataclasses.dataclass(frozen=True)
class Question:
    """What `check` is asked, and where.

    Args:
        definition, remover, learner, scenario: as in `check`.
        options: keyword arguments of `check`; what they leave out is as there.
        test: the test that asks; "" outside of one.

    >>> import neverseen as ns
    >>> question = Question(ns.Untraining(1.0, 0.05), ns.removers.retrain(), ns.learners.ridge(),
    ...                     ns.scenarios.figure1(), {"seed": 3})
    >>> question.term("seed"), question.term("beta"), question.key == question.with_seed(4).key
    (3, 0.05, False)
    """

    definition: Definition
    remover: Any
    learner: Any
    scenario: Any
    options: dict[str, Any]
    test: str = ""

    def term(self, name: str) -> Any:
        """An option, or its default in `check`."""
        return self.options.get(name, _DEFAULTS[name])

    def with_seed(self, seed: int) -> "Question":
        """The same question on another stream of runs."""
        return dataclasses.replace(self, options=self.options | {"seed": seed})

    def decide(self) -> Verdict:
        """What `check` says."""
        return check(self.definition, self.remover, self.learner, self.scenario, **self.options)

    @functools.cached_property
    def subject(self) -> Hashable:
        """The property: claim, remover and learner, whatever the scenario and the options."""
        return self.test, identity(self.definition), identity(self.remover), identity(self.learner)

    @functools.cached_property
    def key(self) -> Hashable:
        """All that determines the verdict, the seconds it takes and the test it is for left out."""
        terms = {name: value for name, value in (_DEFAULTS | self.options).items() if name not in ("progress", "store")}
        asked = self.definition, self.remover, self.learner, tuple(sorted(terms.items()))
        scene = self.scenario
        shown = (repr(scene), scene.digest()) if isinstance(scene, Scenario) else identity(scene)
        return identity(asked), shown, _made_with(bool(jax.config.read("jax_enable_x64")))

    def undrawn(self) -> Verdict:
        """INCONCLUSIVE, as nothing was drawn."""
        return Verdict(
            status=Status.INCONCLUSIVE, definition=self.definition, route=Route.SEQUENTIAL, scope="no event",
            subject=f"{self.remover} on {self.learner} in {self.scenario}", alpha=self.term("alpha"),
            beta=self.term("beta"), tolerance=self.term("tolerance"), pairs=0, budget=self.term("budget"),
            epsilon_lower=0.0, epsilon_upper=None, witness=None,
            evidence=Evidence((), (), (), "", (), (), (), None),
            provenance={"scenario": repr(self.scenario), "seed": self.term("seed"), "past_cap": True}, seconds=0.0,
        )  # fmt: skip


@functools.cache
def _made_with(x64: bool) -> str:
    """Versions and platform; of these only the precision changes while a process runs."""
    return json.dumps(surroundings() | {"x64": x64}, sort_keys=True)


def identity(value: Any) -> Hashable:
    """A key that is equal for equal values: dataclasses field by field, arrays by content, functions by their code.

    A remover made anew in every example is the same remover if its function's code, defaults and closure are. A
    function met before keeps the key it had then: what it does must not depend on when it is called. What has no
    value to compare is itself alone.

    >>> identity(lambda: 1) == identity(lambda: 2), identity(1) == identity(1.0)
    (False, False)
    >>> make = lambda rate: lambda x: rate * x
    >>> identity(make(2)) == identity(make(2)), identity(make(2)) == identity(make(3))
    (True, False)
    """
    if isinstance(value, types.FunctionType):
        return _function(value)
    if isinstance(value, np.ndarray | jax.Array):
        return _array(value)
    if isinstance(value, types.MethodType):
        return types.MethodType, identity(value.__self__), identity(value.__func__)
    parts = _parts(value)
    if parts is not None:
        return type(value), tuple(map(identity, parts))
    return type(value), value if _hashable(value) else _Itself(value)


def _parts(value: Any) -> list[Any] | None:
    """What a value is made of, where that is all there is to it."""
    if isinstance(value, functools.partial):
        return [value.func, value.args, value.keywords]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name) for field in dataclasses.fields(value)]
    if isinstance(value, dict):
        return [part for item in value.items() for part in item]
    return list(value) if isinstance(value, tuple | list) else None


_MET: "weakref.WeakKeyDictionary[Any, Hashable]" = weakref.WeakKeyDictionary()


def _function(value: types.FunctionType) -> Hashable:
    if value not in _MET:
        named = value.__module__, value.__qualname__, id(value.__globals__), value.__code__
        _MET[value] = named  # a closure may hold its own function
        held = [_content(cell) for cell in value.__closure__ or ()]
        _MET[value] = *named, identity([value.__defaults__, value.__kwdefaults__, *held])
    return _MET[value]


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return cell


def _array(value: Any) -> Hashable:
    try:
        array = np.ascontiguousarray(value)
    except TypeError:  # traced values and keys have no content to read
        return _Itself(value)
    return array.dtype.str, array.shape, hashlib.sha256(array.tobytes()).hexdigest()


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


class _Itself:
    """Equal to itself alone; keeps its value, so that no other takes its place in memory."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)
