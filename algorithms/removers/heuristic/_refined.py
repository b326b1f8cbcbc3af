"""RUM: split S by how much it is memorised, and treat each part by itself."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, PRNGKeyArray

from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ..._space import no_space
from ...base import Remover, Trained
from .._steps import ranks
from ._baselines import do_nothing, neg_grad_plus
from ._distil import scrub


@no_space("its settings are removers: tune those, and give them as parts=")
@factory
def rum(parts: tuple[Remover, ...] = ()) -> Remover:
    r"""Refined unlearning meta-algorithm: S in groups of rising memorisation, one remover after the other.

    $$S = S_1 \cup \dots \cup S_K, \qquad \theta_k = U_k(\theta_{k-1}, S_k, D \setminus (S \setminus S_k))$$

    Memorisation by proxy: the loss under A(D), low for what is learnt early and shared, high for what is held by
    heart. Groups are of equal size up to one; ties go by row order. No step is given a row of another group: each
    descends on D∖S.

    Args:
        parts: U_1 … U_K, least memorised first. When left out, (do_nothing, neg_grad_plus, scrub): nothing for what
            the others carry, distillation for the outliers.

    Raises:
        ValueError: a part needs more than the arguments of every remover.

    Aim: untraining. Guarantee: none declared. Cost: the parts'. Limits: one part is that remover; S=∅ gives every part
    an empty set. Source: Zhao et al. 2024 (arXiv 2406.01257), who choose removers by group, and by experiment; loss as
    the proxy, three groups and the default parts are ours.

    >>> rum((do_nothing(),))
    rum(do_nothing)
    """
    removers = parts or (do_nothing(), neg_grad_plus(), scrub())
    greedy = [part.name for part in removers if part.needs]
    if greedy:
        raise ValueError(f"parts: {greedy[0]} needs more than S, which a part is not given")

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        group = memorised(trained.learner.row_losses(trained.params, rows), forget, len(removers))
        for i, (part, part_key) in enumerate(zip(removers, jax.random.split(key, len(removers)), strict=True)):
            mine = forget & (group == i)
            trained = part(part_key, trained, rows.without(forget & ~mine), mine)
        return trained

    name = f"rum({', '.join(part.name for part in parts)})" if parts else "rum"
    return Remover(remove, name, "untraining", random=any(part.random for part in removers))


def memorised(losses: Array, forget: Bool[Array, " n"], groups: int) -> Int[Array, " n"]:
    """The group of every row of S by rising loss, sizes equal up to one; rows outside S get a number without meaning.

    >>> import jax.numpy as jnp
    >>> memorised(jnp.array([5.0, 1.0, 9.0, 3.0]), jnp.array([True, True, False, True]), 3).tolist()
    [2, 0, 0, 1]
    """
    order = jnp.argsort(jnp.where(forget, losses, jnp.inf), stable=True)
    place = jnp.zeros(len(losses), int).at[order].set(ranks(forget[order]))
    return jnp.where(forget, place * groups // jnp.maximum(forget.sum(), 1), 0)
