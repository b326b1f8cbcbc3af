"""DaRE: delete rows from a forest, growing again only what they invalidate."""

import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ...base import Guarantee, Remover, Trained
from ...learners._forest import ForestRecord, Tree, best, divided, drawn_order, forest, sides, tally

_EXACT = Guarantee(
    "untraining",
    (
        "the learner is this forest",
        "the record is A(D)'s own, or what earlier requests made of it",
        "targets are one-hot",
        "a request does not look at the trees published before it",
    ),
    lambda delta: 0.0,
)


@factory
def dare() -> Remover:
    """Take S off the cached sums; where a node then decides otherwise, grow the subtrees below it anew.

    A node's decision is a function of its sums and of its own order of splits, which no row had a part in; deleting
    rows only shortens the list of admissible splits. So a node keeps its order, and decides as it would on D∖S. Below
    a changed decision the orders are drawn afresh. The law of all trees together is that of A(D∖S): untraining at (0,
    0) against this randomised training, and against nothing else. Orders are kept, so the same is true of each of a
    sequence of requests, unless one is chosen by what was published: who deletes first what changes the decision above
    an unwelcome subtree has that one drawn again, and keeps the others. Then the law is another. Differs from the
    public code: it draws thresholds from the data of a node and splits its upper levels at random, here cuts are fixed.

    Returns:
        The remover; it needs a model of `learners.forest`, whose record it keeps up to date.

    Raises:
        ValueError: when run, the learner is no forest.

    Cost: one pass over S in each tree, and the subtrees grown again; all of them as compiled. Source: Brophy & Lowd
    2021 (arXiv 2009.05567).

    >>> dare().guarantee.epsilon(0.0)
    0.0
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        previous = trained.record
        if not isinstance(previous, ForestRecord):
            raise ValueError(f"dare: {trained.learner} is no forest with its record; train by learners.forest")
        depth = (previous.order.shape[1] + 1).bit_length() - 1
        fresh = drawn_order(key, rows, previous.order.shape[0], depth, len(previous.cuts))
        params, record = jax.vmap(functools.partial(regrown, rows, forget))(trained.params, previous, fresh)
        return Trained(params, record, trained.learner)

    return Remover(remove, "dare", "untraining", _EXACT, made_for=forest())


def regrown(
    rows: Rows, forget: Bool[Array, " n"], tree: Tree, previous: ForestRecord, fresh: Float[Array, "nodes splits"]
) -> tuple[Tree, ForestRecord]:
    """One tree without S, and its record: nodes below a changed decision take their order from `fresh`.

    >>> import jax.numpy as jnp
    >>> from neverseen.algorithms.learners._forest import grow
    >>> rows, order = Rows(jnp.array([[0.0], [2.0]]), jnp.eye(2), jnp.ones(2, bool)), jnp.zeros((1, 1))
    >>> tree, sums = grow(rows, order, (1.0,), 1)
    >>> made, _ = regrown(rows, jnp.array([True, False]), tree, ForestRecord(order, sums, (1.0,), 1), order)
    >>> made["choice"].tolist(), made["counts"].tolist()
    ([-1], [[0.0, 1.0], [0.0, 0.0]])
    """
    left, right, nodes = rows.without(forget), sides(rows.x, previous.cuts), previous.order.shape[0]
    here, gone, anew = [left.present], [rows.only(forget).present], [jnp.zeros((), bool)]
    choice: list[Array] = []
    order: list[Array] = []
    sums: list[Array] = []
    for node in range(nodes):
        order.append(jnp.where(anew[node], fresh[node], previous.order[node]))
        cached = previous.sums[node] - tally(right, rows.y, gone[node])
        sums.append(jnp.where(anew[node], tally(right, rows.y, here[node]), cached))
        choice.append(best(sums[-1], order[-1], previous.candidates))
        changed = anew[node] | (choice[-1] != tree["choice"][node])
        here += divided(right, here[node], choice[-1])
        gone += divided(right, gone[node], choice[-1])
        anew += [changed, changed]
    counts = jnp.stack([(rows.y * mask[:, None]).sum(0) for mask in here[nodes:]])
    return {"choice": jnp.stack(choice), "counts": counts}, ForestRecord(
        jnp.stack(order), jnp.stack(sums), previous.cuts, previous.candidates
    )
