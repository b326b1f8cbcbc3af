"""Who watches a check is told after each block."""

from collections.abc import Callable, Iterator

from ._pairs import Block

Progress = Callable[[int, int, str], None]
"""Called with the pairs drawn so far, the budget and a message, after each block."""


def watched(blocks: Iterator[Block], budget: int, message: str, progress: Progress | None) -> Iterator[Block]:
    """The same blocks, with `progress` called after each.

    >>> list(watched(iter([]), 10, "", None))
    []
    """
    pairs = 0
    for block in blocks:
        pairs += len(next(iter(block.removed.values())))
        if progress is not None:
            progress(min(pairs, budget), budget, message)
        yield block
