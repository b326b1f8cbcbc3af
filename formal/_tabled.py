"""Tables: rows that go by name, and their cells as lines of text."""

import textwrap
from collections.abc import Container, Iterable, Iterator, Sequence
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


def aligned(rows: Iterable[Sequence[str]], right: Container[int] = (), fold: int | None = None) -> list[str]:
    """Cells as lines, columns two spaces apart.

    Args:
        rows: the cells, as many in each.
        right: the columns that are set to the right.
        fold: letters of a line, where the last column goes on below itself rather than beyond; None never folds.

    >>> print(*aligned([("view", "mean", "why"), ("loss", "12.5", "it is on S")], right=(1,), fold=20), sep="\\n")
    view  mean  why
    loss  12.5  it is on
                S
    """
    cells = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines: list[str] = []
    for row in cells:
        padded = [f"{c:>{w}}" if i in right else f"{c:<{w}}" for i, (c, w) in enumerate(zip(row, widths, strict=True))]
        start = "".join(f"{cell}  " for cell in padded[:-1])
        if fold is None or len(start) + len(row[-1]) <= fold:
            lines.append(f"{start}{padded[-1]}".rstrip())
        else:
            lines += textwrap.wrap(row[-1], fold, initial_indent=start, subsequent_indent=" " * len(start))
    return lines
