"""Plain values for strict JSON, and back: non-finite numbers become the words 'nan', 'inf', '-inf'."""

import math
from typing import Any

_WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def plain(value: Any) -> Any:
    """Tuples as lists and non-finite numbers as words, all the way down.

    >>> plain({"a": (1.0, math.inf)})
    {'a': [1.0, 'inf']}
    """
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def unplain(value: Any) -> Any:
    """Words as the numbers they stand for; lists stay lists.

    >>> unplain({"a": [1.0, "inf"]})
    {'a': [1.0, inf]}
    """
    if isinstance(value, dict):
        return {key: unplain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unplain(item) for item in value]
    return _WORDS.get(value, value) if isinstance(value, str) else value
