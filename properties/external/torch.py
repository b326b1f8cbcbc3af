"""PyTorch: seeds, subsets of D by index, and what to look at of an `nn.Module`. Imports torch when it is called."""

import contextlib
import importlib
import random
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Int64

from ...formal._public import dir_of as _dir_of
from ...formal.definitions._scenario import bucket
from ..saved._tables import PerExample
from ._observe import observe

Batches = Iterable[Any]
"""A data loader, or a list: `(inputs, labels)` or a mapping with `labels`, batch by batch."""


def seed_all(seed: int) -> Any:
    """Seed Python, NumPy and PyTorch, on every device; a generator of that seed for data loaders.

    Args:
        seed: of the run.

    Returns:
        A `torch.Generator`: `DataLoader(data, shuffle=True, generator=seed_all(seed))`.

    Raises:
        ValueError: PyTorch is not installed.

    >>> callable(seed_all)
    True
    """
    torch = _torch()
    random.seed(seed)
    np.random.seed(seed % 2**32)  # of the libraries that draw from NumPy's own stream
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed)


def subsets(data: Any, scenario: Any) -> dict[str, Any]:
    """D, D∖S and D∖S_full of a data set, each a `torch.utils.data.Subset`, by the masks of a scenario.

    Args:
        data: a map-style data set with a row for each row of the scenario, in that order.
        scenario: its masks say which rows are present, in S, and in S_full.

    Returns:
        `original`, `untraining`, `unlearning`: what to train on; and `S`, `S_full`: what is removed.

    Raises:
        ValueError: not as many rows; PyTorch is not installed.

    >>> callable(subsets)
    True
    """
    torch = _torch()
    rows = indices(scenario)
    count = len(np.asarray(scenario.forget))
    # A scenario is padded to a power of two with rows that nobody gave.
    last = max((int(places[-1]) for places in rows.values() if len(places)), default=-1)
    if not (last < len(data) <= count == bucket(len(data))):
        raise ValueError(f"data: {len(data)} rows, and the scenario has {count}; give the rows that it was built from")
    return {name: torch.utils.data.Subset(data, places.tolist()) for name, places in rows.items()}


def indices(scenario: Any) -> dict[str, Int64[np.ndarray, " _"]]:
    """The row numbers of D, D∖S, D∖S_full, S and S_full.

    Args:
        scenario: see `subsets`.

    >>> import neverseen as ns
    >>> {name: len(rows) for name, rows in indices(ns.scenarios.figure1()).items()}
    {'original': 14, 'untraining': 11, 'unlearning': 5, 'S': 3, 'S_full': 9}
    """
    present = np.asarray(scenario.rows.present)
    forget, behaviour = np.asarray(scenario.forget), np.asarray(scenario.behaviour)
    kept = {"original": present, "untraining": present & ~forget, "unlearning": present & ~behaviour}
    return {name: np.flatnonzero(mask) for name, mask in (kept | {"S": forget, "S_full": behaviour}).items()}


def observe_module(
    model: Any, sets: Mapping[str, Batches], *, forward: Callable[[Any, Any], tuple[Any, Any]] | None = None
) -> dict[str, PerExample]:
    """Losses and margins of an `nn.Module` on evaluation sets, in evaluation mode and without gradients.

    Args:
        model: whose outputs are logits `[n, c]`, or an object with `.logits`.
        sets: name → batches in a fixed order: a loader that shuffles would compare one example with another.
        forward: from model and batch to logits and labels, where a batch is not `(inputs, labels)`.

    Returns:
        See `observe`.

    Raises:
        ValueError: a loader that shuffles; an empty set; PyTorch is not installed; see `observe`.

    >>> callable(observe_module)
    True
    """
    torch = _torch()
    read = forward or _forward
    logits: dict[str, Any] = {}
    labels: dict[str, Any] = {}
    with _evaluating(model), torch.no_grad():
        for name, batches in sets.items():
            if isinstance(getattr(batches, "sampler", None), torch.utils.data.RandomSampler):
                raise ValueError(f"{name}: its loader shuffles, so that examples trade places; say shuffle=False")
            seen = [tuple(_host(part) for part in read(model, batch)) for batch in batches]
            if not seen:
                raise ValueError(f"{name}: holds no batch")
            logits[name], labels[name] = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    return observe(logits, labels)


@contextlib.contextmanager
def _evaluating(model: Any) -> Generator[None]:
    """Dropout and batch statistics as for a published model; afterwards as they were."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)


def _forward(model: Any, batch: Any) -> tuple[Any, Any]:
    """Of `(inputs, labels)`, or a mapping with `labels` as language models take it; on the model's device."""
    device = next((weights.device for weights in model.parameters()), None)
    if isinstance(batch, Mapping):
        labels = batch["labels"]
        inputs = {name: part.to(device) for name, part in batch.items() if name != "labels"}
        outputs = model(**inputs)
    else:
        inputs, labels = batch
        outputs = model(inputs.to(device))
    return getattr(outputs, "logits", outputs), labels


def _host(values: Any) -> np.ndarray:
    """A tensor on the host; of bfloat16, which NumPy lacks, as float32."""
    tensor = values.detach().cpu()
    return np.asarray(tensor.float() if tensor.is_floating_point() else tensor)


def _torch() -> Any:
    """PyTorch, with the module of data sets.

    Raises:
        ValueError: it is not installed.
    """
    try:
        importlib.import_module("torch.utils.data")
        return importlib.import_module("torch")
    except ImportError as error:
        raise ValueError(f"PyTorch cannot be imported ({error}); pip install 'neverseen[torch]'") from error


__dir__ = _dir_of(__name__)
