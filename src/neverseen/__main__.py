"""The command `neverseen`, also as `python -m neverseen`."""

import os
import sys

_INTERRUPTED = 130


def main() -> int:
    """Load the library and run the command line; Ctrl-C while it loads is one line and status 130."""
    # Read when XLA is loaded: JAX 0.9 logs three lines for each program that an earlier process compiled. JAX itself
    # sets "1", and what is started from a process that uses JAX inherits it.
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL", "1") == "1":
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    try:
        from .properties.cli import main as run
    except KeyboardInterrupt:
        print("neverseen: interrupted; no pair was finished", file=sys.stderr)
        return _INTERRUPTED
    status = run()
    if status == _INTERRUPTED:
        # Runs that XLA still has at work crash an orderly exit; what was to be said has been said.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


if __name__ == "__main__":
    sys.exit(main())
