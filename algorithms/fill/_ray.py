"""Ray as an executor: futures of remote tasks, none of them retried by Ray; a dead worker breaks the executor."""

import dataclasses
import importlib
import secrets
from collections.abc import Callable, MutableMapping
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any

LOCAL = "local"
"""The address that stands for a cluster of this machine, started for the time of the filling."""

FIRST_WITH_TOKENS = (2, 52)
"""The first version of Ray whose clusters ask for a token."""

_DEATHS = ("WorkerCrashedError", "OutOfMemoryError", "NodeDiedError", "ObjectLostError", "LocalRayletDiedError")
_OF_ONE = frozenset(_DEATHS[:4])


class WorkerDiedError(BrokenExecutor):
    """A task's worker is gone and the task with it; the executor takes more, and no other task is lost by it."""


def secure(environment: MutableMapping[str, str]) -> None:
    """Let clusters that start here ask for a token, which nobody but this process and its children is told.

    Ray reads both names when it is imported, and its workers inherit them. What the caller chose stays, and where Ray
    is loaded already, so does what it read.

    Args:
        environment: of this process.

    >>> given = {}
    >>> secure(given)
    >>> sorted(given), given["RAY_AUTH_MODE"], len(given["RAY_AUTH_TOKEN"])
    (['RAY_AUTH_MODE', 'RAY_AUTH_TOKEN'], 'token', 64)
    >>> chosen = {"RAY_AUTH_MODE": "disabled"}
    >>> secure(chosen)
    >>> chosen
    {'RAY_AUTH_MODE': 'disabled'}
    """
    if not {"RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & environment.keys():
        environment.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))


def _has_tokens(ray: Any) -> bool:
    """Whether this Ray knows tokens; one that does not say which it is is taken to."""
    version = [int(part) for part in str(getattr(ray, "__version__", "")).split(".")[:2] if part.isdecimal()]
    return len(version) < 2 or tuple(version) >= FIRST_WITH_TOKENS


@dataclasses.dataclass(frozen=True)
class Ray:
    """A Ray cluster, or one of this machine for the time of the filling. Called, it makes an executor.

    >>> Ray("local", 2).workers
    2
    """

    address: str
    workers: int

    def __call__(self) -> Executor:
        """Connect, unless this process is connected.

        Raises:
            ValueError: the cluster cannot be reached, or refuses.
        """
        return RayExecutor(importlib.import_module("ray"), self.address, self.workers)


class RayExecutor(Executor):
    """`concurrent.futures` over Ray.

    Args:
        ray: the module.
        address: of the cluster, or "local".
        workers: processors that a local cluster offers.
    """

    def __init__(self, ray: Any, address: str, workers: int) -> None:
        self._ray, self._ours, self._remote = ray, not ray.is_initialized(), dict[Any, Any]()
        self._open = set[Future[Any]]()
        if self._ours:
            self._connect(address, workers)

    def _connect(self, address: str, workers: int) -> None:
        # Only a cluster that starts here is told its size.
        size = {"num_cpus": workers, "include_dashboard": False} if address == LOCAL else {}
        if address == LOCAL and not _has_tokens(self._ray):
            raise ValueError(
                f"ray: version {self._ray.__version__} would start a cluster that anyone may use; "
                f"install {FIRST_WITH_TOKENS[0]}.{FIRST_WITH_TOKENS[1]} or later"
            )
        try:
            self._ray.init(address=address, log_to_driver=False, logging_level="error", **size)
        except Exception as error:
            fault = (str(error).strip().splitlines() or [type(error).__name__])[0]
            hint = "check the address and the token, or leave it out for a cluster of this machine"
            raise ValueError(f"ray: cannot use the cluster at {address} ({fault}); {hint}") from error

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """One task, tried once."""
        if fn not in self._remote:
            self._remote[fn] = self._ray.remote(num_cpus=1, max_retries=0)(fn)
        reference, future = self._remote[fn].remote(*args, **kwargs), Future[Any]()
        self._open.add(future)
        future.add_done_callback(self._open.discard)
        reference.future().add_done_callback(lambda source: self._settle(source, future, reference))
        return future

    def _settle(self, source: "Future[Any]", future: "Future[Any]", reference: Any) -> None:
        del reference  # held until now, so that Ray keeps the result
        if future.done() or not future.set_running_or_notify_cancel():
            return
        error = source.exception()
        if error is None:
            future.set_result(source.result())
        else:
            future.set_exception(self._said(error))

    def _said(self, error: BaseException) -> BaseException:
        """What Ray says of a task's end, in words of `concurrent.futures`."""
        death = next((d for d in _DEATHS if isinstance(error, getattr(self._ray.exceptions, d, ()))), None)
        if death is None:
            return getattr(error, "cause", None) or error
        line = (str(error).strip().splitlines() or [death])[0]
        return (WorkerDiedError if death in _OF_ONE else BrokenExecutor)(line)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster, where this executor joined it."""
        del wait, cancel_futures
        if self._ours and self._ray.is_initialized():
            self._ray.shutdown()
            for future in list(self._open):  # Ray says nothing of them any more, and somebody may wait for them
                if not future.done() and future.set_running_or_notify_cancel():
                    future.set_exception(BrokenExecutor("ray was left before it ended"))
