"""Every faulty remover in a scenario where its violation θ exceeds δ by a known amount.

θ and the pairs an oracle needs are committed with the case. `benchmarks/faulty.py` computes both: θ in closed form, or
as Clopper–Pearson's lower bound from 10 240 pairs at error 10⁻⁶, fitted to nothing in them; the oracle bets on its
event alone, in the right direction, with the best fixed stake, at α = 10⁻⁴.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import norm

from ...algorithms.base import Learner, Remover
from ...algorithms.learners import logistic, nearest_neighbour, ridge
from ...algorithms.learners import noisy as noisy_learner
from ...algorithms.removers import faulty
from ...algorithms.removers.faulty._training import heavy_ball
from ...algorithms.removers.wrappers import noisy
from ...formal._types import Real
from ...formal.definitions._definitions import Definition, Unlearning, Untraining
from ...formal.definitions._scenario import Scenario
from ..runs.observables import LOSS
from ..scenarios import blobs, breast_cancer, figure1
from ._fault import FAULT_GRAIN as FAULT_GRAIN
from ._fault import Fault as Fault
from ._fault import centres as centres
from ._fault import oracle_events as oracle_events
from ._fault import undeclared as undeclared
from ._oracles import Oracle, OraclePoint, beyond, concentrated, shifted

UNTRAINING = Untraining(1.0, 0.05)
UNLEARNING = Unlearning(1.0, 0.05)


def _wide(sigma: Real) -> float:
    """The noise of a view of parameters: the learner's own and the grain."""
    return float(np.hypot(sigma, FAULT_GRAIN))


def _blobs(size: int = 8) -> Scenario:
    """31 rows in three dimensions: 8 parameters, one row of padding."""
    return blobs(size=size, rows=31, dims=3)


def _moved(
    remover: Remover,
    right: Remover,
    scenario: Scenario,
    sigma: Real,
    figures: tuple[float, int],
    *,
    penalty: Real = 1.0,
    definition: Definition = UNTRAINING,
) -> Fault:
    """Noisy ridge whose centre the fault moves: Gaussians of one size, exact in closed form."""
    learner = noisy_learner(ridge(penalty), sigma) if sigma else ridge(penalty)
    c_u, c_r, _ = centres(remover, learner, scenario, definition)
    oracle = shifted(c_u, c_r, _wide(sigma), definition.epsilon)
    return Fault(remover, right, learner, scenario, definition, oracle, *figures)


def _stepped(
    make: Callable[..., Remover], mend: dict[str, Any], sigma: Real, figures: tuple[float, int], **options: Any
) -> Fault:
    """A faulty Newton step on the model before its noise, published with fresh noise."""
    return _moved(undeclared(noisy(make())), undeclared(noisy(make(**mend))), _blobs(), sigma, figures, **options)


def _published(
    make: Callable[..., Remover],
    mend: dict[str, Any],
    figures: tuple[float, int],
    oracle: Callable[[OraclePoint, OraclePoint], Oracle],
) -> Fault:
    """A fault of the noise itself, on noisy ridge, σ = .1; the oracle is made of the centre and a published model."""
    learner, scenario = noisy_learner(ridge(1.0), 0.1), _blobs()
    _, c_r, published = centres(make(), learner, scenario, UNTRAINING)
    return Fault(make(), make(**mend), learner, scenario, UNTRAINING, oracle(c_r, published), *figures)


def _half(c_r: OraclePoint, published: OraclePoint) -> Oracle:
    del published
    return concentrated(c_r, _wide(0.05), _wide(0.1), 1.0)


def _common(c_r: OraclePoint, published: OraclePoint) -> Oracle:
    del published
    return concentrated(c_r, FAULT_GRAIN, _wide(0.1), 1.0, lost=1)


def _atom(c_r: OraclePoint, published: OraclePoint) -> Oracle:
    return concentrated(published, FAULT_GRAIN, _wide(0.1), 1.0, away=float(np.linalg.norm(published - c_r)))


def _part(c_r: OraclePoint, published: OraclePoint) -> Oracle:
    del published
    inside = concentrated(c_r[-2:], FAULT_GRAIN, _wide(0.1), 1.0)
    words = inside.event.replace("they lie", "the last two lie")
    return dataclasses.replace(inside, event=words, occurs=lambda runs: inside.occurs(runs[:, -2:]))


def _upwards(c_r: OraclePoint, published: OraclePoint) -> Oracle:
    del published
    learner, scenario = ridge(1.0), _blobs()
    wanted = scenario.rows.only(scenario.forget)
    slope = jax.grad(lambda flat: learner.mean_loss(flat.reshape(4, 2), wanted))(jnp.asarray(c_r))
    upwards = np.asarray(slope / jnp.linalg.norm(slope), float)
    # The loss is quadratic, so its odd part is the slope. Under the fault only the grain can lead three grains down.
    return Oracle(
        "parameters",
        "they lie down the slope of the loss on S from their centre",
        lambda runs: (runs - c_r) @ upwards < -3 * FAULT_GRAIN,
        False,
        (float(norm.cdf(-3)), float(norm.cdf(-3 * FAULT_GRAIN / _wide(0.1)))),
    )


def _apart(
    make: Callable[..., Remover],
    mend: dict[str, Any],
    figures: tuple[float, int],
    oracle: Oracle,
    *,
    learner: Learner | None = None,
    scenario: Scenario | None = None,
    definition: Definition = UNTRAINING,
) -> Fault:
    """A fault whose oracle looks at one loss; by default 1-nearest-neighbour on the figure, where nothing is random."""
    return Fault(
        make(), make(**mend), learner or nearest_neighbour(), scenario or figure1(), definition, oracle, *figures
    )


def _fixed_key() -> Fault:
    learner, scenario = logistic(batch=8, epochs=5), _blobs()
    kept = scenario.rows.without(scenario.forget)
    published = np.asarray(learner.fit(jax.random.key(0), kept).params, float).ravel()

    def occurs(runs: Any) -> Any:
        return np.linalg.norm(runs - published, axis=1) < 8 * FAULT_GRAIN

    oracle = Oracle("parameters", "they lie within 0.008 of one point", occurs, True)
    return Fault(faulty.fixed_key(), faulty.fixed_key(fresh=True), learner, scenario, UNTRAINING, oracle, 0.99, 32)


def _stale_state() -> Fault:
    scenario = _blobs()
    # Without its random start the learner shows where both laws lie.
    c_u, c_r, _ = centres(faulty.stale_state(), heavy_ball(spread=0.0), scenario, UNTRAINING)
    oracle = Oracle(
        "parameters",
        "they lie nearer to the faulty centre than to the right one",
        lambda runs: (runs - (c_u + c_r) / 2) @ (c_u - c_r) > 0,
        True,
    )
    right = faulty.stale_state(reset=True)
    return Fault(faulty.stale_state(), right, heavy_ball(), scenario, UNTRAINING, oracle, 0.99, 32)


def _diverging() -> Fault:
    view = LOSS.on("S")
    oracle = Oracle(view, f"{view} is NaN", lambda runs: np.isnan(runs[:, 0]), True, (1.0, 0.0))
    learner, scenario = ridge(1.0), _blobs()
    return Fault(faulty.diverging(), faulty.no_op(applied=True), learner, scenario, UNTRAINING, oracle, 1.0, 32)


FAULTS: dict[str, Callable[[], Fault]] = {
    name: functools.lru_cache(make)
    for name, make in {
        "averaged_over_all": lambda: _stepped(
            faulty.averaged_over_all, {"scaled": False}, 0.01, (0.886, 38), penalty=5.0
        ),
        "branching": lambda: _apart(
            faulty.branching, {"skips": False}, (0.82, 38), beyond(LOSS.on("S"), 0.13, False, True),
            learner=noisy_learner(ridge(1.0), 0.03), scenario=blobs("class", size=8, rows=31, dims=3),
        ),
        "diverging": _diverging,
        "finetune_only": lambda: _apart(
            faulty.finetune_only, {"restarted": True}, (0.98, 32), beyond(LOSS.on("S"), 2.35, False, True),
            learner=logistic(batch=8, epochs=5), scenario=_blobs(),
        ),
        "fixed_key": _fixed_key,
        "half_forget": lambda: _moved(faulty.half_forget(), faulty.half_forget(every=1), _blobs(), 0.025, (0.896, 35)),
        "leaking_padding": lambda: _moved(
            faulty.leaking_padding(), faulty.leaking_padding(masked=True), _blobs(), 0.009, (0.863, 41)
        ),
        "no_op": lambda: _moved(
            faulty.no_op(), faulty.no_op(applied=True), breast_cancer(size=8, rows=120), 0.15, (0.943, 33)
        ),
        "noisy_at_half": lambda: _published(faulty.noisy_at_half, {"share": 1.0}, (0.67, 63), _half),
        "noisy_in_common": lambda: _published(faulty.noisy_in_common, {"common": False}, (0.999, 32), _common),
        "noisy_in_part": lambda: _published(faulty.noisy_in_part, {"bare": 0}, (0.997, 32), _part),
        "noisy_once": lambda: _published(faulty.noisy_once, {"fresh": True}, (0.999, 32), _atom),
        "noisy_per_request": lambda: _published(faulty.noisy_per_request, {"salted": True}, (0.999, 32), _atom),
        "noisy_upwards": lambda: _published(faulty.noisy_upwards, {"mirrored": False}, (0.484, 72), _upwards),
        "off_by_one": lambda: _moved(faulty.off_by_one(), faulty.off_by_one(shift=0), _blobs(), 0.065, (0.886, 36)),
        "original_sometimes": lambda: _apart(
            faulty.original_sometimes, {"probability": 0.0}, (0.6, 60),
            beyond(LOSS.on("S"), 1.0, False, True, (0.6, 0.0)), definition=Untraining(0.1, 0.3),
        ),
        "ridge_for_least_squares": lambda: _stepped(
            faulty.ridge_for_least_squares, {"penalty": 0.0}, 0.009, (0.908, 35), penalty=1e-3
        ),
        "s_for_s_full": lambda: _moved(
            faulty.s_for_s_full(), faulty.s_for_s_full(full=True), blobs("class", size=8, rows=31, dims=3), 0.15,
            (0.835, 39), definition=UNLEARNING,
        ),
        "s_full_for_s": lambda: _apart(
            faulty.s_full_for_s, {"full": False}, (1.0, 32), beyond(LOSS.on("S_full∖S"), 1.0, True, True, (1.0, 0.0))
        ),
        "scaled_penalty": lambda: _stepped(faulty.scaled_penalty, {"scaled": False}, 0.009, (0.853, 41), penalty=5.0),
        "stale_hessian": lambda: _stepped(faulty.stale_hessian, {"kept": False}, 0.035, (0.893, 34)),
        "stale_state": _stale_state,
        "watermark": lambda: _moved(faulty.watermark(), faulty.watermark(bit=None), _blobs(), 0, (0.999, 32)),
        "wrong_leverage": lambda: _stepped(faulty.wrong_leverage, {"sign": -1}, 0.045, (0.903, 34)),
        "wrong_round": lambda: _stepped(faulty.wrong_round, {"round_used": 1}, 0.22, (0.891, 35)),
        "wrong_sign": lambda: _stepped(faulty.wrong_sign, {"sign": -1}, 0.13, (0.892, 35)),
    }.items()
}  # fmt: skip
"""The cases by the name of the faulty remover's factory; each is built when it is first called."""
