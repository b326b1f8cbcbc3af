"""Gradient descent with noise at every step: projected, or clipped."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, PRNGKeyArray

from ...formal._types import Real
from ...formal.definitions._scenario import Rows
from .._curvature import Schedule
from .._factory import factory
from .._own import is_settled, own
from ..base import Learner, OutputNoise, Trained
from ._noisy import perturbed
from ._projected import onto_ball, origin
from ._softmax import LOSSES, curvature, scores, squares

Move = Callable[[PRNGKeyArray, Array], Array]
"""One step before its noise: `(key of the minibatch, parameters) -> parameters`."""


@factory
def langevin(
    penalty: Real = 8.0, radius: Real = 1.0, ball: Real = 2.0, steps: int = 20, sigma: Real = 0.5, rows: int = 64,
    batch: int | None = None,
) -> Learner:  # fmt: skip
    r"""Logistic regression by projected noisy gradient descent, from zero; the last step is published unprojected.

    $$\theta \leftarrow \Pi_B\theta - \eta\nabla J(\Pi_B\theta) + \mathcal N(0, \sigma^2 I), \qquad
      \eta = \frac{2}{N\beta + 2\Lambda}$$

    J is the sum over all rows plus Λ/2‖θ‖², or with `batch` its unbiased estimate from so many rows drawn with
    replacement. Rows are bounded as in `newton_logistic`. It stops after `steps`. In the notation of the source,
    σ² = 2ησ₀².

    Args:
        penalty: Λ > 0.
        radius: R > 0.
        ball: B > 0.
        steps: T.
        sigma: σ > 0 of each step.
        rows: N, the most rows for which the step size is right.
        batch: rows in a minibatch; None for all rows.

    Returns:
        The learner, its last noise declared as output noise; parameters `[d + 1, c]`; the record is the model before
        that noise.

    Raises:
        ValueError: an argument is not positive.

    Source: Chien et al. 2024 (arXiv 2401.10371; minibatches: 2403.17105).

    >>> langevin(batch=8).noise.random
    True
    """
    _require(penalty=penalty, ball=ball, steps=steps, sigma=sigma, rows=rows, batch=batch or 1)
    constants = curvature("cross_entropy", radius, penalty)
    plan = Schedule(steps, 2 / (constants.modulus(rows) + constants.strong), rows, float(ball), 0, float(sigma), batch)

    def centre(key: PRNGKeyArray, data: Rows) -> Array:
        return walked(key, origin(data), projected_step(learner, data), steps, float(sigma))

    def fit(key: PRNGKeyArray, data: Rows) -> Trained:
        exact = centre(key, data)
        return Trained(perturbed(last_noise(key), exact, float(sigma)), exact, learner)

    name = (
        f"langevin(penalty={penalty:g}, radius={radius:g}, ball={ball:g}, steps={steps}, sigma={sigma:g}, rows={rows}"
        f"{'' if batch is None else f', batch={batch}'})"
    )
    learner = Learner(
        fit, scores(radius), LOSSES["cross_entropy"], squares(penalty), name, logits=True,
        noise=OutputNoise(float(sigma), centre), curvature=constants, schedule=plan, numeric=True,
    )  # fmt: skip
    return own(learner, settled=True)


@factory
def noisy_tail(
    base: Learner | None = None, steps: int = 3, rate: Real = 0.5, decay: Real = 1.8, ball: Real = 1.0,
    clip: Real = 1.0, sigma: Real = 0.5,
) -> Learner:  # fmt: skip
    r"""Any learner whose training ends with noisy steps: clip the model, then clipped gradients, decay and noise.

    $$\theta \leftarrow \Pi_B\theta; \quad K \text{ times } \theta \leftarrow (1 - \eta\lambda)\theta - \eta\,
      \mathrm{clip}_C(\nabla L_D(\theta)) + \mathcal N(0, \sigma^2 I)$$

    L_D is the mean loss; clip and Π act on all parameters together. Nothing is assumed of the loss.

    Args:
        base: trains first; `newton_logistic` when left out.
        steps: K.
        rate: η.
        decay: λ ≥ 0 with ηλ < 1.
        ball: B.
        clip: C.
        sigma: σ of each step.

    Returns:
        The learner, its last noise declared as output noise; parameters as the base's; the record is the model before
        that noise.

    Raises:
        ValueError: an argument out of range, or the base declares output noise.

    Source: Koloskova et al. 2025 (arXiv 2506.06985), gradient clipping; here as the end of training, so that A(D∖S) is
    the reference.

    >>> noisy_tail()
    noisy_tail(newton_logistic(penalty=1, radius=1), steps=3, rate=0.5, decay=1.8, ball=1, clip=1, sigma=0.5)
    """
    from ._minimiser import newton_logistic

    base = newton_logistic() if base is None else base
    _require(steps=steps, rate=rate, ball=ball, clip=clip, sigma=sigma)
    if not 0 <= decay * rate < 1:
        raise ValueError(f"decay: {decay} times rate {rate} is not in [0, 1)")
    if base.noise is not None:
        raise ValueError(f"base: {base} is output-perturbed already; give the learner inside it")

    def centre(key: PRNGKeyArray, data: Rows) -> Any:
        seed, walk = jax.random.split(key)
        flat, rebuild = ravel_pytree(base.fit(seed, data).params)
        return rebuild(walked(walk, onto_ball(flat, ball), clipped_step(learner, data, rebuild), steps, float(sigma)))

    def fit(key: PRNGKeyArray, data: Rows) -> Trained:
        exact = centre(key, data)
        return Trained(perturbed(last_noise(key), exact, float(sigma)), exact, learner)

    name = (
        f"noisy_tail({base}, steps={steps}, rate={rate:g}, decay={decay:g}, ball={ball:g}, clip={clip:g}, "
        f"sigma={sigma:g})"
    )
    plan = Schedule(0, float(rate), 0, float(ball), steps, float(sigma), clip=float(clip), decay=float(decay))
    learner = Learner(
        fit, base.apply, base.loss, base.penalty, name, base.logits, True, OutputNoise(float(sigma), centre),
        schedule=plan, numeric=base.numeric,
    )  # fmt: skip
    return own(learner, settled=is_settled(base))


def walked(key: PRNGKeyArray, start: Array, move: Move, steps: int, sigma: float) -> Array:
    """So many steps, each but the last followed by noise: the centre of the last one.

    >>> import jax, jax.numpy as jnp
    >>> walked(jax.random.key(0), jnp.ones(2), lambda k, w: w / 2, 1, 9.0).tolist()
    [0.5, 0.5]
    """

    def step(params: Array, i: Array) -> tuple[Array, None]:
        batch_key, noise = jax.random.split(jax.random.fold_in(key, i))
        fresh = sigma * jax.random.normal(noise, params.shape, params.dtype)
        return move(batch_key, params) + jnp.where(i < steps - 1, fresh, 0), None

    return lax.scan(step, start, jnp.arange(steps))[0]


def last_noise(key: PRNGKeyArray) -> PRNGKeyArray:
    """The part of a run's key that draws the published noise, which `walked` does not use.

    >>> import jax
    >>> last_noise(jax.random.key(0)).shape
    ()
    """
    return jax.random.fold_in(jax.random.fold_in(key, 2**31 - 1), 1)


def projected_step(learner: Learner, rows: Rows) -> Move:
    """Π_Bθ − η∇J(Π_Bθ) by the learner's schedule, on all rows present or a minibatch of them.

    >>> import jax, jax.numpy as jnp
    >>> rows = Rows(jnp.zeros((2, 1)), jnp.eye(2), jnp.zeros(2, bool))
    >>> projected_step(langevin(penalty=8.0, rows=32), rows)(jax.random.key(0), jnp.ones((2, 2))).round(3).tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    plan = learner.schedule
    assert plan is not None
    count = rows.count()
    places = jnp.flatnonzero(rows.present, size=len(rows.present), fill_value=0)

    def objective(params: Array, key: PRNGKeyArray) -> Array:
        if plan.batch is None:
            return learner.objective(params, rows)
        turn = jnp.floor(jax.random.uniform(key, (plan.batch,)) * count).astype(int)
        indices = places[jnp.clip(turn, 0, jnp.maximum(count - 1, 0))]
        losses = learner.loss(learner.apply(params, rows.x[indices]), rows.y[indices])
        return jnp.where(count > 0, losses, 0).mean() * count + learner.penalty(params)

    def move(key: PRNGKeyArray, params: Array) -> Array:
        inside = onto_ball(params, plan.ball)
        return inside - plan.rate * jax.grad(objective)(inside, key)

    return move


def clipped_step(learner: Learner, rows: Rows, rebuild: Callable[[Array], Any]) -> Move:
    """(1 − ηλ)θ − η·clip_C(∇L(θ)) by the learner's schedule, on flat parameters.

    >>> import jax, jax.numpy as jnp
    >>> rows = Rows(jnp.zeros((2, 1)), jnp.eye(2), jnp.zeros(2, bool))
    >>> move = clipped_step(noisy_tail(), rows, lambda w: w.reshape(2, 2))
    >>> bool(jnp.allclose(move(jax.random.key(0), jnp.ones(4)), 0.1))
    True
    """
    plan = learner.schedule
    assert plan is not None
    gradient = jax.grad(lambda w: learner.mean_loss(rebuild(w), rows))

    def move(key: PRNGKeyArray, params: Array) -> Array:
        del key
        # Outside its bounds a gradient may be NaN: it then counts as 0, or the clipped norm would be no bound.
        raw: Array = gradient(params)
        safe = jnp.where(jnp.isfinite(raw).all(), raw, 0)
        return (1 - plan.rate * plan.decay) * params - plan.rate * onto_ball(safe, plan.clip)

    return move


def _require(**positive: Real) -> None:
    for name, value in positive.items():
        if not 0 < value < float("inf"):
            raise ValueError(f"{name}: {value} is not a finite number > 0")
