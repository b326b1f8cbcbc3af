"""`assert_holds`: a claim as an assertion, paid for by the ledger of the run."""

import os
from typing import Any

import hypothesis

from ..algorithms.base import Learner, Remover
from ..formal.definitions import Definition
from ..formal.finite_learners import FiniteLearner, FiniteRemover
from ..formal.scenario import Scenario
from ..formal.verdict import Status, Verdict
from ..formal.worlds import World
from ._question import Question
from .ledger import Failure, Ledger, active
from .pytest_plugin import session_ledger


def assert_holds(
    definition: Definition,
    remover: Remover | FiniteRemover,
    learner: Learner | FiniteLearner,
    scenario: Scenario | World,
    *,
    require_conclusive: bool = False,
    **options: Any,
) -> Verdict:
    """Raise AssertionError where `check` refutes the claim; for tests.

    Under pytest, or inside `ledger.spending`, α is the ledger's, an equal share of the run's budget, and an `alpha`
    given here counts only where it is smaller. A replay is answered from memory. Of a refuted property the example
    that the search ends with is looked at again, on a stream of its own, and the message names it, the first
    one, and whether the second look agreed. Elsewhere α is `check`'s.

    Inside a Hypothesis test the status is counted with `hypothesis.event`, and the search is steered by the
    wealth of the evidence. INCONCLUSIVE is no pass: it is returned, counted, and raised on request. Past the ledger's
    cap nothing is drawn and the answer is INCONCLUSIVE; it is not raised while a failure is being shrunk, so that
    the search ends with what it has found.

    Args:
        definition, remover, learner, scenario, options: see `check`.
        require_conclusive: raise on INCONCLUSIVE as well.

    Returns:
        The verdict, where it does not raise.

    Raises:
        AssertionError: with the verdict's sentence.
        ValueError: see `check`.

    >>> import neverseen as ns
    >>> held = assert_holds(ns.Untraining(1.0, 0.05), ns.removers.retrain(), ns.learners.nearest_neighbour(),
    ...                     ns.scenarios.figure1())
    >>> held.status.name
    'SATISFIED'
    """
    ledger, asked = active() or session_ledger(), (definition, remover, learner, scenario)
    if ledger is None:
        question = Question(*asked, options)
        verdict = question.decide()
    else:
        question = ledger.question(*asked, options=options, test=_test())
        verdict = ledger.evaluate(question)
    _tell_hypothesis(verdict)
    # Two lines, so that Hypothesis shrinks neither outcome into the other.
    if verdict.status is Status.REFUTED:
        raise AssertionError(_story(ledger, question, verdict))
    if verdict.status is Status.INCONCLUSIVE and _must_conclude(ledger, question, verdict, require_conclusive):
        raise AssertionError(_advised(verdict))
    return verdict


def last_replay() -> bool | None:
    """Whether what runs now is the run whose failure is reported: any outside Hypothesis, and its final replay.

    Hypothesis has no public word for it: its build context is asked, and None is the answer where it does not know.

    >>> last_replay()
    True
    """
    if not hypothesis.currently_in_test_context():
        return True
    try:
        from hypothesis.control import current_build_context

        return bool(current_build_context().is_final)
    except (ImportError, AttributeError):
        return None


def _test() -> str:
    """The test that pytest runs now."""
    return os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]


def _tell_hypothesis(verdict: Verdict) -> None:
    if not hypothesis.currently_in_test_context():
        return
    past = " (past the cap)" if verdict.provenance.get("past_cap") else ""
    hypothesis.event(f"{verdict.definition.id}: {verdict.status.name}{past}")
    if verdict.evidence.log_wealth:
        hypothesis.target(max(verdict.evidence.log_wealth), label=f"log wealth against {verdict.definition.id}")


def _must_conclude(ledger: Ledger | None, question: Question, verdict: Verdict, asked: bool) -> bool:
    if ledger is None:
        return asked
    shrinking = "past_cap" in verdict.provenance and question.subject in ledger.failures
    return (asked or ledger.require_conclusive) and not shrinking


def _advised(verdict: Verdict) -> str:
    if "past_cap" not in verdict.provenance:
        return str(verdict)
    return f"{verdict}\nNothing was drawn, as the run's evaluations are spent; raise --neverseen-evaluations."


def _story(ledger: Ledger | None, question: Question, verdict: Verdict) -> str:
    """The sentence; at the end of a search also the minimal and the first scenario, and the second look."""
    last = last_replay()
    if ledger is None or last is False:
        return str(verdict)
    if last is None:
        silent = "none: this version of Hypothesis does not say which replay is its last"
        return _told(verdict, question, ledger.failures[question.subject].first, silent)
    failure = ledger.confirm(question, verdict)
    return _told(verdict, question, failure.first, _second_look(failure))


def _told(verdict: Verdict, question: Question, first: Verdict, confirmation: str) -> str:
    return (
        f"{verdict}\nminimal failing scenario: {question.scenario}\n"
        f"first failing scenario: {first.provenance.get('scenario', question.scenario)}\n"
        f"confirmation: {confirmation}"
    )


def _second_look(failure: Failure) -> str:
    if failure.confirmed is None:
        return "none: the run's evaluations are spent; raise --neverseen-evaluations"
    if failure.confirmation is None:
        return "not needed: no sample was drawn"
    agreed = "held" if failure.confirmed else "DID NOT HOLD"
    seed = failure.confirmation.provenance["seed"]
    return f"{agreed} on an independent stream (seed {seed}): {failure.confirmation}"
