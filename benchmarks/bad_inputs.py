"""Generated bad inputs: no traceback, no signal, no hang, no wrong exit status. `python benchmarks/bad_inputs.py`.

Arguments of all commands and of the library from a grammar of nasty values; 2000 in one process, 100 as processes of
their own, and library calls, of which every one must raise ValueError. Writes bad_inputs.json.
"""

import contextlib
import dataclasses
import io
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from bad_values import CHEAP, COMMANDS, MAKERS, NUMBERS, SIZES, USERS, WORDS, furnish

PATIENCE = 30
"""Seconds after which an input counts as hanging."""

LONGEST = 540
"""Letters that a line on standard error may have, its head included."""


@dataclasses.dataclass(frozen=True)
class Case:
    """A command line, the statuses that are right for it, and what is bad about it."""

    argv: list[str]
    kind: str
    right: tuple[int, ...] = (2,)


@dataclasses.dataclass(frozen=True)
class Found:
    """What became of a case: "" or what is wrong, and the seconds."""

    case: Case
    status: int
    wrong: str
    seconds: float


def cases(count: int, seed: int, folder: Path) -> list[Case]:
    """So many bad command lines, drawn from the grammar; equal seeds give equal lines.

    Args:
        count, seed: how many, and of the draws.
        folder: where the nasty files are written; the lines are to be run there.
    """
    draw = random.Random(seed)
    files = furnish(folder, draw)
    kinds: list[tuple[int, Callable[[], Case]]] = [
        (8, lambda: _number(draw)),
        (5, lambda: _scenario(draw)),
        (3, lambda: _argument(draw)),
        (3, lambda: _name(draw)),
        (2, lambda: _user(draw)),
        (3, lambda: _audit(draw, files)),
        (2, lambda: _path(draw)),
        (1, lambda: _usage(draw)),
    ]
    makers, weights = [make for _, make in kinds], [weight for weight, _ in kinds]
    return [draw.choices(makers, weights)[0]() for _ in range(count)]


def _number(draw: random.Random) -> Case:
    command = draw.choice(list(COMMANDS))
    rest, options = COMMANDS[command]
    name = draw.choice(options)
    value = draw.choice(NUMBERS[name] if draw.random() < 0.8 else WORDS)
    more = [] if name in ("alpha", "budget") or "alpha" not in options or draw.random() < 0.5 else ["--alpha=0.01"]
    json_too = ["--json"] if command not in ("pool prune",) and draw.random() < 0.3 else []
    return Case([*command.split(), *rest, f"--{name}={value}", *more, *json_too], f"option --{name}")


def _scenario(draw: random.Random) -> Case:
    name = draw.choice(list(MAKERS))
    key = draw.choice(list(MAKERS[name]))
    text = f"{name}:{key}={draw.choice(MAKERS[name][key])}"
    command = draw.choice(["check", "check-relative", "measure", "sweep"])
    # A budget that refutes nothing is refused as well: what the scenario lets through ends there.
    few = ["--runs=1"] if command == "measure" else ["--budget=1"]
    return Case(
        [command, "do_nothing", f"--scenario={text}", "--learner=ridge", "--store=none", *few], f"scenario {name}"
    )


def _argument(draw: random.Random) -> Case:
    """An argument of a listed remover or learner; what takes it is refused for its budget."""
    import inspect

    from neverseen.algorithms.learners import LEARNERS
    from neverseen.algorithms.removers import REMOVERS

    kind, table = draw.choice([("remover", REMOVERS), ("learner", LEARNERS)])
    named = [(name, list(inspect.signature(make).parameters)) for name, make in table.items()]
    name, keys = draw.choice([pair for pair in named if pair[1]])
    value = draw.choice([*SIZES, "0", "-1", "-0.5", "1e308", "-1e400", "5e-324", "", "a\u202eb"])
    spec = f"{name}:{draw.choice(keys)}={value}"
    what = [spec, "--learner=ridge"] if kind == "remover" else ["do_nothing", f"--learner={spec}"]
    # A learner whose noise is declared, and huge, is answered without a run: nothing is told apart.
    right = (0, 1, 2, 3) if "sigma" in spec else (2,)
    return Case(["check", *what, "--scenario=figure1", "--store=none", "--budget=1"], f"argument of a {kind}", right)


def _name(draw: random.Random) -> Case:
    odd = [
        "retrian",
        "retrain:",
        "retrain:x",
        "retrain:x=1",
        "finetune:epochs",
        "finetune:epochs=1,epochs=2",
        ":",
        "::",
        "a:b:c",
        "nowhere.py",
        "nowhere.py:f",
        "nothing:f",
        "nothing.py:f",
        "pipe.py:f",
        "/dev/zero:f",
        "/dev/null.py:f",
        ".:f",
        "/:f",
        "json:loads",
        "json:nothing",
        "json.decoder:x.y",
        "os:nothing",
        "good.npy:f",
        "finetune:epochs=(((((",
        "retrain(retrain())",
        "noisy:noisy:noisy",
        "finetune:" + "epochs=1," * 2000,
        "a" * 300 + ".py:f",
        "~nobody/x.py:f",
        "\0.py:f",
        *WORDS[5:],
    ]
    flag = draw.choice(["", "--learner=", "--scenario="])
    name = draw.choice(odd)
    if not flag:
        return Case(["check", "--store=none", "--budget=1", "--", name], "name of a remover")
    if name.startswith(("finetune", "retrain", "noisy")) and flag == "--learner=":
        name = name.replace("finetune", "mlpx")
    return Case(["check", "do_nothing", f"{flag}{name}", "--store=none", "--budget=1"], "name")


def _user(draw: random.Random) -> Case:
    name = draw.choice([*USERS, "latin"])
    cheap = ["--scenario=figure1", "--learner=ridge", "--store=none"]
    if (
        draw.random() < 0.3
        and name not in ("callback", "callback_exit", "needs")
        and not name.startswith(("traced", "shape"))
    ):
        return Case(
            ["check", "do_nothing", f"--learner={name}.py:f", "--scenario=figure1", "--store=none"], f"file {name}.py"
        )
    return Case([draw.choice(["check", "check-relative"]), f"{name}.py:f", *cheap], f"file {name}.py")


def _audit(draw: random.Random, files: list[str]) -> Case:
    bad = draw.choice(files)
    arms = draw.choice(
        [[bad, "good.npy"], ["good.npy", bad], [bad, bad], ["good.npy", "good2.npy", f"--original={bad}"]]
    )
    if bad == "wide.npy" or (bad == "few.npy" and len(arms) == 3):  # fits itself; few originals leave power unknown
        arms = [bad, "good.npy"]
    return Case(["audit", *arms], "file of arrays")


def _path(draw: random.Random) -> Case:
    path = draw.choice(
        [
            "",
            "a" * 300,
            "no/such/folder/r.html",
            "nothing",
            "/dev/full",
            "pipe.npy",
            "a\0b",
            "good.npy/r.html",
            "loop.npy/x.html",
            "/proc/nothing/x.html",
            "/",
            ".",
            "..",
        ]
    )
    command, flag = draw.choice([("check", "report"), ("sweep", "plot"), ("compare", "report"), ("suite", "report")])
    if draw.random() < 0.25:
        store = draw.choice(["", "~nobody_at_all/x", "a\0b"])
        return Case(
            [
                *draw.choice([["check", "do_nothing", *CHEAP[:4]], ["pool", "ls"], ["pool", "verify"]]),
                f"--store={store}",
            ],
            "path of a store",
        )
    return Case([command, *COMMANDS[command][0], f"--{flag}={path}"], f"path of a {flag}")


def _usage(draw: random.Random) -> Case:
    word = draw.choice(WORDS)
    return Case(
        draw.choice(
            [
                [word],
                ["check"],
                ["audit", "good.npy"],
                ["prove", "T99" if word in ("", "--") else word],
                ["list", word],
                ["pool", word or "x"],
                ["check", "do_nothing", f"--{word}=1"],
                ["pool", "digest", "--store=kept", "--", "zz"],
                ["pool", "fill"],
                ["compare"],
                ["sweep"],
                ["prove", "T2", "--latex", "--json"],
            ]
        ),
        "usage",
    )


def judged(case: Case, status: int, out: str, err: str, seconds: float) -> Found:
    """What is wrong with what a case did."""
    lines = [line for line in err.splitlines() if not line.startswith("neverseen: warning:")]
    faults = {
        "a traceback": "Traceback (most recent" in out + err,
        f"status {status}": status not in case.right,
        "a signal": status < 0 or status > 128,
        "something on standard output": bool(out) and status == 2,
        f"{len(lines)} lines": status == 2 and len(lines) != 1,
        "a line without its head": status == 2 and not err.startswith("neverseen: "),
        "a long line": any(len(line) > LONGEST for line in err.splitlines()),
        "control characters": any(not letter.isprintable() and letter != "\n" for letter in err),
        "slow": seconds > PATIENCE,
    }
    return Found(case, status, ", ".join(fault for fault, there in faults.items() if there), round(seconds, 3))


class HangsError(BaseException):
    """An input that does not end."""


@contextlib.contextmanager
def _alarm() -> Generator[None]:
    def ring(*_: Any) -> None:
        raise HangsError

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def in_process(case: Case) -> Found:
    """Run a case by the command line's own function."""
    from neverseen.properties.cli._main import main

    out, err, started = io.StringIO(), io.StringIO(), time.monotonic()
    try:
        with _alarm(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(case.argv)
    except BaseException as error:  # nothing may leave it
        return Found(case, -1, f"{type(error).__name__} left main: {error!s:.200}", time.monotonic() - started)
    return judged(case, status, out.getvalue(), err.getvalue(), time.monotonic() - started)


def as_process(case: Case) -> Found:
    """Run a case as a process of its own; what no process can be given is left out of the line."""
    argv = [
        word.replace("\0", "").encode("utf-8", "surrogateescape" if word.isascii() else "replace") for word in case.argv
    ]
    started = time.monotonic()
    try:
        ran = subprocess.run([sys.executable, "-m", "neverseen", *argv], capture_output=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        return Found(case, -1, "hangs", 120.0)
    texts = (stream.decode("utf-8", "replace") for stream in (ran.stdout, ran.stderr))
    made = judged(case, ran.returncode, *texts, 0.0)
    return dataclasses.replace(made, seconds=round(time.monotonic() - started, 2))


def library_calls() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Calls of the library with numbers out of range: each must raise ValueError."""
    import neverseen as ns

    claim, scene, learner = ns.Untraining(1.0, 0.05), ns.scenarios.figure1(), ns.learners.nearest_neighbour()
    remover, rng = ns.removers.do_nothing(), np.random.default_rng(0)
    arms = rng.normal(size=(80, 1)), rng.normal(size=(80, 1))
    nan, inf, huge = float("nan"), float("inf"), 10**400
    reals: dict[str, list[Any]] = {
        "epsilon": [nan, inf, -1.0, 1000.0, huge],
        "delta": [nan, inf, -1.0, 1.0, huge],
        "grain": [nan, inf, -1.0, 1e308],
        "alpha": [nan, inf, 0.0, 1.0, -1.0, 5e-324],
        "beta": [nan, 0.0, 1.0, 5e-324],
        "tolerance": [nan, inf, 0.0, -1.0, 1.0],
        "seed": [-1, 2**32, 2**63, 2**64, huge],
        "budget": [0, -1, 1, 2**63, huge],
    }
    terms = ("alpha", "beta", "tolerance", "seed", "budget", "grain")
    functions: list[tuple[str, Callable[..., Any], tuple[str, ...]]] = [
        ("Untraining", lambda **o: ns.Untraining(**({"epsilon": 1.0, "delta": 0.05} | o)), ("epsilon", "delta")),
        ("Unlearning", lambda **o: ns.Unlearning(**({"epsilon": 1.0, "delta": 0.05} | o)), ("epsilon", "delta")),
        ("check", lambda **o: ns.check(claim, remover, learner, scene, **o), terms),
        (
            "check_relative",
            lambda **o: ns.check_relative(claim, remover, learner, scene, **o),
            ("alpha", "seed", "budget", "grain"),
        ),
        (
            "check_samples",
            lambda **o: ns.check_samples(claim, *arms, **o),
            ("alpha", "beta", "tolerance", "seed", "grain"),
        ),
        ("plan", lambda **o: ns.plan(claim, **o), ("alpha", "beta", "tolerance", "seed", "budget")),
        ("sweep", lambda **o: ns.sweep(remover, learner, scene, **o), ("epsilon", "delta", *terms)),
        ("compare", lambda **o: ns.compare(claim, [remover], learner, scene, **o), terms),
    ]
    for name, call, options in functions:
        for option in options:
            for value in reals[option]:
                yield f"{name}({option}={value!s:.20})", lambda call=call, o={option: value}: call(**o)
    for maker, arguments in MAKERS.items():
        for key, texts in arguments.items():
            for text in texts:
                value = _value(text)
                if value is not None:
                    yield f"{maker}({key}={text:.20})", lambda m=maker, o={key: value}: getattr(ns.scenarios, m)(**o)
    for limit in (-1,):
        yield "Store(limit=-1)", lambda limit=limit: ns.Store("kept", limit)
    for folder in ("", "a\0b", "~nobody_at_all/x"):
        yield f"Store({folder!r})", lambda folder=folder: ns.Store(folder)
    for needs in (("moon",), "behaviour", ("behaviour", 3)):
        yield f"remover(needs={needs!r})", lambda needs=needs: ns.remover(needs=needs)(lambda *a: None)  # pyright: ignore


def _value(text: str) -> float | int | None:
    """A number as a caller of the library would give it; None for other texts."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return None


def library(
    calls: Iterator[tuple[str, Callable[[], Any]]], allowed: tuple[type[BaseException], ...] = (ValueError,)
) -> list[tuple[str, str]]:
    """The calls that did something else than raise ValueError, and what.

    Args:
        calls: names and calls.
        allowed: ValueError, and what a type checker raises first where one is on.
    """
    wrong: list[tuple[str, str]] = []
    for name, call in calls:
        try:
            with _alarm():
                made = call()
        except allowed:
            continue
        except BaseException as error:
            wrong.append((name, f"{type(error).__name__}: {error!s:.200}"))
        else:
            wrong.append((name, f"returned {made!s:.100}"))
    return wrong


def main() -> None:
    count, processes = (int(word) for word in (sys.argv[1:] + ["2000", "100"][len(sys.argv) - 1 :])[:2])
    record = Path(__file__).with_suffix(".json")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["NEVERSEEN_STORE"] = os.path.join(folder, "kept")
        drawn = cases(count, 0, Path(folder))
        found = [in_process(case) for case in drawn]
        calls = list(library_calls())
        wrong_calls = library(iter(calls))
        apart = [as_process(case) for case in random.Random(1).sample(drawn, processes)]
    made = {
        "inputs": len(found),
        "processes": len(apart),
        "library_calls": len(calls),
        "kinds": dict(sorted(Counter(one.case.kind for one in found).items())),
        "statuses": dict(sorted(Counter(str(one.status) for one in [*found, *apart]).items())),
        "wrong": [
            {"argv": [word[:200] for word in one.case.argv], "why": one.wrong} for one in [*found, *apart] if one.wrong
        ],
        "wrong_calls": wrong_calls,
        "slowest_seconds": max(one.seconds for one in found),
        "peak_mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    record.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({name: value for name, value in made.items() if name != "kinds"}, indent=1))
    sys.exit(bool(made["wrong"] or made["wrong_calls"]))


if __name__ == "__main__":
    main()
