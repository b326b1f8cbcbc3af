"""PyTorch batched by hand, as an expert would: logistic regressions in two products, backpropagation by `baddbmm`."""

from collections.abc import Iterator
from typing import Any

import torch


def batched(this: Any, runs: Iterator[Any]) -> list[torch.Tensor]:
    """All models together; ten perceptrons at a time, whose state fits the cache."""
    every = list(runs)
    if this.work.batch == 0:
        return [_logistic(this, torch.stack([run.order for run in every]))]
    parts = [_perceptrons(this, every[i : i + 10]) for i in range(0, len(every), 10)]
    return [torch.cat(ends) for ends in zip(*parts, strict=True)]


def _logistic(this: Any, weights: torch.Tensor) -> torch.Tensor:
    work, x, y = this.work, this.x, this.y
    rate, across = 2 * work.rate, x.T.contiguous()
    theta = torch.zeros(len(weights), x.shape[1])
    kept = 1 - rate * work.penalty / work.n / 2
    for _ in range(work.steps):
        error = torch.mm(theta, across).sigmoid_().sub_(y).mul_(weights)
        theta.mul_(kept).addmm_(error, x, alpha=-rate)
    return theta


def _perceptrons(this: Any, runs: list[Any]) -> list[torch.Tensor]:
    work = this.work
    inner, bias, outer, last = params = [torch.stack(parts) for parts in zip(*(r.start for r in runs), strict=True)]
    speed, order = [torch.zeros_like(p) for p in params], torch.stack([run.order for run in runs])
    hot = torch.nn.functional.one_hot(this.y, work.classes).float()
    for i in range(work.steps):
        x, y = this.x[order[:, i]], hot[order[:, i]]
        h = torch.baddbmm(bias[:, None], x, inner).relu_()
        error = torch.baddbmm(last[:, None], h, outer).softmax(2).sub_(y).div_(work.batch)
        back = torch.bmm(error, outer.mT).mul_(h > 0)
        gradient = [torch.bmm(x.mT, back), back.sum(1), torch.bmm(h.mT, error), error.sum(1)]
        torch._foreach_mul_(speed, work.momentum)
        torch._foreach_add_(speed, gradient)
        torch._foreach_add_(params, speed, alpha=-work.rate)
    return params
