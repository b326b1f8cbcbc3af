"""What a question is asked of, as people give it: read, or refused in one line that says how to mend it."""

from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Any

from ...algorithms.base import Learner, Remover
from ...formal.definitions._definitions import Definition
from ...formal.definitions._scenario import Scenario
from ...formal.laws._finite_learners import FiniteLearner, FiniteRemover
from ...formal.laws._worlds import World
from .observables import DEFAULTS, Observable

_KINDS: dict[str, tuple[type | UnionType, ...]] = {
    "definition": (Definition,),
    "remover": (Remover,),
    "learner": (Learner,),
    "scenario": (Scenario,),
}
_FINITE: dict[str, type] = {"remover": FiniteRemover, "learner": FiniteLearner, "scenario": World}


def subject(*, finite: bool = False, **values: Any) -> None:
    """Refuse what is no definition, remover, learner or scenario, by the argument's name.

    Args:
        finite: whether those of finite laws are welcome, too.
        values: the arguments.

    Raises:
        ValueError: it is something else; a factory is to be called.

    >>> import neverseen as ns
    >>> subject(remover=ns.removers.retrain(), scenario=ns.scenarios.figure1())
    >>> subject(remover=ns.removers.retrain)
    Traceback (most recent call last):
    ValueError: remover: retrain is no Remover; call it, retrain(...), or decorate it with @neverseen.remover
    >>> subject(learner="ridge")
    Traceback (most recent call last):
    ValueError: learner: 'ridge' is no Learner; give one, of neverseen.learners or of your own
    """
    for name, value in values.items():
        kinds = (*_KINDS[name], *([_FINITE[name]] if finite and name in _FINITE else []))
        if not isinstance(value, kinds):
            raise ValueError(f"{name}: {_mended(name, value, name.capitalize())}")


def several(removers: Any) -> list[Remover]:
    """One remover or several, as a list.

    Raises:
        ValueError: none, or something else.

    >>> import neverseen as ns
    >>> several(ns.removers.retrain()), several([])
    Traceback (most recent call last):
    ValueError: removers: none is given, so nothing would be judged; give at least one
    """
    if isinstance(removers, Remover):
        return [removers]
    if isinstance(removers, str) or not isinstance(removers, Iterable):
        raise ValueError(f"removers: {_mended('remover', removers, 'Remover')}")
    values: list[Any] = list(removers)
    if not values:
        raise ValueError("removers: none is given, so nothing would be judged; give at least one")
    for each in values:
        if not isinstance(each, Remover):
            raise ValueError(f"removers: {_mended('remover', each, 'Remover')}")
    return values


def own_observables(observables: Any) -> tuple[Observable, ...]:
    """A user's own observables as a tuple: one, several, or none.

    Raises:
        ValueError: something else, or a name that is given twice or is that of one a check looks at anyway.

    >>> import neverseen as ns
    >>> own_observables(ns.observables.SCORES), own_observables([ns.observables.LOSS])
    Traceback (most recent call last):
    ValueError: observables: a check looks at 'loss' anyway; leave it out, or give yours another name
    """
    values: Any = (observables,) if isinstance(observables, Observable) else observables
    if not isinstance(values, tuple | list):
        values = (values,)
    names = [each.name for each in DEFAULTS]
    for each in values:
        if not isinstance(each, Observable):
            wrap = "give Observable(name, of), or one of neverseen.observables.OBSERVABLES"
            raise ValueError(f"observables: {_short(each)} is no Observable; {wrap}")
        if each.name in names[: len(DEFAULTS)]:
            mend = "leave it out, or give yours another name"
            raise ValueError(f"observables: a check looks at {each.name!r} anyway; {mend}")
        if each.name in names:
            raise ValueError(f"observables: two are called {each.name!r}; views go by name, rename one")
        names.append(each.name)
    return tuple(values)


def mapping(expected: Any, like: str) -> Mapping[Any, Any]:
    """Declared failures as a mapping; none where they are left out.

    Args:
        expected: as given.
        like: an example, for the message.

    Raises:
        ValueError: it is something else.

    >>> mapping({"untraining"}, "{'untraining': 'it does nothing'}")
    Traceback (most recent call last):
    ValueError: expected: {'untraining'} is no mapping; give names with reasons, {'untraining': 'it does nothing'}
    """
    if expected is None:
        return {}
    if not isinstance(expected, Mapping):
        raise ValueError(f"expected: {_short(expected)} is no mapping; give names with reasons, {like}")
    return expected


def _mended(name: str, value: Any, kind: str) -> str:
    factory = getattr(value, "__name__", "")
    if callable(value) and factory.isidentifier():
        decorated = ", or decorate it with @neverseen.remover" if name == "remover" else ""
        return f"{factory} is no {kind}; call it, {factory}(...){decorated}"
    hint = "Untraining(...) or Unlearning(...)" if name == "definition" else f"of neverseen.{name}s or of your own"
    return f"{_short(value)} is no {kind}; give one, {hint}"


def _short(value: Any) -> str:
    """At most 60 characters in one line."""
    return " ".join(f"{value!r:.60}".split())
