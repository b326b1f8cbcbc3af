"""`neverseen prove`: the theorems, and their false twins."""

import argparse
from collections.abc import Callable, Sequence

from ...formal.theorems import Theorem
from ..checks._proofs import Proofs, Proved
from ..checks._prove import chosen, run_theorem
from ..checks._ways import hear
from . import _terminal
from ._flags import Command, cli_options
from ._running import publish

_STATUS = """\
exit status: 0 every theorem holds and every negative twin is refuted, 1 otherwise, 2 unknown id, 70 a fault of
ours, 130 Ctrl-C (what was finished is shown)

Every way of proof that is installed is run: Coq (formal/proofs), a solver (pip install 'neverseen[proofs]'), and always
the search of the theorem itself, symbolic or exhaustive. What was not run is named; with --strict it counts as not
proved.
A negative twin is a false variant of the statement, one operand or operator away; a check that cannot refute it
would prove nothing. T2 stands for all parts of T2."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    parser.add_argument("theorem", nargs="?", metavar="ID", help="a theorem, T2a, or all its parts, T2 (default all)")
    parser.add_argument("--latex", action="store_true", help="print the statements as LaTeX and prove nothing")
    parser.add_argument("--strict", action="store_true", help="fail where a stronger proof exists than is run here")
    cli_options(parser, "--json", "--report")


def _run(args: argparse.Namespace) -> int:
    """Run the theorems, show what each check did. Ctrl-C keeps the finished ones."""
    if args.latex and (args.json or args.report or args.strict):
        raise ValueError("--latex proves nothing; leave out --json, --report and --strict")
    theorems = chosen(args.theorem)
    if args.latex:
        _terminal.write("\n".join(theorem.statement_latex for theorem in theorems))
        return 0
    proved: list[Proved] = []
    proofs = Proofs(len(theorems), (), args.strict)
    try:
        with _terminal.progress(len(theorems), "theorems", "starting") as report:
            _hear_coq(theorems, report)
            for theorem in theorems:
                report(len(proved), len(theorems), f"{theorem.id} {theorem.title}")
                proved.append(run_theorem(theorem))
    finally:
        proofs = Proofs(len(theorems), tuple(proved), args.strict)
        publish(proofs, args)
    return 0 if proofs.holds else 1


def _hear_coq(theorems: Sequence[Theorem], report: Callable[[int, int, str], None]) -> None:
    """One run of Coq for all that it is to be asked."""
    report(0, len(theorems), "Coq compiles its files, where it is installed")
    hear(theorems)


_SUMMARY = "check the theorems by machine, and refute their negative twins"
PROVE = Command("prove", run_theorem, _SUMMARY, _STATUS, _arguments, _run)
