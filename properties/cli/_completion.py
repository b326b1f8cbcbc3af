"""`neverseen completion bash | zsh | fish`: what a shell asks to complete commands and their options."""

import argparse

import shtab

from . import _terminal
from ._flags import Command

_STATUS = """\
exit status: 0 done, 2 usage, 70 a fault of ours, 130 Ctrl-C

bash: eval "$(neverseen completion bash)" in ~/.bashrc. zsh: neverseen completion zsh > a folder of $fpath, as
_neverseen. fish: neverseen completion fish > ~/.config/fish/completions/neverseen.fish."""


def completion(shell: str) -> str:
    """The script that teaches a shell the commands, their options and choices; made from the very parsers.

    Args:
        shell: bash, zsh or fish.

    >>> "check-relative" in completion("bash")
    True
    """
    from ._main import parser

    return shtab.complete(parser(), shell)


def _arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), metavar="bash|zsh|fish", help="which shell")


def _run(args: argparse.Namespace) -> int:
    """Print the script."""
    _terminal.write(completion(args.shell))
    return 0


COMPLETION = Command(
    "completion", completion, "print what a shell needs to complete commands and options", _STATUS, _arguments, _run
)
