"""Observables φ: what is looked at of a model, as values in one registry that views and metrics read.

A user's own is one of them: `Observable("entropy", lambda model: …)`, given as `check(..., observables=)`.
"""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Shaped

from ...algorithms._validation import a_function, a_name, one_of
from ...algorithms.base import Learner, margins
from ...algorithms.removers._layers import features
from ...formal._public import dir_of as _dir_of
from ...formal.definitions._scenario import Rows

Per = Literal["row", "set", "model"]
PER = get_args(Per)
"""What one value of an observable belongs to."""
if not TYPE_CHECKING:
    Per = Any  # looked at by value, and refused in one line that names what is near

COORDINATES = 64
"""Coordinates of the sketch that stands for longer parameter vectors."""

RELEARNING_STEPS = 64
"""Steps of relearning that are looked at."""

RELEARNING_RATE = 0.1
"""Step size of relearning: full-batch gradient descent on the mean loss over the rows."""

_ON = " on "


class Model:
    """A published model and a set of rows to look at it on, the rows present first among absent ones.

    Args:
        learner: whose `apply` and `loss` read it.
        params: what is published.
        rows: where it is looked at; none for an observable of the parameters alone.

    >>> import neverseen as ns
    >>> Model(ns.learners.ridge(), jnp.zeros((3, 4)), ns.scenarios.figure1().rows).losses.shape
    (16,)
    """

    def __init__(self, learner: Learner, params: Any, rows: Rows | None = None) -> None:
        self.learner, self.params, self._rows = learner, params, rows

    @property
    def rows(self) -> Rows:
        """The rows; `rows.present` marks those that count."""
        if self._rows is None:
            raise ValueError("per='model' is looked at without rows; declare per='row' or per='set' to read some")
        return self._rows

    @functools.cached_property
    def outputs(self) -> Array:
        """What it says of every row, present or not; computed once for all observables."""
        return self.learner.apply(self.params, self.rows.x)

    @functools.cached_property
    def losses(self) -> Float[Array, " m"]:
        """The loss of every row, present or not."""
        return self.learner.loss(self.outputs, self.rows.y)


@dataclasses.dataclass(frozen=True)
class Observable:
    """What is looked at of a model.

    Args:
        name: for sentences, without " on ": what it shows of S is called "name on S".
        of: `Model -> array`, pure and traceable by JAX. Its first docstring line is what `neverseen list` says of it.
        per: what a value belongs to: a "row" (`[rows, ...]`; lines of absent rows are cut off), the "set" of rows
            present together, in any shape, or the "model", which is then looked at without rows.
        needs_logits: whether it reads class scores.

    Raises:
        ValueError: a name that is none or holds " on "; `of` is no function; `per` is none of the three.

    >>> import jax, neverseen as ns
    >>> def entropy(model):
    ...     scores = jax.nn.log_softmax(model.outputs)
    ...     return -(jnp.exp(scores) * scores).sum(-1)
    >>> seen = Observable("entropy", entropy, needs_logits=True)
    >>> ns.check(ns.Untraining(1.0, 0.05), ns.removers.do_nothing(), ns.learners.ridge(), ns.scenarios.figure1(),
    ...          observables=[seen]).evidence.views[-3].view
    'entropy on S_full∖S'
    """

    name: str
    of: Callable[[Model], Array]
    per: Per = "row"
    needs_logits: bool = False

    def __post_init__(self) -> None:
        a_name("observable", self.name)
        who = f"observable {self.name}"
        if _ON in self.name:
            raise ValueError(f"{who}: a name holds no ' on ', which parts it from the rows; write it without")
        a_function(who, "of", self.of)
        one_of(who, "per", self.per, PER)

    def on(self, rows: str) -> str:
        """The name of the view: what it shows of a set of rows.

        >>> LOSS.on("S"), PARAMETERS.on("S")
        ('loss on S', 'parameters')
        """
        return self.name if self.per == "model" else f"{self.name}{_ON}{rows}"

    @property
    def summary(self) -> str:
        """What it is, in a line."""
        return (self.of.__doc__ or "").strip().partition("\n")[0]

    def __repr__(self) -> str:
        return self.name


if TYPE_CHECKING:
    Observables = Observable | Sequence[Observable]
else:
    Observables = Any  # as given: refused in one line that says how to mend it


def parts(view: str) -> tuple[str, str]:
    """The observable and the set of rows that a view's name holds.

    >>> parts("loss on S"), parts("parameters")
    (('loss', 'S'), ('parameters', ''))
    """
    name, _, rows = view.partition(_ON)
    return name, rows


def sketch(params: Any) -> Float[Array, " k"]:
    """All parameters in one vector; a longer one is folded to 64 coordinates by fixed random signs.

    Coordinate j is the sum over i ≡ j (mod 64) of ±θ_i / √(terms), so that independent noise of one size in
    every parameter has that size in every coordinate.

    >>> import jax.numpy as jnp
    >>> sketch({"w": jnp.ones(3)}).tolist(), sketch({"w": jnp.ones(1000)}).shape
    ([1.0, 1.0, 1.0], (64,))
    """
    flat = ravel_pytree(params)[0].astype(float)
    if flat.size <= COORDINATES:
        return flat
    terms = -(-flat.size // COORDINATES)
    padded = jnp.pad(flat, (0, terms * COORDINATES - flat.size))
    signs = np.random.default_rng(0).integers(0, 2, padded.size) * 2.0 - 1.0
    return (padded * signs).reshape(terms, COORDINATES).sum(0) / np.sqrt(terms)


def log_truth_ratios(scores: Float[Array, "m c"], y: Float[Array, "m c"]) -> Float[Array, " m"]:
    r"""The logarithm of the mean probability of the wrong labels over the given one's.

    >>> log_truth_ratios(jnp.zeros((1, 3)), jnp.eye(3)[:1]).tolist()
    [0.0]
    """
    own = jax.nn.one_hot(y.argmax(-1), scores.shape[-1], dtype=bool)
    others = jax.nn.logsumexp(jnp.where(own, -jnp.inf, scores), axis=-1) - jnp.log(scores.shape[-1] - 1.0)
    return others - jnp.where(own, scores, 0).sum(-1)


def chances_of_labels(scores: Float[Array, "m c"], y: Shaped[Array, "m *c"]) -> Float[Array, " m"]:
    """The softmax of the class scores at the given label; y is one-hot or whole class numbers.

    >>> chances_of_labels(jnp.array([[jnp.log(3.0), 0.0]]), jnp.array([[0.0, 1.0]])).round(4).tolist()
    [0.25]
    """
    own = jax.nn.one_hot(y if y.ndim == 1 else y.argmax(-1), scores.shape[-1], dtype=bool)
    return jnp.exp(jnp.where(own, jax.nn.log_softmax(scores), 0).sum(-1))


def _parameters(model: Model) -> Array:
    """Each parameter, where there are at most 64."""
    return sketch(model.params)


def _sketch(model: Model) -> Array:
    """Sums of all parameters under fixed random signs, where there are more than 64."""
    return sketch(model.params)


def _loss(model: Model) -> Array:
    """The mean loss."""
    losses = jnp.where(model.rows.present, model.losses, 0)
    return losses.sum() / jnp.maximum(model.rows.count(), 1)


def _losses(model: Model) -> Array:
    """The loss of each row; in a check, where there are no class scores."""
    return model.losses


def _margins(model: Model) -> Array:
    """The score of the given label minus the largest other one."""
    return margins(model.outputs, model.rows.y)


def _scores(model: Model) -> Array:
    """The class scores."""
    return model.outputs


def _chances(model: Model) -> Array:
    """The chance of the given label: the softmax of the class scores there."""
    return chances_of_labels(model.outputs, model.rows.y)


def _ratios(model: Model) -> Array:
    """The logarithm of the mean probability of the wrong labels over the given one's."""
    return log_truth_ratios(model.outputs, model.rows.y)


def _units(model: Model) -> Array:
    """What the last layer of a shipped model is given."""
    return features(model.params, model.rows.x)


def _relearning(model: Model) -> Array:
    """The mean loss after 0, 1, 2, … steps of gradient descent on it."""
    loss = functools.partial(model.learner.mean_loss, rows=model.rows)

    def step(at: Any, none: None) -> tuple[Any, Array]:
        value, slope = jax.value_and_grad(loss)(at)
        return jax.tree.map(lambda w, g: w - RELEARNING_RATE * g, at, slope), value

    last, curve = jax.lax.scan(step, model.params, None, length=RELEARNING_STEPS)
    return jnp.append(curve, loss(last))


PARAMETERS = Observable("parameters", _parameters, per="model")
SKETCH = Observable(f"{COORDINATES} signed sums of all parameters", _sketch, per="model")
LOSS = Observable("loss", _loss, per="set")
LOSSES = Observable("losses", _losses)
MARGINS = Observable("margins", _margins, needs_logits=True)
SCORES = Observable("scores", _scores, needs_logits=True)
CHANCES = Observable("chance of the given label", _chances, needs_logits=True)
RATIOS = Observable("log truth ratios", _ratios, needs_logits=True)
UNITS = Observable("units", _units)
RELEARNING = Observable("relearning", _relearning, per="set")

DEFAULTS = (PARAMETERS, SKETCH, LOSS, MARGINS, LOSSES)
"""What every check looks at: one of the first two, and one of the last two. In the order of its views."""

OBSERVABLES: dict[str, Observable] = {
    each.name: each for each in list(globals().values()) if isinstance(each, Observable)
}
"""Name → observable, of all above."""

__dir__ = _dir_of(__name__)
