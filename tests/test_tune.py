"""Tuning: known optima, one program for all values of a number, disjoint runs, what must not be seen, resumption."""

import dataclasses
import functools
import itertools
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cli_tools import Capture, one_line

import neverseen as ns
import neverseen.algorithms.pools._pool as pools
import neverseen.properties.checks._tune as tune_module
import neverseen.properties.checks._tuning_runs as runs_module
from neverseen.algorithms._space import Choice, space
from neverseen.algorithms.pools import compiled_programs
from neverseen.algorithms.pools._recent import MEMORY, Recent
from neverseen.formal._types import Real
from neverseen.properties.checks._search import read_search
from neverseen.properties.checks._study import FILE, Sampler
from neverseen.properties.checks._tuning import MODES, TuningTrial
from neverseen.properties.checks._tuning_objective import label_distance
from neverseen.properties.checks._tuning_runs import Removals, request_alone, tuning_streams, without_reference
from neverseen.properties.cli import main

RIDGE, SCENE = ns.learners.ridge(penalty=0.1), ns.scenarios.figure1()
UNTRAINING = ns.Untraining(1.0, 0.05)
PULL = {"pull": ns.Range(0.0, 2.0)}
WITH, WITHOUT = "with-reference", "without-reference"


@space(pull=ns.Range(0.0, 2.0))
def towards(pull: Real = 0.0, turns: int = 1, known: bool = True) -> ns.Remover:
    """A share of the way to A(D∖S): 1 is there, 0 is nothing, and a known optimum."""
    if turns == 9:
        raise ValueError("turns: nine are too many")

    def remove(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        there = trained.learner.fit(key, rows.without(forget)).params
        step = pull if known else 0 * pull
        step = jnp.where(jnp.asarray(pull) > 1.9, jnp.nan, step) if turns == 2 else step
        return jax.tree.map(lambda a, b: a + step * (b - a), trained.params, there)

    return ns.Remover(remove, "towards", random=False)


def tuned(make: Any = towards, **options: Any) -> ns.Tuning:
    asked: dict[str, Any] = {"trials": 6, "runs": 8, "mode": WITH} | options
    return ns.tune(make, UNTRAINING, asked.pop("learner", RIDGE), asked.pop("scenario", SCENE), **asked)


@functools.cache
def plain() -> ns.Tuning:
    """What several tests compare with."""
    return tuned(trials=20)


def test_the_best_is_where_it_is_known_to_be() -> None:
    made = plain()
    assert abs(made.settings["pull"] - 1) < 0.1  # pyright: ignore[reportOperatorIssue]
    assert made.trials[0] == TuningTrial(0, {"pull": 0.0}, made.trials[0].value)
    assert made.best.value < 0.1 * made.trials[0].value
    assert (made.word, made.better, made.compiled, made.traced) == ("better than the defaults", True, 1, ("pull",))
    assert made.tuned.value < 0.1 * made.default.value
    assert made.default == made.nothing
    assert made.remover.name == "towards"


def test_settings_that_do_nothing_are_no_better() -> None:
    made = tuned(functools.partial(towards, known=False))
    assert (made.word, made.better) == ("no better than the defaults: no trial was", False)
    assert (made.gain.low, made.fixed) == (0.0, {"known": False})
    worse = tuned(space={"pull": ns.Range(-2.0, -1.0)})
    assert (worse.best.number, worse.better) == (0, False)


def test_sixteen_values_of_a_number_are_one_program() -> None:
    roots = tuning_streams(SCENE, 3)
    phase = without_reference(RIDGE, request_alone(SCENE), roots, roots["halves"], 8, None)
    removals = Removals(read_search(towards, {"pull": ns.Range(0.0, 2.0), "turns": (1, 2, 3)}), phase)
    before = compiled_programs()
    values = [removals({"pull": pull, "turns": 1})["S"] for pull in np.linspace(0, 1.5, 16).tolist()]
    assert compiled_programs() == before + 1
    assert len({array.tobytes() for array in values}) == 16
    removals({"pull": 0.5, "turns": 3})  # another static value, which changes nothing of the program
    assert compiled_programs() == before + 1
    removals({"pull": 0.5, "turns": 2})
    assert compiled_programs() == before + 2


def test_a_traced_number_gives_what_the_number_gives() -> None:
    """To float rounding: the trials' program has the number as an argument, the remover's own as a constant."""
    roots = tuning_streams(SCENE, 3)
    phase = without_reference(RIDGE, request_alone(SCENE), roots, roots["halves"], 8, None)
    cases: Any = ((towards, {"pull": 0.3}), (ns.removers.ssd, {"selection": 1.1, "dampening": 0.3}))
    for make, settings in cases:
        traced, concrete = Removals(read_search(make, None), phase)(settings), phase.removed(make(**settings))
        assert all(np.abs(traced[name] - concrete[name]).max() < 1e-6 for name in traced)
        assert any(np.abs(traced[name] - phase.nothing()[name]).max() > 1e-3 for name in traced)


def test_a_number_that_python_branches_on_is_found_out_by_trying() -> None:
    def mine(step: Real = 1.0, pull: Real = 0.5) -> ns.Remover:
        return towards(pull) if step > 0.5 else towards(0.0)

    made = tuned(mine, space={"step": ns.Range(0.1, 1.0), "pull": ns.Range(0.0, 1.0)}, trials=3)
    assert (made.traced, made.compiled) == (("pull",), 3)


def poisoned(scene: ns.Scenario) -> ns.Scenario:
    """The same D and S; everything that nobody who serves a request has is another."""
    x, y = jnp.full((4, *scene.rows.x.shape[1:]), 1e3), jnp.ones((4, *scene.rows.y.shape[1:]))
    fresh = ns.Rows(x, y, jnp.ones(4, bool))
    full = scene.rows.present | scene.forget
    return dataclasses.replace(scene, behaviour=full, fresh_behaviour=fresh, fresh_rest=fresh)


def test_without_the_reference_nothing_of_it_is_seen() -> None:
    first, other = (tuned(scenario=scene, mode=WITHOUT, trials=4).trials for scene in (SCENE, poisoned(SCENE)))
    assert first == other
    assert ns.tune(towards, ns.Unlearning(1.0, 0.05), RIDGE, SCENE, trials=4, runs=8).trials == first
    assert tuned(scenario=poisoned(SCENE), trials=4).trials != plain().trials[:4]  # with it, it is


def test_without_the_reference_no_model_is_trained_without_s(monkeypatch: pytest.MonkeyPatch) -> None:
    masks: list[np.ndarray] = []
    fit = pools.Pool._drawn  # pyright: ignore[reportPrivateUsage]

    def watched(pool: pools.Pool, number: int, store: Any) -> Any:
        masks.extend(np.asarray(each.present) for each in pool.shared if isinstance(each, ns.Rows))
        return fit(pool, number, store)

    monkeypatch.setattr(pools.Pool, "_drawn", watched)
    monkeypatch.setattr(pools, "RECENT", Recent(MEMORY))
    tuned(mode=WITHOUT, trials=1)
    assert masks
    assert all((mask == np.asarray(SCENE.rows.present)).all() for mask in masks)
    masks.clear()
    tuned(trials=1, seed=1)
    assert any((mask != np.asarray(SCENE.rows.present)).any() for mask in masks)


def test_what_is_said_of_rows_that_were_left_out() -> None:
    """Each row of S is judged by the half that lacks it: one run, by hand, on rows physically removed."""
    roots = tuning_streams(SCENE, 0)
    phase = without_reference(RIDGE, request_alone(SCENE), roots, roots["halves"], 8, None)
    key = pools.shard_keys((roots["halves"],), 0)[0][5]
    half = np.asarray(jax.random.bernoulli(jax.random.split(key, 3)[0], 0.5, SCENE.rows.present.shape))
    x, y, s = (np.asarray(each) for each in (SCENE.rows.x, SCENE.rows.y, SCENE.forget))
    for place, row in enumerate(np.flatnonzero(s)):
        seen = np.asarray(SCENE.rows.present) & (half != half[row])
        a = np.c_[x[seen], np.ones(seen.sum())].astype(float)
        weights = np.linalg.solve(a.T @ a + 0.1 * np.eye(3), a.T @ y[seen])
        scores = np.r_[x[row], 1.0] @ weights
        chance = np.exp(scores) / np.exp(scores).sum()
        assert abs(phase.targets["S"][5, place] - chance[y[row].argmax()]) < 1e-5


def test_no_run_is_tuned_on_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    keys: list[set[bytes]] = []
    split, phase = pools.shard_keys, tune_module._phase  # pyright: ignore[reportPrivateUsage]

    def counted(roots: Any, number: Any) -> Any:
        made = split(roots, number)
        keys[-1].update(np.asarray(jax.random.key_data(key)).tobytes() for each in made for key in each)
        return made

    def staged(*given: Any) -> Any:
        keys.append(set())
        return phase(*given)

    monkeypatch.setattr(tune_module, "_phase", staged)
    for module in (pools, runs_module):
        monkeypatch.setattr(module, "shard_keys", counted)
    for mode, streams in ((WITH, 3), (WITHOUT, 4)):
        keys.clear()
        tuned(mode=mode, trials=2, scenario=request_alone(SCENE))  # as like that of a check as can be
        tuning, report = keys
        assert (len(tuning), len(report)) == (streams * pools.SHARD, streams * pools.SHARD)
        assert not tuning & report


def test_the_runs_reported_are_those_of_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Originals and references are trained once for tune, check and measure with one seed."""
    drawn: list[str] = []
    draw = pools.Pool._drawn  # pyright: ignore[reportPrivateUsage]

    def counted(pool: pools.Pool, number: int, store: Any) -> Any:
        drawn.append(pool.name)
        return draw(pool, number, store)

    monkeypatch.setattr(pools, "RECENT", Recent(MEMORY))
    ns.metrics.measure("forget-gap", UNTRAINING, towards(), RIDGE, SCENE, runs=32)
    monkeypatch.setattr(pools.Pool, "_drawn", counted)
    tuned(trials=1)
    assert sum(name.startswith(f"{RIDGE} in") for name in drawn) == 2  # those of the tuning itself


class KilledError(Exception):
    """The process ends here."""


def killing(after: int) -> Callable[[int, int, str], None]:
    def progress(done: int, total: int, message: str) -> None:
        if done == after:
            raise KilledError

    return progress


def test_a_study_that_was_killed_goes_on_to_the_same_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = plain()
    with pytest.raises(KilledError):
        tuned(trials=20, folder=str(tmp_path), progress=killing(5))
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    evaluated, told = list[Any](), list[float]()
    call, tell = Removals.__call__, Sampler.tell
    monkeypatch.setattr(Sampler, "tell", lambda self, value: (told.append(value), tell(self, value))[1])
    monkeypatch.setattr(Removals, "__call__", lambda self, given: (evaluated.append(given), call(self, given))[1])
    again = tuned(trials=20, folder=str(tmp_path))
    assert len(evaluated) == 15
    assert told == [trial.value for trial in whole.trials]
    assert again == dataclasses.replace(whole, provenance=again.provenance, seconds=again.seconds)
    assert tuned(trials=4, folder=str(tmp_path)).trials == whole.trials[:4]
    assert len(evaluated) == 15


def test_a_folder_has_one_question(tmp_path: Path) -> None:
    folder = str(tmp_path)
    tuned(trials=2, folder=folder)
    other: list[tuple[str, Callable[[], Any]]] = [
        ("runs is 8 there and 9 here", lambda: tuned(folder=folder, runs=9)),
        ("seed is 0 there and 1 here", lambda: tuned(folder=folder, seed=1)),
        ("mode is 'with-reference' there", lambda: tuned(folder=folder, mode=WITHOUT)),
        (
            "fixed is {} there and {'known': False} here",
            lambda: tuned(functools.partial(towards, known=False), folder=folder),
        ),
        ("space is ", lambda: tuned(folder=folder, space={"pull": ns.Range(0.0, 1.0)})),
        ("learner is ", lambda: tuned(folder=folder, learner=ns.learners.ridge(penalty=0.2))),
        (
            "definition is",
            lambda: ns.tune(towards, ns.Unlearning(1, 0), RIDGE, SCENE, runs=8, mode=WITH, folder=folder),
        ),
    ]
    for words, ask in other:
        with pytest.raises(ValueError, match=r"^folder: .* has the study of another question \(") as refused:
            ask()
        assert words in str(refused.value)
    text = (tmp_path / FILE).read_text(encoding="utf-8")
    (tmp_path / FILE).write_text(text.replace('"pull": 0.0', '"pull": 0.25'), encoding="utf-8")
    with pytest.raises(ValueError, match="has another trial 0 than is asked here"):
        tuned(trials=2, folder=folder)
    for damaged in ("", "[]", text[:50]):
        (tmp_path / FILE).write_text(damaged, encoding="utf-8")
        with pytest.raises(ValueError, match=r"^folder: .*tuning.json is no study") as refused:
            tuned(trials=2, folder=folder)
        assert "\n" not in str(refused.value)


def test_another_program_under_the_same_name_is_another_question(tmp_path: Path) -> None:
    def made(factor: float) -> Any:
        def mine(pull: Real = 0.0) -> ns.Remover:
            return towards(factor * pull)

        return mine

    tuned(made(1.0), space=PULL, trials=1, folder=str(tmp_path))
    other = dataclasses.replace(ns.learners.ridge(penalty=0.2), name=RIDGE.name)
    with pytest.raises(ValueError, match=r"another question .(learner )?program is"):
        tuned(made(1.0), space=PULL, trials=1, folder=str(tmp_path), learner=other)
    with pytest.raises(ValueError, match=r"another question .program is"):
        tuned(made(0.5), space=PULL, trials=1, folder=str(tmp_path))


def test_a_setting_that_diverges_is_the_worst_and_counted() -> None:
    made = tuned(functools.partial(towards, turns=2), space={"pull": (0.0, 0.5, 1.95, 1.0)}, trials=8)
    lost = [trial for trial in made.trials if trial.failed]
    assert lost
    assert {(trial.value, trial.reason) for trial in lost} == {(math.inf, "8 of 8 runs diverged")}
    assert made.settings["pull"] == 1.0
    assert f"{len(lost)} of 8 trials have no value: 8 of 8 runs diverged" in str(made)
    assert made.cells[-1][:2] == (str(lost[-1].number), "inf")
    assert ns.Tuning.from_json(made.to_json()) == made


def test_where_all_diverge_there_is_no_tuning() -> None:
    with pytest.raises(ValueError, match="none of 2 trials of towards has a value; the defaults: 8 of 8 runs diverged"):
        tuned(lambda_of(2.0), space={"pull": (1.95, 2.0)}, trials=2)


def lambda_of(default: float) -> Any:
    def made(pull: Real = default) -> ns.Remover:
        return towards(pull, 2)

    made.__name__ = "towards"
    return made


def test_a_default_that_diverges_is_beaten_by_what_does_not() -> None:
    made = tuned(lambda_of(2.0), space={"pull": (0.5, 1.0, 2.0)})
    assert (made.trials[0].value, made.default.value, made.gain.low) == (math.inf,) * 3
    assert made.word == "better than the defaults"
    assert ns.Tuning.from_json(made.to_json()) == made


def test_what_the_factory_refuses_together_is_an_outcome() -> None:
    def mine(a: int = 0, b: int = 0) -> ns.Remover:
        if a + b > 1:
            raise ValueError("a, b: too many")
        return towards(0.5 * (a + b))

    made = tuned(mine, space={"a": (0, 1), "b": (0, 1)}, trials=12)
    assert {trial.reason for trial in made.trials} == {"", "a, b: too many"}


def test_the_same_seed_asks_the_same_and_another_does_not() -> None:
    """That it is the same after a kill, another test says."""
    first, other = plain().trials[:4], tuned(trials=4, seed=1).trials
    assert [trial.settings for trial in first] != [trial.settings for trial in other]
    assert first[0].settings == other[0].settings


def test_the_sampler_learns_and_options_that_rise_are_in_order() -> None:
    searches = {"rate": ns.Range(1e-3, 1.0, log=True), "turns": Choice((1, 2, 5, 10)), "how": Choice(("a", None, True))}
    sampler, tried = Sampler(searches, {"rate": 0.5, "turns": 2, "how": None}, 7), list[dict[str, Any]]()
    for _ in range(40):
        tried.append(sampler.ask())
        assert all(searches[name].holds(value) for name, value in tried[-1].items())
        sampler.tell(abs(math.log(tried[-1]["rate"] / 0.01)) + abs(tried[-1]["turns"] - 5) + (tried[-1]["how"] != "a"))
    assert tried[0] == {"rate": 0.5, "turns": 2, "how": None}
    assert sum(each["turns"] == 5 for each in tried[20:]) > 10
    assert np.median([abs(math.log10(each["rate"] / 0.01)) for each in tried[20:]]) < 0.5


def test_a_default_outside_the_space_is_tried_all_the_same() -> None:
    made = tuned(space={"pull": ns.Range(0.5, 1.5)})
    assert made.trials[0].settings == {"pull": 0.0}
    assert all(0.5 <= trial.settings["pull"] <= 1.5 for trial in made.trials[1:])  # pyright: ignore[reportOperatorIssue]


def brute(x: Any, y: Any) -> float:
    def mean(a: Any, b: Any, same: bool) -> float:
        pairs = [(i, j) for i in range(len(a)) for j in range(len(b)) if not (same and i == j)]
        return float(np.mean([abs(a[i] - b[j]) for i, j in pairs]))

    return mean(x, y, False) - mean(x, x, True) / 2 - mean(y, y, True) / 2


def test_the_distance_is_the_sum_over_pairs() -> None:
    draw = np.random.default_rng(0)
    x = {name: draw.uniform(size=(5, 2)) for name in ("S", "D∖S", "fresh rest")}
    y = {name: draw.uniform(size=(7, 2)) ** 2 for name in x}
    rows = {name: np.mean([brute(x[name][:, k], y[name][:, k]) for k in range(2)]) for name in x}
    assert abs(label_distance(x, y) - (rows["S"] + (rows["D∖S"] + rows["fresh rest"]) / 2) / 2) < 1e-12


def test_learners_without_classes_are_tuned_by_their_losses() -> None:
    flat = dataclasses.replace(SCENE, rows=ns.Rows(SCENE.rows.x, SCENE.rows.y[:, :1], SCENE.rows.present))
    fresh = ns.Rows(flat.rows.x[:1], flat.rows.y[:1], jnp.zeros(1, bool))
    flat = dataclasses.replace(flat, fresh_behaviour=fresh, fresh_rest=fresh)
    made = tuned(learner=ns.learners.ridge(penalty=0.1, logits=False), scenario=flat, trials=16)
    assert abs(made.settings["pull"] - 1) < 0.3  # pyright: ignore[reportOperatorIssue]
    assert 0 < made.nothing.value < 1


BAD: list[tuple[str, Callable[[], Any]]] = [
    ("trials: 0 is not in [1, 1000000000]", lambda: tuned(trials=0)),
    ("runs: 1 are too few; give 8 or more", lambda: tuned(runs=1)),
    ("mode: 'blind' is none; give 'with-reference' or 'without-reference'", lambda: tuned(mode="blind")),
    ("seed: -1 is not in", lambda: tuned(seed=-1)),
    ("make: towards is no factory", lambda: tuned(towards())),
    (
        "space: retrain publishes none (it reaches its reference whatever is set); give",
        lambda: tuned(ns.removers.retrain),
    ),
    ("space: do_nothing publishes none (it has no settings", lambda: tuned(ns.removers.do_nothing)),
    ("space: noisy publishes none (its base is what has settings", lambda: tuned(ns.removers.noisy)),
    ("space: <lambda> publishes none; give space=", lambda: tuned(lambda: towards())),
    ("space: towards has no setting 'speed'; it has pull, turns, known", lambda: tuned(space={"speed": (1, 2)})),
    ("space: {} names no setting", lambda: tuned(space={})),
    ("space: pull: 0.5 is no ns.Range(low, high), nor a tuple", lambda: tuned(space={"pull": 0.5})),
    ("space: turns = 9 is refused (turns: nine are too many); give", lambda: tuned(space={"turns": (1, 9)})),
    ("space: rate = 1e+31 is refused", lambda: tuned(ns.removers.finetune, space={"rate": ns.Range(0.1, 1e31)})),
    ("space: batch = ", lambda: tuned(ns.removers.finetune, space={"batch": ns.Range(1, 9)})),
    ("space: pull is fixed", lambda: tuned(functools.partial(towards, pull=0.1), space=PULL)),
    ("space: pull of needing has no default", lambda: tuned(needing, space=PULL)),
    ("make: needing needs pull; fix it by", lambda: tuned(needing, space={"turns": (1, 2)})),
    ("wrong: it returned int, no Remover", lambda: tuned(wrong, space={"a": (1, 2)})),
    ("mode: distributional needs behaviour, which only", lambda: tuned(ns.removers.distributional, mode=WITHOUT)),
    ("remover random_label: raised", lambda: tuned(ns.removers.random_label, learner=ns.learners.ridge(logits=False))),
    ("learner blind: its model is the same", lambda: tuned(learner=BLIND, mode=WITHOUT)),
    ("scenario: S of ", lambda: tuned(scenario=dataclasses.replace(SCENE, forget=SCENE.forget & False))),
]


def needing(pull: Real, turns: int = 1) -> ns.Remover:
    return towards(pull, turns)


def wrong(a: int = 1) -> Any:
    return a


BLIND = ns.Learner(
    lambda key, rows: ns.Trained(rows.x.sum(0), None, BLIND), lambda p, x: x @ p[:, None] * jnp.ones((1, 4)),
    lambda o, y: ((o - y) ** 2).sum(-1), name="blind",
)  # fmt: skip


@pytest.mark.parametrize(("words", "ask"), BAD, ids=[words[:40] for words, _ in BAD])
def test_bad_input_is_one_line(words: str, ask: Callable[[], Any]) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the line is compared below
        ask()
    assert str(refused.value).startswith(words)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 250


def test_where_optuna_is_missing_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ValueError, match=r"which is missing: pip install 'neverseen\[tune\]'"):
        tuned()


def test_the_level_that_redraws_is_refused() -> None:
    scene = dataclasses.replace(SCENE, population=lambda key: SCENE, recipe="redrawn")
    with pytest.raises(ValueError, match="definition: tune at level dataset"):
        ns.tune(towards, ns.Unlearning(1.0, 0.05, "distribution"), RIDGE, scene, runs=8)


def test_a_tuning_says_what_its_tuner_saw() -> None:
    for mode, label in MODES.items():
        example = dataclasses.replace(ns.Tuning.example(), mode=mode)
        assert str(example).splitlines()[0] == f"finetune on mlp: 3 trials, {label}"
        page = ns.report.render(example)
        assert label in page
        assert "mode_in_words" in example.to_dict()
    again = ns.Tuning.from_json(ns.Tuning.example().to_json())
    assert (again, again.remover) == (ns.Tuning.example(), ns.removers.finetune(epochs=3, rate=0.5))
    own = dataclasses.replace(again, name="mine", listed=False)
    with pytest.raises(ValueError, match="mine is a factory of your own; call it"):
        _ = own.remover
    with pytest.raises(ValueError, match=r"read its \.word"):
        bool(own)


def test_what_is_better_without_the_reference_is_so_for_the_tuner() -> None:
    seen = dataclasses.replace(ns.Tuning.example(), mode=WITH)
    assert (seen.word, ns.Tuning.example().word[22:]) == ("better than the defaults", "ts, as far as its tuner can see")
    assert [("not to the reference" in str(each)) for each in (seen, ns.Tuning.example())] == [False, True]
    assert [row[2] for row in seen.report_cells] == ["distance, 1 = doing nothing", "1.00", "0.98", "0.74", "", ""]
    blind = dataclasses.replace(seen, nothing=dataclasses.replace(seen.nothing, low=-0.1))
    assert [row[2] for row in blind.report_cells[1:4]] == ["–"] * 3


def test_better_than_the_defaults_and_worse_than_nothing_is_not_good() -> None:
    far = ns.Tuning.example().gain
    made = dataclasses.replace(ns.Tuning.example(), lead=dataclasses.replace(far, low=-0.1))
    assert (made.better, made.word) == (False, "better than the defaults, no better than doing nothing")


COMMAND = [
    "tune",
    "ssd",
    "--learner",
    "ridge",
    "--scenario",
    "figure1",
    "--store",
    "none",
    "--runs",
    "8",
    "--trials",
    "3",
]


def test_the_command(tmp_path: Path, capsys: Capture) -> None:
    page = tmp_path / "page.html"
    assert main([*COMMAND, "--report", str(page), "--folder", str(tmp_path / "kept")]) in (0, 3)
    out, err = capsys.readouterr()
    assert err == ""
    assert MODES[WITHOUT] in out.splitlines()[0]
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert main([*COMMAND, "--json", "--folder", str(tmp_path / "kept")]) in (0, 3)
    plain = json.loads(capsys.readouterr().out)
    assert (plain["mode"], len(plain["trials"]), plain["listed"]) == (WITHOUT, 3, True)
    assert plain["provenance"]["command"].startswith("neverseen tune ssd --definition untraining")


def test_the_status_says_whether_anything_was_better(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "mine.py"
    text = Path(__file__).read_text(encoding="utf-8")
    body = text[text.index("@space(pull") : text.index("def tuned(")]
    head = "from typing import Any\nimport jax, jax.numpy as jnp\nimport neverseen as ns\nReal = float | int\n"
    head += "from neverseen.algorithms._space import space\n"
    file.write_text(head + body + "def idle(pull: float = 0.0): return towards(pull, known=False)\n"
                    "idle.space = towards.space\n", encoding="utf-8")  # fmt: skip
    rest = [*COMMAND[2:], "--mode", WITH]
    assert main(["tune", f"{file}:towards", *rest, "--trials", "8"]) == 0
    assert "better than the defaults;" in capsys.readouterr().out
    assert main(["tune", f"{file}:idle", *rest]) == 3
    assert "no better than the defaults" in capsys.readouterr().out
    assert main(["tune", f"{file}:nothing", *rest]) == 2
    assert "has no attribute 'nothing'" in one_line(capsys)


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (["ssd", "--mode", "blind"], "argument --mode: invalid choice: 'blind'"),
        (["sdd"], "unknown remover 'sdd'; did you mean 'ssd'?"),
        (["ssd:speed=1"], "remover 'ssd' has no argument 'speed'"),
        (["retrain"], "space: retrain publishes none"),
        (["ssd", "--trials", "0"], "trials: 0 is not in"),
        (["ssd", "--level", "distribution"], "--level distribution is one of unlearning"),
    ],
)
def test_bad_input_of_the_command_is_one_line(more: list[str], line: str, capsys: Capture) -> None:
    assert main(["tune", *more, *COMMAND[2:8]]) == 2
    assert one_line(capsys).startswith(line)


def test_progress_is_told_after_each_trial() -> None:
    told: list[tuple[int, int, str]] = []
    tuned(trials=3, progress=lambda *given: told.append(given))
    assert told == [(1, 3, "trying settings"), (2, 3, "trying settings"), (3, 3, "trying settings")]
    assert all(a < b for a, b in itertools.pairwise(told))
