"""`parametrize_with_checks`: the conformance suite as tests of one's own, one to each remover and check."""

import dataclasses
import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import jax

from ...algorithms.base import Learner, Remover
from ...algorithms.programs._foreign import contained
from ...algorithms.programs._reach import reach
from ...formal._numbers import root_seed
from ...formal._types import Real
from ...formal.definitions._definitions import Unlearning, Untraining
from ...formal.definitions._verdict import Status, Verdict
from ..runs._rehearsal import rehearse
from ..runs._subject import mapping, several
from ..runs._trial import Trial
from ..suite._check_suite import aims, claimed, keys, known_names, learners_for, questions, relations_scenario
from ..suite._result import NO_PASS, UNCLAIMED
from ..suite.relations import RELATIONS, Found
from ._assert_holds import assert_holds
from ._handed import judging as judging
from ._handed import noted
from ._pytest_session import session_ledger
from .ledger import active

if TYPE_CHECKING:
    import pytest


CLAIM = "claim"
"""The check that a remover claims a notion, and that what it claims holds somewhere, where its failure is declared."""


@dataclasses.dataclass(frozen=True)
class Check:
    """One check of the suite; call it with the remover inside a test.

    Args:
        name: of a relation, "untraining" or "unlearning"; "claim" of a remover that claims neither, or that declares a
            notion it claims to fail.
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
        """Raise AssertionError unless it holds, or fails as declared; skip a relation that does not apply.

        A test that catches what this raises fails of it all the same.
        """
        with noted(self, remover):
            self._judge(remover)

    def _judge(self, remover: Remover) -> None:
        import pytest

        if self.name == CLAIM:
            return self._claims(remover)
        finding = self.evaluate(remover)
        if finding.status is None:
            pytest.skip(finding.evidence)
        if self.why and finding.status is Status.REFUTED:
            pytest.xfail(f"{self.why}: {finding.evidence}")
        if self.why and finding.status is Status.SATISFIED:
            raise AssertionError(f"{self} of {remover} was to fail ({self.why}), but holds; drop it from expected")
        if finding.status is Status.REFUTED or not (finding.status is Status.SATISFIED or self._allowed()):
            raise AssertionError(f"{self} of {remover}: {finding.evidence}")

    def evaluate(self, remover: Remover) -> Found:
        """What the relation, or the definition in the scenarios of the suite, says of the remover."""
        seed = _root()
        relation = next((each for each in RELATIONS if each.name == self.name), None)
        if relation is None:
            return self._defined(remover, seed)
        with contained(f"{self} of {remover}"):
            trained_by = self.learner_of(remover)[0]
            trial = shared_trial(remover, trained_by, seed, reach(remover, trained_by))
        return relation.evaluate(trial)

    def _defined(self, remover: Remover, seed: int) -> Found:
        """The definition in every scenario of the suite, up to the first that refutes it."""
        verdicts: list[Verdict] = []
        for verdict in self._verdicts(self.name, remover, seed):
            if isinstance(verdict, AssertionError):
                if not self.why:
                    raise verdict
                return Found(Status.REFUTED, str(verdict))
            verdicts.append(verdict)
        return _summed(verdicts)

    def _verdicts(self, name: str, remover: Remover, seed: int) -> Iterator[Verdict | AssertionError]:
        """Of a definition in the scenarios of the suite; of one that refutes it, what is raised."""
        for question in questions(remover, self.learner_of(remover), *self.definitions, seed):
            if question.definition.name != name:
                continue
            subject = question.definition, remover, question.learner, question.scenario
            try:
                # The suite as a whole must have power, and be decided: some scenarios cannot tell on purpose.
                yield assert_holds(*subject, seed=seed, allow_inconclusive=True, require_power=False)
            except AssertionError as error:
                if not str(error).startswith(Status.REFUTED.name):
                    raise
                yield error

    def _claims(self, remover: Remover) -> None:
        """Raise unless a notion is claimed, and each of them passes somewhere with power, as in `check_suite`."""
        if not aims(remover):
            raise AssertionError(f"INCONCLUSIVE: {UNCLAIMED.format(remover)}")
        for notion in sorted(aims(remover)):
            verdicts = self._verdicts(notion, remover, _root())
            if not any(isinstance(verdict, Verdict) and _told(verdict) for verdict in verdicts):
                raise AssertionError(f"INCONCLUSIVE: {NO_PASS.format(remover, notion)}")

    def _allowed(self) -> bool:
        ledger = active() or session_ledger()
        return self.allow_inconclusive or (ledger is not None and ledger.allow_inconclusive)

    def learner_of(self, remover: Remover) -> tuple[Learner, ...]:
        """The learners it is run on."""
        return (self.learner,) if self.learner else learners_for(remover)

    def __repr__(self) -> str:
        return self.name


def _told(verdict: Verdict) -> bool:
    """Whether it is a pass that doing nothing would not get."""
    return verdict.status is Status.SATISFIED and verdict.power.tells


def _summed(verdicts: list[Verdict]) -> Found:
    """What a definition's verdicts say together, as in a suite: no pass where one is open, or where none has power."""
    left = [verdict for verdict in verdicts if verdict.status is not Status.SATISFIED]
    if left:
        return Found(Status.INCONCLUSIVE, str(left[0]))
    if not any(map(_told, verdicts)):
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
    failure is reported as xfailed, and one that holds fails; where it is of a notion that the remover claims, one test
    more fails unless that notion passes with power in another scenario. A relation that does not apply is skipped; a
    definition never is. One that is undecided in a scenario fails, and one of which no pass has power; so does a test
    that does not call the check on its remover, or that catches what it raises.

    Args:
        removers: what is tested.
        learner: A, for all of them; as in `check_suite`.
        expected: declared failures, by the remover's name: see `check_suite`.
        epsilon, delta: of the claim.
        allow_inconclusive: let a definition pass that is undecided, or that holds without power.

    Returns:
        The decorator; tests are called `remover-check`.

    Raises:
        ValueError: no remover, or what is none; an unknown check or remover in `expected`; the same name twice.

    >>> import neverseen as ns
    >>> @ns.testing.parametrize_with_checks([ns.removers.retrain()], learner=ns.learners.ridge())
    ... def test_removers(remover, check):
    ...     check(remover)
    >>> [case.id for case in test_removers.pytestmark[0].args[1]][:2]
    ['retrain-pure', 'retrain-deterministic']
    """
    import pytest

    listed = several(removers)
    by_name = mapping(expected, "{'mine': {'unlearning': 'it is not told S_full'}}")
    declared = {name: known_names(why) for name, why in by_name.items()}
    _named_once([str(remover) for remover in listed], set(declared))
    definitions = Untraining(epsilon, delta), Unlearning(epsilon, delta)
    cases: list[Any] = []
    for remover in listed:
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
    if not aims(remover) or aims(remover) & declared.keys():
        yield CLAIM, ""


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
    ledger = active() or session_ledger()
    return 0 if ledger is None else ledger.options.get("seed", 0)


@functools.lru_cache(maxsize=2)
def shared_trial(remover: Remover, learner: Learner, seed: int, reached: str) -> Trial:
    """One trial serves all relations of a remover, as long as what the two can look at stays as it is.

    Args:
        remover, learner: as in `check`.
        seed: root seed.
        reached: a digest of what the two can look at.

    >>> import neverseen as ns
    >>> shared_trial(ns.removers.retrain(), ns.learners.ridge(), 0, "").runs
    0
    """
    del reached
    scenario = relations_scenario(seed)
    rehearse(remover, learner, scenario)
    return Trial(remover, learner, scenario, jax.random.key(root_seed(seed)))


def forget_trials() -> None:
    """Let go of the runs that relations shared; the session is over.

    >>> forget_trials()
    """
    shared_trial.cache_clear()
