"""The definitions: which rows the reference never saw, and how close the remover must come to it.

A definition *is* its reference rows plus its (ε, δ); no reference can be chosen by hand.
"""

import dataclasses
import numbers
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

import numpy as np
from jaxtyping import Array, Bool

from .._numbers import MOST_EPSILON, at_least_zero, real
from .._types import Real
from ._scenario import Rows, Scenario
from ._withdrawn import WITHDRAWN

if TYPE_CHECKING:
    from ._statement import Statement

Level = Literal["dataset", "distribution"]
Which = TypeVar("Which")


@dataclasses.dataclass(frozen=True)
class Untraining:
    r"""As if the model had never seen *these examples*.

    $$U(A(D), S, D) \approx_{\varepsilon,\delta} A(D \setminus S)$$

    where P ≈_{ε,δ} Q means P(R) ≤ e^ε Q(R) + δ and Q(R) ≤ e^ε P(R) + δ for every event R.

    Args:
        epsilon: ε ≥ 0, in nats.
        delta: δ in [0, 1).

    Raises:
        ValueError: ε or δ out of range.

    Source: (ε,δ)-unlearning of Neel et al. 2021 (arXiv 2007.02923), named Untraining in arXiv 2604.07962.

    >>> Untraining(1.0, 0.05).id
    'untraining-1'
    >>> Untraining(-1.0, 0.05)
    Traceback (most recent call last):
    ValueError: epsilon: -1.0 is not a finite number >= 0
    """

    epsilon: Real
    delta: Real
    id: ClassVar[str] = "untraining-1"
    name: ClassVar[str] = "untraining"
    reference: ClassVar[str] = "A(D∖S)"
    redraws: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _validate(self.epsilon, self.delta)

    @property
    def statement(self) -> "Statement":
        """The definition as mathematics: SymPy, LaTeX, prose, sources."""
        return _statement(self.id)

    def unseen(self, forget: Which, behaviour: Which) -> Which:
        """The rows the reference never saw: S, as a mask or as the rows themselves."""
        del behaviour
        return forget

    def admit(self, scenario: Scenario) -> None:
        """Raise ValueError where the definition says nothing about the scenario: here, when S ⊄ D."""
        outside = np.asarray(scenario.forget) & ~np.asarray(scenario.rows.present)
        if outside.any():
            row = int(outside.argmax())
            raise ValueError(f"forget: row {row} of S is not in D; untraining removes rows of D only, drop it from S")


@dataclasses.dataclass(frozen=True)
class Unlearning:
    r"""As if the model had never seen *any example of the behaviour* that S samples.

    Level *dataset*: a behaviour B comes first, a set of examples; then every D and every S ⊆ S_full = D ∩ B:

    $$U(A(D), S, D) \approx_{\varepsilon,\delta} A(D \setminus S_{full})$$

    Level *distribution*: D is drawn anew for each run from a mixture of the behaviour's component and the
    rest, and the reference is trained on a draw without the behaviour's component:

    $$\mathbb{E}_{D}\, U(A(D), S, D) \approx_{\varepsilon,\delta} \mathbb{E}_{D}\, A(D \setminus B(D))$$

    where B(D) are the rows that the behaviour's component contributed. The laws compared are those of the
    published model alone, so only what can be seen without knowing D is compared.

    Args:
        epsilon: ε ≥ 0, in nats.
        delta: δ in [0, 1).
        level: "dataset" or "distribution".

    Raises:
        ValueError: ε, δ or the level out of range.

    Source: Definition 3 of arXiv 2604.07962; the distribution level is ours.

    >>> Unlearning(1.0, 0.05).id, Unlearning(1.0, 0.05, "distribution").id
    ('unlearning-dataset-2', 'unlearning-distribution-1')
    """

    epsilon: Real
    delta: Real
    level: Level = "dataset"
    name: ClassVar[str] = "unlearning"

    def __post_init__(self) -> None:
        _validate(self.epsilon, self.delta)
        if self.level not in ("dataset", "distribution"):
            raise ValueError(f"level: {self.level!r} is neither 'dataset' nor 'distribution'")

    @property
    def id(self) -> str:
        """The permanent id."""
        return f"unlearning-{self.level}-{2 if self.level == 'dataset' else 1}"

    @property
    def statement(self) -> "Statement":
        """The definition as mathematics: SymPy, LaTeX, prose, sources."""
        return _statement(self.id)

    @property
    def reference(self) -> str:
        """The reference, in symbols."""
        return "A(D∖S_full)" if self.level == "dataset" else "A(D without B's component), D redrawn"

    @property
    def redraws(self) -> bool:
        """Whether each pair draws its own D."""
        return self.level == "distribution"

    def unseen(self, forget: Which, behaviour: Which) -> Which:
        """The rows the reference never saw: S_full, as a mask or as the rows themselves."""
        del forget
        return behaviour

    def admit(self, scenario: Scenario) -> None:
        """Raise ValueError where the definition says nothing about the scenario: here, no D to redraw."""
        if self.redraws and scenario.population is None:
            raise ValueError(f"scenario {scenario} has no population to draw from; use level='dataset'")


class _Withdrawn(Unlearning):
    """A definition under an id that was withdrawn: what was decided under it can be read, nothing more."""

    @property
    def id(self) -> str:
        """The id it was decided under."""
        return "unlearning-dataset-1"

    def admit(self, scenario: Scenario) -> None:
        """Raise ValueError: nothing is asked under a withdrawn id."""
        raise ValueError(f"definition {self.id} is withdrawn: {WITHDRAWN[self.id]}")


Definition = Untraining | Unlearning


def reference_rows(
    definition: Definition, rows: Rows, forget: Bool[Array, "*runs n"], behaviour: Bool[Array, "*runs n"]
) -> Rows:
    """The rows the reference is trained on: D without what the definition says was never seen.

    >>> import jax.numpy as jnp
    >>> rows = Rows(jnp.zeros((3, 1)), jnp.zeros(3), jnp.ones(3, bool))
    >>> s, full = jnp.array([True, False, False]), jnp.array([True, True, False])
    >>> reference_rows(Untraining(0, 0), rows, s, full).present.tolist()
    [False, True, True]
    >>> reference_rows(Unlearning(0, 0), rows, s, full).present.tolist()
    [False, False, True]
    """
    return rows.without(definition.unseen(forget, behaviour))


def definition_to_dict(definition: Definition) -> dict[str, Any]:
    """A definition as plain values: its id, ε and δ.

    >>> definition_to_dict(Untraining(1.0, 0.05))
    {'id': 'untraining-1', 'epsilon': 1.0, 'delta': 0.05}
    """
    return {"id": definition.id, "epsilon": definition.epsilon, "delta": definition.delta}


def definition_from_dict(plain: dict[str, Any]) -> Definition:
    """The inverse of `definition_to_dict`.

    What was decided under an id withdrawn since can be read under it; to check anything under it is refused.

    Raises:
        ValueError: an id that is not known.

    >>> definition_from_dict({"id": "unlearning-dataset-2", "epsilon": 1.0, "delta": 0.05})
    Unlearning(epsilon=1.0, delta=0.05, level='dataset')
    >>> definition_from_dict({"id": "unlearning-dataset-1", "epsilon": 1.0, "delta": 0.05}).id
    'unlearning-dataset-1'
    """
    epsilon, delta = plain["epsilon"], plain["delta"]
    known: dict[str, Definition] = {
        d.id: d
        for d in (
            Untraining(epsilon, delta),
            Unlearning(epsilon, delta),
            Unlearning(epsilon, delta, "distribution"),
            _Withdrawn(epsilon, delta),
        )
    }
    if plain["id"] not in known:
        current = (name for name in known if name not in WITHDRAWN)
        raise ValueError(f"definition id: {plain['id']!r} is unknown; known are {', '.join(current)}")
    return known[plain["id"]]


def _statement(name: str) -> "Statement":
    # SymPy loads only for those who want to read: a check needs none of it.
    from ._statements import STATEMENTS

    return STATEMENTS[name]


def _validate(epsilon: Any, delta: Any) -> None:
    for name, value in (("epsilon", epsilon), ("delta", delta)):
        # A flag is a number to Python; ε = True is a slip. NumPy's scalars are numbers.
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise ValueError(f"{name}: {value!r:.40} is not a number")
    at_least_zero("epsilon", epsilon, MOST_EPSILON)
    if not (real(delta) and 0 <= delta < 1):
        raise ValueError(f"delta: {delta} is not in [0, 1)")
