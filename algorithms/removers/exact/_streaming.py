"""A stream of deletions served from sums, without the rows that stay: reconstructions of ours.

The theme is that of arXiv 2507.15280, whose method is not known here; none of these is its algorithm.
"""

from jaxtyping import Array, Bool, PRNGKeyArray

from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ...base import Guarantee, Learner, Remover, Trained
from ...learners._summed import Statistics, naive_bayes, streaming_ridge

_EXACT = Guarantee(
    "untraining",
    ("the learner is a function of its sums", "exact arithmetic: sums drift by rounding"),
    lambda delta: 0.0,
)


@factory
def stream_ridge() -> Remover:
    """Take the rows of S off X'X and X'Y, and solve again: streaming is batch is retraining, in any order.

    Returns:
        The remover, for `learners.streaming_ridge`; the penalty stays fixed in the sum form. With no row left the sums,
        and the model, are 0: A(∅).

    Raises:
        ValueError: when run, the model keeps no sums.

    >>> stream_ridge().guarantee.epsilon(0.0)
    0.0
    """
    return _subtracting("stream_ridge", streaming_ridge())


@factory
def stream_moments() -> Remover:
    """Take the rows of S off counts, sums and sums of squares of each class, and read the Gaussians off again.

    Returns:
        The remover, for `learners.naive_bayes`; a class whose last row goes has mean 0 and the least variance.

    Raises:
        ValueError: when run, the model keeps no sums.

    >>> stream_moments().guarantee.epsilon(0.0)
    0.0
    """
    return _subtracting("stream_moments", naive_bayes())


def _subtracting(name: str, made_for: Learner) -> Remover:
    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        del key
        statistics = trained.record
        if not isinstance(statistics, Statistics):
            raise ValueError(
                f"{name}: {trained.learner} keeps no sums; train by learners.streaming_ridge or naive_bayes"
            )
        gone = statistics.totals(rows.only(forget))
        sums = {part: statistics.sums[part] - gone[part] for part in gone}
        return Trained(statistics.solve(sums), Statistics(sums, statistics.totals, statistics.solve), trained.learner)

    return Remover(remove, name, "untraining", _EXACT, random=False, made_for=made_for)
