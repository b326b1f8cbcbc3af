"""What to look at of one model: its outputs on evaluation sets, as named arrays with an axis of examples."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from ..saved._sources import source_of
from ..saved._tables import PerExample, per_example

Outputs = Mapping[str, Any]
"""Evaluation set → an array of any library; examples on the leading axis."""

SETS = ("S", "S_full∖S", "fresh behaviour", "fresh rest")
"""What the evaluation sets are called here: of the forget set, of the rest of the behaviour, of points never in D."""

_Logits = Float64[np.ndarray, "n c"]
_Labels = Int64[np.ndarray, " n"]


def observe(
    logits: Outputs | None = None, labels: Outputs | None = None, *, losses: Outputs | None = None, **others: Outputs
) -> dict[str, PerExample]:
    r"""One model's outputs on evaluation sets, as the arrays that `run(arm, seed)` returns.

    With logits z and labels y: `losses on S` is log Σ_c exp z_c − z_y of each example of S, `margins on S` is
    z_y − max_{c≠y} z_c. The axis is examples, and stays so: `check_samples` refuses such an array in the place of runs,
    and `check_program` gives each run a line.

    Args:
        logits: set → `[n, c]`, or `[n, t, c]` with labels `[n, t]`, whose losses are averaged over t.
        labels: set → `[n]` or `[n, t]`, whole numbers in [0, c); −100, as PyTorch has it, leaves a place of t out.
        losses: set → `[n]`, where there are no logits.
        others: name → set → `[n]` or `[n, …]`: anything else that is seen of each example.

    Returns:
        Name on set → array, examples on the leading axis.

    Raises:
        ValueError: nothing to look at; logits without labels; shapes that do not fit; labels out of range.

    >>> seen = observe({"S": [[3.0, 1.0], [0.0, 2.0]]}, {"S": [0, 1]})
    >>> {name: values.round(2).tolist() for name, values in seen.items()}
    {'losses on S': [0.13, 0.13], 'margins on S': [2.0, 2.0]}
    >>> sorted(observe(losses={"S": [0.5], "fresh rest": [0.25]}))
    ['losses on S', 'losses on fresh rest']
    """
    if (logits is None) != (labels is None):
        raise ValueError("observe: logits and labels go together; give both, or losses")
    found: dict[str, Any] = {}
    if logits is not None and labels is not None:
        if set(logits) != set(labels):
            odd = sorted(set(logits) ^ set(labels))[0]
            raise ValueError(f"observe: {odd!r} has logits or labels, not both")
        if losses is not None:
            raise ValueError("observe: losses follow from logits and labels; leave them out, or call them otherwise")
        for where, values in logits.items():
            found |= _scored(where, _array(values, where), np.asarray(source_of(labels[where])))
    for name, sets in {"losses": losses or {}, **others}.items():
        found |= {f"{name} on {where}": _array(values, where) for where, values in sets.items()}
    if not found:
        raise ValueError("observe: nothing is given; give logits and labels, or losses, on at least one set")
    return {name: per_example(values) for name, values in found.items()}


def _array(values: Any, where: str) -> np.ndarray:
    array = np.asarray(source_of(values))
    if not array.ndim or not array.size:
        raise ValueError(f"observe: {where!r} has shape {array.shape}; examples are to be on the leading axis")
    if array.dtype.kind not in "fiub" and array.dtype.type.__module__ != "ml_dtypes":
        raise ValueError(f"observe: {where!r} is {array.dtype}, not real numbers")
    return array.astype(np.float64)


def _scored(where: str, logits: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Losses and margins of a set."""
    if logits.ndim not in (2, 3) or labels.shape != logits.shape[:-1] or logits.shape[-1] < 2:
        raise ValueError(
            f"observe: {where!r} has logits {logits.shape} and labels {labels.shape}; give [n, c] and [n], or "
            "[n, t, c] and [n, t]"
        )
    kept = labels != -100 if logits.ndim == 3 else np.ones(labels.shape, bool)
    wrong = kept & ~((labels >= 0) & (labels < logits.shape[-1]) & (labels == np.floor(labels)))
    if wrong.any() or not kept.reshape(len(kept), -1).any(1).all():
        raise ValueError(f"observe: {where!r} has labels that are no class of the {logits.shape[-1]}")
    flat, own = logits.reshape(-1, logits.shape[-1]), np.where(kept, labels, 0).astype(np.int64).reshape(-1)
    losses, margins = _losses(flat, own).reshape(labels.shape), _margins(flat, own).reshape(labels.shape)
    if logits.ndim == 3:
        return {f"losses on {where}": np.where(kept, losses, 0.0).sum(1) / kept.sum(1)}
    return {f"losses on {where}": losses, f"margins on {where}": margins}


def _losses(logits: _Logits, labels: _Labels) -> Float64[np.ndarray, " n"]:
    top = np.nan_to_num(logits.max(1), nan=0.0, posinf=0.0, neginf=0.0)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return np.log(np.exp(logits - top[:, None]).sum(1)) + top - logits[np.arange(len(labels)), labels]


def _margins(logits: _Logits, labels: _Labels) -> Float64[np.ndarray, " n"]:
    own = np.arange(logits.shape[1]) == labels[:, None]
    with np.errstate(invalid="ignore"):
        return logits[own] - np.where(own, -np.inf, logits).max(1)
