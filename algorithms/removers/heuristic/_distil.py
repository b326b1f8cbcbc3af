"""Teachers: SCRUB flees one on S, Bad Teacher follows an ignorant one."""

from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ....formal._types import Real, Scalar
from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ..._space import Choice, Range, space
from ...base import Remover, Trained
from ...learners._descent import descend
from .._steps import follow, mean_of, named, require_scores, untrained


def divergence(
    teacher: Float[Array, "m *t c"], student: Float[Array, "m *t c"], temperature: Scalar = 1.0
) -> Float[Array, "m *t"]:
    r"""KL(teacher ‖ student) of each row, or each token of one, from class scores, in nats.

    $$\sum_c t_c \log \frac{t_c}{s_c}, \qquad t = \mathrm{softmax}(z_t / T),\; s = \mathrm{softmax}(z_s / T)$$

    >>> import jax.numpy as jnp
    >>> p, q = jnp.log(jnp.array([[0.9, 0.1]])), jnp.log(jnp.array([[0.5, 0.5]]))
    >>> round(float(divergence(p, q)[0]), 4), round(float(divergence(q, p)[0]), 4)
    (0.3681, 0.5108)
    """
    t, s = (jax.nn.log_softmax(scores / temperature) for scores in (teacher, student))
    return (jnp.exp(t) * (t - s)).sum(-1)


@space(
    epochs=Choice((10, 15, 20), "ours"),
    climbs=Range(0, 10, whole=True, source="ours, around the 2 to 5 of Kurmanji et al. 2023 (arXiv 2302.09880)"),
    distil=Range(0.0, 2.0, source="ours, around the 0.5 of Kurmanji et al. 2023"),
    classify=Range(0.0, 2.0, source="ours, around the 1 of Kurmanji et al. 2023"),
    rate=Range(1e-3, 0.5, log=True, source="ours"),
)
@factory
def scrub(
    epochs: int = 10,
    climbs: int = 10,
    distil: Real = 0.5,
    classify: Real = 1.0,
    temperature: Real = 2.0,
    batch: int = 64,
    rate: Real = 0.1,
) -> Remover:
    r"""Student and teacher: epochs away from the original on S alternate with epochs close to it on D∖S.

    $$\text{climb: } \max_\theta T^2 \mathrm{KL}(f_{\theta_0} \| f_\theta) \text{ on } S, \qquad
      \text{keep: } \min_\theta \alpha T^2 \mathrm{KL}(f_{\theta_0} \| f_\theta) + \gamma L \text{ on } D \setminus S$$

    Each of the first epochs is a pass over S, then one over D∖S; the later ones pass over D∖S only. Differs from the
    public code: it steps by Adam with weight decay and a rate that falls, where here one SGD has one rate.

    Args:
        epochs: passes over D∖S.
        climbs: how many of them a pass over S precedes; 0 is fine-tuning with distillation.
        distil, classify: α and γ; α = 0 without climbs is fine-tuning.
        temperature: T.
        batch: rows in a minibatch.
        rate: step size of one SGD for both. α, γ, T and climbs before keeps are the authors'. They climb 5 times by
            batches of 16 for points, which for 32 rows is the 10 steps taken here; the rate is of a tuning without the
            reference, on a whole class and on near-duplicates.

    Raises:
        ValueError: more climbs than epochs; when run, the learner's outputs are no class scores.

    Aim: both. Guarantee: none declared. Cost: 3 epochs over the learner's own. Limits: the first climb has no
    gradient, since the student starts as the teacher, so that forgetting begins with the second; KL has no maximum, so
    many climbs diverge; S=∅ climbs nothing, S=D keeps nothing and so stays where it is. Source: Kurmanji et al. 2023
    (arXiv 2302.09880).

    >>> scrub(climbs=14)
    Traceback (most recent call last):
    ValueError: climbs: 14 passes over S do not fit into 10 epochs
    """
    if not 0 <= climbs <= epochs:
        raise ValueError(f"climbs: {climbs} passes over S do not fit into {epochs} epochs")

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        learner, away, retained = trained.learner, named(rows, forget), rows.without(forget)
        require_scores("scrub", learner)
        first, second = (jnp.ceil(part.count() / batch).astype(int) for part in (away, retained))

        def apart(params: Any, sample: Rows) -> Float[Array, ""]:
            teacher = learner.apply(trained.params, sample.x)
            gap = divergence(teacher, learner.apply(params, sample.x), temperature)
            return temperature**2 * mean_of(gap, sample)

        def objective(params: Any, step: Array, forget_batch: Rows, retain_batch: Rows) -> Float[Array, ""]:
            turn, place = jnp.divmod(step, jnp.maximum(first + second, 1))
            climbing = (turn < climbs) & (place < first)
            keep = distil * apart(params, retain_batch) + classify * learner.mean_loss(params, retain_batch)
            return jnp.where(climbing, -apart(params, forget_batch), keep)

        longest = epochs * (-(-len(rows.present) // batch) + 1)
        return descend(
            key, trained.params, (away, retained), objective, optimiser=optax.sgd(rate), batch=batch,
            due=climbs * first + epochs * second, longest=longest, numbered=True,
        )  # fmt: skip

    return Remover(remove, "scrub", "both")


@space(
    epochs=Choice((1, 2, 5, 10), "ours; Chundawat et al. 2023 (arXiv 2205.08096) pass once over S"),
    temperature=Range(0.5, 8.0, log=True, source="ours, around the 1 of Chundawat et al. 2023"),
    rate=Range(1e-3, 1.0, log=True, source="ours"),
)
@factory
def bad_teacher(epochs: Real = 10, temperature: Real = 1.0, batch: int = 64, rate: Real = 0.1) -> Remover:
    r"""Follow an untrained teacher on S and the original on D∖S.

    $$\min_\theta\; \tfrac{|S|}{n}\, \mathrm{KL}(f_{\mathrm{untrained}} \| f_\theta) \text{ on } S
      + \tfrac{|D \setminus S|}{n}\, \mathrm{KL}(f_{\theta_0} \| f_\theta) \text{ on } D \setminus S$$

    Differs from the public code: its divergence is also averaged over the C classes, so that a rate there is C times
    the rate here.

    Args:
        epochs: passes over D.
        temperature: of both teachers and the student.
        batch: rows in a minibatch of each part.
        rate: step size. Temperature the authors', who pass once over S and a third of D∖S with Adam: 78 steps for a
            class of CIFAR-10, 10 passes over 512 rows are 80. The rate is the median of five tunings without the
            reference (`benchmarks/chooser.json`).

    Raises:
        ValueError: when run, the learner's outputs are no class scores.

    Aim: unlearning. Guarantee: none declared. Cost: 2 epochs over the learner's own. Limits: S=∅ is the identity; S is
    driven to an untrained model's outputs, so that S which A(D∖S) predicts is over-forgotten. Source: Chundawat et al.
    2023 (arXiv 2205.08096).

    >>> bad_teacher().aims_at
    'unlearning'
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        learner, away, retained = trained.learner, named(rows, forget), rows.without(forget)
        require_scores("bad_teacher", learner)
        teacher_key, order_key = jax.random.split(key)
        ignorant = untrained(teacher_key, learner, rows)
        share = away.count() / jnp.maximum(away.count() + retained.count(), 1)

        def towards(teacher: Any, params: Any, sample: Rows) -> Float[Array, ""]:
            scores = learner.apply(teacher, sample.x), learner.apply(params, sample.x)
            return mean_of(divergence(*scores, temperature), sample)

        def objective(params: Any, forget_batch: Rows, retain_batch: Rows) -> Float[Array, ""]:
            gap = towards(trained.params, params, retain_batch)
            return share * towards(ignorant, params, forget_batch) + (1 - share) * gap

        return follow(
            order_key, trained, (away, retained), objective, epochs=epochs, batch=batch, rate=rate, over=rows,
        )  # fmt: skip

    return Remover(remove, "bad_teacher", "unlearning")
