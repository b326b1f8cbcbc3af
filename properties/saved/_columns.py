"""Which views saved columns give: single columns, each array, and all together; wide ones through few numbers."""

import dataclasses
import math
from collections import Counter

import numpy as np
from jaxtyping import Float64

from ...formal._types import Real
from ..engine._grain import Scales, Values
from ..engine._pairs import DIVERGENCE
from ..engine._pairs import TOGETHER as LEARNED
from ..runs.observables import COORDINATES

SINGLE = 64
"""Columns that are views of their own."""

VECTORS = 16
"""Arrays of several columns that are views of their own."""

_WHOLE = 256
"""Columns up to which a vector view holds all of them."""

ALL = "all columns"

_CHUNK = 1024
_CLIP = 8.0

_Table = Float64[np.ndarray, "runs k"]
Vector = Float64[np.ndarray, " k"]


@dataclasses.dataclass(frozen=True)
class Fold:
    """A wide vector through few numbers, fixed on pairs that are not bet on.

    Columns are centred, scaled and clipped to ±8, so that neither a unit nor one huge value drowns the others.

    Args:
        centre, scale: `[k]`, of both arms' past values.
        direction: `[k]`, the difference of the arms' past means: where many columns differ a little, their
            sum along it differs much.
        signs: `[k]` of ±1 for the sketch, whose coordinate j is Σ ±v_i / √terms over i ≡ j (mod 64).

    >>> fold = fit_fold(np.ones((4, 300)), np.zeros((4, 300)))
    >>> fold.along(np.ones((2, 300))).shape, fold.sketch(np.ones((2, 300))).shape
    ((2, 1), (2, 64))
    """

    centre: Vector
    scale: Vector
    direction: Vector
    signs: Vector

    def along(self, values: _Table) -> Float64[np.ndarray, "runs 1"]:
        """One number for each run: Σ direction · value / √k."""
        return self._shown(values) @ self.direction[:, None] / math.sqrt(values.shape[1])

    def sketch(self, values: _Table) -> Float64[np.ndarray, "runs 64"]:
        """64 numbers for each run."""
        terms = -(-values.shape[1] // COORDINATES)
        padded = np.zeros((len(values), terms * COORDINATES))
        padded[:, : values.shape[1]] = self._shown(values) * self.signs
        return padded.reshape(-1, terms, COORDINATES).sum(1) / math.sqrt(terms)

    def _shown(self, values: _Table) -> _Table:
        return np.clip((values - self.centre) / self.scale, -_CLIP, _CLIP)


def fit_fold(x: _Table, y: _Table) -> Fold:
    """The fold of a wide vector from past values of both arms.

    >>> fit_fold(np.ones((4, 300)), np.zeros((4, 300))).direction[0] > 0
    np.True_
    """
    parts = [_moments(x[:, i : i + _CHUNK], y[:, i : i + _CHUNK]) for i in range(0, x.shape[1], _CHUNK)]
    signs = np.random.default_rng(0).integers(0, 2, x.shape[1]) * 2.0 - 1.0
    centre, scale, direction = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Fold(centre, scale, direction, signs)


def _moments(x: _Table, y: _Table) -> tuple[Vector, Vector, Vector]:
    """Centre and scale of each column, and how far the arms' means lie apart."""
    both = np.concatenate([x, y])
    centre = np.median(both, axis=0)
    # A spread that a few huge values cannot move; where half the values agree, the widest deviation.
    deviation = abs(both - centre)
    spread, widest = np.median(deviation, axis=0) * 1.4826, deviation.max(0)
    scale = np.where(spread > 0, spread, np.where(widest > 0, widest, 1.0))
    shown = [np.clip((arm - centre) / scale, -_CLIP, _CLIP).mean(0) for arm in (x, y)]
    return centre, scale, shown[0] - shown[1]


def column_gains(x: _Table, y: _Table, epsilon: Real) -> Vector:
    r"""How much the events of each column broke a claim in past pairs.

    $$\max_{c}\; \max(\hat P - \gamma \hat Q,\; \hat Q - \gamma \hat P)$$

    over the events {column > c}, their complements and the empty one, with γ = e^ε: what the bets on a column live on.

    Args:
        x, y: past values of the two arms, as many runs in each.
        epsilon: ε of the claim.

    Returns:
        One number ≥ 0 for each column.

    >>> column_gains(np.array([[3.0, 1.0], [4.0, 2.0]]), np.array([[1.0, 1.0], [2.0, 2.0]]), 0.0).tolist()
    [1.0, 0.0]
    """
    found = [
        _gains(x[:, i : i + _CHUNK], y[:, i : i + _CHUNK], math.exp(epsilon)) for i in range(0, x.shape[1], _CHUNK)
    ]
    return np.concatenate(found)


def _gains(x: _Table, y: _Table, gamma: float) -> Vector:
    runs = len(x)
    pooled = np.concatenate([x, y])
    order = pooled.argsort(axis=0, kind="stable")
    ranked = np.take_along_axis(pooled, order, axis=0)
    p = 1 - np.cumsum(order < runs, axis=0)[:-1] / runs
    q = 1 - np.cumsum(order >= runs, axis=0)[:-1] / runs
    gain = np.max([p - gamma * q, q - gamma * p, (1 - p) - gamma * (1 - q), (1 - q) - gamma * (1 - p)], axis=0)
    return np.where(ranked[:-1] < ranked[1:], gain, 0.0).max(0).clip(0.0)


@dataclasses.dataclass(frozen=True)
class Overview:
    """The views of the columns of one arm, the same for every arm.

    Args:
        singles: name → number of the column.
        spans: name of a vector view → its columns, from one to before another.
        folds: those of the vector views that are looked at through a fold.

    >>> list(Overview({"loss": 0}, {}, {}).see(np.zeros((5, 1))))
    ['loss']
    """

    singles: dict[str, int]
    spans: dict[str, tuple[int, int]]
    folds: dict[str, Fold]

    def sizes(self, noise: Vector | None) -> Scales | None:
        """The standard deviation of the noise on each number of each view that is no fold, where there is noise."""
        if noise is None:
            return None
        spans = {name: noise[slice(*span)] for name, span in self.spans.items() if name not in self.folds}
        return {name: noise[i : i + 1] for name, i in self.singles.items()} | spans

    def see(self, table: _Table) -> Values:
        """The views of runs whose columns lie side by side."""
        values = {name: table[:, i : i + 1] for name, i in self.singles.items()}
        for name, (start, end) in self.spans.items():
            part = table[:, start:end]
            if name in self.folds:
                values[f"direction of {name}"] = self.folds[name].along(part)
                values[f"sketch of {name}"] = self.folds[name].sketch(part)
            else:
                values[name] = part
        return values


def overview(shapes: dict[str, tuple[int, ...]], past: tuple[_Table, _Table] | None, epsilon: Real) -> Overview:
    """Which views the arrays of an arm give.

    With up to 64 columns in all: each column, each array of several, and all columns together. With more, `past`
    pairs choose: arrays of one number come first, and the rest of the 64 go to the columns whose events broke the
    claim most. So are vector views chosen, of which there are 16 beside all columns together. A vector of more than
    256 is seen through a `Fold`.

    Args:
        shapes: name → shape of one run's values, `()` for one number.
        past: columns side by side of pairs that are not bet on; None with up to 64 columns.
        epsilon: ε of the claim.

    Returns:
        The views.

    Raises:
        ValueError: an array's name is that of another view.

    >>> seen = overview({"loss": (), "margins": (2,)}, None, 1.0)
    >>> [*seen.singles, *seen.spans]
    ['loss', 'margins[0]', 'margins[1]', 'margins', 'all columns']
    """
    spans = _spans(shapes)
    gain = np.zeros(_total(shapes)) if past is None else column_gains(*past, epsilon)
    vectors = {name: span for name, span in spans.items() if span[1] - span[0] > 1}
    most = sorted(vectors, key=lambda name: -gain[slice(*vectors[name])].max())[:VECTORS]
    kept = {name or ALL: span for name, span in vectors.items() if name in most}
    if len(spans) > 1:
        kept = {**kept, ALL: (0, len(gain))}
    wide = {} if past is None else {name: span for name, span in kept.items() if span[1] - span[0] > _WHOLE}
    folds = {name: fit_fold(*(table[:, slice(*span)] for table in past or ())) for name, span in wide.items()}
    singles = _singles(shapes, spans, gain)
    _distinct([DIVERGENCE, LEARNED, *vectors, *([ALL] if len(spans) > 1 else []), *(name for name, _ in singles)])
    return Overview(dict(singles), kept, folds)


def column_names(shapes: dict[str, tuple[int, ...]]) -> list[str]:
    """The name of every column.

    >>> column_names({"loss": (), "margins": (2,)})
    ['loss', 'margins[0]', 'margins[1]']
    """
    return [_column(name, shape, i) for name, shape in shapes.items() for i in range(math.prod(shape))]


def _singles(
    shapes: dict[str, tuple[int, ...]], spans: dict[str, tuple[int, int]], gain: Vector
) -> list[tuple[str, int]]:
    """Names and numbers of the columns that are views, in the order of the columns."""
    alone = np.zeros(len(gain), bool)
    alone[[start for start, end in spans.values() if end - start == 1]] = True
    chosen = np.sort(np.lexsort((-gain, ~alone))[:SINGLE])
    return [
        (_column(name, shapes[name], i - start), i)
        for name, (start, end) in spans.items()
        for i in chosen[(start <= chosen) & (chosen < end)].tolist()
    ]


def _column(name: str, shape: tuple[int, ...], place: int) -> str:
    """A column's name: `loss`, `margins[3]`, `logits[3,1]`."""
    if math.prod(shape) == 1:
        return name or "column"
    return f"{name or 'column'}[{','.join(str(int(i)) for i in np.unravel_index(place, shape))}]"


def _spans(shapes: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, int]]:
    ends = np.cumsum([math.prod(shape) for shape in shapes.values()]).tolist()
    return dict(zip(shapes, zip([0, *ends], ends, strict=False), strict=True))


def _total(shapes: dict[str, tuple[int, ...]]) -> int:
    return sum(math.prod(shape) for shape in shapes.values())


def _distinct(names: list[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise ValueError(f"removed: two views would be called {name!r}; rename an array")
