"""How far a stopped check was, read off the log wealth of its evidence."""

import math

_FARTHEST = 10


def more_pairs(path: tuple[float, ...], level: float) -> int | None:
    """How many more pairs take a log wealth to ln(1/level), at its growth over the second half of the pairs.

    Args:
        path: log wealth after each pair.
        level: α or β.

    Returns:
        The pairs; None where wealth did not grow, or so slowly that ten times the pairs so far would not do.

    >>> more_pairs((0.0, 0.5, 1.0, 1.5), math.exp(-3.0)), more_pairs((0.0, -0.5, -1.0), 0.05)
    (3, None)
    """
    middle = len(path) // 2
    if len(path) < 2 or path[-1] <= path[middle - 1]:
        return None
    rate = (path[-1] - path[middle - 1]) / (len(path) - middle)
    left = max(1, math.ceil((math.log(1 / level) - path[-1]) / rate))
    return left if left <= _FARTHEST * len(path) else None


def outlook(against: tuple[float, ...], alpha: float, towards: tuple[float, ...], beta: float) -> str:
    """How far both decisions were, and when the sooner may be expected.

    Args:
        against, alpha: refutation's log wealth after each pair, and its level.
        towards, beta: acceptance's.

    >>> outlook((0.0, 0.5, 1.0, 1.5), math.exp(-3.0), (0.0, 0.0, 0.0, -0.1), 0.05)
    ' Refutation had reached 50 % of what it needs, acceptance 0 %; at this rate about 3 more pairs refute.'
    >>> outlook((), 0.05, (), 0.05)
    ''
    """
    if not against or not towards:
        return ""
    shares = [_reached(*found) for found in ((against, alpha), (towards, beta))]
    said = f" Refutation had reached {shares[0]:.0f} % of what it needs, acceptance {shares[1]:.0f} %"
    ways = (("refute", more_pairs(against, alpha)), ("satisfy", more_pairs(towards, beta)))
    soonest = min(((pairs, way) for way, pairs in ways if pairs is not None), default=None)
    return said + (f"; at this rate about {soonest[0]} more pairs {soonest[1]}." if soonest else ".")


def _reached(path: tuple[float, ...], level: float) -> float:
    return 100 * max(0.0, path[-1]) / math.log(1 / level)
