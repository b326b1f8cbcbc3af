"""What is searched, as people give it: a factory and a space, read, or refused in one line that says how to mend it."""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, cast

from ...algorithms._space import Choice, Range, Setting, space_of
from ...algorithms.base import Remover
from ...algorithms.removers import REMOVERS, why_no_space
from ...formal._numbers import shown
from ._tuning import Settings


@dataclasses.dataclass(frozen=True, eq=False)
class Search:
    """A factory and what is searched for its settings.

    Args:
        make: the factory.
        name: its name.
        listed: whether it is a shipped one.
        fixed: settings that a `functools.partial` fixes.
        space: by setting.
        defaults: of these settings.

    >>> import neverseen as ns
    >>> read_search(ns.removers.ssd, None).defaults
    {'selection': 10.0, 'dampening': 1.0}
    """

    make: Callable[..., Remover]
    name: str
    listed: bool
    fixed: Settings
    space: dict[str, Setting]
    defaults: Settings

    @property
    def words(self) -> dict[str, str]:
        """The space in words, each with who gives it."""
        return {name: f"{each} ({each.source or 'given'})" for name, each in self.space.items()}

    def try_out(self, settings: Settings) -> None:
        """Have the factory look at settings.

        Raises:
            ValueError: it refuses them, or makes no remover of them.
        """
        try:
            remover: Any = self.make(**settings)
        except TypeError as error:
            raise ValueError(f"{self.name}: {error}") from error
        if not isinstance(remover, Remover):
            raise ValueError(f"{self.name}: it returned {type(remover).__name__}, no Remover")


def read_search(make: Any, given: Any) -> Search:
    """A factory with its space, or the one that is given.

    Args:
        make: a factory of removers, or a `functools.partial` of one.
        given: setting → range, choice or tuple of options; None for what the factory publishes.

    Raises:
        ValueError: no factory, no space, an unknown setting, one without a default, values that the factory refuses.

    >>> import neverseen as ns
    >>> read_search(ns.removers.retrain, None)
    Traceback (most recent call last):
    ValueError: space: retrain publishes none (it reaches its reference whatever is set); give space={setting: ...}
    >>> read_search(ns.removers.finetune, {"speed": (1, 2)})
    Traceback (most recent call last):
    ValueError: space: finetune has no setting 'speed'; it has epochs, batch, rate
    """
    if isinstance(make, Remover) or not callable(make):
        raise ValueError(f"make: {shown(make)} is no factory; give what makes removers, such as ns.removers.finetune")
    root: Any = _root(make)
    name = getattr(root, "__name__", type(root).__name__)
    space = _space(make, name, given)
    search = Search(
        cast(Any, make), name, REMOVERS.get(name) is root, _fixed(make), space, _defaults(make, name, space)
    )
    search.try_out({})
    for setting, each in space.items():
        # Two thirds of the way: a setting that takes whole numbers admits the ends of a real range.
        between = [] if isinstance(each, Choice) or each.whole else [each.low + (each.high - each.low) / 1.5]
        for value in (*each.ends, *between):
            try:
                search.try_out({setting: value})
            except ValueError as error:
                line = str(error).partition("\n")[0]
                raise ValueError(
                    f"space: {setting} = {shown(value)} is refused ({line}); give another range"
                ) from error
    return search


def _root(make: Any) -> Any:
    return _root(make.func) if isinstance(make, functools.partial) else make


def _fixed(make: Any) -> Settings:
    if not isinstance(make, functools.partial):
        return {}
    if make.args:
        raise ValueError("make: name what functools.partial fixes, rate=0.1")
    own = {name: Choice((value,)).options[0] for name, value in make.keywords.items()}
    return _fixed(make.func) | own


def _space(make: Any, name: str, given: Any) -> dict[str, Setting]:
    if given is None:
        published = space_of(make)
        if not published:
            why = why_no_space(_root(make))
            raise ValueError(
                f"space: {name} publishes none{f' ({why})' * bool(why)}; give space={{setting: ns.Range(...)}}"
            )
        return published
    if not isinstance(given, Mapping) or not given:
        raise ValueError(f"space: {shown(given)} names no setting; give {{'rate': ns.Range(0.001, 1.0, log=True)}}")
    parameters, own = inspect.signature(make).parameters, dict[str, Setting]()
    for setting, each in given.items():
        if setting not in parameters or parameters[setting].kind is inspect.Parameter.VAR_KEYWORD:
            raise ValueError(f"space: {name} has no setting {shown(setting)}; it has {', '.join(parameters)}")
        if setting in _fixed(make):
            raise ValueError(f"space: {setting} is fixed by functools.partial; leave it out of one of the two")
        if not isinstance(each, Range | Choice | tuple | list):
            raise ValueError(f"space: {setting}: {shown(each)} is no ns.Range(low, high), nor a tuple of options")
        own[setting] = each if isinstance(each, Range | Choice) else Choice(tuple(each))
    return own


def _defaults(make: Any, name: str, space: Mapping[str, Setting]) -> Settings:
    parameters, defaults = inspect.signature(make).parameters, Settings()
    for setting in space:
        value = parameters[setting].default
        if value is inspect.Parameter.empty:
            raise ValueError(f"space: {setting} of {name} has no default, which is the first trial; give it one")
        defaults[setting] = Choice((value,)).options[0]
    for other in parameters.values():
        variadic = other.kind in (other.VAR_KEYWORD, other.VAR_POSITIONAL)
        if other.default is other.empty and not variadic:
            raise ValueError(f"make: {name} needs {other.name}; fix it by functools.partial({name}, {other.name}=...)")
    return defaults
