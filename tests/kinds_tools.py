"""Wrong kinds for every number, truth value and arm of the public functions, asked as a program.

Within pytest the type checker of the tests would be first; whoever uses the library has none.
"""

import functools
import inspect
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import neverseen as ns
from neverseen.properties.testing.ledger import Ledger, spending

CLAIM, NOTHING, RIDGE = ns.Untraining(1.0, 0.05), ns.removers.do_nothing(), ns.learners.ridge()
SCENE = ns.scenarios.figure1()
ARMS = {arm: np.random.default_rng(at).normal(at, 1, (200, 1)) for arm, at in zip("uro", (1, 0, 6), strict=True)}
REMOVED, REFERENCE, ORIGINAL = ARMS.values()
WRONG: list[Any] = ["0.1", None, [0.1], {}, np.array([0.1, 0.2]), object(), 1j, float("nan"), 10**400]
ASKED = (CLAIM, NOTHING, RIDGE, SCENE)


def paid(*asked: Any, **options: Any) -> ns.Verdict:
    """An assertion that a ledger pays for."""
    with spending(Ledger(0.01, 100)):
        return ns.assert_holds(*asked, **options)


FUNCTIONS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "check": (ns.check, ASKED),
    "check_relative": (ns.check_relative, ASKED),
    "check_samples": (ns.check_samples, (CLAIM, REMOVED, REFERENCE)),
    "compare_samples": (ns.compare_samples, (REMOVED, REFERENCE, ORIGINAL)),
    "bound": (functools.partial(ns.bound, delta=0.01), (REMOVED, REFERENCE)),
    "check_suite": (ns.check_suite, (NOTHING, RIDGE)),
    "plan": (ns.plan, (CLAIM,)),
    "compare": (ns.compare, ASKED),
    "rank": (functools.partial(ns.rank, budget=64), (CLAIM, NOTHING, RIDGE, [SCENE, SCENE])),
    "distance_of": (ns.distance_of, ASKED),
    "measure": (ns.metrics.measure, ("forget-gap", *ASKED)),
    "behaviour_of": (ns.behaviour_of, (NOTHING, RIDGE, SCENE)),
    "sweep": (ns.sweep, (NOTHING, RIDGE, SCENE)),
    "tune": (ns.tune, (ns.removers.ssd, CLAIM, RIDGE, SCENE)),
}
ASSERTIONS = {"assert_holds": ns.assert_holds, "assert_holds, paid": paid}

Ask = Callable[[], Any]
SAVED: Callable[..., Any] = ns.check_samples
SWEEP: Callable[..., Any] = ns.sweep
TUNE: Callable[..., Any] = ns.tune


def numeric(function: Callable[..., Any]) -> list[str]:
    """The keywords whose default is a number or a truth value: new ones are looked at, too."""
    given = inspect.signature(function).parameters.values()
    return [p.name for p in given if p.kind is p.KEYWORD_ONLY and isinstance(p.default, int | float)]


def asks() -> Iterator[tuple[str, str, Ask]]:
    """What is asked, how its refusal is to begin, and the call."""
    for name, (function, given) in FUNCTIONS.items():
        for keyword in numeric(function):
            for value in WRONG:
                yield name, f"{keyword}: ", functools.partial(function, *given, **{keyword: value})
    for name, function in ASSERTIONS.items():
        for keyword in ("alpha", "beta", "tolerance", "budget", "seed", "grain"):
            for value in WRONG:
                yield name, f"{keyword}: ", functools.partial(function, *ASKED, **{keyword: value})
    yield from _of_saved_runs()
    for wrong in (*WRONG[:4], NOTHING):
        yield "tune", "make: ", functools.partial(TUNE, wrong, CLAIM, RIDGE, SCENE)
        yield "tune", "mode: ", functools.partial(TUNE, ns.removers.ssd, CLAIM, RIDGE, SCENE, mode=wrong)
        yield "tune", "definition: ", functools.partial(TUNE, ns.removers.ssd, wrong, RIDGE, SCENE)
    for value in (*WRONG[:2], 0.5, [], [0.0], ["1"], [float("nan")], np.array([0.5, 2.0])):
        yield "sweep", "ratios: ", functools.partial(SWEEP, NOTHING, RIDGE, SCENE, ratios=value)


def _of_saved_runs() -> Iterator[tuple[str, str, Ask]]:
    for wrong in ("untraining", ns.Untraining, None):
        yield "check_samples", "definition: ", functools.partial(SAVED, wrong, REMOVED, REFERENCE)
    for place, arm in enumerate(("removed", "reference", "original")):
        arms: list[Any] = [REMOVED, REFERENCE, ORIGINAL]
        arms[place] = None
        yield "compare_samples", f"{arm}: None is given", functools.partial(ns.compare_samples, *arms)
        if arm != "original":
            yield "check_samples", f"{arm}: None is given", functools.partial(SAVED, CLAIM, *arms)
    for wrong in (5, "seed", {"removed": object()}):
        yield (
            "check_samples",
            "ids of removed: ",
            functools.partial(SAVED, CLAIM, REMOVED, REFERENCE, ids=wrong),
        )
    for wrong in (5, np.array([1, 2]), "drop"):
        yield (
            "check_samples",
            "diverged: ",
            functools.partial(SAVED, CLAIM, REMOVED, REFERENCE, diverged=wrong),
        )


def said(ask: Ask) -> str:
    """The one line of a refusal; of all else what happened, after an exclamation mark."""
    try:
        return f"! answered {ask()!r:.40}"
    except ValueError as error:
        return str(error) if "\n" not in str(error) else f"! several lines: {error}"
    except BaseException as error:
        return f"! {type(error).__name__}: {error}"


if __name__ == "__main__":
    found = [(name, wanted, said(ask)) for name, wanted, ask in asks()]
    print(json.dumps({"asked": len(found), "wrong": [one for one in found if not one[2].startswith(one[1])]}))
