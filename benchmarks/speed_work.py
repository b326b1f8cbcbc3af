"""The three training workloads of `speed.py`: data, sizes and what counts as useful work. NumPy only.

Useful work is that of the matrix products, two FLOP to a multiply-add, forward and backward, without biases,
activations, updates and the gradient of the input rows:

W1  per step 500 rows × 20 features × (2 forward + 2 backward)                          = 40 kFLOP;  × 300 =  12.0 MFLOP
W2  per row 20·64·(2 + 2) + 64·2·(2 + 4) = 5888; × 64 rows                              = 377 kFLOP; × 300 = 113.0 MFLOP
W3  per row 64·9·1·16·(2 + 2) + 16·9·16·32·(2 + 4) + 128·10·(2 + 4) = 486 912; × 64     = 31 MFLOP;  × 140 =  4.36 GFLOP
digits  per row 64·64·(2 + 2) + 64·10·(2 + 4) = 20 224; × 64                            = 1.3 MFLOP; × 320 = 414.2 MFLOP
"""

import dataclasses
from typing import Any

import numpy as np

HIDDEN = 64


@dataclasses.dataclass(frozen=True)
class Work:
    """A workload: `models` independent runs of one training.

    Args:
        name: W1, W2, W3, or digits for the runs of a verdict.
        models: runs.
        n, d, classes: rows, features, classes.
        steps, batch: gradient steps, and rows in each; full batch with bootstrap weights where batch is 0.
        rate, momentum, penalty: of SGD; the penalty Λ/2‖W‖² in the sum form.
        flop: useful FLOP per model.
        alone: models that an eager loop, linear in them, is timed on.
        tolerance: between final losses of the same run by two contestants.
    """

    name: str
    models: int
    n: int
    d: int
    classes: int
    steps: int
    batch: int
    rate: float
    momentum: float
    penalty: float
    flop: float
    alone: int
    tolerance: float

    @property
    def epochs(self) -> float:
        return self.steps * self.batch / self.n

    def data(self) -> tuple[Any, Any]:
        """x `[n, d]` in single precision and whole class numbers `[n]`."""
        if self.classes == 10:
            from sklearn.datasets import load_digits

            held: Any = load_digits()
            return (held.data[: self.n] / 16).astype(np.float32), held.target[: self.n]
        rng = np.random.default_rng(0)
        x = rng.normal(size=(self.n, self.d)).astype(np.float32)
        return x, (x[:, 0] + 0.5 * x[:, 1] * x[:, 2] + 0.5 * rng.normal(size=self.n) > 0).astype(np.int64)


WORKS = {
    "W1": Work("W1", 1000, 500, 20, 2, 300, 0, 0.5, 0.0, 1.0, 300 * 500 * 20 * 4, 40, 1e-6),
    "W2": Work("W2", 200, 1000, 20, 2, 300, 64, 0.02, 0.9, 0.0, 300 * 64 * 5888, 20, 2e-4),
    "W3": Work("W3", 32, 1792, 64, 10, 140, 64, 0.05, 0.9, 0.0, 140 * 64 * 486912, 4, 1e-2),
    "digits": Work("digits", 64, 1024, 64, 10, 320, 64, 0.3, 0.9, 0.0, 320 * 64 * 20224, 64, 1e-2),
}
