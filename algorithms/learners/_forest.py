"""Randomised trees with cached statistics, in arrays of fixed shape."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from ...formal._pytree import pytree
from ...formal.definitions._scenario import Rows
from .._factory import factory
from ..base import Learner, Trained, cross_entropy

Tree = dict[str, Array]
"""What is published of a tree: `choice` [nodes], the split of each node or −1, and `counts` [leaves, classes]."""


@pytree(static=("cuts", "candidates"))
class ForestRecord:
    """What a forest keeps of each tree.

    Args:
        order: `[trees, nodes, splits]`, random numbers: each node considers its admissible splits in their order.
        sums: `[trees, nodes, splits, 2, classes]`, rows of each class on either side of each split, at each node.
        cuts: the thresholds.
        candidates: splits tried at a node.

    >>> import jax.numpy as jnp
    >>> ForestRecord(jnp.zeros((1, 3, 2)), jnp.zeros((1, 3, 2, 2, 2)), (0.0,), 1).order.shape
    (1, 3, 2)
    """

    order: Float[Array, "*runs nodes splits"]
    sums: Float[Array, "*runs nodes splits 2 c"]
    cuts: tuple[float, ...]
    candidates: int


@factory
def forest(
    trees: int = 4, depth: int = 2, candidates: int = 3, cuts: tuple[float, ...] = (-1.0, -0.5, 0.0, 0.5, 1.0)
) -> Learner:
    r"""A forest of randomised trees for one-hot targets.

    A split is a feature and one of the cuts. A node draws an order of all splits, whatever the rows; of the first
    `candidates` that leave rows on both sides it takes that of least Gini impurity, $\sum_{\pm} n_\pm(1 - \sum_c
    p_{\pm c}^2)$, the first in the list among equals. Scores are the mean over trees of ln((n_c + 1) / (n + C)) in the
    leaf. No optimiser; it stops at the depth, or where no split is left.

    Args:
        trees: how many, each with its own part of the key.
        depth: levels of splits.
        candidates: k; 1 for trees split at random.
        cuts: thresholds, for every feature.

    Returns:
        The learner; parameters `Tree` with a leading axis, record `ForestRecord`.

    Raises:
        ValueError: a number below 1, or no cuts.

    Source: data removal-enabled forests, Brophy & Lowd 2021 (arXiv 2009.05567), on a fixed grid of thresholds, without
    their purely random upper levels.

    >>> forest(trees=2, depth=1)
    forest(trees=2, depth=1, candidates=3, cuts=5)
    """
    if min(trees, depth, candidates, len(cuts)) < 1:
        raise ValueError("forest: trees, depth, candidates and the number of cuts must be at least 1")

    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        order = drawn_order(key, rows, trees, depth, len(cuts))
        ensemble = jax.vmap(lambda o: grow(rows, o, cuts, candidates))(order)
        return Trained(ensemble[0], ForestRecord(order, ensemble[1], cuts, candidates), learner)

    def apply(params: Tree, x: Array) -> Array:
        counts = jax.vmap(lambda c, n: n[leaf_of(c, x, cuts)])(params["choice"], params["counts"])
        return jnp.log((counts + 1) / (counts.sum(-1, keepdims=True) + counts.shape[-1])).mean(0)

    name = f"forest(trees={trees}, depth={depth}, candidates={candidates}, cuts={len(cuts)})"
    learner = Learner(fit, apply, cross_entropy, name=name, logits=True, numeric=True)
    return learner


def drawn_order(key: PRNGKeyArray, rows: Rows, trees: int, depth: int, cuts: int) -> Float[Array, "trees nodes splits"]:
    """Random numbers that order the splits of every node.

    >>> import jax, jax.numpy as jnp
    >>> drawn_order(jax.random.key(0), Rows(jnp.zeros((4, 3)), jnp.zeros((4, 2)), jnp.ones(4, bool)), 2, 2, 5).shape
    (2, 3, 15)
    """
    splits = rows.x.reshape(len(rows.present), -1).shape[1] * cuts
    return jax.random.uniform(key, (trees, 2**depth - 1, splits))


def sides(x: Float[Array, "n ..."], cuts: tuple[float, ...]) -> Bool[Array, "n splits"]:
    """Whether each row lies to the right of each split.

    >>> import jax.numpy as jnp
    >>> sides(jnp.array([[0.0, 2.0]]), (1.0,)).tolist()
    [[False, True]]
    """
    flat = x.reshape(x.shape[0], -1)
    return (flat[:, :, None] > jnp.asarray(cuts)).reshape(x.shape[0], -1)


def tally(right: Bool[Array, "n splits"], y: Array, here: Bool[Array, " n"]) -> Float[Array, "splits 2 c"]:
    """Rows of each class on either side of each split.

    >>> import jax.numpy as jnp
    >>> tally(jnp.array([[True]]), jnp.ones((1, 1)), jnp.array([True])).tolist()
    [[[0.0], [1.0]]]
    """
    present = y * here[:, None]
    over = right.astype(y.dtype).T @ present
    return jnp.stack([present.sum(0) - over, over], 1)


def best(sums: Float[Array, "splits 2 c"], order: Float[Array, " splits"], candidates: int) -> Int[Array, ""]:
    """The split of least impurity among the first candidates that leave rows on both sides; −1 without one.

    >>> import jax.numpy as jnp
    >>> apart, empty = jnp.array([[[2.0, 0.0], [0.0, 2.0]]]), jnp.zeros((1, 2, 2))
    >>> int(best(apart, jnp.zeros(1), 1)), int(best(empty, jnp.zeros(1), 1))
    (0, -1)
    """
    size = sums.sum(2)
    admissible = (size > 0).all(1)
    rank = jnp.argsort(jnp.argsort(jnp.where(admissible, order, jnp.inf)))
    tried = admissible & (rank < candidates)
    impurity = (size - (sums**2).sum(2) / jnp.maximum(size, 1)).sum(1)
    return jnp.where(tried.any(), jnp.argmin(jnp.where(tried, impurity, jnp.inf)), -1)


def grow(
    rows: Rows, order: Float[Array, "nodes splits"], cuts: tuple[float, ...], candidates: int
) -> tuple[Tree, Float[Array, "nodes splits 2 c"]]:
    """The tree of these rows and orders, and its sums; all rows of a node without a split go left.

    >>> import jax.numpy as jnp
    >>> tree, _ = grow(Rows(jnp.array([[0.0], [2.0]]), jnp.eye(2), jnp.ones(2, bool)), jnp.zeros((1, 1)), (1.0,), 1)
    >>> tree["choice"].tolist(), tree["counts"].tolist()
    ([0], [[1.0, 0.0], [0.0, 1.0]])
    """
    right, here = sides(rows.x, cuts), [rows.present]
    choice: list[Array] = []
    sums: list[Array] = []
    for node in range(order.shape[0]):
        sums.append(tally(right, rows.y, here[node]))
        choice.append(best(sums[-1], order[node], candidates))
        here += divided(right, here[node], choice[-1])
    counts = jnp.stack([(rows.y * mask[:, None]).sum(0) for mask in here[order.shape[0] :]])
    return {"choice": jnp.stack(choice), "counts": counts}, jnp.stack(sums)


def divided(right: Bool[Array, "n splits"], here: Bool[Array, " n"], choice: Int[Array, ""]) -> list[Bool[Array, " n"]]:
    """The rows of a node's left and right child.

    >>> import jax.numpy as jnp
    >>> [m.tolist() for m in divided(jnp.array([[True]]), jnp.array([True]), jnp.array(0))]
    [[False], [True]]
    """
    over = right[:, jnp.maximum(choice, 0)] & (choice >= 0)
    return [here & ~over, here & over]


def leaf_of(choice: Int[Array, " nodes"], x: Array, cuts: tuple[float, ...]) -> Int[Array, " m"]:
    """The leaf that each row falls into.

    >>> import jax.numpy as jnp
    >>> leaf_of(jnp.array([0]), jnp.array([[0.0], [2.0]]), (1.0,)).tolist()
    [0, 1]
    """
    right: Any = sides(x, cuts)
    node = jnp.zeros(x.shape[0], int)
    for _ in range((choice.shape[0] + 1).bit_length() - 1):
        split = choice[node]
        over = jnp.take_along_axis(right, jnp.maximum(split, 0)[:, None], 1)[:, 0] & (split >= 0)
        node = 2 * node + 1 + over
    return node - choice.shape[0]
