"""Effects: by how much the removed law may differ from the reference's, for planning."""

import dataclasses
import math

import numpy as np

from ...formal import _codec
from ...formal._types import Real
from ...formal.laws._gaussian import Gaussian, profile
from ._witnesses import Feature

_FAR = 1000.0
_KNOWN = "name separated, none, shift=D with D > 0, or share=R with R in (0, 1]"


@dataclasses.dataclass(frozen=True)
class Effect:
    """A one-dimensional law P of removed models against N(0, 1) of references.

    Args:
        name: separated (never overlapping), shift (P = N(d, 1)), share (with probability ρ a value far from all
            references) or none (P = Q).
        size: d or ρ; 0 for the others.

    >>> str(Effect("shift", 2.0)), Effect("share", 0.3).theta(1.0)
    ('shift=2', 0.3)
    """

    name: str
    size: float = 0.0

    def __str__(self) -> str:
        return f"{self.name}={self.size:g}" if self.size else self.name

    def theta(self, epsilon: Real) -> float:
        """θ = max{H_{e^ε}(P‖Q), H_{e^ε}(Q‖P)}: what an oracle's event exceeds e^ε by.

        A shift: Φ(d/2 − ε/d) − e^ε Φ(−d/2 − ε/d); a share: ρ, as 1 − e^ε (1 − ρ) ≤ ρ.
        """
        if self.name != "shift":
            return {"separated": 1.0, "none": 0.0}.get(self.name, self.size)
        one = np.eye(1)
        return profile(Gaussian(np.array([self.size]), one), Gaussian(np.zeros(1), one), float(epsilon)).upper

    def draw(self, rng: np.random.Generator, size: tuple[int, int, int]) -> Feature:
        """Values of removed models, `size` of them."""
        values = rng.normal(size=size)
        if self.name == "shift":
            return values + self.size
        share = {"separated": 1.0, "none": 0.0}.get(self.name, self.size)
        return values + _FAR * (rng.random(size) < share)


def effect_of(text: str) -> Effect:
    """An effect from its name and size.

    Raises:
        ValueError: no such effect, or a size out of range.

    >>> effect_of("shift=2")
    Effect(name='shift', size=2.0)
    >>> effect_of("shift")
    Traceback (most recent call last):
    ValueError: effect: 'shift' is unknown; name separated, none, shift=D with D > 0, or share=R with R in (0, 1]
    """
    name, _, number = text.partition("=")
    if name in ("separated", "none") and not number:
        return Effect(name)
    try:
        size = float(number)
    except ValueError:
        size = math.nan
    if (name == "shift" and 0 < size < math.inf) or (name == "share" and 0 < size <= 1):
        return Effect(name, size)
    raise ValueError(f"effect: {text!r} is unknown; {_KNOWN}")


def _exact(effect: Effect) -> str:
    """Its name and its size to the last digit; in few digits where they say it all."""
    return str(effect) if effect_of(str(effect)) == effect else f"{effect.name}={effect.size!r}"


_codec.register(Effect, _exact, effect_of)
