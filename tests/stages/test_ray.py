"""Ray as an executor, by a stand-in of the few names that are used; the real one is driven by benchmarks/fill.py."""

import os
import sys
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from executor_tools import alone, noise

from neverseen.algorithms.fill.executors import fill, ray
from neverseen.algorithms.store._store import Store


class GoneError(Exception):
    """Ray's word for a dead worker."""


class RaisedError(Exception):
    """Ray's word for a task that raised."""

    def __init__(self, cause: Exception) -> None:
        self.cause = cause


class Reference:
    """What a remote call returns."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self.made = Future[Any]()
        try:
            self.made.set_result(act())
        except Exception as error:
            self.made.set_exception(error if isinstance(error, GoneError) else RaisedError(error))

    def future(self) -> "Future[Any]":
        return self.made


class FakeRay:
    """The few names of Ray's that are used."""

    def __init__(self, deaths: int = 0, refusal: Exception | None = None, running: bool = False) -> None:
        self.exceptions = SimpleNamespace(WorkerCrashedError=GoneError)
        self.deaths, self.refusal, self.running = deaths, refusal, running
        self.calls, self.options = list[dict[str, Any]](), list[dict[str, Any]]()

    __version__ = "2.60.0"

    def is_initialized(self) -> bool:
        return self.running

    def init(self, **given: Any) -> None:
        self.calls.append(given)
        if self.refusal:
            raise self.refusal
        self.running = True

    def shutdown(self) -> None:
        self.running = False

    def remote(self, **options: Any) -> Any:
        self.options.append(options)
        return lambda fn: SimpleNamespace(remote=lambda *args: Reference(lambda: self.run(fn, args)))

    def run(self, fn: Any, args: Any) -> Any:
        if args and args[-1] == 1 and self.deaths:
            self.deaths -= 1
            raise GoneError("worker crashed")
        return fn(*args)


def test_ray_fills_and_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeRay(deaths=2)
    monkeypatch.setitem(sys.modules, "ray", fake)
    filled = fill(noise(), 160, Store(tmp_path / "a"), ray(workers=2))
    assert filled.digest() == alone(noise(), 160, tmp_path / "b")
    assert {(o["num_cpus"], o["max_retries"]) for o in fake.options} == {(1, 0)}
    assert {(call["address"], call["num_cpus"]) for call in fake.calls} == {("local", 2)}
    assert (fake.deaths, fake.running) == (0, False)


def test_a_cluster_of_ones_own_asks_for_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray reads both names when it is imported: they are there before, and what the caller chose stays."""
    found: list[str | None] = []
    fake = FakeRay()
    settings = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
    for name in settings:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)

    def load(name: str) -> FakeRay:
        found.extend(os.environ.get(setting) for setting in settings[:2])
        return fake

    monkeypatch.delitem(sys.modules, "ray", raising=False)
    monkeypatch.setattr("neverseen.algorithms.fill.executors.importlib", SimpleNamespace(import_module=load))
    ray("elsewhere:1", 1)
    assert found == [None, None]
    ray(workers=1)
    assert found[2] == "token"
    assert len(found[3] or "") == 64
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    ray(workers=1)
    assert found[4] == "disabled"


def test_an_older_ray_starts_no_cluster_that_is_open_to_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeRay()
    fake.__version__ = "2.40.0"
    monkeypatch.setitem(sys.modules, "ray", fake)
    with pytest.raises(
        ValueError, match=r"ray: version 2\.40\.0 would start a cluster that anyone may use; install 2\.52"
    ):
        fill(noise(), 32, Store(tmp_path), ray(workers=1))
    assert fake.calls == []


def test_a_ray_that_runs_already_is_used_and_left_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeRay(running=True)
    monkeypatch.setitem(sys.modules, "ray", fake)
    assert fill(noise(), 32, Store(tmp_path), ray("elsewhere:1", 2)).present() == [0]
    assert (fake.calls, fake.running) == ([], True)


def test_a_cluster_that_cannot_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeRay(refusal=ConnectionError("no answer\nfor long"))
    monkeypatch.setitem(sys.modules, "ray", fake)
    with pytest.raises(ValueError, match=r"ray: cannot use the cluster at elsewhere:1 \(no answer\); check the add"):
        fill(noise(), 32, Store(tmp_path), ray("elsewhere:1", 2))
    assert "num_cpus" not in fake.calls[0]


def test_what_a_ray_task_raises_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", FakeRay())
    monkeypatch.setattr("neverseen.algorithms.fill._crew.draw_job", lambda *args: 1 / 0)
    with pytest.raises(ValueError, match=r"shard 0 of pool .*: ZeroDivisionError in a worker: division by zero"):
        fill(noise(8), 32, Store(tmp_path), ray(workers=1))


def test_without_ray_it_is_said_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ValueError, match=r"ray is not installed; install it with: pip install 'neverseen\[ray\]'"):
        ray()


def test_broken_executor_is_what_ray_deaths_become() -> None:
    from neverseen.algorithms.fill._ray import RayExecutor

    executor = RayExecutor(FakeRay(deaths=1, running=True), "local", 1)
    assert isinstance(executor.submit(lambda n: n, 1).exception(), BrokenExecutor)


def test_a_task_whose_worker_died_is_lost_alone_and_one_that_ray_left_is_not_waited_for() -> None:
    from neverseen.algorithms.fill._ray import RayExecutor, WorkerDiedError

    fake = FakeRay(deaths=1)
    executor = RayExecutor(fake, "local", 1)
    assert isinstance(executor.submit(lambda n: n, 1).exception(), WorkerDiedError)
    assert executor.submit(lambda n: n, 1).result() == 1
    never = SimpleNamespace(future=Future[Any])
    fake.remote = lambda **options: lambda fn: SimpleNamespace(remote=lambda *args: never)
    waiting = executor.submit(abs, -1)
    assert not waiting.done()
    executor.shutdown()
    error = waiting.exception(timeout=5)
    assert isinstance(error, BrokenExecutor)
    assert not isinstance(error, WorkerDiedError)
