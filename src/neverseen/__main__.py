"""The command `neverseen`, also as `python -m neverseen`."""

import os
import sys

_INTERRUPTED = 130


def main() -> int:
    """Load the library and run the command line; Ctrl-C while it loads is one line and status 130."""
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
