"""What runs in a worker: one shard of one pool, from its published program; and how a worker starts and ends."""

import contextlib
import os
import signal
import threading
from multiprocessing.connection import Connection

import jax

from ..pools._draw import keep_compiled
from ..store._store import Store
from ._published import published


def draw_job(folder: str, limit: int, pool: str, number: int) -> bool:
    """Draw a shard and store it; False where the store could not take it.

    Args:
        folder, limit: the store.
        pool: the pool's id; its program and inputs lie in the store.
        number: of the shard.

    Raises:
        DamageError: what was published is absent or damaged.
        ValueError: this process would compute other numbers.
    """
    settle(None)
    publication = published(Store(folder, limit), pool)
    return publication.shards.write(number, publication.draw(number))


def ready() -> bool:
    """The first task of an executor: whether its workers start at all."""
    return True


def begin_worker(lease: Connection, compiled: str | None) -> None:
    """Start a worker: deaf to Ctrl-C, which is the driver's to answer, and gone when its lease ends.

    Args:
        lease: a pipe whose other end the driver holds; nothing is ever sent.
        compiled: the folder of compiled programs, where JAX was given one.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(lease,), daemon=True).start()
    settle(compiled)


def settle(compiled: str | None) -> None:
    """One device and one thread for this process, and programs compiled once; nothing where JAX runs already."""
    threads = os.environ.get("NPROC")
    os.environ["NPROC"] = "1"  # XLA's threads, read when it starts
    try:
        jax.config.update("jax_num_cpu_devices", 1)
    except RuntimeError:
        os.environ.pop("NPROC")
        if threads is not None:
            os.environ["NPROC"] = threads
        return
    keep_compiled(compiled)


def _watch(lease: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        lease.recv_bytes()
    os._exit(1)
