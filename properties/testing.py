"""`parametrize_with_checks`: the conformance suite as tests of one's own, one to each remover and check."""

import dataclasses
import functools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import jax

from ..algorithms._foreign import contained
from ..algorithms.base import Learner, Remover
from ..formal._numbers import root_seed
from ..formal._types import Real
from ..formal.definitions import Unlearning, Untraining
from ..formal.verdict import Status, Verdict
from ._suite import UNCLAIMED
from ._trial import Trial
from .assertions import assert_holds
from .ledger import active
from .pytest_plugin import session_ledger
from .rehearsal import rehearse
from .relations import RELATIONS, Found
from .suite import aims, claimed, keys, known_names, learners_for, questions, relations_scenario

if TYPE_CHECKING:
    import pytest


CLAIM = "claim"
"""The check that a remover claims a notion at all."""


@dataclasses.dataclass(frozen=True)
class Check:
    """One check of the suite; call it with the remover inside a test.

    Args:
        name: of a relation, "untraining" or "unlearning"; "claim" of a remover that claims neither.
        learner: A; as in `check_suite`.
        definitions: what "untraining" and "unlearning" claim.
        why: the reason why it is to fail; "" where it is to hold.
        allow_inconclusive: whether an undecided definition, or one that holds without power, passes.

    >>> Check("unlearning", None, (Untraining(1.0, 0.05), Unlearning(1.0, 0.05)))
    unlearning
    """

    name: str
    learner: Learner | None
    definitions: tuple[Untraining, Unlearning]
    why: str = ""
    allow_inconclusive: bool = False

    def __call__(self, remover: Remover) -> None:
        """Raise AssertionError unless it holds, or fails as declared; skip a relation that does not apply."""
        import pytest

        if self.name == CLAIM:
            raise AssertionError(f"INCONCLUSIVE: {UNCLAIMED.format(remover)}")
        found = self.found(remover)
        if found.status is None:
            pytest.skip(found.evidence)
        if self.why and found.status is Status.REFUTED:
            pytest.xfail(f"{self.why}: {found.evidence}")
        if self.why and found.status is Status.SATISFIED:
            raise AssertionError(f"{self} of {remover} was to fail ({self.why}), but holds; drop it from expected")
        if found.status is Status.REFUTED or not (found.status is Status.SATISFIED or self._allowed()):
            raise AssertionError(f"{self} of {remover}: {found.evidence}")

    def found(self, remover: Remover) -> Found:
        """What the relation, or the definition in the scenarios of the suite, says of the remover."""
        seed = _root()
        relation = next((each for each in RELATIONS if each.name == self.name), None)
        if relation is None:
            return self._defined(remover, seed)
        with contained(f"{self} of {remover}"):
            trial = _trial(remover, self.learner, seed)
        return relation.found(trial)

    def _defined(self, remover: Remover, seed: int) -> Found:
        """The definition in every scenario of the suite, up to the first that refutes it."""
        verdicts: list[Verdict] = []
        for question in questions(remover, self.learner_of(remover), *self.definitions, seed):
            if question.definition.name != self.name:
                continue
            asked = question.definition, remover, question.learner, question.scenario
            try:
                # The suite as a whole must have power, and be decided: some scenarios cannot tell on purpose.
                held = assert_holds(*asked, seed=seed, allow_inconclusive=True, require_power=False)
            except AssertionError as error:
                if not (self.why and str(error).startswith(Status.REFUTED.name)):
                    raise
                return Found(Status.REFUTED, str(error))
            verdicts.append(held)
        return _summed(verdicts)

    def _allowed(self) -> bool:
        ledger = active() or session_ledger()
        return self.allow_inconclusive or (ledger is not None and ledger.allow_inconclusive)

    def learner_of(self, remover: Remover) -> tuple[Learner, ...]:
        """The learners it is run on."""
        return (self.learner,) if self.learner else learners_for(remover)

    def __repr__(self) -> str:
        return self.name


def _summed(verdicts: list[Verdict]) -> Found:
    """What a definition's verdicts say together, as in a suite: no pass where one is open, or where none has power."""
    left = [verdict for verdict in verdicts if verdict.status is not Status.SATISFIED]
    if left:
        return Found(Status.INCONCLUSIVE, str(left[0]))
    if not any(verdict.power.tells for verdict in verdicts):
        none = f"INCONCLUSIVE: all {len(verdicts)} scenarios of the suite pass, none with power"
        return Found(Status.INCONCLUSIVE, f"{none}: {'; '.join(dict.fromkeys(str(v.power) for v in verdicts))}")
    return Found(Status.SATISFIED, "every scenario of the suite")


def parametrize_with_checks(
    removers: Iterable[Remover],
    *,
    learner: Learner | None = None,
    expected: Mapping[str, Mapping[str, str]] | None = None,
    epsilon: Real = 1.0,
    delta: Real = 0.05,
    allow_inconclusive: bool = False,
) -> "pytest.MarkDecorator":
    """Decorate a test of `(remover, check)`: it runs once for every remover and everything it claims.

    The checks are those of `check_suite`, in its order. Relations spend nothing; a definition is asked by
    `assert_holds`, in all scenarios of the suite, and spends from the ledger of the session: `--neverseen-alpha`,
    `--neverseen-budget`, `--neverseen-seed` and `--neverseen-allow-inconclusive` hold. What a remover does not claim
    is no test, and one that claims neither notion has a test that fails for that: nothing would be judged. A declared
    failure is reported as xfailed, and one that holds fails. A relation that does not apply is skipped; a definition
    never is. One that is undecided in a scenario fails, and one of which no pass has power.

    Args:
        removers: what is tested.
        learner: A, for all of them; as in `check_suite`.
        expected: declared failures, by the remover's name: see `check_suite`.
        epsilon, delta: of the claim.
        allow_inconclusive: let a definition pass that is undecided, or that holds without power.

    Returns:
        The decorator; tests are called `remover-check`.

    Raises:
        ValueError: no remover; an unknown check or remover in `expected`; the same name twice.

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
            check = Check(name, learner, definitions, why, allow_inconclusive)
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
    if not aims(remover) and not {"untraining", "unlearning"} & declared.keys():
        yield CLAIM, ""


def _named_once(names: list[str], declared: set[str]) -> None:
    if not names:
        raise ValueError("removers: none is given, so nothing would be tested")
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
    ledger = active() or session_ledger()
    return 0 if ledger is None else ledger.options.get("seed", 0)


@functools.lru_cache(maxsize=8)
def _trial(remover: Remover, learner: Learner | None, seed: int) -> Trial:
    """One trial serves all relations of a remover."""
    trained_by, scenario = learner or learners_for(remover)[0], relations_scenario(seed)
    rehearse(remover, trained_by, scenario)
    return Trial(remover, trained_by, scenario, jax.random.key(root_seed(seed)))
