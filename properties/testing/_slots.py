"""Evaluations that may still be made: counted in one process, or by files that several processes claim."""

from pathlib import Path


class Slots:
    r"""N slots, each taken once, by whoever comes first.

    Processes that share a folder share the slots: slot i is the file i, and the operating system makes a file that must
    not exist yet for one of them alone. Whatever the distribution of tests, all N can be used, and never N + 1; what a
    process that crashed had taken stays taken.

    Args:
        count: N.
        folder: shared by the processes; None for one process by itself.
        owner: what a claimed file says.

    >>> slots = Slots(2)
    >>> [slots.take() for _ in range(3)]
    [True, True, False]
    """

    def __init__(self, count: int, folder: Path | None = None, owner: str = "") -> None:
        self.count, self.folder, self.owner = count, folder, owner
        self._next = self._unused = 0

    def take(self) -> bool:
        """Take one; whether there was one."""
        if self._unused:
            self._unused -= 1
            return True
        while self._next < self.count:
            self._next += 1
            if self._claimed(self._next - 1):
                return True
        return False

    def give_back(self) -> None:
        """Return one that was taken and not used: this process, and no other, may take it again."""
        self._unused += 1

    def _claimed(self, place: int) -> bool:
        if self.folder is None:
            return True
        try:
            with open(self.folder / str(place), "x", encoding="utf-8") as file:
                file.write(self.owner)
        except FileExistsError:
            return False
        return True


def used_slots(folder: Path, owner: str) -> int:
    """How many slots an owner took.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     slots = Slots(3, Path(folder), "gw0"), Slots(3, Path(folder), "gw1")
    ...     [each.take() for each in (*slots, *slots)], used_slots(Path(folder), "gw0")
    ([True, True, True, False], 2)
    """
    return sum(path.read_text(encoding="utf-8") == owner for path in folder.iterdir())
