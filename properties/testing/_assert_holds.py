"""`assert_holds`: a claim as an assertion, paid for by the ledger of the run."""

import os
from typing import Any

from ...algorithms.base import Learner, Remover
from ...algorithms.programs._foreign import contained
from ...formal.definitions._definitions import Definition
from ...formal.definitions._scenario import Scenario
from ...formal.definitions._verdict import Status, Verdict
from ...formal.laws._finite_learners import FiniteLearner, FiniteRemover
from ...formal.laws._worlds import World
from ..checks._question import Question
from ..runs._subject import subject
from ._pytest_session import session_ledger
from ._search import has_refuted, last_replay, note_refuted, tell, untimed, unwatched
from .ledger import Failure, Ledger, active


def assert_holds(
    definition: Definition,
    remover: Remover | FiniteRemover,
    learner: Learner | FiniteLearner,
    scenario: Scenario | World,
    *,
    allow_inconclusive: bool = False,
    require_power: bool | None = None,
    **options: Any,
) -> Verdict:
    """Raise AssertionError unless `check` finds that the claim holds; for tests.

    Under pytest, or inside `ledger.spending`, α is the ledger's, an equal share of the run's budget, and an `alpha`
    given here counts only where it is smaller. A replay is answered from memory. Of a refuted property the example
    that the search ends with is looked at again, on a stream of its own, and the message names it, the first
    one, and whether the second look agreed. Elsewhere α is `check`'s.

    INCONCLUSIVE is no pass: it raises, unless it is allowed here or by `--neverseen-allow-inconclusive`. Past the
    ledger's cap nothing is drawn, and that raises whatever is allowed.

    Inside a Hypothesis test the status is counted with `hypothesis.event`, the search is steered by the wealth of the
    evidence, and the time it takes is not held against Hypothesis' deadline. Once the search that runs has refuted the
    property, INCONCLUSIVE is returned, so that it ends with what it has found.

    Args:
        definition, remover, learner, scenario, options: see `check`.
        allow_inconclusive: return INCONCLUSIVE too.
        require_power: raise on a SATISFIED of which it is not known that doing nothing would have been refuted, as if
            it were INCONCLUSIVE; `--neverseen-require-power` decides when left out.

    Returns:
        The verdict, where it does not raise.

    Raises:
        AssertionError: with the verdict's sentence.
        ValueError: see `check`; a remover or learner that skips the test or ends the process.

    >>> import neverseen as ns
    >>> held = assert_holds(ns.Untraining(1.0, 0.05), ns.removers.retrain(), ns.learners.nearest_neighbour(),
    ...                     ns.scenarios.figure1())
    >>> held.status.name
    'SATISFIED'
    """
    subject(finite=True, definition=definition, remover=remover, learner=learner, scenario=scenario)
    ledger, about = active() or session_ledger(), (definition, remover, learner, scenario)
    with untimed(), unwatched(), contained(f"{remover} on {learner}"):
        if ledger is None:
            question = Question(*about, options)
            verdict = question.decide()
        else:
            question = ledger.question(*about, options=options, test=_test())
            verdict = ledger.evaluate(question)
    tell(verdict)
    # Two lines, so that Hypothesis shrinks neither outcome into the other.
    if verdict.status is Status.REFUTED:
        note_refuted(question.subject)
        with untimed(), unwatched(), contained(f"{remover} on {learner}"):
            story = _story(ledger, question, verdict)
        raise AssertionError(story)
    allowed = allow_inconclusive or (ledger is not None and ledger.allow_inconclusive)
    powerful = require_power if require_power is not None else ledger is not None and ledger.require_power
    undecided = _undecided(verdict, powerful, allowed)
    if undecided and not has_refuted(question.subject):
        raise AssertionError(undecided)
    return verdict


def _test() -> str:
    """The test that pytest runs now."""
    return os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]


def _undecided(verdict: Verdict, require_power: bool, allowed: bool) -> str:
    """Why the verdict is no pass; "" where it is one, or where being undecided is allowed."""
    if verdict.provenance.get("past_cap"):
        return (
            f"INCONCLUSIVE: the error budget of this run is used up, so nothing was drawn for {verdict.subject}; "
            "raise --neverseen-evaluations"
        )
    if allowed:
        return ""
    if verdict.status is Status.INCONCLUSIVE:
        return str(verdict)
    if require_power and not verdict.power.tells:
        return f"INCONCLUSIVE: it passed, but power is required, and {verdict.power}. It said: {verdict}"
    return ""


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
    if failure.confirmation is None:
        return "not needed: no sample was drawn"
    agreed = "held" if failure.confirmed else "DID NOT HOLD"
    seed = failure.confirmation.provenance["seed"]
    return f"{agreed} on an independent stream (seed {seed}): {failure.confirmation}"
