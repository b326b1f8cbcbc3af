"""Routes that draw no sample: laws known exactly (finite) or in closed form (our own Gaussian output noise)."""

import time
from collections.abc import Hashable
from fractions import Fraction
from importlib.util import find_spec
from typing import Any

import jax
import numpy as np
from jax.flatten_util import ravel_pytree

from ...algorithms._own import law_is_own
from ...algorithms.base import Learner, Remover
from ...formal.closeness import Bracket
from ...formal.definitions._definitions import Definition, reference_rows
from ...formal.definitions._scenario import Scenario
from ...formal.definitions._verdict import Evidence, Power, Route, Status, Verdict, Witness
from ...formal.laws._finite import Law
from ...formal.laws._finite_closeness import delta_bracket, epsilon_bracket
from ...formal.laws._finite_learners import FiniteLearner, FiniteRemover, removed_law, without
from ...formal.laws._gaussian import Gaussian, least_delta, least_epsilon
from ...formal.laws._gaussian_certified import certified_delta
from ...formal.laws._worlds import World
from ..engine._provenance import environment

_NO_EVIDENCE = Evidence((), (), (), "", (), (), (), None)


def check_finite(definition: Definition, remover: FiniteRemover, learner: FiniteLearner, world: World) -> Verdict:
    """Decide in a finite world, in exact arithmetic: no sample, no error.

    ε and δ are taken as the exact numbers the floats stand for; e^ε is bracketed by rationals.

    Args:
        definition: the claim; level *dataset* for unlearning.
        remover, learner: exact kernels.
        world: D, S and S_full.

    Returns:
        The verdict over all events, by route *exact*; INCONCLUSIVE only where δ(ε) equals δ to 300 digits. A pass says
        what the same arithmetic says of the original.

    Raises:
        ValueError: level *distribution*, which a single world does not have.

    >>> from neverseen.formal import Untraining
    >>> from neverseen.formal.laws._finite import point
    >>> from neverseen.formal.laws._finite_learners import empirical_histogram, identity, retrain
    >>> learner, world = empirical_histogram(point("none")), World(("a", "b"), ("a",), ("a",))
    >>> [check_finite(Untraining(1.0, 0.05), r, learner, world).status.name for r in (identity(), retrain(learner))]
    ['REFUTED', 'SATISFIED']
    """
    started = time.perf_counter()
    if definition.redraws:
        raise ValueError("level: a finite world is one dataset; use level='dataset'")
    removed = removed_law(learner, remover, world.data, world.forget)
    left = without(world.data, definition.unseen(world.forget, world.behaviour))
    reference, original = learner.law(left), learner.law(world.data)
    epsilon, delta = Fraction(definition.epsilon), Fraction(definition.delta)
    low, high = delta_bracket(removed, reference, epsilon=epsilon, bits=1000)
    nothing = _status(*delta_bracket(original, reference, epsilon=epsilon, bits=1000), delta)
    bounds = epsilon_bracket(removed, reference, delta=delta)
    lower, upper = (float("inf"), None) if bounds is None else (float(bounds[0]), float(bounds[1]))
    return _verdict(
        definition, Route.EXACT, f"{remover.name} on {learner.name} in {world}", Bracket(float(low), float(high)),
        _status(low, high, delta), (lower, upper), _event(removed, reference, definition.epsilon), started,
        Power(nothing, same=len(left) == len(world.data)), (len(world.data), len(world.forget), len(world.behaviour)),
    )  # fmt: skip


def check_gaussian(definition: Definition, remover: Remover, learner: Learner, scenario: Scenario) -> Verdict | None:
    """Decide where both arms publish a deterministic model plus the same Gaussian noise: no sample is drawn.

    Only where learner and remover are this library's own values, built from its own: what a user declares, or makes of
    ours by `dataclasses.replace`, is a hypothesis, and is tested on runs (`check` by the other routes).

    With centres c_u, c_r and noise σ in every parameter, δ(ε) = Φ(q/2 − ε/q) − e^ε Φ(−q/2 − ε/q) in both directions,
    q = ‖c_u − c_r‖ / σ (Balle & Wang 2018, arXiv 1805.06530): over all events, of the laws with ideal noise. A pass
    says what the same formula says of the original's centre.

    Args:
        definition, remover, learner, scenario: as in `check`.

    Returns:
        The verdict by route *analytic*; None where the laws are not our own or a centre is random.

    >>> import neverseen as ns
    >>> learner = ns.learners.noisy(ns.learners.ridge(), sigma=0.1)
    >>> claim, scenario = ns.Untraining(1.0, 0.05), ns.scenarios.breast_cancer()
    >>> check_gaussian(claim, ns.removers.retrain(), learner, scenario).status.name
    'SATISFIED'
    >>> check_gaussian(claim, ns.removers.do_nothing(), learner, scenario).status.name
    'REFUTED'
    """
    noise, centre = learner.noise, remover.centre
    if noise is None or centre is None or definition.redraws or not law_is_own(remover, learner):
        return None
    started = time.perf_counter()
    rows, forget, ignored = scenario.rows, scenario.forget, jax.random.key(0)
    extra = {need: getattr(scenario, need) for need in remover.needs}
    trained, left = noise.centre(ignored, rows), reference_rows(definition, rows, forget, scenario.behaviour)
    published, target = centre(ignored, learner, trained, rows, forget, **extra), noise.centre(ignored, left)
    distance, idle = (_apart(model, target) / noise.sigma for model in (published, trained))
    if not np.isfinite(distance):
        return None
    attained = _attained(definition, distance)
    p, q = _apart_by(distance)
    epsilon = least_epsilon(p, q, float(definition.delta))
    same = bool((left.present == rows.present).all())
    sizes = tuple(int(mask.sum()) for mask in (rows.present, forget, scenario.behaviour))
    event = f"the noise along the shift exceeds its likelihood-ratio cut (the arms lie {distance:.4g} σ apart)"
    return _verdict(
        definition, Route.ANALYTIC, f"{remover} on {learner} in {scenario}", attained,
        _status(attained.lower, attained.upper, definition.delta), (epsilon.lower, epsilon.upper),
        _cut(distance, definition.epsilon, event), started, _idle(definition, idle, same), sizes,
    )  # fmt: skip


def _apart(one: Any, other: Any) -> float:
    """The Euclidean distance of two trees of parameters."""
    ends = [np.asarray(ravel_pytree(model)[0], np.float64) for model in (one, other)]
    return float(np.linalg.norm(ends[0] - ends[1]))


def _apart_by(distance: float) -> tuple[Gaussian, Gaussian]:
    return Gaussian(np.array([distance]), np.eye(1)), Gaussian(np.array([0.0]), np.eye(1))


def _attained(definition: Definition, distance: float) -> Bracket:
    """δ(ε; q), by certified digits where rounding alone stands between the claim's δ and the bracket."""
    bracket = least_delta(*_apart_by(distance), float(definition.epsilon))
    if bracket.lower <= definition.delta < bracket.upper and find_spec("flint") is not None:
        return certified_delta(float(definition.epsilon), distance)
    return bracket


def _idle(definition: Definition, distance: float, same: bool) -> Power:
    """What the formula says of doing nothing: of an original so far from the reference."""
    if not np.isfinite(distance):
        return Power(same=same)
    bracket = _attained(definition, distance)
    return Power(_status(bracket.lower, bracket.upper, definition.delta), same=same)


def _status(low: Any, high: Any, delta: Any) -> Status:
    if high <= delta:
        return Status.SATISFIED
    return Status.REFUTED if low > delta else Status.INCONCLUSIVE


def _event(removed: Law, reference: Law, epsilon: float) -> Witness:
    """The event on which the claim is broken most, or comes nearest to it: {p > e^ε q} or {q > e^ε p}."""
    gamma = float(np.exp(epsilon))
    p, q = removed.table, reference.table

    def where(a: dict[Hashable, Fraction], b: dict[Hashable, Fraction]) -> list[Hashable]:
        return [o for o in a if a[o] > gamma * b.get(o, Fraction(0))]

    forward, backward = where(dict(p), dict(q)), where(dict(q), dict(p))

    def masses(event: list[Hashable]) -> tuple[float, float]:
        return (float(sum(p.get(o, Fraction(0)) for o in event)), float(sum(q.get(o, Fraction(0)) for o in event)))

    ahead, behind = masses(forward), masses(backward)
    gain = ahead[0] - gamma * ahead[1] >= behind[1] - gamma * behind[0]
    event, (at_removed, at_reference) = (forward, ahead) if gain else (backward, behind)
    points = ", ".join(map(str, event[:6])) + (", …" if len(event) > 6 else "")
    return Witness("the published model", f"the model is one of {{{points}}}", at_removed, at_reference, 0)


def _cut(distance: float, epsilon: float, event: str) -> Witness:
    """The optimal event of two equal Gaussians: a half-space where the likelihood ratio is e^ε."""
    from scipy.special import ndtr

    if distance == 0:
        return Witness("parameters", event, 0.0, 0.0, 0)
    at = epsilon / distance + distance / 2
    return Witness("parameters", event, float(ndtr(distance - at)), float(ndtr(-at)), 0)


def _verdict(
    definition: Definition,
    route: Route,
    subject: str,
    delta: Bracket,
    status: Status,
    epsilon: tuple[float, float | None],
    witness: Witness,
    started: float,
    power: Power,
    sizes: tuple[int, ...],
) -> Verdict:
    provenance = environment() | {"delta_lower": delta.lower, "delta_upper": delta.upper}
    return Verdict(
        status=status, definition=definition, route=route, scope="all events", subject=subject, alpha=0.0, beta=0.0,
        tolerance=0.0, pairs=0, budget=0, epsilon_lower=epsilon[0], epsilon_upper=epsilon[1], witness=witness,
        evidence=_NO_EVIDENCE, provenance=provenance, seconds=time.perf_counter() - started,
        power=power if status is Status.SATISFIED else Power(), sizes=(sizes[0], sizes[1], sizes[2]),
    )  # fmt: skip
