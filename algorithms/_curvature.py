"""Constants of an objective and of its training, on which certified removal rests."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Curvature:
    r"""What holds of the loss ℓ of every row at every θ (Euclidean norms, operator norms), and of the penalty.

    $$\|\nabla\ell\| \le L, \quad \|\nabla^2\ell\| \le \beta, \quad
      \|\nabla^2\ell(\theta) - \nabla^2\ell(\theta')\| \le \gamma\|\theta - \theta'\|, \quad
      \mathrm{penalty} = \tfrac\Lambda2\|\theta\|^2$$

    Args:
        lipschitz: L.
        smooth: β.
        third: γ.
        strong: Λ, in the sum form: J_D = Σ_D ℓ + penalty is Λ-strongly convex where ℓ is convex.
        convex: whether ℓ is.

    Raises:
        ValueError: a constant is negative or not finite.

    >>> Curvature(1.0, 0.5, 0.3, 2.0).modulus(10)
    7.0
    """

    lipschitz: float
    smooth: float
    third: float
    strong: float
    convex: bool = True

    def __post_init__(self) -> None:
        for name in ("lipschitz", "smooth", "third", "strong"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name}: {getattr(self, name)} is not a finite number >= 0")

    def modulus(self, rows: int) -> float:
        """The smoothness of J on so many rows: nβ + Λ."""
        return rows * self.smooth + self.strong


@dataclasses.dataclass(frozen=True)
class Schedule:
    """How a learner descends: what its certified removers must continue exactly.

    Args:
        steps: T.
        rate: η, for gradients of the sum.
        rows: N, the most rows for which the rate is right.
        ball: B of the projection; ∞ without one.
        rewind: K, steps after the checkpoint, or with noise.
        sigma: σ of the noise inside training: on each step, or of the linear term.
        batch: rows in a minibatch; None for all.
        clip: C, the largest norm of a step's gradient; ∞ without one.
        decay: λ, of the parameters in each step.

    >>> Schedule(steps=10, rate=0.1, rows=64).ball
    inf
    """

    steps: int
    rate: float
    rows: int
    ball: float = math.inf
    rewind: int = 0
    sigma: float = 0.0
    batch: int | None = None
    clip: float = math.inf
    decay: float = 0.0
