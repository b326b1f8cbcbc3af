"""`parametrize_with_checks`: the conformance suite as tests of one's own, one to each remover and check."""

import dataclasses
import functools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import jax

from ..algorithms.base import Learner, Remover
from ..formal._numbers import root_seed
from ..formal._types import Real
from ..formal.definitions import Unlearning, Untraining
from ..formal.verdict import Status
from ._trial import Trial
from .assertions import assert_holds
from .pytest_plugin import session_ledger
from .rehearsal import rehearse
from .relations import RELATIONS, Found
from .suite import claimed, keys, known_names, learners_for, questions, relations_scenario

if TYPE_CHECKING:
    import pytest


@dataclasses.dataclass(frozen=True)
class Check:
    """One check of the suite; call it with the remover inside a test.

    Args:
        name: of a relation, "untraining" or "unlearning".
        learner: A; as in `check_suite`.
        definitions: what "untraining" and "unlearning" claim.
        why: the reason why it is to fail; "" where it is to hold.

    >>> Check("unlearning", None, (Untraining(1.0, 0.05), Unlearning(1.0, 0.05)))
    unlearning
    """

    name: str
    learner: Learner | None
    definitions: tuple[Untraining, Unlearning]
    why: str = ""

    def __call__(self, remover: Remover) -> None:
        """Raise AssertionError where it fails, or was to fail and holds; skip where it does not apply."""
        import pytest

        seed = _root()
        relation = next((each for each in RELATIONS if each.name == self.name), None)
        found = (
            self._defined(remover, seed) if relation is None else relation.found(_trial(remover, self.learner, seed))
        )
        if found.status is None:
            pytest.skip(found.evidence)
        if self.why and found.status is Status.REFUTED:
            pytest.xfail(f"{self.why}: {found.evidence}")
        if self.why and found.status is Status.SATISFIED:
            raise AssertionError(f"{self} of {remover} was to fail ({self.why}), but holds; drop it from expected")
        if found.status is Status.REFUTED:
            raise AssertionError(f"{self} of {remover}: {found.evidence}")

    def _defined(self, remover: Remover, seed: int) -> Found:
        """The definition in every scenario of the suite, up to the first that refutes it."""
        left = False
        for question in questions(remover, self.learner_of(remover), *self.definitions, seed):
            if question.definition.name != self.name:
                continue
            try:
                held = assert_holds(question.definition, remover, question.learner, question.scenario, seed=seed)
            except AssertionError as error:
                if not (self.why and str(error).startswith(Status.REFUTED.name)):
                    raise
                return Found(Status.REFUTED, str(error))
            left |= held.status is Status.INCONCLUSIVE
        return Found(Status.INCONCLUSIVE if left else Status.SATISFIED, "every scenario of the suite")

    def learner_of(self, remover: Remover) -> tuple[Learner, ...]:
        """The learners it is run on."""
        return (self.learner,) if self.learner else learners_for(remover)

    def __repr__(self) -> str:
        return self.name


def parametrize_with_checks(
    removers: Iterable[Remover],
    *,
    learner: Learner | None = None,
    expected: Mapping[str, Mapping[str, str]] | None = None,
    epsilon: Real = 1.0,
    delta: Real = 0.05,
) -> "pytest.MarkDecorator":
    """Decorate a test of `(remover, check)`: it runs once for every remover and everything it claims.

    The checks are those of `check_suite`, in its order. Relations spend nothing; a definition is asked by
    `assert_holds`, in all scenarios of the suite, and spends from the ledger of the session: `--neverseen-alpha`,
    `--neverseen-budget`, `--neverseen-seed` and `--neverseen-require-conclusive` hold. What a remover does not claim
    is no test. A declared failure is reported as xfailed, and one that holds fails. A relation that does not apply is
    skipped.

    Args:
        removers: what is tested.
        learner: A, for all of them; as in `check_suite`.
        expected: declared failures, by the remover's name: see `check_suite`.
        epsilon, delta: of the claim.

    Returns:
        The decorator; tests are called `remover-check`.

    Raises:
        ValueError: an unknown check or remover in `expected`; the same name twice.

    >>> import neverseen as ns
    >>> @ns.testing.parametrize_with_checks([ns.removers.retrain()], learner=ns.learners.ridge())
    ... def test_removers(remover, check):
    ...     check(remover)
    >>> [case.id for case in test_removers.pytestmark[0].args[1]][:2]
    ['retrain-pure', 'retrain-deterministic']
    """
    import pytest

    given, declared = list(removers), {name: known_names(why) for name, why in (expected or {}).items()}
    _named_once([str(remover) for remover in given], set(declared))
    definitions = Untraining(epsilon, delta), Unlearning(epsilon, delta)
    cases: list[Any] = []
    for remover in given:
        for name, why in _asked(remover, declared.get(str(remover), {})):
            check = Check(name, learner, definitions, why)
            cases.append(pytest.param(remover, check, id=f"{remover}-{name}"))
    return pytest.mark.parametrize(("remover", "check"), cases)


def _asked(remover: Remover, declared: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """What a remover claims or declares to fail, with the reason.

    A relation that follows from a notion declared to fail may hold all the same: it is not asked.
    """
    for name in (*(relation.name for relation in RELATIONS), "untraining", "unlearning"):
        if name in declared:
            yield name, declared[name]
        elif claimed(name, remover) and not keys(name, remover) & declared.keys():
            yield name, ""


def _named_once(names: list[str], declared: set[str]) -> None:
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(
            f"removers: {twice[0]!r} is given twice; tests are called by their names, so give each its own"
        )
    strange = sorted(declared - set(names))
    if strange:
        raise ValueError(f"expected: no remover is called {strange[0]!r}; choose from {', '.join(names)}")


def _root() -> int:
    """The session's root seed."""
    ledger = session_ledger()
    return 0 if ledger is None else ledger.options.get("seed", 0)


@functools.lru_cache(maxsize=8)
def _trial(remover: Remover, learner: Learner | None, seed: int) -> Trial:
    """One trial serves all relations of a remover."""
    trained_by, scenario = learner or learners_for(remover)[0], relations_scenario(seed)
    rehearse(remover, trained_by, scenario)
    return Trial(remover, trained_by, scenario, jax.random.key(root_seed(seed)))
