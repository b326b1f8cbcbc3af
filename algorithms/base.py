"""What is checked: learners, trained models and removers, as values made of pure functions."""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args, overload

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ..formal._public import dir_of as _dir_of
from ..formal._pytree import pytree
from ..formal.definitions._scenario import Rows
from ._curvature import Curvature, Schedule
from ._declarations import Guarantee as Guarantee
from ._declarations import OutputNoise as OutputNoise
from ._losses import cross_entropy as cross_entropy
from ._losses import margins as margins
from ._tokens import Tokens
from ._validation import a_function, a_name, none_or, one_of, several_of
from .programs._numbers import as_rows, reading_apply, reading_centre, reading_fit, reading_loss

Aim = Literal["untraining", "unlearning", "neither", "both"]
Need = Literal["behaviour", "fresh_behaviour", "fresh_rest"]
AIMS, NEEDS = get_args(Aim), get_args(Need)
"""What a remover may aim at, and what it may need."""
if not TYPE_CHECKING:
    # Looked at by value, and refused in one line that names what is near: a runtime checker of types would be first.
    Aim = Need = Any


def no_penalty(params: Any) -> Float[Array, ""]:
    """The penalty of a learner that has none: 0.

    >>> float(no_penalty({"w": 1.0}))
    0.0
    """
    del params
    return jnp.zeros(())


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
        numeric: whether x and y are numbers, not names of things: `fit`, `apply`, `loss` and every remover are then
            given floats, whatever dtype holds the rows: pixels in uint8, flags in bool give the model that floats give.
            Class numbers `[n]` stay. All shipped learners but language models are.
        fit_many: `(keys [runs], rows) -> Trained` with a leading axis `runs`, the same models as `fit` key by key: a
            formulation for many runs on the same rows. `fit` becomes it under `vmap` over keys, and so in a pool.

    A learner is hashable and static under `jit`; factories return the same value for the same arguments.

    Raises:
        ValueError: `fit`, `apply`, `loss`, `penalty` or `fit_many` is no function; a name that is empty.

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
    numeric: bool = False
    fit_many: dataclasses.InitVar["Callable[[PRNGKeyArray, Rows], Trained] | None"] = None

    def __post_init__(self, fit_many: "Callable[[PRNGKeyArray, Rows], Trained] | None") -> None:
        for field in ("fit", "apply", "loss", "penalty"):
            a_function("learner", field, getattr(self, field))
        none_or(a_function, "learner", "fit_many", fit_many)
        a_name("learner", self.name)
        own: dict[str, Any] = {"fit": self.fit}
        if self.numeric:
            own = {"fit": reading_fit(self.fit, self.logits), "apply": reading_apply(self.apply)}
            own |= {"loss": reading_loss(self.loss, self.logits)}
            if self.noise is not None:
                own["noise"] = dataclasses.replace(self.noise, centre=reading_fit(self.noise.centre, self.logits))
            fit_many = fit_many and reading_fit(fit_many, self.logits)
        if fit_many is not None:
            own["fit"] = _batched(own["fit"], fit_many)
        for field, function in own.items():
            object.__setattr__(self, field, function)

    def read(self, given: Any) -> Any:
        """Rows as this learner reads them: numbers as floats where it is `numeric`; anything else as it is."""
        return as_rows(given, self.logits) if self.numeric else given

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

    Raises:
        ValueError: `remove` is no function; a name that is empty; an aim or a need that does not exist.

    >>> import neverseen as ns
    >>> ns.removers.retrain().name
    'retrain'
    """

    remove: Callable[..., Any]
    name: str
    aims_at: Aim = "neither"
    guarantee: Guarantee | None = None
    needs: Sequence[Need] = ()
    random: bool = True
    centre: Callable[..., Any] | None = None
    centre_random: bool = True
    made_for: Learner | None = None

    def __post_init__(self) -> None:
        a_function("remover", "remove", self.remove)
        a_name("remover", self.name)
        who = f"remover {self.name}"
        one_of(who, "aims_at", self.aims_at, AIMS)
        object.__setattr__(self, "needs", several_of(who, "needs", self.needs, NEEDS))
        none_or(a_function, who, "centre", self.centre)
        if self.centre is not None:
            object.__setattr__(self, "centre", reading_centre(self.centre))
        for field, kind in (("guarantee", Guarantee), ("made_for", Learner)):
            if not isinstance(getattr(self, field), kind | None):
                raise ValueError(f"{who}: {field} is {getattr(self, field)!r:.60}, not a {kind.__name__} or None")

    def __call__(
        self, key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"], **extra: Any
    ) -> Trained:
        """Run the method, on rows as the learner reads them, and wrap bare parameters."""
        rows, extra = trained.learner.read(rows), {need: trained.learner.read(value) for need, value in extra.items()}
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
    needs: Sequence[Need] = (),
) -> Callable[[Callable[..., Any]], Remover]: ...
def remover(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    aims_at: Aim = "neither",
    guarantee: Guarantee | None = None,
    needs: Sequence[Need] = (),
) -> Any:
    """Make a function a remover; use as `@remover` or `@remover(aims_at=...)`.

    Args:
        function: `(key, trained, rows, forget) -> params or Trained`.
        name: the function's own name when left out.
        aims_at, guarantee, needs: see `Remover`.

    Returns:
        The `Remover`.

    Raises:
        ValueError: as `Remover`.

    >>> @remover
    ... def shrink(key, trained, rows, forget):
    ...     return jax.tree.map(lambda w: 0.9 * w, trained.params)
    >>> shrink
    shrink
    """
    if name is not None:
        a_name("remover", name)
    if function is None:
        one_of(f"remover {name}" if name else "remover", "aims_at", aims_at, AIMS)
        return functools.partial(remover, name=name, aims_at=aims_at, guarantee=guarantee, needs=needs)
    a_function("remover", "remove", function)
    return Remover(function, name or getattr(function, "__name__", "remover"), aims_at, guarantee, needs)


__dir__ = _dir_of(__name__)
