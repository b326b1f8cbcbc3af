"""Tables of rows that go by name: found by it, and gone through in their order."""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Tabled(Generic[T]):
    """A table of named rows.

    Subclasses name the field of a row that is its name: `class Table(Tabled[Row], named="metric")`.

    >>> import neverseen as ns
    >>> made = ns.Comparison.example()
    >>> [row.remover for row in made], len(made), "mine" in made, made["mine"].asked
    (['do_nothing', 'mine'], 2, True, True)
    >>> made[0]
    Traceback (most recent call last):
    KeyError: '0 is no row; rows go by name: do_nothing, mine'
    """

    rows: tuple[T, ...]
    _named = ""

    def __init_subclass__(cls, named: str, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        cls._named = named

    def __getitem__(self, name: object) -> T:
        """The row of this name.

        Raises:
            KeyError: there is none.
        """
        by_name: dict[Any, T] = {getattr(row, self._named): row for row in self.rows}
        if name not in by_name:
            raise KeyError(f"{name!r} is no row; rows go by name: {', '.join(by_name)}")
        return by_name[name]

    def __iter__(self) -> Iterator[T]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, name: object) -> bool:
        return any(getattr(row, self._named) == name for row in self.rows)
