"""`measure`: values, floors and powers from shared pools; the notions; the command line."""

import dataclasses
import json
from pathlib import Path

import jax
import pytest
from cli_tools import Capture, one_line

import neverseen as ns
from neverseen.properties.cli._main import main
from neverseen.properties.metrics import METRICS, Table
from neverseen.properties.metrics._observations import points_of

CLAIM, UNLEARNING = ns.Untraining(1.0, 0.05), ns.Unlearning(1.0, 0.05)
SCENARIO = ns.scenarios.blobs(forget="mislabelled", size=4, rows=32, seed=0)
FIXED, RANDOM = ns.learners.ridge(logits=True), ns.learners.noisy(sigma=0.3)


def measured(names: object, claim: object, remover: ns.Remover, learner: ns.Learner, **terms: object) -> Table:
    return ns.metrics.measure(names, claim, remover, learner, SCENARIO, **terms)  # pyright: ignore


def same(first: Table, second: Table) -> bool:
    return dataclasses.replace(first, seconds=0.0) == dataclasses.replace(second, seconds=0.0)


@pytest.fixture(scope="module")
def nothing() -> Table:
    """Every metric that applies to do-nothing on a learner whose runs differ."""
    return measured(None, CLAIM, ns.removers.do_nothing(), RANDOM, runs=40, exchanges=9)


def test_do_nothing_is_what_its_power_says(nothing: Table) -> None:
    assert nothing.runs == 40
    assert {row.metric for row in nothing.rows} == {name for name, m in METRICS.items() if "untraining" in m.notions}
    assert nothing.left_out == ()
    for row in nothing.rows:
        assert row.value == row.power
        assert row.metric in str(nothing)


def test_references_share_no_seed_with_fresh_retrains(nothing: Table) -> None:
    # With shared seeds both would be the same models, and nothing but the grain would part their outputs.
    for name in ("js-divergence", "activation-distance"):
        assert nothing[name].floor.interval.value > 0.01


def test_a_retrain_of_a_learner_without_randomness_is_at_the_floor_and_do_nothing_is_not() -> None:
    """No noise at all: every value is known, and nothing is left to chance."""
    best = {"u-lira": 0.5, "forgetting-quality": 1.0, "klom": 0.0, "js-divergence": 0.0}
    table = measured(list(best), CLAIM, ns.removers.retrain(), FIXED, runs=32, grain=0.0, exchanges=99)
    assert [row.metric for row in table.rows] == list(best)
    for row in table.rows:
        for reading in (row.value, row.floor):
            assert reading.interval.value == pytest.approx(best[row.metric], abs=1e-9)
            assert not reading.distinguishes
        assert row.power.distinguishes
        assert row.verdict == "no"
    assert table["klom"].power.interval.value > 1
    assert table["u-lira"].power.interval.value == 1


def test_the_grain_hides_what_float_rounding_parts() -> None:
    bare, grainy = (
        measured("klom", CLAIM, ns.removers.newton(), FIXED, runs=32, grain=grain, exchanges=99)["klom"]
        for grain in (0.0, 1e-3)
    )
    assert bare.value.distinguishes
    assert bare.value.interval.value > 1
    # Removed models and fresh retrains get the same noise: the rounding between them is lost in it.
    assert grainy.value.interval.value == pytest.approx(grainy.floor.interval.value, abs=0.1)


def test_a_row_does_not_depend_on_which_others_are_asked(nothing: Table) -> None:
    first = measured(["klom", METRICS["u-lira"]], CLAIM, ns.removers.do_nothing(), RANDOM, runs=40, exchanges=9)
    assert [row.metric for row in first.rows] == ["klom", "u-lira"]
    assert all(row == nothing[row.metric] for row in first.rows)
    other = measured("klom", CLAIM, ns.removers.do_nothing(), RANDOM, runs=40, exchanges=9, seed=1)
    assert other["klom"] != nothing["klom"]


def test_unlearnings_reference_lacks_the_whole_behaviour() -> None:
    scenario = ns.scenarios.blobs(forget="near-duplicates", size=4, full=12, rows=32, seed=0)
    wrong, right = (
        ns.metrics.measure("klom", claim, ns.removers.retrain(), FIXED, scenario, runs=32, grain=0.0, exchanges=99)
        for claim in (UNLEARNING, CLAIM)
    )
    assert (wrong.reference, right.reference) == ("A(D∖S_full)", "A(D∖S)")
    assert wrong["klom"].value.distinguishes
    assert wrong["klom"].value.interval.value > 1
    assert right["klom"].value.interval.value == 0


@pytest.mark.parametrize("name", [name for name, m in METRICS.items() if len(m.notions) == 1])
def test_asking_about_the_wrong_notion_is_an_error(name: str) -> None:
    claim = UNLEARNING if METRICS[name].notions == ("untraining",) else CLAIM
    with pytest.raises(ValueError, match=f"^{METRICS[name].entry} judges .*, not {claim.name}: ") as told:
        measured(name, claim, ns.removers.do_nothing(), FIXED)
    assert "\n" not in str(told.value)


def test_all_that_apply_are_measured_and_the_rest_is_left_out_with_its_reason() -> None:
    learner = ns.learners.ridge(logits=False)
    table = measured(None, UNLEARNING, ns.removers.do_nothing(), learner, runs=8, exchanges=1)
    scoreless = {"cka", "neighbour-overlap", "relearn-time"}
    assert {row.metric for row in table.rows} == scoreless, "add to `scoreless` a metric that reads no class scores"
    why = "ridge(penalty=1) declares no class scores (logits=False); use a metric of losses"
    assert ("klom", why) in table.left_out
    # Metrics of the other notion are neither measured nor offered.
    wrong = {name for name, m in METRICS.items() if "unlearning" not in m.notions}
    known = {"population-mia", "u-lira", "u-lira-tpr", "rmia", "tow-mia", "forgetting-quality"}
    assert wrong == known, "add to `known` a metric that its catalogue entry lets judge untraining alone"
    assert not wrong & {name for name, _ in table.left_out}
    with pytest.raises(ValueError, match=r"klom: ridge.* declares no class scores"):
        measured("klom", CLAIM, ns.removers.do_nothing(), learner)
    with pytest.raises(ValueError, match=r"cka: nearest_neighbour.* has no units on S: "):
        measured("cka", CLAIM, ns.removers.do_nothing(), ns.learners.nearest_neighbour())


def test_a_metric_without_a_value_costs_no_other_metric() -> None:
    """Steps of relearning diverge on this model: left out with the reason where all were asked, an error by name."""
    where = (CLAIM, ns.removers.do_nothing(), ns.learners.noisy(), ns.scenarios.breast_cancer())
    table = ns.metrics.measure(None, *where, runs=8, exchanges=1)
    (why,) = [why for name, why in table.left_out if name == "relearn-time"]
    assert why.startswith("run 0 of the removed arm is NaN or infinite in relearning on S")
    assert {"klom", "u-lira"} <= {row.metric for row in table.rows}
    with pytest.raises(ValueError, match="relearn-time: run 0 of the removed arm is NaN or infinite"):
        ns.metrics.measure("relearn-time", *where, runs=8, exchanges=1)


def test_where_d_is_redrawn_only_fresh_points_are_looked_at() -> None:
    claim, scenario = ns.Unlearning(1.0, 0.05, "distribution"), ns.scenarios.mixture(rows=32)
    assert list(points_of(scenario, claim)) == ["fresh", "behaviour"]
    assert list(points_of(scenario, UNLEARNING)) == ["S", "retained", "fresh", "behaviour"]
    with pytest.raises(ValueError, match="klom: there are no points of 'S' here; the points are fresh, behaviour"):
        ns.metrics.measure("klom", claim, ns.removers.do_nothing(), FIXED, scenario)


def test_a_metric_of_ones_own_reads_listed_observables() -> None:
    mine = dataclasses.replace(METRICS["klom"], needs=("surprise on S",))
    with pytest.raises(ValueError, match="klom: it reads 'surprise on S', but the observables are parameters, "):
        measured(mine, CLAIM, ns.removers.do_nothing(), FIXED)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"runs": 7}, "runs: 7 are too few; give 8 or more"),
        ({"grain": -1.0}, "grain: -1.0 is not a finite number >= 0"),
        ({"exchanges": 0}, "exchanges: 0 is not in"),
        ({"names": []}, "metrics: none is named"),
        ({"names": "klmo"}, "unknown metric 'klmo'; did you mean 'klom'"),
    ],
)
def test_bad_terms_are_errors(terms: dict[str, object], words: str) -> None:
    asked = {"names": "klom"} | terms
    with pytest.raises(ValueError, match=words):
        measured(asked.pop("names"), CLAIM, ns.removers.do_nothing(), FIXED, **asked)


def test_a_removed_run_that_is_nan_is_an_error() -> None:
    @ns.remover
    def broken(key: jax.Array, trained: ns.Trained, rows: ns.Rows, forget: jax.Array) -> object:
        return jax.tree.map(lambda leaf: leaf * float("nan"), trained.params)

    with pytest.raises(ValueError, match="klom: run 0 of the removed arm is NaN or infinite in log truth ratios on S"):
        measured("klom", CLAIM, broken, FIXED, runs=8)
    left_out = dict(measured(None, CLAIM, broken, FIXED, runs=8).left_out)
    assert left_out["klom"].startswith("run 0 of the removed arm is NaN or infinite in log truth ratios on S")


def test_runs_in_the_store_serve_the_next_remover(tmp_path: Path) -> None:
    store, told = ns.Store(tmp_path), list[tuple[int, int]]()
    terms = {"runs": 32, "seed": 11, "exchanges": 9, "grain": 0.0}
    first = measured("klom", CLAIM, ns.removers.do_nothing(), FIXED, **terms, store=store)
    before = {pool.id for pool in store.pools()}
    assert len(before) == 4
    measured("klom", CLAIM, ns.removers.newton(), FIXED, **terms, store=store, progress=lambda *p: told.append(p[:2]))
    # Only the removed models are new: originals, references and fresh retrains are the ones of before.
    assert len({pool.id for pool in store.pools()} - before) == 1
    assert told == [(32, 32)]
    assert same(first, measured("klom", CLAIM, ns.removers.do_nothing(), FIXED, **terms))


# The command line.

COMMAND = [
    "measure", "do_nothing", "--scenario", "blobs:forget=mislabelled,size=4,rows=32", "--learner", "ridge",
    "--store", "none",
]  # fmt: skip


def test_the_command_prints_the_table(capsys: Capture) -> None:
    asked = [*COMMAND, "--metrics", "klom, forget-gap", "--runs", "32", "--seed", "3", "--grain", "0"]
    assert main(asked) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["metric", "klom", "forget-gap"]
    assert "yes (p = 0.005)" in out
    assert main([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    row = found["rows"][0]
    assert (row["metric"], row["distinguishes"], row["verdict"]) == ("klom", True, "yes")
    assert row["value"] == row["power"]
    assert row["floor"]["interval"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert found["provenance"]["seed"] == 3
    assert "--metrics 'klom, forget-gap'" in found["provenance"]["command"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--metrics", "klmo"], "unknown metric 'klmo'; did you mean 'klom'?"),
        (["--metrics", "u-lira", "--definition", "unlearning"], "u-lira judges untraining, not unlearning: "),
        (["--runs", "3"], "runs: 3 are too few; give 8 or more"),
        (["--level", "distribution"], "--level distribution is one of unlearning; add --definition unlearning"),
    ],
)
def test_bad_input_is_one_line_and_status_2(words: list[str], told: str, capsys: Capture) -> None:
    assert main([*COMMAND, *words]) == 2
    assert one_line(capsys).startswith(told)


def test_the_list_says_which_metrics_are_implemented(capsys: Capture) -> None:
    assert main(["list", "metrics"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert lines["representation-similarity"].endswith("[both]  measured as cka, neighbour-overlap")
    assert lines["memorisation-gap"].endswith("[untraining]  not implemented")
