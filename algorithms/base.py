"""What is checked: learners, trained models and removers, as values made of pure functions."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, Literal, get_args, overload

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray, Shaped

from ..formal._pytree import pytree
from ..formal.definitions import Definition
from ..formal.scenario import Rows
from .curvature import Curvature, Schedule
from .tokens import Tokens

Aim = Literal["untraining", "unlearning", "neither", "both"]
Need = Literal["behaviour", "fresh_behaviour", "fresh_rest"]


def no_penalty(params: Any) -> Float[Array, ""]:
    """The penalty of a learner that has none: 0.

    >>> float(no_penalty({"w": 1.0}))
    0.0
    """
    del params
    return jnp.zeros(())


@dataclasses.dataclass(frozen=True)
class OutputNoise:
    """A declared output law: θ(s) + N(0, σ²) on every parameter, independently, of each other and of the seed s.

    The run `fit(key, rows)` publishes `centre(key, rows)` plus noise: the same key, so the same seed s, and noise
    drawn from a part of the key that θ does not use.

    Args:
        sigma: σ > 0.
        centre: `(key, rows) -> params`, the model of that run before the noise.
        random: whether the centre depends on its key. Declare False, and verdicts need no sample.

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
class Learner:
    """The training algorithm A, with all it needs to judge and to continue its models.

    Args:
        fit: `(key, rows) -> Trained`. Initialisation, data order, optimiser and stopping rule are all part
            of it. It must give the same model on masked rows as on physically removed ones.
        apply: `(params, x [m, ...]) -> outputs [m, ...]`.
        loss: `(outputs, y) -> [m]`, one loss for each row.
        penalty: `params -> scalar`, in the sum form: A minimises Σ_D loss + penalty, so that deleting
            rows leaves it as it is.
        name: for sentences and listings.
        logits: whether outputs are `[m, classes]` scores, so that margins exist.
        random: whether runs with different keys differ.
        noise: the output law, where it is known.
        curvature: constants of the loss and the penalty, where they are known; certified removers check them.
        schedule: how it descends, where certified removers continue it.
        tokens: how a language model reads its rows; None for other learners.
        fit_many: `(keys [runs], rows) -> Trained` with a leading axis `runs`, the same models as `fit` key by key: a
            formulation for many runs on the same rows. `fit` becomes it under `vmap` over keys, and so in a pool.

    A learner is hashable and static under `jit`; factories return the same value for the same arguments.

    >>> import jax, jax.numpy as jnp, neverseen as ns
    >>> learner = ns.learners.ridge(penalty=1.0)
    >>> rows = ns.Rows(jnp.eye(4), jnp.ones((4, 1)), jnp.ones(4, bool))
    >>> trained = learner.fit(jax.random.key(0), rows)
    >>> learner.row_losses(trained.params, rows).shape
    (4,)
    """

    fit: "Callable[[PRNGKeyArray, Rows], Trained]"
    apply: Callable[[Any, Array], Array]
    loss: Callable[[Array, Any], Array]
    penalty: Callable[[Any], Array] = no_penalty
    name: str = "learner"
    logits: bool = False
    random: bool = True
    noise: OutputNoise | None = None
    curvature: Curvature | None = None
    schedule: Schedule | None = None
    tokens: Tokens | None = None
    fit_many: dataclasses.InitVar["Callable[[PRNGKeyArray, Rows], Trained] | None"] = None

    def __post_init__(self, fit_many: "Callable[[PRNGKeyArray, Rows], Trained] | None") -> None:
        if fit_many is not None:
            object.__setattr__(self, "fit", _batched(self.fit, fit_many))

    def row_losses(self, params: Any, rows: Rows) -> Float[Array, " m"]:
        """The loss of every row, present or not."""
        return self.loss(self.apply(params, rows.x), rows.y)

    def objective(self, params: Any, rows: Rows) -> Float[Array, ""]:
        """Σ over present rows of the loss, plus the penalty."""
        return jnp.where(rows.present, self.row_losses(params, rows), 0).sum() + self.penalty(params)

    def mean_loss(self, params: Any, rows: Rows) -> Float[Array, ""]:
        """The mean loss over present rows; 0 when there are none."""
        total = jnp.where(rows.present, self.row_losses(params, rows), 0).sum()
        return total / jnp.maximum(rows.count(), 1)

    def __repr__(self) -> str:
        return self.name


def _batched(fit: Callable[..., Any], fit_many: Callable[..., Any]) -> Callable[..., Any]:
    """`fit`, which `vmap` over keys alone turns into `fit_many`."""
    one = jax.custom_batching.custom_vmap(fit)

    @one.def_vmap
    def rule(size: int, mapped: Any, key: Any, rows: Rows) -> tuple[Any, Any]:
        own = jax.tree.map(lambda flag: 0 if flag else None, mapped)
        alone = mapped[0] and not any(jax.tree.leaves(mapped[1]))
        out = fit_many(key, rows) if alone else jax.vmap(fit, tuple(own), axis_size=size)(key, rows)
        return out, jax.tree.map(lambda _: True, out)

    return lambda key, rows: one(key, rows)


@pytree(static=("learner",))
class Trained:
    """A model: published parameters, and what its method kept for later requests.

    Args:
        params: what is published; any pytree.
        record: what the method kept at training time (checkpoints, shards, logs); None for most.
        learner: the learner whose `apply` and `loss` fit these parameters.

    >>> import jax.numpy as jnp, neverseen as ns
    >>> Trained(jnp.zeros((3, 2)), None, ns.learners.ridge()).learner
    ridge(penalty=1)
    """

    params: Any
    record: Any
    learner: Learner


@dataclasses.dataclass(frozen=True)
class Guarantee:
    """A declared claim: the definition it is about, its assumptions, and ε as a function of δ.

    Args:
        definition: the definition class's name, "untraining" or "unlearning".
        assumptions: what must be true for the claim to hold, in words.
        epsilon: `δ -> ε`; 0 everywhere for an exact method.

    >>> Guarantee("untraining", ("the learner is an exact minimiser",), lambda delta: 0.0).epsilon(0.1)
    0.0
    """

    definition: str
    assumptions: tuple[str, ...]
    epsilon: Callable[[float], float]

    def covers(self, definition: Definition) -> bool:
        """Whether the guarantee, its assumptions granted, implies the definition at its (ε, δ)."""
        return self.definition == definition.name and self.epsilon(definition.delta) <= definition.epsilon


@dataclasses.dataclass(frozen=True)
class Remover:
    """A removal algorithm U.

    Args:
        remove: `(key, trained, rows, forget) -> Trained` or bare parameters, and as keywords what `needs`
            names. It is given S, never S_full. Pure, jittable and vmappable.
        name: for sentences and listings.
        aims_at: the notion its authors aim at.
        guarantee: a declared claim, if it has one.
        needs: what else it wants: "behaviour" (S_full `[n]`), "fresh_behaviour", "fresh_rest" (`Rows`).
        random: whether it uses its key.
        centre: declared where, on a learner with `noise`, each run publishes this model plus fresh noise of the same σ:
            `(key, learner, centre of A(D), rows, forget) -> params`, from the run's key; keywords as `needs` names.
        centre_random: whether the centre depends on its key even where the learner's own centre does not.
        made_for: the one learner it works on, where it needs the constants or the records of that one.

    >>> import neverseen as ns
    >>> ns.removers.retrain().name
    'retrain'
    """

    remove: Callable[..., Any]
    name: str
    aims_at: Aim = "neither"
    guarantee: Guarantee | None = None
    needs: tuple[Need, ...] = ()
    random: bool = True
    centre: Callable[..., Any] | None = None
    centre_random: bool = True
    made_for: Learner | None = None

    def __post_init__(self) -> None:
        known = get_args(Need)
        unknown = [need for need in self.needs if need not in known]
        if isinstance(self.needs, str) or unknown:
            listed = ", ".join(map(repr, known))
            what = repr(self.needs) if isinstance(self.needs, str) else repr(unknown[0])
            raise ValueError(f"needs: {what} is nothing that a remover can be given; a tuple of {listed}")

    def __call__(
        self, key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"], **extra: Any
    ) -> Trained:
        """Run the method and wrap bare parameters."""
        out = self.remove(key, trained, rows, forget, **extra)
        return out if isinstance(out, Trained) else Trained(out, trained.record, trained.learner)

    def __repr__(self) -> str:
        return self.name


@overload
def remover(function: Callable[..., Any], /) -> Remover: ...
@overload
def remover(
    *,
    name: str | None = None,
    aims_at: Aim = "neither",
    guarantee: Guarantee | None = None,
    needs: tuple[Need, ...] = (),
) -> Callable[[Callable[..., Any]], Remover]: ...
def remover(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    aims_at: Aim = "neither",
    guarantee: Guarantee | None = None,
    needs: tuple[Need, ...] = (),
) -> Any:
    """Make a function a remover; use as `@remover` or `@remover(aims_at=...)`.

    Args:
        function: `(key, trained, rows, forget) -> params or Trained`.
        name: the function's own name when left out.
        aims_at, guarantee, needs: see `Remover`.

    Returns:
        The `Remover`.

    >>> @remover
    ... def shrink(key, trained, rows, forget):
    ...     return jax.tree.map(lambda w: 0.9 * w, trained.params)
    >>> shrink
    shrink
    """
    if function is None:
        return functools.partial(remover, name=name, aims_at=aims_at, guarantee=guarantee, needs=needs)
    return Remover(function, name or getattr(function, "__name__", "remover"), aims_at, guarantee, needs)


def cross_entropy(logits: Float[Array, "m c"], y: Float[Array, "m c"]) -> Float[Array, " m"]:
    """Cross-entropy of each row against one-hot (or soft) targets, in nats: −Σ_c y_c log softmax(z)_c.

    >>> import jax.numpy as jnp
    >>> round(float(cross_entropy(jnp.zeros((1, 2)), jnp.array([[1.0, 0.0]]))[0]), 4)
    0.6931
    """
    if logits.shape[-1] == 2:
        return _two_classes(logits[..., 1] - logits[..., 0], y[..., 0], y[..., 1])
    return -(y * jax.nn.log_softmax(logits)).sum(-1)


@jax.custom_jvp
def _two_classes(z: Any, y0: Any, y1: Any) -> Any:
    """y₀ log(1 + e^z) + y₁ log(1 + e^−z): without sums over an axis of two, five times faster on a CPU."""
    return y0 * jnp.logaddexp(z, 0) + y1 * jnp.logaddexp(-z, 0)


@_two_classes.defjvp
def _two_classes_jvp(at: tuple[Any, Any, Any], along: tuple[Any, Any, Any]) -> tuple[Any, Any]:
    (z, y0, y1), (dz, dy0, dy1) = at, along
    # Not 1 / (1 + exp(−z)): its own derivative is 0 · ∞ below z = −88.
    slope = (y0 + y1) * jax.nn.sigmoid(z) - y1
    moved = dy0 * jnp.logaddexp(z, 0) + dy1 * jnp.logaddexp(-z, 0)
    return _two_classes(z, y0, y1), slope * dz + moved


def margins(logits: Float[Array, "m c"], y: Shaped[Array, "m *c"]) -> Float[Array, " m"]:
    """The logit of the given label minus the largest other logit; y is one-hot or whole class numbers.

    >>> import jax.numpy as jnp
    >>> margins(jnp.array([[3.0, 1.0]]), jnp.array([[0.0, 1.0]])).tolist()
    [-2.0]
    """
    label = y if y.ndim == 1 else y.argmax(-1)
    own = jax.nn.one_hot(label, logits.shape[-1], dtype=bool)
    return jnp.where(own, logits, 0).sum(-1) - jnp.where(own, -jnp.inf, logits).max(-1)
