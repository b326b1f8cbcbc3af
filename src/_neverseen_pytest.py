"""pytest's way into neverseen: options and hooks. Nothing of the package is imported before a test has done so.

It lies beside the package and not in it, as importing a package's module imports the package: pytest would load JAX in
every project of an environment, and before the import hooks that check types or measure coverage.
"""

import argparse
import dataclasses
import importlib
import os
import sys
import tempfile
from collections.abc import Generator
from typing import Any

import pytest


@dataclasses.dataclass
class Session:
    """One run of pytest: its ledger once a test has opened it.

    Under pytest-xdist also the folder in which its workers claim their evaluations, and their totals.
    """

    config: pytest.Config
    ledger: Any = None
    slots: tempfile.TemporaryDirectory[str] | None = None
    workers: list[dict[str, Any]] = dataclasses.field(default_factory=lambda: [])

    def totals(self) -> dict[str, Any] | None:
        """What the session and its workers spent; None where nothing asked."""
        parts = self.workers + ([] if self.ledger is None else [self.ledger.totals()])
        if not parts:
            return None
        from neverseen.properties.testing._pytest_session import merged

        return merged(parts)


SESSIONS: list[Session] = []
"""The sessions of this process, innermost last."""


def _session(config: pytest.Config) -> Session | None:
    return next((session for session in SESSIONS if session.config is config), None)


def _level(text: str) -> float:
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not in (0, 1)")
    return value


def _at_least(least: int) -> Any:
    def parse(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{text} is less than {least}")
        return value

    parse.__name__ = "whole number"
    return parse


_level.__name__ = "number"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, all beginning with `--neverseen-`."""
    group = parser.getgroup("neverseen", "neverseen: properties of removal algorithms")
    group.addoption(
        "--neverseen-alpha", type=_level, default=0.01, metavar="A",
        help="bound on the probability that any REFUTED of the run is false (default %(default)s)",
    )  # fmt: skip
    group.addoption(
        "--neverseen-evaluations", type=_at_least(1), default=1000, metavar="N",
        help="evaluations of the run at most, shrinking included; each spends A/N, and what asks for more fails "
        "(default %(default)s)",
    )  # fmt: skip
    group.addoption(
        "--neverseen-budget", type=_at_least(1), metavar="PAIRS",
        help="pairs of runs at most, for assertions that name no budget",
    )  # fmt: skip
    group.addoption(
        "--neverseen-seed", type=_at_least(0), metavar="SEED", help="root seed, for assertions that name none"
    )
    group.addoption("--neverseen-allow-inconclusive", action="store_true", help="let INCONCLUSIVE pass")
    group.addoption(
        "--neverseen-require-power", action="store_true",
        help="fail on SATISFIED where it is not known that doing nothing would have been refuted",
    )  # fmt: skip
    group.addoption("--neverseen-artefacts", metavar="DIRECTORY", help="write every verdict there, and ledger.json")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Open the session; register our Hypothesis profiles where one is asked for."""
    if config.option.neverseen_artefacts is not None:
        try:
            os.makedirs(config.option.neverseen_artefacts, exist_ok=True)
        except OSError as error:
            asked = f"--neverseen-artefacts: cannot make {config.option.neverseen_artefacts!r}"
            raise pytest.UsageError(f"{asked} ({error.strerror}); give another directory") from None
    SESSIONS.append(Session(config))
    if str(getattr(config.option, "hypothesis_profile", None)).startswith("neverseen-"):
        importlib.import_module("neverseen.properties.testing.profiles")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close the session."""
    session = _session(config)
    if session is not None:
        SESSIONS.remove(session)
        testing = _testing()
        if testing is not None:
            testing.forget_trials()
        if session.slots is not None:
            session.slots.cleanup()


def _testing() -> Any:
    """The module of `parametrize_with_checks`; None where no test has imported it."""
    return sys.modules.get("neverseen.properties.testing._parametrize")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test of `parametrize_with_checks` that did not call its check, or that hid what it raised."""
    given = getattr(getattr(item, "callspec", None), "params", {})
    testing, check = _testing(), given.get("check")
    if testing is None or not isinstance(check, testing.Check):
        return (yield)
    with testing.judging(check, given.get("remover")):
        return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where evaluations are claimed."""
    session = _session(node.config)
    if session is not None:
        session.slots = session.slots or tempfile.TemporaryDirectory(prefix="neverseen-slots-")
        node.workerinput["neverseen_slots"] = session.slots.name


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the totals of a worker of pytest-xdist."""
    session = _session(node.config)
    output = getattr(node, "workeroutput", None)
    if session is None:
        return
    if output is None:
        from neverseen.properties.testing._pytest_session import lost_totals

        session.workers.append(lost_totals(node.config, node.workerinput))
    elif "neverseen" in output:
        session.workers.append(output["neverseen"])


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the totals to the controller, or store them."""
    ours = _session(session.config)
    totals = None if ours is None else ours.totals()
    if totals is None:
        return
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["neverseen"] = totals
    elif session.config.option.neverseen_artefacts is not None:
        from pathlib import Path

        from neverseen.properties.testing._pytest_session import store_totals

        store_totals(totals, Path(session.config.option.neverseen_artefacts))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the ledger."""
    session = _session(config)
    totals = None if session is None else session.totals()
    if totals is None:
        return
    from neverseen.properties.testing._pytest_session import summary

    terminalreporter.section("neverseen")
    for line in summary(totals, config.option.neverseen_seed or 0):
        terminalreporter.write_line(line)
