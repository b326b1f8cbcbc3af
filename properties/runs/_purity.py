"""Whether a remover depends on its arguments alone, and leaves them as they were: seen by tracing it a second time."""

from collections.abc import Callable
from typing import Any

import jax
from jaxtyping import PRNGKeyArray

from ...algorithms.base import Remover, Trained
from ...algorithms.pools._draw import removal
from ...algorithms.programs._programs import Program
from ...formal.definitions._scenario import Rows
from ._trial import Mask, Trial


def impurity_of(trial: Trial) -> str:
    """In what the trial's remover is not pure, in words; "" where it is.

    >>> import neverseen as ns
    >>> impurity_of(Trial(ns.removers.newton(), ns.learners.ridge(), ns.scenarios.figure1(), jax.random.key(0)))
    ''
    """
    changed: list[str] = []
    if not _one(trial.program(), trial.program(_watched(trial.remover, changed))):
        return "traced twice it is two programs: it depends on what is not among its arguments"
    return f"it changes what it is given: {changed[0]}" if changed else ""


def _watched(remover: Remover, changed: list[str]) -> Callable[..., Trained]:
    """The removal, which names the arguments that it changed when it was traced."""
    call = removal(remover)

    def watched(key: PRNGKeyArray, model: Trained, rows: Rows, forget: Mask, extra: dict[str, Any]) -> Trained:
        inputs = {"the model": model, "the rows": rows, "what it needs": extra}
        before = {name: (jax.tree.structure(part), jax.tree.leaves(part)) for name, part in inputs.items()}
        out = call(key, model, rows, forget, extra)
        for name, part in inputs.items():
            tree, leaves = before[name]
            now = jax.tree.leaves(part)
            if tree != jax.tree.structure(part) or any(a is not b for a, b in zip(leaves, now, strict=True)):
                changed.append(name)
        return out

    return watched


def _one(a: Program, b: Program) -> bool:
    """Whether two traces are one program, constants and all."""
    if a.structure is not None and a.structure == b.structure:
        return True
    if a.digest is not None or b.digest is not None:
        return a.digest == b.digest
    # They call back into Python, and have no digest.
    texts = (jax.jit(each.flat).lower(*each.jaxpr.in_avals).as_text() for each in (a, b))
    return len(set(texts)) == 1
