"""Every declared guarantee, confirmed, and with half its noise: `python benchmarks/certified.py [names]`.

A row is a shipped remover with a `Guarantee`, on the learner that it demands and 16 rows of blobs. Columns: the claim,
(ε, δ) as constructed and ε as declared at that δ; the route of `ns.check` that decided it, its status, pairs, and upper
bound on ε where the route gives one; then what becomes of the same remover with its noise halved, asked three times:

- *made*: it is constructed for a learner with half the noise; "refused" where that raises ValueError.
- *told*: what it publishes has half its noise, its declared output law is kept. That is no value of the library's, so
  its declaration is tested on runs, and is an error.
- *untold*: the same, with the declared law dropped, so that runs alone decide. The grain is a hundredth of σ there, as
  what is smaller than it is not examined; at most 10⁻³, the default.

`newton_removal` adds no noise to halve: its noise is a linear term of A's objective, so the halved one is A itself,
under the name of the right one. Exact removers have no noise either: theirs is half of S, the other half left in.
Verdicts at α = 10⁻⁴, β = .05, τ = .1; the last column is seconds of CPU. Without names it writes
`benchmarks/certified.json`, after each row, and keeps the rows it finds there; `--again` starts over.
"""

import dataclasses
import functools
import json
import pathlib
import sys
import time
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp

import neverseen as ns
from neverseen.algorithms.removers import REMOVERS
from neverseen.algorithms.removers.certified._calibrate import widest
from neverseen.algorithms.removers.certified._langevin import langevin_distance

BUDGET, GRAIN = 4096, 1e-3
OUT = pathlib.Path(__file__).with_suffix(".json")
NOISE, SHARE, TILT = "half the noise", "half of S", "half the noise, in A's objective"


@dataclasses.dataclass(frozen=True)
class Case:
    """A remover with its claim, its learner, and the same with half its noise.

    Args:
        remover, learner: as in `ns.check`.
        claim: what is checked.
        half: `() -> remover` constructed for half the noise; None where there is none to halve.
        kind: what is halved.
        size: rows of S.
        faint: the learner, where it is there that the noise is.
    """

    remover: ns.Remover
    learner: ns.Learner
    claim: ns.Untraining | ns.Unlearning
    half: Callable[[], ns.Remover] | None = None
    kind: str = NOISE
    size: int = 1
    faint: ns.Learner | None = None


def declaring() -> list[str]:
    """The names of all shipped removers that declare a guarantee."""
    return [name for name, make in REMOVERS.items() if make().guarantee is not None]


def with_exact_law(name: str) -> Case:
    """Removers whose claim is (0, 0): on the learner they are made for, or on one that publishes with noise."""
    remover = REMOVERS[name]()
    claim = ns.Unlearning(0.0, 0.0) if name == "retrain_full" else ns.Untraining(0.0, 0.0)
    if remover.centre is not None:
        return Case(remover, ns.learners.noisy(ns.learners.ridge(), 0.1), claim, size=4)
    return Case(remover, remover.made_for or ns.learners.ridge(), claim, kind=SHARE, size=4)


def with_output_noise(name: str, fainter: Callable[[ns.Learner], ns.Learner], delta: float = 0.05) -> Case:
    """Removers that publish with the least σ that meets their claim."""
    remover = REMOVERS[name]()
    learner = own(remover)
    return Case(remover, learner, ns.Untraining(1.0, delta), lambda: REMOVERS[name](fainter(learner)))


def langevin() -> Case:
    """σ so small that the claim is just met: at its default σ the bound is far below it."""
    make = functools.partial(ns.learners.langevin, penalty=60.0, rows=16, ball=0.4, steps=6)
    unit = make(sigma=1.0)
    assert unit.curvature is not None
    assert unit.schedule is not None
    sigma = 1.01 * langevin_distance(unit.curvature, unit.schedule, 4, 1) / widest(1.0, 0.05)
    learner, serve = make(sigma=sigma), functools.partial(ns.removers.langevin_unlearning, steps=4)
    return Case(serve(learner), learner, ns.Untraining(1.0, 0.05), lambda: serve(make(sigma=sigma / 2)))


def tilted() -> Case:
    """Newton removal, for 16 rows and 6 parameters."""
    serve = functools.partial(ns.removers.newton_removal, rows=16, params=6)
    remover = serve()
    learner = own(remover)
    assert learner.schedule is not None
    half = ns.learners.objective_perturbed(penalty=40.0, sigma=learner.schedule.sigma / 2)

    def fit(key: Any, rows: ns.Rows) -> ns.Trained:
        # The remover looks at the name of the learner that trained: this one gives the right one's.
        return dataclasses.replace(half.fit(key, rows), learner=faint)

    faint = dataclasses.replace(learner, fit=fit)
    return Case(remover, learner, ns.Untraining(1.0, 0.05), lambda: serve(half), TILT, faint=faint)


def own(remover: ns.Remover) -> ns.Learner:
    """The learner that a remover demands."""
    if remover.made_for is None:
        raise ValueError(f"{remover} is made for no learner")
    return remover.made_for


def sigma_of(learner: ns.Learner) -> float:
    assert learner.noise is not None
    return learner.noise.sigma


CASES: dict[str, Callable[[], Case]] = {
    "descent_to_delete": lambda: with_output_noise(
        "descent_to_delete", lambda a: ns.learners.noisy(ns.learners.projected_descent(), sigma_of(a) / 2)
    ),
    "langevin_unlearning": langevin,
    "newton_noise": lambda: with_output_noise(
        "newton_noise", lambda a: ns.learners.noisy(ns.learners.newton_logistic(penalty=4.0), sigma_of(a) / 2)
    ),
    "newton_removal": tilted,
    "noisy_finetuning": lambda: with_output_noise(
        "noisy_finetuning", lambda a: ns.learners.noisy_tail(sigma=sigma_of(a) / 2), 0.1
    ),
    "rewind_to_delete": lambda: with_output_noise(
        "rewind_to_delete", lambda a: ns.learners.checkpointed(sigma=sigma_of(a) / 2)
    ),
}
"""Removers with ε > 0; every other one that declares a guarantee has (0, 0)."""


def quieter(remover: ns.Remover, centre: Callable[..., Any] | None) -> ns.Remover:
    """What the remover publishes, half as far from its centre."""

    def remove(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any, **extra: Any) -> Any:
        made = remover(key, trained, rows, forget, **extra)
        exact = getattr(made.record, "exact", made.record)
        return exact + (made.params - exact) / 2

    return dataclasses.replace(remover, remove=remove, name=f"{remover} at σ/2", guarantee=None, centre=centre)


def serving_half(remover: ns.Remover) -> ns.Remover:
    """Every other row of S is left in."""

    def remove(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any, **extra: Any) -> Any:
        some = {need: _every_other(mask) for need, mask in extra.items()}
        return remover(key, trained, rows, _every_other(forget), **some)

    return dataclasses.replace(remover, remove=remove, name=f"{remover} of half of S", guarantee=None, centre=None)


def _every_other(mask: Any) -> Any:
    return mask & (jnp.cumsum(mask) % 2 == 1)


def verdict(case: Case, remover: ns.Remover, learner: ns.Learner) -> dict[str, Any]:
    """What the check says, or why it says nothing."""
    scene = ns.scenarios.blobs(rows=16, size=case.size, full=5, seed=1)
    grain = GRAIN if learner.noise is None else min(GRAIN, learner.noise.sigma / 100)
    try:
        found = ns.check(case.claim, remover, learner, scene, budget=BUDGET, grain=grain)
    except ValueError as why:
        return {"status": "refused", "why": str(why)}
    return {
        "status": found.status.name,
        "route": found.route.name.lower(),
        "scope": found.scope,
        "pairs": found.pairs,
        "epsilon lower": found.epsilon_lower,
        "epsilon upper": found.epsilon_upper,
        "delta upper": found.delta_upper,
        "sentence": str(found),
    }


def made(case: Case) -> dict[str, Any]:
    """Whether a remover is to be had for half the noise."""
    if case.half is None:
        return {"outcome": "nothing to construct"}
    try:
        case.half()
    except ValueError as why:
        return {"outcome": "refused", "why": str(why)}
    return {"outcome": "constructed"}


def halved(case: Case) -> dict[str, Any]:
    """What becomes of the remover with half its noise, or with half of S."""
    if case.kind == SHARE:
        return {"what": SHARE, "untold": verdict(case, serving_half(case.remover), case.learner)}
    told = {"what": case.kind, "made": made(case)}
    if case.faint is not None:
        return told | {"untold": verdict(case, case.remover, case.faint)}
    kept, dropped = (quieter(case.remover, centre) for centre in (case.remover.centre, None))
    return told | {"told": verdict(case, kept, case.learner), "untold": verdict(case, dropped, case.learner)}


def row(name: str) -> dict[str, Any]:
    """One line of the table."""
    started = time.process_time()
    case = CASES[name]() if name in CASES else with_exact_law(name)
    guarantee = case.remover.guarantee
    assert guarantee is not None
    declared = {
        "definition": guarantee.definition,
        "epsilon": case.claim.epsilon,
        "delta": case.claim.delta,
        "declared epsilon at delta": guarantee.epsilon(case.claim.delta),
        "covers": guarantee.covers(case.claim),
        "assumptions": list(guarantee.assumptions),
    }
    found = {"confirmed": verdict(case, case.remover, case.learner), "halved": halved(case)}
    about = {"learner": str(case.learner), "size of S": case.size, "claim": declared}
    return about | found | {"seconds": round(time.process_time() - started, 1)}


def told(name: str, line: dict[str, Any]) -> str:
    """One line of what is printed."""

    def one(found: dict[str, Any] | None) -> str:
        if found is None:
            return "–"
        return f"{found['status']} ({found['route']}, {found['pairs']})" if "route" in found else found["status"]

    claim, right, half = line["claim"], line["confirmed"], line["halved"]
    upper = "" if right["epsilon upper"] is None else f", ε ≤ {right['epsilon upper']:.3g}"
    columns = (
        f"({claim['epsilon']:g}, {claim['delta']:g}), declared {claim['declared epsilon at delta']:.3g}",
        f"{one(right)}{upper}",
        f"{half['what']}: made {half.get('made', {}).get('outcome', '–')}",
        f"told {one(half.get('told'))}",
        f"untold {one(half['untold'])}",
    )
    return f"{name:20s} {' | '.join(columns)} | {line['seconds']:.0f} s"


def main() -> None:
    """Fill what is missing, print and write; names alone are printed."""
    flags, names = [a for a in sys.argv[1:] if a[0] == "-"], [a for a in sys.argv[1:] if a[0] != "-"]
    kept = {} if names or flags or not OUT.exists() else json.loads(OUT.read_text())["rows"]
    for name in names or sorted(declaring()):
        if name not in kept:
            kept[name] = row(name)
            if not names:
                spent = sum(line["seconds"] for line in kept.values())
                about = {"command": "python benchmarks/certified.py", "scenario": "blobs(rows=16, full=5, seed=1)"}
                table = about | {"seconds": round(spent, 1), "rows": kept}
                OUT.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n")
        print(told(name, kept[name]), flush=True)
    if not names:
        print(f"{len(kept)} guarantees, {sum(line['seconds'] for line in kept.values()):.0f} s of one core")


if __name__ == "__main__":
    main()
