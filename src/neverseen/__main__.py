"""The command `neverseen`, also as `python -m neverseen`."""

import os
import sys

from . import _process


def main() -> int:
    """Load the library and run the command line; Ctrl-C while it loads is one line and status 130.

    Whatever happens is one line, and nobody's exit status is taken for a verdict's.
    """
    # Read when XLA is loaded: JAX 0.9 logs three lines for each program that an earlier process compiled. JAX itself
    # sets "1", and what is started from a process that uses JAX inherits it.
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL", "1") == "1":
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    try:
        _process.occupy()
        _process.hold()
        _process.watch()
        _process.admit(os.environ)
        from .properties.cli import main as run

        status = run()
    except BaseException as error:
        status, line = _told(error)
        _process.say(line)
    return _process.leave(status)


def _told(error: BaseException) -> tuple[int, str]:
    """The status and the line of an error before any command ran: the library itself cannot be loaded."""
    if KeyboardInterrupt in (type(error), type(error.__cause__), type(error.__context__)):
        return _process.INTERRUPTED, "interrupted; no pair was finished"
    if isinstance(error, ValueError):
        return 2, str(error)
    said = ": ".join([type(error).__name__, *str(error).splitlines()[:1]])
    return 2, f"the library cannot be loaded ({said}); mend the installation"


if __name__ == "__main__":
    sys.exit(main())
