"""What removers that train on share: the rows of S, masked means, and descent from the trained model."""

from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ...formal._types import Real, Scalar
from ...formal.definitions._scenario import Rows
from ..base import Learner, Trained
from ..learners._descent import descend, steps_for


def named(rows: Rows, forget: Bool[Array, " n"]) -> Rows:
    """The rows of S, be they in D or not.

    >>> import jax.numpy as jnp
    >>> named(Rows(jnp.zeros(2), jnp.zeros(2), jnp.zeros(2, bool)), jnp.array([True, False])).present.tolist()
    [True, False]
    """
    return Rows(rows.x, rows.y, forget)


def mean_of(values: Float[Array, " m"], rows: Rows) -> Float[Array, ""]:
    """The mean of a value per row over the rows present; 0 when there are none.

    >>> import jax.numpy as jnp
    >>> rows = Rows(jnp.zeros(2), jnp.zeros(2), jnp.array([True, False]))
    >>> float(mean_of(jnp.array([3.0, jnp.inf]), rows))
    3.0
    """
    return jnp.where(rows.present, values, 0).sum() / jnp.maximum(rows.count(), 1)


def predictions(learner: Learner, rows: Rows) -> Float[Array, " m"]:
    """How many predictions the loss of each row is the mean of: the tokens of a text, and 1 for other learners.

    >>> import jax.numpy as jnp, neverseen as ns
    >>> text = jnp.array([[7, 8, 0]])
    >>> float(predictions(ns.learners.transformer(), Rows(text, text, jnp.ones(1, bool)))[0])
    2.0
    """
    if learner.tokens is None:
        return jnp.ones(len(rows.present))
    return learner.tokens.counted(rows.y).sum(-1).astype(float)


Mean = Literal["rows", "tokens"]
"""What counts alike in the mean loss of a batch: rows, or the tokens of all of them."""


def balanced(learner: Learner, *weights: Scalar, mean: Mean = "rows") -> Callable[..., Float[Array, ""]]:
    """The objective Σ weight · mean loss, one weight and one batch for each source.

    Over tokens a text counts as often as it has tokens; of learners that read no texts both means are one.

    >>> import jax.numpy as jnp, neverseen as ns
    >>> batch = Rows(jnp.ones((1, 1)), jnp.ones((1, 1)), jnp.ones(1, bool))
    >>> float(balanced(ns.learners.ridge(), 1, -2)(jnp.zeros((2, 1)), batch, batch))
    -0.5
    """

    def objective(params: Any, *batches: Rows) -> Any:
        loss = learner.mean_loss if mean == "rows" else by_token
        return sum(w * loss(params, b) for w, b in zip(weights, batches, strict=True))

    def by_token(params: Any, batch: Rows) -> Array:
        size = predictions(learner, batch)
        return mean_of(size * learner.row_losses(params, batch), batch) / jnp.maximum(mean_of(size, batch), 1)

    return objective


def follow(
    key: PRNGKeyArray,
    trained: Trained,
    sources: tuple[Rows, ...],
    objective: Callable[..., Float[Array, ""]],
    *,
    epochs: Real,
    batch: int,
    rate: Scalar,
    over: Rows | None = None,
    then: tuple[optax.GradientTransformation, ...] = (),
    rule: Callable[[Scalar], optax.GradientTransformation] = optax.sgd,
) -> Any:
    """SGD, or another rule, from the trained parameters, with fresh state.

    Args:
        key: data order.
        trained: where to start.
        sources, objective, batch: see `descend`.
        epochs: passes over the rows of `over`, or of the first source.
        rate: step size.
        over: whose passes are counted.
        then: what is done to each step before it is taken.
        rule: the optimiser, from its step size.

    >>> import jax, jax.numpy as jnp, neverseen as ns
    >>> rows = Rows(jnp.zeros((2, 1)), jnp.ones((2, 1)), jnp.ones(2, bool))
    >>> start = ns.Trained(jnp.zeros((2, 1)), None, ns.learners.ridge())
    >>> follow(jax.random.key(0), start, (rows,), balanced(start.learner, 1), epochs=1, batch=2, rate=0.5).tolist()
    [[0.0], [0.5]]
    """
    due, longest = steps_for(epochs, sources[0] if over is None else over, batch)
    return descend(
        key, trained.params, sources, objective,
        optimiser=optax.chain(rule(rate), *then), batch=batch, due=due, longest=longest,
    )  # fmt: skip


def scaled(weights: Any) -> optax.GradientTransformation:
    """Multiply each update by its weight, 0 to freeze it.

    Args:
        weights: a tree of the parameters' structure, of numbers or arrays.

    >>> import optax
    >>> scaled({"a": 0, "b": 2}).update({"a": 1.0, "b": 1.0}, optax.EmptyState())[0]
    {'a': 0.0, 'b': 2.0}
    """
    return optax.stateless(lambda updates, params: jax.tree.map(lambda u, w: u * w, updates, weights))


def untrained(key: PRNGKeyArray, learner: Learner, rows: Rows) -> Any:
    """Fresh initial values in the learner's own law: what it makes of no rows at all, A(∅).

    One absent row is all it is given, so that a learner that counts its steps in passes compiles next to none.

    >>> import jax, jax.numpy as jnp, neverseen as ns
    >>> rows = Rows(jnp.ones((8, 3)), jnp.eye(8)[:, :2], jnp.ones(8, bool))
    >>> params = untrained(jax.random.key(0), ns.learners.mlp(hidden=5), rows)
    >>> params["params"]["head"]["kernel"].shape, params["params"]["head"]["bias"].tolist()
    ((5, 2), [0.0, 0.0])
    """
    x, y = jax.tree.map(lambda leaf: leaf[:1], (rows.x, rows.y))
    return learner.fit(key, Rows(x, y, jnp.zeros(1, bool))).params


def require_scores(method: str, learner: Learner) -> None:
    """Refuse a learner whose outputs are no class scores.

    Raises:
        ValueError: the learner declares no logits.

    >>> import neverseen as ns
    >>> require_scores("scrub", ns.learners.ridge(logits=False))
    Traceback (most recent call last):
    ValueError: scrub: ridge(penalty=1) declares no class scores (logits=False); use a classifier
    """
    if not learner.logits:
        raise ValueError(f"{method}: {learner} declares no class scores (logits=False); use a classifier")


def ranks(mask: Bool[Array, " n"]) -> Array:
    """For every row the number of marked rows before it: draws by rank do not depend on where absent rows lie.

    >>> import jax.numpy as jnp
    >>> ranks(jnp.array([False, True, True, False])).tolist()
    [0, 0, 1, 2]
    """
    return jnp.cumsum(mask) - mask
