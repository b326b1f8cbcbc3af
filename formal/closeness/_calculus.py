"""Rules on the parameters (ε, δ) alone: chaining, groups, post-processing, mixtures."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Max, exp

from ._conversions import indistinguishability_to_smaller_epsilon
from ._formula import Edge, Formula
from ._symbols import DELTA, DELTA_1, DELTA_2, EPSILON, EPSILON_1, EPSILON_2, NEW_DELTA, SIZE, expm1

chain_delta = Formula(
    "chain-delta-1", "P ≈_{ε₁,δ₁} Q and Q ≈_{ε₂,δ₂} R, for P ≈ R at ε₁ + ε₂", NEW_DELTA, "<=",
    Max(DELTA_1 + exp(EPSILON_1) * DELTA_2, DELTA_2 + exp(EPSILON_2) * DELTA_1),
    (EPSILON_1, DELTA_1, EPSILON_2, DELTA_2),
    "derived (T3)",
)  # fmt: skip
group_delta = Formula(
    "group-delta-1", "(ε,δ) under removal of one row, for `size` rows at size·ε", NEW_DELTA, "<=",
    DELTA * (exp(SIZE * EPSILON) - 1) / (exp(EPSILON) - 1), (EPSILON, DELTA, SIZE),
    "Dwork & Roth 2014; T5",
    numeric=DELTA * expm1(SIZE * EPSILON) / expm1(EPSILON), edge=Edge(EPSILON > 0, EPSILON, DELTA * SIZE),
)  # fmt: skip
COMPOSITION = (chain_delta, group_delta)


@dataclass(frozen=True)
class Indistinguishability:
    """The parameters of P ≈_{ε,δ} Q, both directions.

    Args:
        epsilon: privacy loss, finite, ≥ 0.
        delta: additive slack, ≥ 0; 1 or more says nothing.

    Raises:
        ValueError: a parameter is negative, infinite or NaN.

    >>> chain(Indistinguishability(0.0, 0.125), Indistinguishability(0.0, 0.25))
    Indistinguishability(epsilon=0.0, delta=0.375)
    """

    epsilon: float
    delta: float

    def __post_init__(self) -> None:
        if not (0 <= self.epsilon < math.inf and 0 <= self.delta < math.inf):
            raise ValueError(f"epsilon = {self.epsilon}, delta = {self.delta}: both must be finite numbers, at least 0")


def chain(first: Indistinguishability, second: Indistinguishability) -> Indistinguishability:
    """P ≈ Q by `first` and Q ≈ R by `second` give P ≈ R (T3).

    (ε₁+ε₂, max(δ₁+e^{ε₁}δ₂, δ₂+e^{ε₂}δ₁)).

    >>> chain(Indistinguishability(1.0, 0.0), Indistinguishability(0.5, 0.0)).epsilon
    1.5
    """
    delta = chain_delta.host(
        epsilon_1=first.epsilon, delta_1=first.delta, epsilon_2=second.epsilon, delta_2=second.delta
    )
    return Indistinguishability(first.epsilon + second.epsilon, float(delta))


def group(one: Indistinguishability, size: int) -> Indistinguishability:
    """(ε,δ) for one row gives (kε, δ(e^{kε}−1)/(e^ε−1)) for k rows (T5); kδ at ε = 0.

    Args:
        one: what holds when one row is removed.
        size: k, the number of rows removed, ≥ 0.

    Raises:
        ValueError: size is negative.

    >>> group(Indistinguishability(0.0, 0.125), 3)
    Indistinguishability(epsilon=0.0, delta=0.375)
    """
    delta = group_delta.host(epsilon=one.epsilon, delta=one.delta, size=size)
    return Indistinguishability(size * one.epsilon, float(delta))


def post_process(one: Indistinguishability) -> Indistinguishability:
    """P ≈ Q gives f(P) ≈ f(Q) with the same parameters, for every randomised f of the output alone (T13).

    >>> post_process(Indistinguishability(1.0, 0.1))
    Indistinguishability(epsilon=1.0, delta=0.1)
    """
    return one


def weaken(one: Indistinguishability, epsilon: float) -> Indistinguishability:
    """What P ≈_{ε,δ} Q says at another ε′: δ itself above ε, (e^ε−e^{ε′}+δ(1+e^{ε′}))/(e^ε+1) below.

    Args:
        one: what holds.
        epsilon: ε′, ≥ 0.

    >>> weaken(Indistinguishability(1.0, 0.25), 2.0)
    Indistinguishability(epsilon=2.0, delta=0.25)
    >>> round(weaken(Indistinguishability(1.0, 0.0), 0.0).delta, 6)
    0.462117
    """
    if epsilon >= one.epsilon:
        return Indistinguishability(epsilon, one.delta)
    slack = min(one.delta, 1.0)
    delta = indistinguishability_to_smaller_epsilon.host(epsilon=one.epsilon, delta=slack, smaller=epsilon)
    return Indistinguishability(epsilon, float(delta))


def mixture(weights: Sequence[float], components: Sequence[Indistinguishability]) -> Indistinguishability:
    """P_s ≈ Q_s for each s gives Σw_sP_s ≈ Σw_sQ_s, weights shared by both arms (T14).

    At ε = max ε_s, which every component allows: δ = Σ w_s δ_s.

    Args:
        weights: w, non-negative, summing to 1.
        components: one per weight.

    Raises:
        ValueError: the weights are no law, or their number differs from the components'.

    >>> mixture([0.5, 0.5], [Indistinguishability(1.0, 0.25), Indistinguishability(0.5, 0.0)])
    Indistinguishability(epsilon=1.0, delta=0.125)
    """
    if len(weights) != len(components) or min(weights, default=-1.0) < 0 or abs(sum(weights) - 1) > 1e-9:
        raise ValueError(f"{len(components)} components need as many weights ≥ 0 summing to 1; got {list(weights)}")
    delta = math.fsum(w * c.delta for w, c in zip(weights, components, strict=True))
    return Indistinguishability(max(c.epsilon for c in components), delta)
