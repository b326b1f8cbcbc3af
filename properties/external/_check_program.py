"""`check_program`: any program against a definition, its runs drawn on demand and kept in a folder."""

import contextlib
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from ...formal._numbers import flag, real, root_seed, shown, whole
from ...formal._types import Real
from ...formal.definitions._definitions import Definition
from ...formal.definitions._verdict import Verdict
from ..engine._conclusion import verdict_of
from ..engine._decide import decide
from ..engine._progress import Progress, Watch
from ..engine._sequential import Terms
from ..runs._subject import subject
from ._attempt import Run
from ._command import CommandProgram, command_identity, sweep_work
from ._drawer import Drawer, Told
from ._function import function_identity
from ._hands import Elsewhere, Hands, Here, Workers
from ._judgement import judged_program
from ._pairing import Pairing
from ._reader import RunReader
from ._shelf import Shelf

Runnable = Any
"""A function `run(arm, seed)`, a command, or None."""

MakesRuns = Any
"""A `concurrent.futures` executor, a callable that makes one, or None."""

MOST_HANDS = 4096
"""Workers at most."""


def check_program(
    definition: Definition,
    run: Runnable,
    folder: str | os.PathLike[str] | None = None,
    *,
    workers: int = 0,
    budget: int = 512,
    alpha: float = 1e-4,
    beta: float = 0.05,
    tolerance: float = 0.1,
    seed: int = 0,
    timeout: float | None = None,
    retries: int = 0,
    devices: int = 0,
    originals: bool = False,
    require_power: bool = False,
    deterministic: bool = False,
    executor: MakesRuns = None,
    told: Told | None = None,
    progress: Progress | None = None,
) -> Verdict:
    """Decide whether a program's removed models have the law of its references, by runs that are made as needed.

    The program, in whatever framework, makes one model and says what it is like: `run(arm, seed)` trains on D and
    removes S for `removed`, trains without S (untraining) or without S_full (unlearning) for `reference`, trains on D
    for `original`, and returns named arrays: losses on S, margins on fresh points. Everything random in it comes from
    the seed. Whoever wrote it answers for it that its references are the definition's.

    *What is drawn.* Pair i is the removed run and the reference run of seed `seed + i`: whatever they share by that
    seed saves pairs and costs no level. Pairs are drawn a block at a time, as bets ask for them, and none after the
    block that decides but those that fill idle workers. Bets go in the order of the seeds up to the first gap,
    whichever run ends first.

    *What is kept.* Each run is a file `folder/ARM/SEED.npz`, there whole or not at all, with a record of command,
    environment, time and the end of its log in `folder/records`. Killed at any moment and called again, it goes on to
    the same verdict. The folder may as well be filled by hand or by a cluster's scheduler (`.npz`, `.npy`,
    `.safetensors`, or a folder of them, the seed in its name), and asked at any time: nothing about a bet depends on
    how many runs there are, so that looking again spends nothing. Another claim or budget on the same folder is a
    question of its own; another program is refused: by its command and the files that it names, or by the function's
    source, but not by what a function closes over. The first file of a run stays.

    *What a failure is.* NaN is a value like any other. A run that ends with an error, writes nothing, or holds other
    names or shapes than the others is an outcome of its arm, and enters as one that diverged. A run that the machine
    spoiled (a signal, the time-out, an error of the operating system or of memory, exit status 75) says nothing: it is
    tried again with the same seed where `retries` asks for it, and otherwise bets stop before it. Eight failures in a
    row are an error, and a SATISFIED is withdrawn where more runs of an arm failed than the tolerance has room for.

    Args:
        definition: the claim.
        run: the function; or a command with places `{arm}`, `{seed}` and `{out}`, the file to write (no shell reads
            it); or None, to read what is in the folder.
        folder: where runs are kept; left out, they are forgotten.
        workers: processes of this machine that make runs; 0 calls a function in this one, and is 1 of a command. A
            function must then be one that a new process can import.
        budget: pairs of runs at most.
        alpha, beta, tolerance: see `check`.
        seed: of the first pair. Another one is another check, with error levels of its own.
        timeout: seconds that a run may take.
        retries: how often a run that the machine spoiled is tried again, with the same seed.
        devices: accelerators of this machine; each worker sees one of them, in turn (CUDA_VISIBLE_DEVICES).
        originals: after a SATISFIED, draw runs of the arm `original` as well, and say what this very check says of
            doing nothing.
        require_power: SATISFIED only where this check would have refuted the original; else INCONCLUSIVE.
        deterministic: the program draws nothing, so that its runs may all be the same.
        executor: a `concurrent.futures` executor, or a callable that makes one (Dask's `get_executor`), in place of
            workers; of a command it must see the folder.
        told: called after each run with arm, seed, what it came to and which attempt it was.
        progress: called after each block, and after each round of bets with both wealths and a forecast.

    Returns:
        The verdict. Its provenance has the program, how many runs failed, the first of them, and the gap, if any.

    Raises:
        ValueError: no function and no command, a place missing, too small a budget, a folder of another program or one
            that takes no more, a first block of failures, runs that do not depend on the seed.

    >>> import numpy as np, neverseen as ns
    >>> def run(arm, seed):
    ...     rng = np.random.default_rng([seed, arm == "reference"])
    ...     return {"loss on S": rng.normal(3.0 * (arm == "reference"), 1.0)}
    >>> verdict = ns.check_program(ns.Untraining(1.0, 0.05), run)
    >>> verdict.status.name, verdict.pairs < 100
    ('REFUTED', True)
    """
    started = time.perf_counter()
    subject(definition=definition)
    terms = Terms(definition, alpha, beta, tolerance, budget)
    for name, value in (("originals", originals), ("require_power", require_power), ("deterministic", deterministic)):
        flag(name, value)
    _admit(run, folder, workers, retries, devices, timeout, executor)
    root_seed(seed)
    with contextlib.ExitStack() as stack:
        place = folder or stack.enter_context(tempfile.TemporaryDirectory())
        shelf = Shelf(place, durable=folder is not None)
        identity = _identity(run)
        shelf.admit(identity)
        shelf.sweep()
        sweep_work(shelf.folder)
        hands = _hands(run, str(shelf.folder), workers, timeout, devices, executor)
        if hands is not None:
            stack.callback(hands.close)
        drawer = Drawer(shelf, hands, str((identity or {}).get("name", "")), retries, told)
        pairing = Pairing(RunReader(drawer, seed, budget), terms, deterministic)
        pairing.open()
        watch = Watch(pairing.terms, definition.id, progress)
        outcome = decide(pairing.terms, watch.over(pairing.blocks()), (), played=watch.played)
        made: dict[str, Any] = {"program": identity or {}, "seed": seed, "workers": workers} | pairing.provenance()
        verdict = verdict_of(pairing.terms, outcome, pairing.said(identity), made, started)
        return judged_program(verdict, pairing, originals or require_power, require_power)


def _admit(
    run: object, folder: object, workers: int, retries: int, devices: int, timeout: Real | None, executor: object
) -> None:
    if run is None and folder is None:
        raise ValueError("run: neither a program nor a folder of runs is given; give one of them")
    if run is not None and not callable(run) and not isinstance(run, str):
        raise ValueError(f"run: {shown(run)} is no function run(arm, seed) and no command")
    for name, value, most in (
        ("workers", workers, MOST_HANDS),
        ("retries", retries, 100),
        ("devices", devices, MOST_HANDS),
    ):
        whole(name, value, 0, most)
    if timeout is not None and not (real(timeout) and timeout > 0):
        raise ValueError(f"timeout: {shown(timeout)} is not a number of seconds > 0")
    if executor is not None and not isinstance(executor, Executor) and not callable(executor):
        raise ValueError(f"executor: {shown(executor)} is no executor, and makes none")
    if timeout is not None and callable(run) and (not workers or executor is not None):
        raise ValueError(
            "timeout: a function in this process, or by an executor, cannot be stopped; give workers=1 or more"
        )


def _identity(run: Run | str | None) -> dict[str, Any] | None:
    if run is None:
        return None
    return command_identity(run) if isinstance(run, str) else function_identity(run)


def _hands(
    run: Run | str | None, folder: str, workers: int, timeout: float | None, devices: int,
    executor: Executor | Callable[[], Executor] | None,
) -> Hands | None:  # fmt: skip
    if run is None:
        return None
    program = CommandProgram(run, str(Path(folder).absolute()), timeout, devices) if isinstance(run, str) else run
    if executor is not None:
        return Elsewhere(program, executor, workers or os.cpu_count() or 1)
    if workers or isinstance(program, CommandProgram):
        return Workers(program, workers or 1, timeout, devices)
    return Here(program)
