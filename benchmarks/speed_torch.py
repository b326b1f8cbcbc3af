"""PyTorch's contestants: loops over models in eager mode, `torch.func`, and batched by hand.

The eager loop is written twice: plain tensors with `torch.autograd.grad` and a fused list update (`plain`), and
`torch.optim.SGD` on parameters (`optim`), as most write it. Minibatches are gathered by index, all of a run at once;
a `DataLoader` takes twice as long. In W1 one column of weights and the binary loss stand for two classes: with twice
the rate and half the penalty the difference of two columns that start at zero follows the same path, at half the work.
"""

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from speed_batched import batched
from speed_work import HIDDEN, Work
from torch.nn import functional

Params = list[torch.Tensor]


@dataclasses.dataclass(frozen=True)
class Drawn:
    """What a run draws: initial parameters, and minibatch indices `[steps, batch]` or row weights `[n]` of sum 1."""

    start: Params
    order: torch.Tensor


class Contestant:
    """A way to train; `train` draws by its own cheapest means, `check` trains what it is given.

    Args:
        work: the workload.
        way: plain, optim, func or batched.
        threads: of a matrix product.
        last: whether images lie in memory channels last.
        given: rows and class numbers in place of the workload's own.
    """

    def __init__(
        self, work: Work, way: str, threads: int = 1, last: bool = False, given: tuple[Any, Any] | None = None
    ) -> None:
        torch.set_num_threads(threads)
        self.work, self.last = work, last
        self.way = {"plain": plain, "optim": optim, "func": func, "batched": batched}[way]
        x, y = (torch.from_numpy(part) for part in given or work.data())
        self.x, self.y = self._inputs(x), y.float() if work.batch == 0 else y

    def train(self, models: int, seed: int) -> None:
        torch.manual_seed(seed)
        self.ends: Params = self.way(self, (draw(self.work) for _ in range(models)))

    def losses(self, x: np.ndarray, y: np.ndarray) -> list[float]:
        """The mean loss of each model trained last on other rows."""
        rows = self._inputs(torch.from_numpy(x)), torch.from_numpy(y)
        return [float(self.loss([p[i] for p in self.ends], *rows)) for i in range(len(self.ends[0]))]

    def check(self, given: list[np.ndarray]) -> list[float]:
        """Final losses of the runs given: initial parameters in our layout, and orders."""
        *start, order = (torch.from_numpy(np.array(part)) for part in given)
        start = self._layout(start) or [torch.zeros(len(order), self.work.d + 1)]
        # Cloned: a loop updates its parameters in place.
        runs = (Drawn([p.clone(memory_format=torch.contiguous_format) for p in run[:-1]], run[-1])
                for run in zip(*start, order, strict=True))  # fmt: skip
        ends = self.way(self, runs)
        even = torch.full_like(self.y, 1 / len(self.y)) if self.work.batch == 0 else None
        return [float(self.loss([p[i] for p in ends], self.x, self.y, even)) for i in range(len(order))]

    def loss(
        self, params: Params, x: torch.Tensor, y: torch.Tensor, weight: torch.Tensor | None = None
    ) -> torch.Tensor:
        if self.work.batch == 0:
            return functional.binary_cross_entropy_with_logits(x @ params[0], y, weight, reduction="sum")
        return functional.cross_entropy((perceptron if self.work.name != "W3" else convolutions)(params, x), y)

    def batches(self, order: torch.Tensor) -> Iterator[tuple[Any, ...]]:
        """The loss's arguments at every step of a run."""
        if self.work.batch == 0:
            return itertools.repeat((self.x, self.y, order), self.work.steps)
        x = self.x[order.flatten()]  # an image stays channels last through this
        return zip(x.split(self.work.batch), self.y[order].unbind(), strict=True)

    def laid_out(self, start: Params) -> Params:
        shape = torch.channels_last if self.last else torch.contiguous_format
        return [p.to(memory_format=shape) if p.dim() == 4 else p for p in start]

    def _inputs(self, x: torch.Tensor) -> torch.Tensor:
        if self.work.batch == 0:
            return torch.cat([x, torch.ones(len(x), 1)], 1)
        if self.work.name != "W3":
            return x
        return x.reshape(-1, 1, 8, 8).to(memory_format=torch.channels_last if self.last else torch.contiguous_format)

    def _layout(self, start: Params) -> Params:
        """From height, width, in, out to out, in, height, width; the dense layer sees channels first."""
        if self.work.name != "W3":
            return start
        first, bias, second, more, dense, last = start
        dense = dense.reshape(-1, 2, 2, 32, 10).permute(0, 4, 3, 1, 2).reshape(-1, 10, 128)
        return [first.permute(0, 4, 3, 1, 2), bias, second.permute(0, 4, 3, 1, 2), more, dense, last]


def perceptron(params: Params, x: torch.Tensor) -> torch.Tensor:
    inner, bias, outer, last = params
    return torch.addmm(last, torch.relu(torch.addmm(bias, x, inner)), outer)


def convolutions(params: Params, x: torch.Tensor) -> torch.Tensor:
    first, bias, second, more, dense, last = params
    h = functional.max_pool2d(torch.relu(functional.conv2d(x, first, bias, padding=1)), 2)
    h = functional.max_pool2d(torch.relu(functional.conv2d(h, second, more, padding=1)), 2)
    return functional.linear(h.flatten(1), dense, last)


def draw(work: Work) -> Drawn:
    """A run's initial parameters, uniform with variance 1 / fan-in, and its order, by the cheapest calls there are."""
    if work.batch == 0:
        weights = torch.bincount(torch.randint(work.n, (work.n,)), minlength=work.n) / work.n
        return Drawn([torch.zeros(work.d + 1)], weights)
    shapes: list[tuple[tuple[int, ...], int]] = [((work.d, HIDDEN), work.d), ((HIDDEN, work.classes), HIDDEN)]
    if work.name == "W3":
        shapes = [((16, 1, 3, 3), 9), ((32, 16, 3, 3), 144), ((10, 128), 128)]
    kernels = [torch.empty(shape).uniform_(-((3 / fan) ** 0.5), (3 / fan) ** 0.5) for shape, fan in shapes]
    outputs = [k.shape[0 if work.name == "W3" else 1] for k in kernels]
    start = [part for k, out in zip(kernels, outputs, strict=True) for part in (k, torch.zeros(out))]
    return Drawn(start, torch.randint(work.n, (work.steps, work.batch)))


def plain(this: Contestant, runs: Iterator[Drawn]) -> Params:
    """Eager, on plain tensors: the gradient asked for by name, all parameters updated by one call each."""
    work, ends = this.work, []
    for run in runs:
        params = [p.requires_grad_() for p in this.laid_out(run.start)]
        speed = [torch.zeros_like(p) for p in params]
        for batch in this.batches(run.order):
            gradient = torch.autograd.grad(this.loss(params, *batch), params)
            with torch.no_grad():
                step(work, params, speed, gradient)
        ends.append([p.detach() for p in params])
    return [torch.stack(parts) for parts in zip(*ends, strict=True)]


def step(work: Work, params: Params, speed: Params, gradient: Any) -> None:
    """One step of SGD, in place."""
    if work.batch == 0:
        params[0].mul_(1 - decay(work) * 2 * work.rate).sub_(gradient[0], alpha=2 * work.rate)
        return
    torch._foreach_mul_(speed, work.momentum)
    torch._foreach_add_(speed, gradient)
    torch._foreach_add_(params, speed, alpha=-work.rate)


def decay(work: Work) -> float:
    """Λ / n per column; one column stands for two."""
    return work.penalty / work.n / 2


def optim(this: Contestant, runs: Iterator[Drawn]) -> Params:
    """Eager, with `backward` and `torch.optim.SGD`."""
    work, ends = this.work, []
    rate, weight = (2 * work.rate, decay(work)) if work.batch == 0 else (work.rate, 0.0)
    for run in runs:
        params = [torch.nn.Parameter(p) for p in this.laid_out(run.start)]
        sgd = torch.optim.SGD(params, lr=rate, momentum=work.momentum, weight_decay=weight, fused=True)
        for batch in this.batches(run.order):
            loss = this.loss(params, *batch)
            sgd.zero_grad()
            loss.backward()
            sgd.step()
        ends.append([p.detach() for p in params])
    return [torch.stack(parts) for parts in zip(*ends, strict=True)]


def func(this: Contestant, runs: Iterator[Drawn]) -> Params:
    """`torch.func`: `vmap` over models of `grad`; eight networks with convolutions at a time, others all together."""
    work, all_runs = this.work, list(runs)
    width = 8 if work.name == "W3" else len(all_runs)
    parts = [_func(this, all_runs[i : i + width]) for i in range(0, len(all_runs), width)]
    return [torch.cat(ends) for ends in zip(*parts, strict=True)]


def _func(this: Contestant, runs: list[Drawn]) -> Params:
    work = this.work
    params = [torch.stack(parts) for parts in zip(*(run.start for run in runs), strict=True)]
    speed, order = [torch.zeros_like(p) for p in params], torch.stack([run.order for run in runs])
    gradient: Callable[..., Any] = torch.func.grad(this.loss)
    if work.batch == 0:
        each = torch.func.vmap(gradient, in_dims=(0, None, None, 0))
        for _ in range(work.steps):
            step(work, params, speed, each(params, this.x, this.y, order))
        return params
    each = torch.func.vmap(gradient)
    for i in range(work.steps):
        step(work, params, speed, each(params, this.x[order[:, i]], this.y[order[:, i]]))
    return params
