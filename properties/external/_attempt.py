"""What one run of a program came to: arrays, a failure of its own, or one of the machine's."""

import dataclasses
import platform
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from ..saved._sources import called, source_of

RunArrays = dict[str, np.ndarray]
"""The arrays of one run by name; "" for a single array without one."""

Run = Callable[[str, int], Any]
"""`run(arm, seed)`: one model, looked at: a mapping from names to arrays, or one array."""

RunKind = Literal["finished", "failed", "lost"]
"""`failed` is an outcome of the program, bound to the seed; `lost` is the machine's doing, and says nothing of it."""

LOG_LINES = 20
"""Lines of a log that are kept."""

_LIBRARIES = ("numpy", "torch", "jax", "tensorflow", "flax", "sklearn")
_MACHINE = (OSError, MemoryError, TimeoutError)


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One attempt at a run.

    Args:
        kind: what it came to.
        arrays: what it returned, where it finished.
        reason: of a failure, in a phrase such as "exit status 1".
        log: its last lines.
        seconds: how long it took.
        environment: of the process it ran in, as far as that is known.

    >>> Attempt("failed", reason="exit status 1").arrays is None
    True
    """

    kind: RunKind
    arrays: RunArrays | None = None
    reason: str = ""
    log: str = ""
    seconds: float = 0.0
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])


def attempt_call(run: Run, arm: str, seed: int) -> Attempt:
    """Call a function for one run; what it raises is a failure.

    An error of the operating system, of memory or of time is the machine's; any other is the program's own, and comes
    again with the seed.

    Args:
        run: the function.
        arm: removed, reference or original.
        seed: of the run.

    >>> attempt_call(lambda arm, seed: {"loss": seed}, "removed", 3).arrays
    {'loss': array(3)}
    >>> attempt_call(lambda arm, seed: 1 / 0, "removed", 3).reason
    'ZeroDivisionError: division by zero'
    """
    started = time.perf_counter()

    def ended(kind: RunKind, arrays: RunArrays | None = None, reason: str = "", log: str = "") -> Attempt:
        return Attempt(kind, arrays, reason, log, time.perf_counter() - started, process_environment())

    try:
        return ended("finished", named_arrays(run(arm, seed)))
    except Exception as error:
        # Out of memory on an accelerator is a RuntimeError of its own to most libraries.
        theirs = isinstance(error, _MACHINE) or "OutOfMemory" in type(error).__name__
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return ended("lost" if theirs else "failed", None, reason, tail("".join(traceback.format_exception(error))))


def named_arrays(returned: Any) -> RunArrays:
    """What a run returned, as arrays by name.

    Raises:
        ValueError: nothing, or what is not real numbers.

    >>> named_arrays([1.0, 2.0])
    {'': array([1., 2.])}
    >>> named_arrays(None)
    Traceback (most recent call last):
    ValueError: returned nothing; return arrays by name, such as {'loss on S': losses}
    """
    if returned is None:
        raise ValueError("returned nothing; return arrays by name, such as {'loss on S': losses}")
    items = returned.items() if isinstance(returned, Mapping) else [("", returned)]
    found = {str(name): np.asarray(source_of(value)) for name, value in items}
    if not found:
        raise ValueError("returned no array; return at least one")
    for name, value in found.items():
        if value.dtype.kind not in "fiub" and value.dtype.type.__module__ != "ml_dtypes":
            raise ValueError(f"{called(name)} is {value.dtype}, not real numbers")
        if not value.size:
            raise ValueError(f"{called(name)} is empty")
    return found


def process_environment() -> dict[str, str]:
    """Python, the platform, and the versions of what this process has imported.

    >>> sorted(set(process_environment()) - set(_LIBRARIES))
    ['platform', 'python']
    """
    loaded = {name: str(getattr(sys.modules[name], "__version__", "?")) for name in _LIBRARIES if name in sys.modules}
    return loaded | {"python": platform.python_version(), "platform": platform.platform()}


def tail(text: str) -> str:
    """The last lines of a log, none of them endless.

    >>> tail("a\\n" * 30 + "b\\n").count("a")
    19
    """
    return "\n".join(line[:400] for line in text.rstrip().splitlines()[-LOG_LINES:])
