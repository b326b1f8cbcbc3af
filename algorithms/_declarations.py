"""What learners and removers declare of themselves, their noise and a guarantee: a declaration is a hypothesis."""

import dataclasses
from collections.abc import Callable
from typing import Any

from jaxtyping import PRNGKeyArray

from ..formal.definitions._definitions import Definition
from ..formal.definitions._scenario import Rows
from ._validation import a_function, one_of, several_of


@dataclasses.dataclass(frozen=True)
class OutputNoise:
    """A declared output law: θ(s) + N(0, σ²) on every parameter, independently, of each other and of the seed s.
    A hypothesis, which `check` tests on runs and a certificate states, unless learner and remover are our own.

    The run `fit(key, rows)` publishes `centre(key, rows)` plus noise: the same key, so the same seed s, and noise
    drawn from a part of the key that θ does not use.

    Args:
        sigma: σ > 0.
        centre: `(key, rows) -> params`, the model of that run before the noise.
        random: whether the centre depends on its key.

    Raises:
        ValueError: σ is not positive and finite.

    >>> OutputNoise(0.1, lambda key, rows: None).sigma
    0.1
    """

    sigma: float
    centre: Callable[[PRNGKeyArray, Rows], Any]
    random: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.sigma < float("inf"):
            raise ValueError(f"sigma: {self.sigma} is not a finite number > 0")


@dataclasses.dataclass(frozen=True)
class Guarantee:
    """A declared claim: the definition it is about, its assumptions, and ε as a function of δ.

    Args:
        definition: the definition class's name, "untraining" or "unlearning".
        assumptions: what must be true for the claim to hold, in words.
        epsilon: `δ -> ε`; 0 everywhere for an exact method.

    Raises:
        ValueError: a definition that does not exist; assumptions that are no tuple of sentences; ε no function.

    >>> Guarantee("untraining", ("the learner is an exact minimiser",), lambda delta: 0.0).epsilon(0.1)
    0.0
    """

    definition: str
    assumptions: tuple[str, ...]
    epsilon: Callable[[float], float]

    def __post_init__(self) -> None:
        one_of("guarantee", "definition", self.definition, ("untraining", "unlearning"))
        a_function("guarantee", "epsilon", self.epsilon)
        object.__setattr__(self, "assumptions", several_of("guarantee", "assumptions", self.assumptions))

    def covers(self, definition: Definition) -> bool:
        """Whether the guarantee, its assumptions granted, implies the definition at its (ε, δ)."""
        return self.definition == definition.name and self.epsilon(definition.delta) <= definition.epsilon
