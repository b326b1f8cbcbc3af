r"""The definitions, one object each under a permanent id; what is printed is what is decided.

Finite output spaces, outcomes k = 1 … n. P_U is the law of U(A(D), S, D), P_D of A(D), P_S of A(D∖S) and
P_F of A(D∖S_full). On a general space the sums become suprema over events.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy import And, Eq, Ge, IndexedBase, Le, Sum, Symbol, exp

from ..closeness._divergences import indistinguishability, kullback_leibler
from ..closeness._symbols import COUNT, DELTA, EPSILON, P_LAW, Q_LAW
from ._statement import Statement
from ._withdrawn import WITHDRAWN


# SymPy's operators are typed too narrowly for a strict checker: symbols, and what is built of them, are Any.
def _family(name: str) -> Any:
    return IndexedBase(Symbol(name, nonnegative=True))


_P_U, _P_D, _P_S, _P_F = (_family(f"P_{name}") for name in "UDSF")
_UNWANTED, _RETAINED, _PUBLISHED = (_family(name) for name in ("p_1", "p_2", "p"))
_RIGHT, _SCORE, _WEIGHT, _OTHER_WEIGHT = (_family(name) for name in ("c", "M", "w", "v"))
_DATASETS, _OTHERS, _J, _K = (Symbol(name, integer=True, positive=True) for name in ("m", "l", "j", "k"))
_REMOVAL, _PRESERVATION = (Symbol(name, nonnegative=True) for name in ("removal", "preservation"))
_MEM: Any = Symbol("mem")

_GAMMA: Any = exp(EPSILON)
_CLOSE: dict[str, tuple[int, int | None]] = {"gamma": (1, None), "delta": (0, 1)}


def _between(divergence: Any, p: Any, q: Any) -> Any:
    """A divergence's own expression, its two laws replaced: families indexed by outcome, or averages of such."""
    laws = {P_LAW: p, Q_LAW: q}
    named = divergence.replace(
        lambda node: isinstance(node, sympy.Indexed) and node.base in laws,
        lambda node: laws[node.base](node.indices[0]),
    )
    # log p − log q as one logarithm: prints better, and is exactly 0 where p = q.
    a, b = sympy.Wild("a"), sympy.Wild("b")
    return named.replace(sympy.log(a) - sympy.log(b), lambda a, b: sympy.log(a / b))


def _law(base: Any) -> Any:
    return lambda outcome: base[outcome]


def _average(base: Any) -> Any:
    """E_D of a law that depends on D: datasets j = 1 … m have the probabilities w."""
    return lambda outcome: Sum(_WEIGHT[_J] * base[_J, outcome], (_J, 1, _DATASETS))


def _close(removed: Any, reference: Any) -> Any:
    return Le(_between(indistinguishability.statement, removed, reference), DELTA)


def _expected(law: Any, score: Any) -> Any:
    return Sum(law[_K] * score[_K], (_K, 1, COUNT))


def _counterfactual(weight: Any, law: Any, size: Any) -> Any:
    inner = Sum(law[_J, _K] * _SCORE[_K], (_K, 1, COUNT))
    return Sum(weight[_J] * inner, (_J, 1, size))


_EVERY_REQUEST = r"for every dataset $D$ and every $S \subseteq D$"
_EVERY_BEHAVIOUR = (
    r"for the behaviour $B$, then every dataset $D$ and every $S \subseteq S_{\mathrm{full}}$, "
    r"$S_{\mathrm{full}} = D \cap B$"
)
_EVERY_FULL_SET = r"for every dataset $D$ and every $S \subseteq S_{\mathrm{full}} \subseteq D$"
_UNLEARNT = r"$P_U$ the law of $U(A(D), S, D)$, $P_F$ of $A(D \setminus S_{\mathrm{full}})$"
_CLOSE_TO_F: dict[str, Any] = {"removed": _P_U, "reference": _P_F, "gamma": _GAMMA, "delta": DELTA}
_NAMES = {
    _MEM: r"\mathrm{mem}",
    _REMOVAL: r"\mathrm{removal}",
    _PRESERVATION: r"\mathrm{preservation}",
}

_ALL = (
    Statement(
        id="memorisation-1",
        title="memorisation score of a row, single or group",
        expression=Eq(_MEM, _expected(_P_D, _RIGHT) - _expected(_P_S, _RIGHT)),
        quantifiers=r"of row $i$ under deletion of $S \ni i$ from $D$; $c_k = 1$ when model $k$ has "
        r"$f(x_i) = y_i$, else $0$; the published score is $S = \{i\}$",
        prose="How much likelier A is to get row i right for having trained on S. The published definition "
        "deletes i alone; the group form deletes S, without which duplicates hide each other (T9).",
        unseen="S (single form: {i})",
        citations=("feldman2020", "triantafillou2026"),
        arguments={"trained": _P_D, "without": _P_S, "right": _RIGHT},
        scores=("right",),
        names=_NAMES,
    ),
    Statement(
        id="memorisation-counterfactual-1",
        title="counterfactual memorisation, for generative models",
        expression=Eq(
            _MEM,
            _counterfactual(_WEIGHT, _P_D, _DATASETS) - _counterfactual(_OTHER_WEIGHT, _P_S, _OTHERS),
        ),
        quantifiers=r"of example $x$; datasets $j = 1 \ldots m$ hold $x$ and have probabilities $w_j$, datasets "
        r"$j = 1 \ldots l$ do not and have probabilities $v_j$; $M_k$ is the performance of model $k$ on $x$",
        prose="How much better models trained on random subsets with x do on x than models trained on random "
        "subsets without it; the performance is a score such as the accuracy per token, where there is no label.",
        unseen="{x}",
        citations=("zhang2023counterfactual", "triantafillou2026"),
        arguments={
            "trained": _P_D,
            "weights": _WEIGHT,
            "without": _P_S,
            "other_weights": _OTHER_WEIGHT,
            "performance": _SCORE,
        },
        counts={"trained": _DATASETS, "weights": _DATASETS, "without": _OTHERS, "other_weights": _OTHERS},
        scores=("performance",),
        weights=("weights", "other_weights"),
        names=_NAMES,
    ),
    Statement(
        id="untraining-1",
        title="untraining: as if the model had never seen these examples",
        expression=_close(_law(_P_U), _law(_P_S)),
        quantifiers=rf"{_EVERY_REQUEST}; $P_U$ the law of $U(A(D), S, D)$, $P_S$ of $A(D \setminus S)$",
        prose="No event tells the removed model from a retrain without S, up to (ε, δ), in either direction.",
        unseen="S",
        citations=("neel2021", "triantafillou2026"),
        arguments={"removed": _P_U, "reference": _P_S, "gamma": _GAMMA, "delta": DELTA},
        bounds=_CLOSE,
        rows=lambda world: world.forget,
    ),
    Statement(
        id="unlearning-dataset-2",
        title="unlearning: as if the model had never seen any example of the behaviour",
        expression=_close(_law(_P_U), _law(_P_F)),
        quantifiers=rf"{_EVERY_BEHAVIOUR}; {_UNLEARNT}",
        prose="No event tells the removed model from a retrain without any row that carries the behaviour, up to "
        "(ε, δ), in either direction, although U was given S only. B is given first, and S_full is what it picks out "
        "of D. The divergence is the source's open choice.",
        unseen="S_full",
        citations=("triantafillou2026",),
        arguments=_CLOSE_TO_F,
        bounds=_CLOSE,
        rows=lambda world: world.behaviour,
    ),
    Statement(
        id="unlearning-outside-1",
        title="unlearning from examples of the behaviour that were never in D",
        expression=_close(_law(_P_U), _law(_P_F)),
        quantifiers=r"for the behaviour $B$, then every dataset $D$ and every finite $S \subseteq B$, in $D$ or not; "
        rf"{_UNLEARNT}, $S_{{\mathrm{{full}}}} = D \cap B$",
        prose="The same where S need not lie in D, as when nobody knows what a model was trained on (a footnote of the "
        "source). It asks for more than unlearning-dataset-2, whose requests are among its own.",
        unseen="S_full",
        citations=("triantafillou2026",),
        arguments=_CLOSE_TO_F,
        bounds=_CLOSE,
        rows=lambda world: world.behaviour,
    ),
    Statement(
        id="unlearning-retained-1",
        title="unlearning given the retained rows: the behaviour's rows are drawn anew and never known",
        expression=Le(_between(indistinguishability.statement, _average(_P_U), _law(_P_F)), DELTA),
        quantifiers=r"for every value $r$ of $D \setminus B$; datasets $D_j$ with $D_j \setminus B = r$ have the "
        r"conditional probabilities $w_j$; $P_{U\,j}$ the law of $U(A(D_j), S_j, D_j)$, $P_F$ of $A(r)$",
        prose="The removed model, averaged over what the behaviour contributed, against the one reference that all "
        "those datasets share: what can be seen by one who knows the retained rows. It follows from "
        "unlearning-dataset-2 and implies unlearning-distribution-1 (F6a, F6b). This level is ours.",
        unseen="D ∩ B, redrawn given D∖B",
        citations=("triantafillou2026",),
        arguments={"removed": _P_U, "reference": _P_F, "weights": _WEIGHT, "gamma": _GAMMA, "delta": DELTA},
        bounds=_CLOSE,
        weights=("weights",),
        counts={"removed": _DATASETS, "weights": _DATASETS},
    ),
    Statement(
        id="unlearning-distribution-1",
        title="unlearning of the distribution: D is drawn anew and never known",
        expression=_close(_average(_P_U), _average(_P_F)),
        quantifiers=r"for the population's datasets $D_j$ of probabilities $w_j$; $P_{U\,j}$ the law of "
        r"$U(A(D_j), S_j, D_j)$, $P_{F\,j}$ of $A(D_j \setminus B(D_j))$",
        prose="The same, for the laws averaged over D: what can be seen without knowing D. B(D) are the rows that "
        "the behaviour's component of the population contributed. This level is ours.",
        unseen="B(D), D redrawn",
        citations=("triantafillou2026",),
        arguments={
            "removed": _P_U,
            "reference": _P_F,
            "weights": _WEIGHT,
            "gamma": _GAMMA,
            "delta": DELTA,
        },
        bounds=_CLOSE,
        weights=("weights",),
        counts={"removed": _DATASETS, "reference": _DATASETS, "weights": _DATASETS},
    ),
    Statement(
        id="distributional-removal-1",
        title="distributional unlearning: far from the unwanted law, close to the retained one",
        expression=And(
            Ge(_between(kullback_leibler.statement, _law(_UNWANTED), _law(_PUBLISHED)), _REMOVAL),
            Le(_between(kullback_leibler.statement, _law(_RETAINED), _law(_PUBLISHED)), _PRESERVATION),
        ),
        quantifiers=r"for the law $p$ fitted after deletion, $p_1$ unwanted, $p_2$ retained; in nats",
        prose="The published law has KL(p₁‖p) at least `removal` and KL(p₂‖p) at most `preservation`. It selects "
        "rows and refits; it compares with two laws, not with a retrained model.",
        unseen="the deleted rows of the sample of p₁",
        citations=("allouah2026",),
        arguments={
            "unwanted": _UNWANTED,
            "retained": _RETAINED,
            "published": _PUBLISHED,
            "removal": _REMOVAL,
            "preservation": _PRESERVATION,
        },
        bounds={"removal": (0, None), "preservation": (0, None)},
        names=_NAMES,
    ),
)


class Statements(dict[str, Statement]):
    """Permanent id → statement; asked for one that was withdrawn, it says why.

    >>> Statements()["unlearning-dataset-1"]
    Traceback (most recent call last):
    KeyError: 'unlearning-dataset-1 is withdrawn: it quantified over S_full after S: ...
    """

    def __missing__(self, name: str) -> Statement:
        raise KeyError(f"{name} is withdrawn: {WITHDRAWN[name]}" if name in WITHDRAWN else name)


STATEMENTS = Statements({statement.id: statement for statement in _ALL})
"""Permanent id → statement."""

OLD_STATEMENTS = {
    "unlearning-dataset-1": Statement(
        id="unlearning-dataset-1",
        title="unlearning, with a quantifier that nothing can meet",
        expression=_close(_law(_P_U), _law(_P_F)),
        quantifiers=rf"{_EVERY_FULL_SET}; {_UNLEARNT}",
        prose=f"Withdrawn: {WITHDRAWN['unlearning-dataset-1']}.",
        unseen="S_full",
        citations=("triantafillou2026",),
        arguments=_CLOSE_TO_F,
        bounds=_CLOSE,
    )
}
"""Permanent id → statement, of those that were withdrawn: kept to be read, not to be decided."""
