"""Commands are called as the functions they call, and take their options, with their defaults, from them."""

import argparse
import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest
from cli_tools import Capture

import neverseen as ns
from neverseen.properties.cli import main
from neverseen.properties.cli._flags import Command, flags, options
from neverseen.properties.cli._main import commands

COMMANDS = commands()

OTHERWISE = {
    "suite": "check_suite",
    "audit": "check_samples",
    "prove": "run_theorem",
    "pool": "Store",
    "list": "listed",
}
"""What is called otherwise than its function."""

OF_OTHERS: dict[str, tuple[Callable[..., Any], ...]] = {"sweep": (ns.check,)}
"""Whose options a function hands on."""


def taken(command: Command) -> dict[str, Any]:
    """The options of a command with their defaults."""
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    return {a.dest: a.default for a in parser._actions if a.option_strings}  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("command", COMMANDS, ids=[one.name for one in COMMANDS])
def test_a_command_is_called_as_its_function(command: Command) -> None:
    named = OTHERWISE.get(command.name, command.name.replace("-", "_"))
    found = inspect.unwrap(command.function).__name__
    assert found == named, f"{command.name}: call it as {found}, or write that into OTHERWISE"


@pytest.mark.parametrize("command", COMMANDS, ids=[one.name for one in COMMANDS])
def test_a_default_is_the_function_s(command: Command) -> None:
    shown, functions = taken(command), (*OF_OTHERS.get(command.name, ()), command.function)
    known = {p.name: p.default for one in functions for p in inspect.signature(one).parameters.values()}
    both = {name for name in shown if known.get(name, inspect.Parameter.empty) is not inspect.Parameter.empty}
    both -= {"ratios"}  # a text here, numbers there: made of them
    assert {name: shown[name] for name in both} == {name: known[name] for name in both}
    assert both or not options(command.function).keys() & shown.keys()


@pytest.mark.parametrize("command", COMMANDS, ids=[one.name for one in COMMANDS])
def test_every_number_text_and_switch_of_a_function_is_an_option(command: Command) -> None:
    if command.function is not ns.Store:
        assert set(options(command.function)) <= set(taken(command))


def wrong(runs: int, *, alpha: float = 0.5, store: str | None = None, paired: bool = False, keys: Any = ()) -> None:
    """A function.

    Args:
        alpha: 5 % of what there is (see `there`).
        store, paired: of both, see
            `right`.
    """


def right(*, paired: bool = True) -> None:
    """Another.

    Args:
        paired: one seed for both.
    """


def test_options_are_read_off_a_signature(capsys: Capture) -> None:
    parser = argparse.ArgumentParser(prog="x")
    flags(parser, wrong, like=right, store={"choices": ("here", "there")})
    assert parser.parse_args([]) == argparse.Namespace(alpha=0.5, store=None, paired=False)
    assert parser.parse_args(["--alpha", "1", "--store", "here", "--paired"]).alpha == 1.0
    with pytest.raises(SystemExit):
        parser.parse_args(["--store", "nowhere"])
    words = re.sub(r"\s+", " ", parser.format_help())
    assert "--alpha A 5 % of what there is (default 0.5)" in words
    assert "--store {here,there} of both, see `right`" in words
    assert "--paired one seed for both" in words
    assert "--keys" not in words


@pytest.mark.parametrize("command", COMMANDS, ids=[one.name for one in COMMANDS])
def test_the_help_says_what_each_option_is(command: Command, capsys: Capture) -> None:
    assert main([command.name, "--help"]) == 0
    assert command.summary[1:] in re.sub(r"\s+", " ", capsys.readouterr().out)
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    silent = [a.dest for a in parser._actions if not a.help and a.dest != "action"]  # pyright: ignore[reportPrivateUsage]
    assert not silent, f"{command.name}: give help= for {', '.join(silent)}"


def test_a_plan_and_a_list_of_sweeps_have_pages_too(tmp_path: Any, capsys: Capture) -> None:
    page = tmp_path / "plan.html"
    assert main(["plan", "--replications", "5", "--report", str(page)]) == 0
    assert capsys.readouterr().out.startswith("claim ")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert main(["plan", "--report", str(tmp_path / "no" / "plan.html")]) == 2


def test_the_version_is_the_installed_one() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", ns.__version__)
