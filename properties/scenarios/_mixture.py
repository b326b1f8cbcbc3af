"""A scenario whose D is drawn from a population of two components, for the level "distribution"."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from ...formal._numbers import MOST, at_least_zero, real, whole
from ...formal._types import Real
from ...formal.definitions._scenario import Rows, Scenario, bucket
from ._table import MOST_DISTANCE, fits, generator, recipe

FRESH = 64
_LABELS = (0, 1, 0)  # of the rest's two blobs and of the behaviour's


def mixture(rows: int = 128, share: Real = 0.25, size: int = 8, separation: Real = 6.0, seed: int = 0) -> Scenario:
    r"""A population (1−π) R + π B in the plane; every draw of D has exactly round(π·rows) rows of B.

    With s the separation, R puts equal weight on N((−s/2, 0), I) of class 0 and N((s/2, 0), I) of class 1,
    and B is N((s/2, s), I) of class 0, where a model trained on R alone predicts class 1. S_full are the rows
    of B, S the first `size` of them. The 64 + 64 fresh points are the same for every draw.

    Args:
        rows: |D|.
        share: π in (0, 1).
        size: |S|.
        separation: s, in standard deviations.
        seed: draws the fresh points, and the D of the scenario itself.

    Returns:
        The scenario. `population` is pure, jittable and vmappable, and equal for equal arguments.

    Raises:
        ValueError: a share or a size that leaves nothing of either component.

    Source: drawn here; no data of others.

    >>> import jax
    >>> from neverseen.properties import scenarios
    >>> s = scenarios.mixture(rows=32, size=4)
    >>> s
    ns.scenarios.mixture(size=4, seed=0, rows=32)
    >>> draws = jax.jit(jax.vmap(s.population))(jax.random.split(jax.random.key(1), 3))
    >>> draws.rows.x.shape, draws.behaviour.sum(1).tolist()
    ((3, 32, 2), [8, 8, 8])
    """
    whole("rows", rows, -MOST)
    whole("size", size, -MOST)
    fits(rows=max(rows, 1), numbers=8)
    behaving = round(share * rows) if real(share) and 0 < share < 1 else 0
    if not 0 < behaving < rows:
        raise ValueError(f"share: {share} of {rows} rows leaves nothing of one component; give share in (0, 1)")
    if not 0 <= size <= behaving:
        raise ValueError(f"size: S cannot have {size} of the {behaving} rows of B; give 0 to {behaving}")
    at_least_zero("separation", separation, MOST_DISTANCE)
    generator(seed)
    made = recipe(mixture, size=size, seed=seed, rows=rows, share=float(share), separation=float(separation))
    return _population(rows, behaving, size, float(separation), seed, made)(jax.random.key(seed))


@dataclasses.dataclass(frozen=True)
class _Population:
    """`key -> Scenario`, a value: equal populations find the same compiled programs."""

    rows: int
    behaving: int
    size: int
    separation: float
    seed: int
    recipe: str

    def __call__(self, key: PRNGKeyArray) -> Scenario:
        """A new draw of every row of D."""
        at = jnp.arange(bucket(self.rows))
        return Scenario(
            _drawn(key, self.rows, self.behaving, jnp.asarray(self.centres())),
            at < self.size,
            at < self.behaving,
            self.fresh(np.full(FRESH, 2)),
            self.fresh(np.arange(FRESH) % 2),
            self,
            self.recipe,
        )

    def centres(self) -> np.ndarray:
        """The means of the three blobs."""
        half = self.separation / 2
        return np.array([[-half, 0.0], [half, 0.0], [half, self.separation]])

    def fresh(self, blob: np.ndarray) -> Rows:
        """Points of the blobs numbered; made on the host, so that each draw holds the very same floats."""
        noise = generator(self.seed).normal(size=(2, len(blob), 2))[int(blob[0] == 2)]
        y = np.eye(2)[np.take(_LABELS, blob)]
        return Rows(jnp.asarray(self.centres()[blob] + noise), jnp.asarray(y), jnp.ones(len(blob), bool))


@functools.partial(jax.jit, static_argnums=1)
def _drawn(key: PRNGKeyArray, rows: int, behaving: int | Int[Array, ""], centres: Float[Array, "3 2"]) -> Rows:
    """One draw of D, the rows of B first; padded with absent rows of zeros."""
    which, where = jax.random.split(key)
    at = jnp.arange(bucket(rows))
    blob = jnp.where(at < behaving, 2, jax.random.bernoulli(which, 0.5, at.shape))
    x = centres[blob] + jax.random.normal(where, (len(at), 2))
    y = jax.nn.one_hot(jnp.asarray(_LABELS)[blob], 2)
    present = at < rows
    return Rows(jnp.where(present[:, None], x, 0), jnp.where(present[:, None], y, 0), present)


# One object for equal arguments: `jax.jit` keeps programs by the identity of what it wraps.
_population = functools.cache(_Population)
