"""Retraining: exact by definition."""

from typing import Any

from jaxtyping import Array, Bool, PRNGKeyArray

from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ..._own import own
from ...base import Guarantee, Learner, Remover, Trained
from ...learners._noisy import law_of

_EXACT = Guarantee("untraining", ("the reference is the same learner",), lambda delta: 0.0)
_EXACT_FULL = Guarantee("unlearning", ("the reference is the same learner", "S_full is given"), lambda delta: 0.0)


@factory
def retrain() -> Remover:
    """Train again without S: A(D∖S), with fresh randomness. Untraining at (0, 0), by definition.

    Cost: one training run. Source: Cao & Yang 2015; the reference of Neel et al. 2021 (arXiv 2007.02923).

    >>> retrain().guarantee.epsilon(0.0)
    0.0
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        return trained.learner.fit(key, rows.without(forget))

    def centre(key: PRNGKeyArray, learner: Learner, start: Any, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        del start
        return law_of(learner).centre(key, rows.without(forget))

    remover = Remover(remove, "retrain", "untraining", _EXACT, centre=centre, centre_random=False)
    return own(remover, settled=True)


@factory
def retrain_full() -> Remover:
    """Train again without S_full, which it must be given: A(D∖S_full). Unlearning at (0, 0), by definition.

    A control: S_full is what a remover does not have. Cost: one training run.

    >>> retrain_full().needs
    ('behaviour',)
    """

    def remove(
        key: PRNGKeyArray,
        trained: Trained,
        rows: Rows,
        forget: Bool[Array, " n"],
        *,
        behaviour: Bool[Array, " n"],
    ) -> Trained:
        del forget
        return trained.learner.fit(key, rows.without(behaviour))

    return Remover(remove, "retrain_full", "unlearning", _EXACT_FULL, needs=("behaviour",))
