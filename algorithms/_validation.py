"""What a learner or a remover is made of, looked at once, when it is made."""

import difflib
from collections.abc import Callable, Iterable
from typing import Any


def a_function(who: str, field: str, value: Any) -> None:
    """Refuse what cannot be called.

    >>> a_function("learner", "fit", 3)
    Traceback (most recent call last):
    ValueError: learner: fit is 3, not a function
    """
    if not callable(value):
        raise ValueError(f"{who}: {field} is {_short(value)}, not a function")


def a_name(who: str, value: Any) -> None:
    """Refuse a name that is no text, or none at all.

    >>> a_name("remover", " ")
    Traceback (most recent call last):
    ValueError: remover: the name is ' '; give it a name, for sentences and listings
    """
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{who}: the name is {_short(value)}; give it a name, for sentences and listings")


def none_or(refuse: Callable[[str, str, Any], None], who: str, field: str, value: Any) -> None:
    """Refuse as `refuse` does what is not None.

    >>> none_or(a_function, "learner", "fit_many", None)
    """
    if value is not None:
        refuse(who, field, value)


def one_of(who: str, field: str, value: Any, choices: tuple[str, ...]) -> None:
    """Refuse what is not listed, and name what is near.

    >>> one_of("remover mine", "aims_at", "untraning", ("untraining", "unlearning"))
    Traceback (most recent call last):
    ValueError: remover mine: aims_at is 'untraning'; did you mean 'untraining'? known are 'untraining', 'unlearning'
    """
    if isinstance(value, str) and value in choices:
        return
    near = difflib.get_close_matches(value, choices, n=1) if isinstance(value, str) else []
    meant = f"did you mean {near[0]!r}? " if near else ""
    raise ValueError(f"{who}: {field} is {_short(value)}; {meant}known are {', '.join(map(repr, choices))}")


def several_of(who: str, field: str, value: Any, choices: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """Words as a tuple; refuse a bare word, which would be read letter by letter, and words that are not listed.

    >>> several_of("remover mine", "needs", "behaviour")
    Traceback (most recent call last):
    ValueError: remover mine: needs is 'behaviour'; give a tuple, ('behaviour',)
    """
    if isinstance(value, str):
        raise ValueError(f"{who}: {field} is {_short(value)}; give a tuple, ({value!r:.60},)")
    words: tuple[Any, ...] = tuple(value) if isinstance(value, Iterable) else (value,)
    if not isinstance(value, Iterable) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"{who}: {field} is {_short(value)}, not a tuple of words")
    for word in words if choices is not None else ():
        one_of(who, field, word, choices or ())
    return words


def _short(value: Any) -> str:
    """At most 60 characters in one line."""
    return " ".join(f"{value!r:.60}".split())
