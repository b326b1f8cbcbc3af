"""`tune`: search a remover's settings on runs that are not reported, with the reference or without."""

import dataclasses
import functools
import importlib.metadata
import math
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from ...algorithms.base import Learner, Remover
from ...algorithms.removers import do_nothing
from ...algorithms.store._store import Store
from ...formal._numbers import MOST, root_seed, shown, whole
from ...formal.definitions._definitions import Definition, Untraining
from ...formal.definitions._scenario import Scenario
from ..engine._progress import Progress
from ..engine._provenance import environment
from ..metrics._metric import LEAST
from ..metrics._resample import Interval, jackknife
from ..runs._dry_run import dry_run
from ..runs._rehearsal import rehearse
from ..runs._run_pools import streams
from ..runs._subject import subject
from ..runs._views import views_of
from ._search import Search, read_search
from ._study import Sampler, StudyFile, optuna_here
from ._tuning import MODES, Settings, Tuning, TuningTrial
from ._tuning_objective import Answers, label_distance
from ._tuning_runs import (
    Phase,
    Removals,
    count_diverged,
    request_alone,
    tuning_streams,
    with_reference,
    without_reference,
)

_Report = tuple[Interval, Interval, Interval, Interval, Interval]


def tune(
    make: Callable[..., Remover],
    definition: Definition,
    learner: Learner,
    scenario: Scenario,
    *,
    space: Any = None,
    trials: int = 32,
    runs: int = 32,
    mode: str = "without-reference",
    seed: int = 0,
    folder: str | None = None,
    store: Store | None = None,
    progress: Progress | None = None,
) -> Tuning:
    r"""Search the settings of a remover, the defaults first, and report the best on fresh runs.

    Each trial removes from the same originals and is given the distance of what the models then say of rows from what
    they are to say; the sampler is Optuna's TPE.

    *With the reference* they are to say what models say that never saw what the definition names, on S, S_full∖S, fresh
    points and the rest: nobody who has to remove can tune so, and what comes of it is a best case. *Without* it the
    tuner has S, D∖S, A and A(D): on S the models are to say what is said of rows that were left out, by models trained
    on random halves of D, and on D∖S what A(D) says. That costs three trainings for each run, is the same for both
    definitions, and sees of a behaviour only what S shows of it.

    Runs that are tuned on share no seed with those reported, which are those of `check` and `measure` with this seed.

    Args:
        make: a factory of removers, such as `ns.removers.finetune`, or a `functools.partial` that fixes some settings.
        definition: what is tuned for, at level dataset.
        learner, scenario: A, and D with S; with the reference also S_full and fresh points.
        space: setting → `ns.Range` or a tuple of options, in place of what the factory publishes.
        trials: how many settings are tried, the defaults among them.
        runs: of each trial, and as many fresh ones in the report.
        mode: what the tuner may look at.
        seed: root seed of runs and sampler; the trials are a pure function of it and the other arguments.
        folder: where trials are kept, to go on after Ctrl-C; one study to a folder.
        store: where originals and references are kept between processes.
        progress: called after each trial.

    Returns:
        The tuning. Settings that make a run diverge, or that the remover refuses, are the worst there are, and counted.

    Raises:
        ValueError: no space, an unknown setting, a range that the factory does not admit; no trial, fewer than eight
            runs; a folder with another study; no trial with a value; Optuna is missing.

    >>> import neverseen as ns
    >>> tuning = ns.tune(ns.removers.ssd, ns.Untraining(1.0, 0.05), ns.learners.ridge(), ns.scenarios.figure1(),
    ...                  trials=2, runs=8)
    >>> tuning.trials[0].settings, tuning.compiled, tuning.remover
    ({'selection': 10.0, 'dampening': 1.0}, 1, ssd)
    """
    started = time.perf_counter()
    subject(definition=definition, learner=learner, scenario=scenario)
    _admit_numbers(trials, runs, mode, seed)
    optuna_here()
    search = read_search(make, space)
    _admit(definition, search, learner, scenario, mode)
    question = _question(search, definition, learner, scenario, mode) | {"runs": runs, "seed": seed}
    study = StudyFile(folder, question)
    phase = functools.partial(_phase, definition, learner, scenario, mode, runs, store)
    roots = tuning_streams(scenario, seed)
    removals = Removals(search, phase(roots, roots["halves"]))
    if folder is not None:
        study.depends_on("program", removals.digest(search.defaults))
        study.depends_on("learner program", removals.phase.originals.mapped.one.digest)
    results = _run_trials(search, removals, study, _word(roots["sampler"]), trials, progress)
    fresh = phase(streams(scenario, seed), roots["halves of the report"])
    provenance = {"scenario": repr(scenario), "digest": scenario.digest(), "learner": repr(learner), "seed": seed}
    provenance |= {"optuna": importlib.metadata.version("optuna")}
    tuning = Tuning(
        search.name, search.listed, search.fixed, f"{search.name} on {learner} in {scenario}", mode, definition.id,
        runs, search.words, removals.traced, results, *_report(search, results, fresh), 2 * fresh.retrains,
        provenance | environment(), time.perf_counter() - started,
    )  # fmt: skip
    return tuning.made_by(make)


def _admit_numbers(trials: Any, runs: Any, mode: Any, seed: Any) -> None:
    whole("trials", trials)
    if whole("runs", runs, -MOST) < LEAST:
        raise ValueError(f"runs: {runs} are too few; give {LEAST} or more")
    if not (isinstance(mode, str) and mode in MODES):
        raise ValueError(f"mode: {shown(mode)} is none; give {' or '.join(map(repr, MODES))}")
    root_seed(seed)


def _admit(definition: Definition, search: Search, learner: Learner, scenario: Scenario, mode: str) -> None:
    """Refuse what cannot be tuned here, before anything is drawn."""
    definition.admit(scenario)
    remover = search.make()
    if definition.redraws:
        raise ValueError("definition: tune at level dataset; where D is drawn anew there is no D to tune on")
    if not bool(scenario.forget.any()):
        raise ValueError(f"scenario: S of {scenario} is empty; there is nothing to tune on")
    if mode == "without-reference":
        if remover.needs:
            raise ValueError(
                f"mode: {search.name} needs {', '.join(remover.needs)}, which only 'with-reference' may see"
            )
        # The learner is looked at on a half of D: what A(D∖S) is, this mode never learns.
        half = (np.cumsum(scenario.rows.present) % 2 == 0) & np.asarray(scenario.rows.present)
        scenario, definition = request_alone(scenario), Untraining(0.0, 0.0)
        halved = dataclasses.replace(scenario, forget=jax.numpy.asarray(half), behaviour=jax.numpy.asarray(half))
        rehearse(remover, learner, scenario)
        dry_run(definition, do_nothing(), learner, halved, views_of(halved, definition))
        return
    rehearse(remover, learner, scenario)
    dry_run(definition, remover, learner, scenario, views_of(scenario, definition))


def _phase(
    definition: Definition,
    learner: Learner,
    scenario: Scenario,
    mode: str,
    runs: int,
    store: Store | None,
    roots: dict[str, PRNGKeyArray],
    halves: PRNGKeyArray,
) -> Phase:
    if mode == "with-reference":
        return with_reference(definition, learner, scenario, roots, runs, store)
    return without_reference(learner, request_alone(scenario), roots, halves, runs, store)


def _question(
    search: Search, definition: Definition, learner: Learner, scenario: Scenario, mode: str
) -> dict[str, Any]:
    """What the values of trials depend on, but runs, seed and the programs."""
    seen = scenario if mode == "with-reference" else request_alone(scenario)
    terms = {"remover": search.name, "mode": mode, "fixed": search.fixed, "space": search.words}
    terms |= {"learner": repr(learner), "scenario": seen.digest()}
    return terms | {"definition": definition.id if mode == "with-reference" else "any"}


def _word(key: PRNGKeyArray) -> int:
    return int(np.asarray(jax.random.key_data(key)).ravel()[-1])


def _run_trials(
    search: Search, removals: Removals, study: StudyFile, seed: int, trials: int, progress: Progress | None
) -> tuple[TuningTrial, ...]:
    """The trials, those that the study has among them."""
    sampler, done = Sampler(search.space, search.defaults, seed), list[TuningTrial]()
    for number in range(trials):
        settings = sampler.ask()
        trial = study.replay(number, settings)
        if trial is None:
            same = next((each for each in done if each.settings == settings), None)
            value, reason = _value(search, removals, settings) if same is None else (same.value, same.reason)
            trial = TuningTrial(number, settings, value, reason)
            study.add(trial)
        sampler.tell(trial.value)
        done.append(trial)
        if progress is not None:
            progress(number + 1, trials, "trying settings")
    if all(trial.failed for trial in done):
        raise ValueError(f"tune: none of {trials} trials of {search.name} has a value; the defaults: {done[0].reason}")
    return tuple(done)


def _value(search: Search, removals: Removals, settings: Settings) -> tuple[float, str]:
    """The distance under these settings, or inf and the reason."""
    try:
        search.try_out(settings)
        chances = removals(settings)
    except ValueError as error:
        return math.inf, str(error).partition("\n")[0]
    lost = count_diverged(chances)
    if lost:
        return math.inf, f"{lost} of {removals.phase.runs} runs diverged"
    return label_distance(chances, removals.phase.targets), ""


def _report(search: Search, trials: tuple[TuningTrial, ...], fresh: Phase) -> _Report:
    """Doing nothing, the defaults and the best, and what the best gains on each, of the removers themselves."""
    best = min(trials, key=lambda trial: trial.value)
    default = fresh.removed(search.make(**search.defaults))
    arms = fresh.nothing(), default, fresh.removed(search.make(**best.settings)) if best.number else default
    nothing, before, after = (_interval(fresh, arm) for arm in arms)
    return nothing, before, after, _gain(fresh, arms[1], arms[2]), _gain(fresh, arms[0], arms[2])


def _interval(fresh: Phase, arm: Answers) -> Interval:
    if count_diverged(arm):
        return Interval(math.inf, math.inf, math.inf)
    return jackknife(lambda kept: _distance(fresh, arm, kept), fresh.runs)


def _gain(fresh: Phase, other: Answers, tuned: Answers) -> Interval:
    """The other's distance less the tuned one's, run by run; what diverges is infinitely far."""
    lost = bool(count_diverged(other)), bool(count_diverged(tuned))
    if any(lost):
        far = 0.0 if all(lost) else math.inf if lost[0] else -math.inf
        return Interval(far, far, far)
    return jackknife(lambda kept: _distance(fresh, other, kept) - _distance(fresh, tuned, kept), fresh.runs)


def _distance(fresh: Phase, arm: Answers, kept: Any) -> float:
    targets = {name: values[kept] for name, values in fresh.targets.items()}
    return label_distance({name: values[kept] for name, values in arm.items()}, targets)
