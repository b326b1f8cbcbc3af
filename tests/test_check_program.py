"""`check_program`: programs as plain functions and commands, right and wrong ones, and what their failures are."""

import json
import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_tools import Capture, one_line

import neverseen as ns
from neverseen.properties.cli import main
from neverseen.properties.external._attempt import Attempt
from neverseen.properties.external._shelf import Shelf

CLAIM = ns.Untraining(1.0, 0.05)
FAST: dict[str, Any] = {"alpha": 0.01, "beta": 0.2, "tolerance": 0.4, "budget": 125}
"""Few pairs, since it is not the engine that is tested here."""


@pytest.fixture(autouse=True)
def no_power_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for the disk is what these tests would take their time for."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


def draws(arm: str, seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, ("removed", "reference", "original").index(arm)])


def retrains(arm: str, seed: int) -> dict[str, Any]:
    return {"loss": draws(arm, seed).normal(3.0 * (arm == "original"))}


def idles(arm: str, seed: int) -> dict[str, Any]:
    return {"loss": draws(arm, seed).normal(3.0 * (arm != "reference"))}


@pytest.fixture(scope="module")
def pass_with_folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[ns.Verdict, Path]:
    """A right program's verdict and its folder."""
    place = tmp_path_factory.mktemp("retrains")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        return ns.check_program(CLAIM, retrains, place, originals=True, **FAST), place


def counts(place: Path) -> dict[str, int]:
    return {arm: len(list((place / arm).glob("*.npz"))) for arm in ("removed", "reference")}


def told(verdict: ns.Verdict) -> dict[str, Any]:
    """What must not differ between two equal runs."""
    found = json.loads(verdict.to_json())
    return {name: value for name, value in found.items() if name not in ("seconds",)}


def test_a_right_program_passes_with_power_and_stops_at_the_block_that_decides(
    pass_with_folder: tuple[ns.Verdict, Path],
) -> None:
    verdict, place = pass_with_folder
    assert verdict.status is ns.Status.SATISFIED
    assert verdict.power.original is ns.Status.REFUTED
    assert verdict.pairs <= verdict.provenance["pairs_read"] == counts(place)["removed"] < FAST["budget"]


def test_a_wrong_program_is_refuted() -> None:
    verdict = ns.check_program(CLAIM, idles, **FAST)
    assert verdict.status is ns.Status.REFUTED
    assert verdict.witness is not None
    assert "loss" in verdict.witness.event


def test_called_again_it_draws_nothing_and_says_the_same(pass_with_folder: tuple[ns.Verdict, Path]) -> None:
    first, place = pass_with_folder

    def retrains(arm: str, seed: int) -> None:
        raise AssertionError("drawn again")

    signed = json.loads((place / "program.json").read_text())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("neverseen.properties.external._check_program._identity", lambda run: signed["program"])
        again = ns.check_program(CLAIM, retrains, place, originals=True, **FAST)
    assert told(again) == told(first)


def test_half_a_folder_resumes_to_the_same_verdict(pass_with_folder: tuple[ns.Verdict, Path], tmp_path: Path) -> None:
    """Killed with some runs of a block there, and the temporary file of a writer that is gone."""
    first, place = pass_with_folder
    half = tmp_path / "half"
    shutil.copytree(place, half)
    for run in (half / "removed").glob("*.npz"):
        if int(run.stem) > 20 and int(run.stem) % 3:
            run.unlink()
    left = half / "removed" / ".00000000.1.1.00000000.tmp"
    left.write_bytes(b"PK")
    os.utime(left, (0, 0))
    assert told(ns.check_program(CLAIM, retrains, half, originals=True, **FAST)) == told(first)
    assert not left.exists()


def test_looks_at_a_growing_folder_are_one_look(pass_with_folder: tuple[ns.Verdict, Path], tmp_path: Path) -> None:
    """Filled by somebody else, out of order and with gaps: bets go up to the first gap, and go on from there."""
    first, place = pass_with_folder
    shutil.copytree(place, tmp_path / "a", ignore=shutil.ignore_patterns("original", "records", "program.json"))
    runs = tmp_path / "a" / "removed"
    (runs / "30.npz").rename(tmp_path / "30.npz")
    shown = ns.check_program(CLAIM, None, tmp_path / "a", **FAST)
    assert (shown.status, shown.pairs) == (ns.Status.INCONCLUSIVE, 24)
    assert shown.provenance["gap"] == "removed, seed 30, is not there yet"
    (tmp_path / "30.npz").rename(runs / "seed_30.npz")
    whole = ns.check_program(CLAIM, None, tmp_path / "a", **FAST)
    assert (whole.status, whole.pairs, whole.evidence) == (first.status, first.pairs, first.evidence)
    (runs / "3.npz").write_bytes(b"PK\3\4 cut off")
    with pytest.raises(ValueError, match=r"removed, seed 3, cannot be read .*; 8 pairs are needed"):
        ns.check_program(CLAIM, None, tmp_path / "a", **FAST)


def test_order_and_number_of_workers_change_nothing(pass_with_folder: tuple[ns.Verdict, Path], tmp_path: Path) -> None:
    """Runs that end in an order tied to their outcome, by an executor of the caller's."""

    def slow(arm: str, seed: int) -> dict[str, Any]:
        found = retrains(arm, seed)
        time.sleep(0.01 if (found["loss"] > 0) == (arm == "removed") else 0.0)
        return found

    with ThreadPoolExecutor(5) as threads:
        other = ns.check_program(CLAIM, slow, tmp_path, executor=threads, workers=5, **FAST)
    assert (other.pairs, other.evidence) == (pass_with_folder[0].pairs, pass_with_folder[0].evidence)


def test_two_drivers_of_one_folder_agree(tmp_path: Path) -> None:
    """Even where the program is not a function of its seed: the first file of a run stays."""
    lock, rng = threading.Lock(), np.random.default_rng(0)

    def loose(arm: str, seed: int) -> dict[str, Any]:
        with lock:
            return {"loss": rng.normal()}

    with ThreadPoolExecutor(2) as drivers:
        both = [drivers.submit(ns.check_program, CLAIM, loose, tmp_path, **FAST) for _ in range(2)]
        assert told(both[0].result()) == told(both[1].result())


def test_a_folder_belongs_to_one_program(pass_with_folder: tuple[ns.Verdict, Path]) -> None:
    with pytest.raises(ValueError, match="holds runs of another program"):
        ns.check_program(CLAIM, idles, pass_with_folder[1], **FAST)
    settings: dict[str, Any] = FAST | {"budget": 60}
    other = ns.check_program(ns.Unlearning(2.0, 0.05), retrains, pass_with_folder[1], **settings)
    assert other.definition.name == "unlearning"


def failing(kind: Callable[[int], Any], share: int = 9) -> Callable[[str, int], Any]:
    """A right program, of which some removed runs fail in a way of their own."""

    def run(arm: str, seed: int) -> Any:
        if arm == "removed" and seed % share == 1:
            return kind(seed)
        return retrains(arm, seed)

    return run


def raises(seed: int) -> Any:
    raise RuntimeError(f"no {seed}")


KINDS: dict[str, tuple[Callable[[int], Any], str]] = {
    "raises": (raises, "removed, seed 1: RuntimeError: no 1; its log ends: RuntimeError: no 1"),
    "nothing": (lambda seed: None, "removed, seed 1: ValueError: returned nothing"),
    "names": (lambda seed: {"lost": 1.0}, "removed, seed 1: it lacks 'loss', which other runs have"),
    "shape": (lambda seed: {"loss": np.zeros(3)}, "removed, seed 1: 'loss' is of shape (3,), in other runs ()"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_is_an_outcome_and_is_told(kind: str) -> None:
    """One in nine runs of one arm: true at (0, .3 + tolerance) of diverging, which no SATISFIED may overlook."""
    make, says = KINDS[kind]
    verdict = ns.check_program(CLAIM, failing(make), **FAST)
    assert verdict.provenance["failures"][0].startswith(says)
    assert verdict.provenance["failed"] == {"removed": len(range(1, verdict.provenance["pairs_read"], 9))}
    if verdict.status is ns.Status.SATISFIED:
        assert "if the runs that failed were bound to by their seeds" in str(verdict)


def test_arms_that_fail_apart_are_told_apart() -> None:
    verdict = ns.check_program(CLAIM, failing(raises, 2), **FAST)
    assert verdict.status is ns.Status.REFUTED
    assert verdict.witness is not None
    assert verdict.witness.event == "loss is NaN or infinite"
    nan = ns.check_program(CLAIM, failing(lambda seed: {"loss": np.nan}, 2), **FAST)
    assert nan.status is ns.Status.REFUTED
    assert nan.provenance["failed"] == {}


def test_failures_of_both_arms_alike_hide_nothing() -> None:
    """As many failures as the tolerance has no room for: what they would have been is not known."""

    def run(arm: str, seed: int) -> Any:
        return raises(seed) if seed % 2 else retrains(arm, seed)

    verdict = ns.check_program(CLAIM, run, **FAST)
    assert verdict.status is ns.Status.INCONCLUSIVE
    assert "the pass is withdrawn" in str(verdict)


@pytest.mark.parametrize("when", [0, 20])
def test_run_after_run_that_fails_is_an_error_and_no_outcome(when: int, tmp_path: Path) -> None:
    """As where the program's disk is full: mended and called again, the same runs are made again."""
    mended: list[bool] = []

    def run(arm: str, seed: int) -> Any:
        return retrains(arm, seed) if seed < when or mended else raises(seed)

    with pytest.raises(
        ValueError, match=rf"{8 if when else 4} runs in a row failed; .*RuntimeError: no {when + 3 if when else 1}"
    ):
        ns.check_program(CLAIM, run, tmp_path, **FAST)
    mended.append(True)
    assert ns.check_program(CLAIM, run, tmp_path, **FAST).provenance["failed"] == {}


def test_an_arm_that_never_succeeds_is_an_error() -> None:
    with pytest.raises(ValueError, match="removed: none of the first 8 runs succeeded; removed, seed 0: RuntimeError"):
        ns.check_program(CLAIM, lambda arm, seed: raises(seed) if arm == "removed" else retrains(arm, seed), **FAST)


def test_what_the_machine_spoils_is_a_gap_until_a_retry_is_asked_for(tmp_path: Path) -> None:
    tried: list[tuple[str, int]] = []

    def run(arm: str, seed: int) -> Any:
        tried.append((arm, seed))
        if (arm, seed) == ("reference", 19) and tried.count((arm, seed)) < 3:
            raise OSError("no route to the disk")
        return retrains(arm, seed)

    shown = ns.check_program(CLAIM, run, tmp_path, **FAST)
    assert (shown.status, shown.pairs) == (ns.Status.INCONCLUSIVE, 16)
    assert "bets stopped before reference, seed 19, was lost: OSError: no route to the disk" in str(shown)
    assert ns.check_program(CLAIM, run, tmp_path, **FAST).pairs == 16
    assert tried.count(("reference", 19)) == 1
    assert ns.check_program(CLAIM, run, tmp_path, retries=2, **FAST).status is ns.Status.SATISFIED
    assert tried.count(("reference", 19)) == 3
    record = Shelf(tmp_path).record("reference", 19)
    assert record is not None
    assert (record.kind, record.attempts) == ("finished", 3)


def test_a_program_that_does_not_use_its_seed_is_refused() -> None:
    def fixed(arm: str, seed: int) -> dict[str, Any]:
        return retrains(arm, 7)

    with pytest.raises(ValueError, match="8 runs are the same to the last digit, though their seeds differ"):
        ns.check_program(CLAIM, fixed, **FAST)
    assert ns.check_program(CLAIM, fixed, deterministic=True, **FAST).status is ns.Status.REFUTED


def test_a_program_that_does_not_look_at_its_arm_shows_nothing() -> None:
    def blind(arm: str, seed: int) -> dict[str, Any]:
        return retrains("removed", seed)

    assert ns.check_program(CLAIM, blind, **FAST).status is ns.Status.INCONCLUSIVE
    assert ns.check_program(CLAIM, blind, originals=True, **FAST).status is ns.Status.INCONCLUSIVE

    def exact(arm: str, seed: int) -> dict[str, Any]:
        return retrains("original" if arm == "original" else "removed", seed)

    assert ns.check_program(CLAIM, exact, originals=True, **FAST).status is ns.Status.SATISFIED


def test_runs_that_are_copies_are_refused() -> None:
    with pytest.raises(ValueError, match="runs 3 and 4 are the same to the last digit"):
        ns.check_program(CLAIM, lambda arm, seed: retrains(arm, seed - (seed == 4)), **FAST)


def test_one_column_of_many_is_found() -> None:
    """Wide runs: the first 24 pairs choose, and the same 24 whatever the budget."""

    def wide(arm: str, seed: int) -> dict[str, Any]:
        values = draws(arm, seed).normal(size=200)
        values[77] += 6.0 * (arm == "removed")
        return {"margins": values}

    verdict = ns.check_program(CLAIM, wide, **FAST)
    assert verdict.status is ns.Status.REFUTED
    assert verdict.provenance["choosing_pairs"] == 24


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, left = os.link, [20]

    def link(*args: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        whole(*args)

    def replace(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", link)
    with monkeypatch.context() as patch:
        Shelf(tmp_path).admit({"name": "f"})
        patch.setattr("neverseen.properties.external._check_program._identity", lambda run: {"name": "f"})
        patch.setattr("neverseen.properties.external._shelf._written", lambda *_, **__: None)
        patch.setattr(os, "replace", replace)
        with pytest.raises(
            ValueError, match=r"removed/10\.npz: cannot be written \(No space left on device\); make room"
        ):
            ns.check_program(CLAIM, retrains, tmp_path, **FAST)
        assert not list((tmp_path / "removed").glob(".*"))
        left[0] = 10**6
        assert ns.check_program(CLAIM, retrains, tmp_path, **FAST).status is ns.Status.SATISFIED


@pytest.mark.parametrize(
    ("run", "options", "says"),
    [
        (None, {}, "run: neither a program nor a folder of runs is given"),
        (3, {}, r"run: 3 is no function run\(arm, seed\) and no command"),
        ("python a.py {arm} {seed}", {}, r"has no \{out\}"),
        ("python a.py {arm} {out}", {}, r"has no \{seed\}; all runs would be one"),
        ("no-such-program {arm} {seed} {out}", {}, "run: no program is called 'no-such-program'"),
        ("'", {}, "is no command"),
        (retrains, {"workers": -1}, r"workers: -1 is not in \[0, 4096\]"),
        (retrains, {"timeout": 3.0}, "cannot be stopped; give workers=1 or more"),
        (retrains, {"timeout": 0.0, "workers": 1}, "timeout: 0.0 is not a number of seconds > 0"),
        (retrains, {"executor": 3}, "executor: 3 is no executor"),
        (retrains, {"budget": 9}, "budget: 9 pairs cannot refute"),
        (lambda arm, seed: {"loss": "high"}, {}, "'loss' is <U4, not real numbers"),
        (lambda arm, seed: {"loss": np.zeros(0)}, {}, "'loss' is empty"),
    ],
)
def test_bad_calls_are_one_line(run: Any, options: dict[str, Any], says: str) -> None:
    options = {"budget": 64, **options}
    with pytest.raises(ValueError, match=says) as error:
        ns.check_program(CLAIM, run, **options)
    assert "\n" not in str(error.value)


PROGRAM = """
import json, random, sys
arm, seed, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
draw = random.Random(f"{arm} {seed}").gauss(4.0 if arm == ARM else 0.0, 1.0)
print("training", arm)
if seed == 5 and arm == "removed": sys.exit(STATUS)
json.dump({"loss": {"S": [draw, 2.0 * draw]}}, open(out, "w"))
"""


def command(folder: Path, arm: str = "original", status: int = 3) -> str:
    """A program in a file, of which one run ends with a status of its own; it starts in a few milliseconds."""
    script = folder / "train.py"
    script.write_text(PROGRAM.replace("ARM", repr(arm), 1).replace("STATUS", str(status)))
    return f"{sys.executable} -S -E {script} {{arm}} {{seed}} {{out}}"


def test_by_command_as_by_function(tmp_path: Path, capsys: Capture) -> None:
    line = ["audit", "--run", command(tmp_path, "removed"), "--folder", str(tmp_path / "runs"), "--workers", "2"]
    assert main([*line, "--alpha", ".01", "--budget", "64", "--json"]) == 1
    out, err = capsys.readouterr()
    verdict = ns.Verdict.from_json(out)
    assert verdict.status is ns.Status.REFUTED
    assert err.splitlines()[0] == "neverseen: removed, seed 5: exit status 3; its log ends: training removed"
    assert verdict.provenance["failed"] == {"removed": 1}
    assert not list((tmp_path / "runs" / "work").iterdir())
    read = ["audit", "--folder", str(tmp_path / "runs"), "--alpha", ".01", "--budget", "64", "--json"]
    assert main(read) == 1
    again = ns.Verdict.from_json(capsys.readouterr().out)
    assert (again.pairs, again.evidence) == (verdict.pairs, verdict.evidence)
    script = tmp_path / "train.py"
    script.write_text(script.read_text() + "\n")
    assert main(line) == 2
    assert "the same name, but its code differs" in one_line(capsys)


def test_a_command_that_says_that_the_machine_failed_is_no_outcome(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"removed, seed 5, was lost: exit status 75: .*; 8 pairs are needed"):
        ns.check_program(CLAIM, command(tmp_path, "removed", 75), tmp_path / "runs", budget=64)


class Breaking(ThreadPoolExecutor):
    """An executor that loses every seventh task, and with it all that come after."""

    def __init__(self) -> None:
        super().__init__(3)
        self._left = 7

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        self._left -= 1
        if self._left > 0:
            return super().submit(fn, *args, **kwargs)
        broken: Future[Any] = Future()
        broken.set_exception(BrokenExecutor("a worker is gone"))
        return broken


def test_an_executor_that_breaks_is_made_anew(pass_with_folder: tuple[ns.Verdict, Path], tmp_path: Path) -> None:
    other = ns.check_program(CLAIM, retrains, tmp_path, executor=Breaking, workers=3, **FAST)
    assert (other.pairs, other.evidence) == (pass_with_folder[0].pairs, pass_with_folder[0].evidence)
    with Breaking() as given, pytest.raises(ValueError, match=r"executor: it broke, .*call again to go on"):
        ns.check_program(CLAIM, idles, executor=given, **FAST)


def test_a_cluster_of_ray_is_an_executor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(ns.executors, "ray", lambda *given: asked.append(given) or (lambda: ThreadPoolExecutor(2)))
    line = ["audit", "--run", command(tmp_path, "removed"), "--folder", str(tmp_path / "runs"), "--workers", "2"]
    assert main([*line, "--ray", "host:6379", "--alpha", ".01", "--budget", "64"]) == 1
    assert asked == [("host:6379", 2)]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--run", "true {arm} {seed} {out}"], "--run needs a folder to keep the runs in"),
        (["--folder", "x", "a.npy", "b.npy"], "leave REMOVED and REFERENCE out"),
        (["--folder", "x", "--paired"], "--paired is for files of runs, not for a program"),
        (["a.npy", "b.npy", "--retries", "3"], "--retries is for a program"),
        (["--folder", "nowhere"], "removed, seed 0, is not there yet; 8 pairs are needed before the first bet"),
        ([], "required: REMOVED, REFERENCE;"),
    ],
)
def test_bad_commands_are_one_line(words: list[str], says: str, capsys: Capture) -> None:
    assert main(["audit", *words]) == 2
    assert says in one_line(capsys)


def test_a_time_out_ends_a_run_and_all_that_it_started(tmp_path: Path) -> None:
    seen: list[Attempt] = []
    script = tmp_path / "sleep.sh"
    script.write_text("sleep 60 & echo waiting; wait\n")
    started = time.monotonic()
    with pytest.raises(ValueError, match=r"4 runs in a row failed; .*ended after 0\.2 s, .*its log ends: waiting"):
        ns.check_program(
            CLAIM, f"sh {script} {{arm}} {{seed}} {{out}}", tmp_path / "runs", timeout=0.2, workers=4, budget=64,
            told=lambda arm, seed, attempt, attempts: seen.append(attempt),
        )  # fmt: skip
    assert time.monotonic() - started < 30
    assert {attempt.kind for attempt in seen} == {"lost"}


def test_progress_tells_pairs_both_wealths_and_a_forecast() -> None:
    told: list[tuple[int, int, str]] = []
    verdict = ns.check_program(CLAIM, idles, progress=lambda *at: told.append(at), **FAST)
    assert told[0] == (8, 125, "untraining-1")  # nothing was bet on yet
    assert [pairs for pairs, _, _ in told] == sorted(pairs for pairs, _, _ in told)
    last = re.fullmatch(r"untraining-1 · wealth (\S+) of 100 against, (\S+) of 5 for; (.*)", told[-1][2])
    assert last is not None
    assert float(last[1]) == pytest.approx(np.exp(verdict.evidence.log_wealth[-1]), rel=0.5)
    assert float(last[1]) >= 100
    forecasts = [int(found[1]) for *_, said in told if (found := re.search(r"about (\d+) more pairs decide", said))]
    assert forecasts
    assert forecasts[0] < 125


def test_progress_of_what_will_not_be_decided_says_so() -> None:
    told: list[str] = []
    terms: dict[str, Any] = FAST | {"tolerance": 0.01, "budget": 64}
    ns.check_program(CLAIM, retrains, progress=lambda pairs, budget, said: told.append(said), **terms)
    assert told[-1].endswith("; no end in sight")
