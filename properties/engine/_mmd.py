"""A bounded kernel on runs, fixed by the first of them: what it means for two laws to be close."""

import dataclasses

import numpy as np
from jaxtyping import Float64

from ._grain import Values
from ._pairs import RESERVED_PRIOR
from ._refute import feature_prior
from ._witnesses import finite

_CLIP = 8.0  # robust spreads, as of the features
_FAR = 1e100  # its square is finite

_Runs = Float64[np.ndarray, "m k"]
Others = Float64[np.ndarray, "n k"]
Gram = Float64[np.ndarray, "m n"]
Arms = tuple[Values, Values, Values]


@dataclasses.dataclass(frozen=True)
class KernelPart:
    """How one view is compared: its weight, and its numbers' centre and scale.

    Args:
        weight: in the mixture over views.
        centre, scale: of each number.
        widths: the kernel's bandwidths, in scales.
        clip: how many scales from the centre a number is taken for.

    >>> KernelPart(1.0, np.zeros(1), np.ones(1), (1.0,)).gram(np.zeros((1, 1)), np.ones((1, 1))).round(2).tolist()
    [[0.61]]
    """

    weight: float
    centre: Float64[np.ndarray, " k"]
    scale: Float64[np.ndarray, " k"]
    widths: tuple[float, ...]
    clip: float = _CLIP

    def gram(self, a: _Runs, b: Others) -> Gram:
        """Weight · mean over bandwidths of exp(−‖a − b‖² / 2h²)."""
        squares = _squares(self.transform(a), self.transform(b))
        return self.weight * np.mean([np.exp(-squares / (2 * h * h)) for h in self.widths], axis=0)

    def transform(self, values: _Runs) -> _Runs:
        """The numbers in scales from their centre, clipped."""
        with np.errstate(over="ignore"):  # beyond 10³⁰⁸ scales is at the edge too
            return np.clip((finite(values) - self.centre) / self.scale, -self.clip, self.clip)


@dataclasses.dataclass(frozen=True)
class Kernel:
    r"""A mixture over views of Gaussian kernels, between 0 and 1:

    $$k(a, b) = \sum_v w_v \, \tfrac12 \sum_{h} e^{-\|a_v - b_v\|^2 / 2 h_v^2},$$

    on numbers less their median, in units of their median deviation, clipped at 8: a diverged run, NaN or infinite,
    lies at the edge and is an outcome like any other. The bandwidths are half the median distance between originals
    and references and the median distance between runs of one arm: one sees where a law lies, the other its shape.

    Args:
        looks: by view.

    >>> one = {"a": np.arange(4.0)[:, None]}
    >>> bool((Kernel.fit((one, one, one), ()).gram(one, one).diagonal() == 1).all())
    True
    """

    looks: dict[str, KernelPart]

    @staticmethod
    def fit(arms: Arms, designated: tuple[str, ...]) -> "Kernel":
        """The kernel that some runs fix; they are not bet on.

        Args:
            arms: removed models, references and originals.
            designated: views that hold half the weight; the others share the rest evenly.
        """
        names = list(arms[0])
        weights = feature_prior(names, designated, [1.0] * len(names), RESERVED_PRIOR)
        each = [[finite(arm[name]) for arm in arms] for name in names]
        return Kernel({name: _look(float(w), runs) for name, w, runs in zip(names, weights, each, strict=True)})

    def gram(self, a: Values, b: Values) -> Gram:
        """k of every run of one arm and every run of another."""
        return np.sum([look.gram(a[name], b[name]) for name, look in self.looks.items()], axis=0)

    @property
    def unclipped(self) -> "Kernel":
        """The same kernel that sees how far out a run lies, where this one sees the edge."""
        return Kernel({name: dataclasses.replace(look, clip=_FAR) for name, look in self.looks.items()})


def statistics(kernel: Kernel, arms: Arms) -> tuple[Gram, Gram]:
    r"""Two statistics of every couple of triples (u, r, o), unbiased where the triples are independent.

    $$h_{12} = k(o_1, o_2) - k(r_1, r_2) - k(u_1, o_2) - k(u_2, o_1) + k(u_1, r_2) + k(u_2, r_1)$$

    has mean D = MMD²(P, O) − MMD²(P, R), for the k(u₁, u₂) in both cancel, and lies in [−3, 3];
    m₁₂ = k(o₁, o₂) + k(r₁, r₂) − k(o₁, r₂) − k(o₂, r₁) has mean M = MMD²(R, O). No term joins runs of one triple, so
    that these may share seeds.

    Args:
        kernel: k.
        arms: removed models, references and originals; run i of each is triple i.

    Returns:
        h and m, `[i, j]`; what stands on the diagonal has no meaning.

    Source: Gretton et al. 2012 (MMD); Bounliphone et al. 2016 (arXiv 1511.04581, the relative test).

    >>> zero, one = {"a": np.zeros((2, 1))}, {"a": np.ones((2, 1))}
    >>> kernel = Kernel.fit((zero, zero, one), ())
    >>> [float(s[0, 1].round(2)) for s in statistics(kernel, (zero, zero, one))]
    [1.73, 1.73]
    """
    u, r, o = arms
    uo, ur, ro = kernel.gram(u, o), kernel.gram(u, r), kernel.gram(r, o)
    oo, rr = kernel.gram(o, o), kernel.gram(r, r)
    return oo - rr - uo - uo.T + ur + ur.T, oo + rr - ro - ro.T


def standing(kernel: Kernel, arms: Arms) -> Float64[np.ndarray, "4 m m"]:
    r"""Four statistics of every couple of triples that say whether P stands anywhere near R, and near O.

    With A = MMD²(P, R), B = MMD²(P, O) and M = MMD²(R, O), their means are

    $$M - A, \quad M - B, \quad \mathbb E\,k(u, r) - \tfrac12 \mathbb E\,k(r, r'), \quad
      \mathbb E\,k(u, o) - \tfrac12 \mathbb E\,k(o, o');$$

    the first two lie in [−3, 3], the others in [−½, 1]. M − A > 0: P is nearer to R than O is. The third, because a
    bounded kernel saturates: to a law that is scattered far away from everything all distances are nearly the same,
    and small ones where P is diffuse. All four are positive where P is R, or O, but for the one of M − A, M − B that
    is then 0 and, for the last two, where R and O hardly overlap.

    Args:
        kernel: k.
        arms: removed models, references and originals; run i of each is triple i.

    Returns:
        The statistics, `[4, i, j]`; what stands on the diagonals has no meaning.

    >>> zero, one = {"a": np.zeros((2, 1))}, {"a": np.ones((2, 1))}
    >>> kernel = Kernel.fit((zero, zero, one), ())
    >>> [float(s[0, 1].round(2)) for s in standing(kernel, (zero, zero, one))]
    [1.73, 0.0, 0.5, -0.36]
    """
    u, r, o = arms
    uo, ur, ro = kernel.gram(u, o), kernel.gram(u, r), kernel.gram(r, o)
    uu, rr, oo = kernel.gram(u, u), kernel.gram(r, r), kernel.gram(o, o)
    nearer = [oo - uu - ro - ro.T + ur + ur.T, rr - uu - ro - ro.T + uo + uo.T]
    return np.stack([*nearer, (ur + ur.T - rr) / 2, (uo + uo.T - oo) / 2])


def _look(weight: float, runs: list[_Runs]) -> KernelPart:
    both = np.concatenate(runs)
    centre = np.median(both, axis=0)
    spread = np.median(abs(both - centre), axis=0)
    widest = abs(both - centre).max(0)  # where half the values agree
    look = KernelPart(weight, centre, np.where(spread > 0, spread, np.where(widest > 0, widest, 1.0)), ())
    return dataclasses.replace(look, widths=_widths(*(look.transform(values) for values in runs)))


def _widths(removed: _Runs, reference: _Runs, original: _Runs) -> tuple[float, ...]:
    """Half the median distance between originals and references, and the median one inside arms; 1 if all agree."""
    apart = ~np.eye(len(removed), dtype=bool)
    across = np.median(_squares(original, reference)[apart]) ** 0.5 / 2
    within = np.median([_squares(arm, arm)[apart] for arm in (removed, reference, original)]) ** 0.5
    widths = tuple(float(h) for h in (across, within) if h > 0)
    return widths or (1.0,)


def _squares(a: _Runs, b: Others) -> Gram:
    """Squared distances, row by row: an expanded square would lose small ones."""
    return np.stack([((b - row) ** 2).sum(1) for row in a])
