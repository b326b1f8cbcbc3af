"""Results have no truth value: `if verdict:` would take a refusal for a pass."""

import enum


class UntruthfulEnum(enum.Enum):
    """An outcome that has to be compared: `if status:` would take a refusal for a pass.

    >>> class Side(UntruthfulEnum):
    ...     LEFT = "left"
    >>> bool(Side.LEFT)
    Traceback (most recent call last):
    ValueError: a Side has no truth value; compare it, `is Side.LEFT`
    """

    def __bool__(self) -> bool:
        kind = type(self).__name__
        raise ValueError(f"a {kind} has no truth value; compare it, `is {kind}.{self.name}`")


class Untruthful:
    """A result whose outcome has to be read: `bool` raises, and names where.

    Subclasses name their outcome's attribute: `class Verdict(Untruthful, outcome="status")`.

    >>> class Found(Untruthful, outcome="side"): ...
    >>> bool(Found())
    Traceback (most recent call last):
    ValueError: a Found has no truth value; read its .side
    """

    _outcome = "status"

    def __init_subclass__(cls, outcome: str | None = None, **rest: object) -> None:
        super().__init_subclass__(**rest)
        if outcome is not None:
            cls._outcome = outcome

    def __bool__(self) -> bool:
        raise ValueError(f"a {type(self).__name__} has no truth value; read its .{self._outcome}")
