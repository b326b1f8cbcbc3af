"""A dry run of learner and remover on shapes alone: what would fail fails here, in one line."""

import os
import traceback
from collections.abc import Callable
from typing import Any

import jax

from ...algorithms.base import Learner, Remover, Trained
from ...algorithms.pools._pool import SHARD
from ...algorithms.programs._foreign import ContainedError, contained, error_words
from ...algorithms.programs._programs import trace
from ...formal.definitions._scenario import Scenario


def rehearse(remover: Remover, learner: Learner, scenario: Scenario) -> None:
    """Trace one training run and one removal without computing anything.

    Args:
        remover, learner, scenario: as in `check`.

    Raises:
        ValueError: either raises, cannot be traced, or the remover returns parameters of another tree, shape
            or dtype than the learner's.

    >>> import neverseen as ns
    >>> rehearse(ns.remover(lambda key, trained, rows, forget: 0.0), ns.learners.ridge(), ns.scenarios.figure1())
    Traceback (most recent call last):
    ValueError: remover <lambda>: params is float32(), the learner's is float32(3, 4)
    """
    key, rows = jax.random.key(0), scenario.rows
    trained = attempt(f"learner {learner}", lambda: trace(learner.fit, key, rows).shapes)
    if not isinstance(trained, Trained):
        raise ValueError(
            f"learner {learner}: fit returned {type(trained).__name__}; return Trained(params, None, learner)"
        )
    admit_size(f"learner {learner}", sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(trained)))
    extra = {need: getattr(scenario, need) for need in remover.needs}

    def removal(k: Any, model: Trained) -> Trained:
        return remover(k, model, rows, scenario.forget, **extra)

    removed = attempt(f"remover {remover}", lambda: trace(removal, key, trained).shapes)
    _same_shapes(remover, trained.params, removed.params)


def admit_size(who: str, size: int) -> None:
    """Refuse a model that no shard of runs leaves room for: the system would kill the process without a word.

    Args:
        who: whose model.
        size: bytes of one trained model, its record included.

    Raises:
        ValueError: a shard of them is more than half of this machine's memory.

    >>> admit_size("learner mlp", 2**50)
    Traceback (most recent call last):
    ValueError: learner mlp: 32 runs take 3.36e+07 GiB, this machine has ... GiB; use a smaller model
    """
    if not hasattr(os, "sysconf"):
        return
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if 2 * SHARD * size > memory:
        words = f"{SHARD} runs take {SHARD * size / 2**30:.3g} GiB, this machine has {memory / 2**30:.3g} GiB"
        raise ValueError(f"{who}: {words}; use a smaller model")


def attempt(who: str, run: Callable[[], Any]) -> Any:
    """Run foreign code; whatever it raises becomes one line that names the place.

    Args:
        who: whose code it is.
        run: calls it.

    Raises:
        ValueError: it raised anything.
    """
    try:
        with contained(who):
            return run()
    except ContainedError:
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        ours = [f for f in traceback.extract_tb(error.__traceback__) if "/jax/" not in f.filename]
        place = ours[-1] if ours else place
        hint = "; it must be traceable by jax.jit" if isinstance(error, jax.errors.JAXTypeError) else ""
        where = f"{place.filename.rsplit('/', 1)[-1]}:{place.lineno}"
        raise ValueError(f"{who}: raised {error_words(error)} ({where}){hint}") from error


def _same_shapes(remover: Remover, expected: Any, actual: Any) -> None:
    if jax.tree.structure(expected) != jax.tree.structure(actual):
        raise ValueError(
            f"remover {remover}: returned another tree of parameters than the learner's; shape it like trained.params"
        )
    pairs = zip(jax.tree_util.tree_leaves_with_path(expected), jax.tree.leaves(actual), strict=True)
    for (path, old), new in pairs:
        if (old.shape, old.dtype) != (new.shape, new.dtype):
            at = jax.tree_util.keystr(path) or "params"
            raise ValueError(
                f"remover {remover}: {at} is {new.dtype}{new.shape}, the learner's is {old.dtype}{old.shape}"
            )
