"""Softmax regression on bounded rows in plain NumPy float64: the other side of the certified tests."""

import functools

import jax.numpy as jnp
import numpy as np

import neverseen as ns

CLAIM = ns.Untraining(1.0, 0.05)


@functools.lru_cache
def small(size: int = 1) -> ns.Scenario:
    """Sixteen rows in the plane, of which S are one or a few."""
    return ns.scenarios.blobs(rows=16, size=size, full=5, seed=1)


def arrays(rows: ns.Rows) -> tuple[np.ndarray, np.ndarray]:
    """Present rows with ones, at norm 1 or less, and their targets."""
    present = np.asarray(rows.present)
    x = np.concatenate([np.asarray(rows.x, np.float64), np.ones((len(present), 1))], 1)[present]
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1), np.asarray(rows.y, np.float64)[present]


def gradient(w: np.ndarray, rows: ns.Rows, penalty: float) -> np.ndarray:
    """Of Σ cross-entropy + Λ/2‖W‖²."""
    x, y = arrays(rows)
    z = x @ w
    p = np.exp(z - z.max(1, keepdims=True))
    return x.T @ (p / p.sum(1, keepdims=True) - y) + penalty * w


def hessian(w: np.ndarray, rows: ns.Rows, penalty: float) -> np.ndarray:
    """Its second derivative, parameters in row-major order."""
    x, _ = arrays(rows)
    z = x @ w
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    bends = p[:, :, None] * np.eye(p.shape[1]) - p[:, :, None] * p[:, None]
    return np.einsum("ni,nj,ncd->icjd", x, x, bends).reshape(w.size, w.size) + penalty * np.eye(w.size)


def newton(w: np.ndarray, rows: ns.Rows, penalty: float, steps: int = 1) -> np.ndarray:
    """So many full Newton steps."""
    for _ in range(steps):
        move = np.linalg.solve(hessian(w, rows, penalty), gradient(w, rows, penalty).ravel())
        w = w - move.reshape(w.shape)
    return w


def descend(w: np.ndarray, rows: ns.Rows, penalty: float, steps: int, rate: float, ball: float = np.inf) -> np.ndarray:
    """So many projected gradient steps."""
    for _ in range(steps):
        w = w - rate * gradient(w, rows, penalty)
        norm = np.linalg.norm(w)
        w = w * min(1.0, ball / norm) if norm > 0 else w
    return w


def mask(*places: int) -> jnp.ndarray:
    """A forget set of the sixteen rows."""
    return jnp.asarray(np.isin(np.arange(16), places))
