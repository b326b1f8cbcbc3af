"""One question to `check`, with all that determines its answer: what a memo of verdicts is keyed by."""

import dataclasses
import functools
import hashlib
import inspect
import json
import types
from collections.abc import Hashable
from typing import Any

import jax
import numpy as np

from ...algorithms.base import Learner, Remover
from ...algorithms.programs._machine import settings
from ...formal.definitions._definitions import Definition
from ...formal.definitions._scenario import Scenario
from ...formal.definitions._verdict import Evidence, Route, Status, Verdict
from ..engine._provenance import environment
from ..runs._run_pools import programs
from ._check import check

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
        parts = self.definition, self.remover, self.learner, tuple(sorted(terms.items()))
        scene = self.scenario
        scene_key = (repr(scene), scene.digest()) if isinstance(scene, Scenario) else identity(scene)
        return identity(parts), scene_key, self._programs(), _made_with(settings())

    def _programs(self) -> Hashable:
        """What learner and remover do on this scenario, as traced now; None where they are finite laws, or fail."""
        subject, scene = (self.definition, self.remover, self.learner, self.scenario), self.scenario
        if not (
            isinstance(scene, Scenario) and isinstance(self.learner, Learner) and isinstance(self.remover, Remover)
        ):
            return None
        try:
            return programs(*subject, **{name: self.term(name) for name in ("seed", "keyed_as", "observables")})
        except Exception:  # of a user's code; `check` runs into it as well, and says where
            return None

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


@functools.lru_cache(maxsize=64)
def _made_with(switches: Hashable) -> tuple[str, Hashable]:
    """Versions, platform, and the switches of JAX; of these only the switches change while a process runs."""
    return json.dumps(environment(), sort_keys=True), switches


def identity(value: Any) -> Hashable:
    """A key that is equal for equal values: dataclasses field by field, arrays by content, functions by their code.

    A remover made anew in every example is the same remover if its function's code, defaults and closure are, as they
    are now. What has no value to compare is itself alone. What a function finds by a global name is not looked at:
    `Question.key` has the traced programs for that.

    >>> identity(lambda: 1) == identity(lambda: 2), identity(1) == identity(1.0)
    (False, False)
    >>> make = lambda rate: lambda x: rate * x
    >>> identity(make(2)) == identity(make(2)), identity(make(2)) == identity(make(3))
    (True, False)
    """
    return _identity(value, ())


def _identity(value: Any, within: tuple[Any, ...]) -> Hashable:
    if isinstance(value, types.FunctionType):
        return _function(value, within)
    if isinstance(value, np.ndarray | jax.Array):
        return _array(value)
    if isinstance(value, types.MethodType):
        return types.MethodType, _identity(value.__self__, within), _identity(value.__func__, within)
    parts = _parts(value)
    if parts is not None:
        return type(value), tuple(_identity(part, within) for part in parts)
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


def _function(value: types.FunctionType, within: tuple[Any, ...]) -> Hashable:
    named = value.__module__, value.__qualname__, id(value.__globals__), value.__code__
    if value in within:  # a closure may hold its own function
        return named
    state = [value.__defaults__, value.__kwdefaults__, *map(_content, value.__closure__ or ())]
    return *named, _identity(state, (*within, value))


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
