"""`distance_of_samples`, and what an audit says beside its verdict: how far saved runs are, what ε they show."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_tools import Capture, one_line, save
from jaxtyping import Float64

import neverseen as ns
from neverseen.properties.cli import _audit_beside, main
from neverseen.properties.metrics import distance_of_arms

SHIFTS = {"removed": 1.0, "reference": 0.0, "original": 4.0}
RUNS = 64
Arm = dict[str, Float64[np.ndarray, "..."]]


def drawn(name: str = "losses", runs: int = RUNS, rows: int = 3, seed: int = 0) -> list[Arm]:
    """Removed models, references and originals; only S tells them apart."""
    rng = np.random.default_rng(seed)
    return [
        {f"{name} on S": rng.normal(at, 1, (runs, rows)), f"{name} on fresh rest": rng.normal(0, 1, (runs, 2))}
        for at in SHIFTS.values()
    ]


def numbers(found: ns.Distance) -> list[float]:
    """All numbers of a distance, whatever it is of."""
    each = [found.removed, found.original, found.ratio]
    return [x for one in each if one for x in (one.value, *one.ninety, *one.ninety_five)]


def test_arrays_named_as_observed_are_the_blocks_of_a_distance() -> None:
    arms = drawn()
    found = ns.distance_of_samples(*arms)
    blocks = [{name.removeprefix("losses on "): values for name, values in arm.items()} for arm in arms]
    other = distance_of_arms(*blocks, losses=True, shared=("removed", "original"))
    assert numbers(found) == pytest.approx(numbers(other), rel=1e-9)
    assert [(part.block, part.weight, part.scale) for part in found] == [
        (part.block, part.weight, part.scale) for part in other
    ]
    assert found.absent == other.absent
    assert found.share is not None
    assert 0.2 < found.share.value < 0.6
    assert ns.Distance.from_json(found.to_json()) == found


def test_of_a_block_the_chance_goes_before_losses_and_these_before_margins() -> None:
    rng = np.random.default_rng(0)
    chances = [{"chance of the given label on S": rng.random((RUNS, 4)), "accuracy": rng.random(RUNS)} for _ in SHIFTS]
    arms = [a | b | c for a, b, c in zip(drawn(), drawn("margins", rows=5), chances, strict=True)]
    found = ns.distance_of_samples(*arms)
    assert [(part.block, part.rows) for part in found] == [("S", 4), ("fresh rest", 2)]
    assert found["S"].scale == "the chance of the given label"
    assert found["fresh rest"].scale.startswith("the loss ℓ as 1/(1 + exp(−(ℓ − ")
    left = ["'accuracy'", "'losses on S'", "'margins on S'", "'margins on fresh rest'"]
    assert [name.removeprefix("array ") for name in found.absent[3:]] == left


def test_margins_are_taken_on_the_references_scale_whatever_their_unit() -> None:
    arms = drawn("margins")
    found = ns.distance_of_samples(*arms)
    bent = ns.distance_of_samples(*({name: 1e4 * values - 7 for name, values in arm.items()} for arm in arms))
    assert numbers(bent) == pytest.approx(numbers(found))
    assert found["S"].scale.startswith("the margin z as 1/(1 + exp(−(z − ")
    assert numbers(ns.distance_of_samples(*drawn("loss", rows=1))) == pytest.approx(
        numbers(ns.distance_of_samples(*drawn("losses", rows=1)))
    )


def test_other_arrays_are_blocks_of_their_own_and_no_unit_hides_a_column() -> None:
    rng = np.random.default_rng(0)
    arms = [{"norms": rng.normal(0, 1, (RUNS, 2)), "scores": rng.normal(at, 1, (RUNS, 1))} for at in SHIFTS.values()]
    found = ns.distance_of_samples(*arms)
    assert [(part.block, part.weight) for part in found] == [("norms", 0.5), ("scores", 0.5)]
    assert "each is a block of its own, and all weigh the same" in found.sentence
    assert "each column v as" in str(found)
    assert found.absent == ()
    alone = [{"scores": arm["scores"]} for arm in arms]
    named = distance_of_arms(*({"S": arm["scores"]} for arm in arms), losses=True, shared=("removed", "original"))
    assert numbers(ns.distance_of_samples(*alone)) == pytest.approx(numbers(named), rel=1e-9)
    joined = [np.hstack(list(arm.values())) for arm in arms]
    huge = [table * [1e9, 1.0, 1e-9] + [1e12, 0.0, 0.0] for table in joined]
    assert numbers(ns.distance_of_samples(*huge)) == pytest.approx(numbers(ns.distance_of_samples(*joined)), rel=1e-3)
    constant = [{"a": np.full((RUNS, 1), at) + 1e-3 * rng.random((RUNS, 1)), "flat": np.ones(RUNS)} for at in (1, 0)]
    assert ns.distance_of_samples(*constant)["flat"].removed.value == 0


def test_every_form_of_samples_gives_the_same_numbers(tmp_path: Path) -> None:
    arms = drawn(runs=16)
    expected = numbers(ns.distance_of_samples(*arms, ids=range(16)))
    files = [save(tmp_path / f"{name}.npz", **arm, seed=np.arange(16)) for name, arm in zip(SHIFTS, arms, strict=True)]
    for name, arm in zip(SHIFTS, arms, strict=True):
        (tmp_path / name).mkdir()
        for i in range(16):
            save(tmp_path / name / f"run_{i}.npz", **{view: values[i] for view, values in arm.items()})
    records = [[{"seed": i} | {n: v[i].tolist() for n, v in arm.items()} for i in range(16)] for arm in arms]
    for samples in (files, [tmp_path / name for name in SHIFTS], records):
        assert numbers(ns.distance_of_samples(*samples)) == expected


def test_paired_runs_are_matched_by_identity_and_no_couple_shares_a_seed() -> None:
    """A retrain with the reference's own seed is at 0 exactly; couples of one seed would draw it below."""
    removed, _, original = drawn(runs=32)
    places = np.random.default_rng(1).permutation(32)
    shuffled = {name: values[places] for name, values in removed.items()}
    ids = {"removed": range(32), "reference": places, "original": range(32)}
    found = ns.distance_of_samples(removed, shuffled, original, paired=True, ids=ids)
    assert found.removed.value == pytest.approx(0, abs=1e-12)
    in_line = ns.distance_of_samples(removed, dict(removed), original, paired=True, ids=range(32))
    assert numbers(found) == pytest.approx(numbers(in_line), abs=1e-12)
    crossed = ns.distance_of_samples(removed, shuffled, original, paired=True)
    assert crossed.removed.value < -1e-3  # the wrong pairs: one seed is then compared with itself


def test_originals_that_share_the_removed_models_seeds_narrow_the_share() -> None:
    """The interval of a ratio knows that both errors go together: doing nothing, given twice, is 1 for certain."""
    _, reference, original = drawn()
    twice = ns.distance_of_samples(original, reference, original)
    assert twice.share is not None
    assert twice.share.ninety_five == pytest.approx((1, 1), abs=1e-3)
    fewer = {name: values[:-1] for name, values in original.items()}
    apart = ns.distance_of_samples(fewer, reference, original)
    assert apart.share is not None
    assert apart.share.ninety_five[1] > 1.01


def test_a_missing_run_stops_its_arm_and_is_named() -> None:
    arms = drawn(runs=40)
    found = ns.distance_of_samples(*arms, ids={"removed": [*range(20), *range(21, 41)]})
    assert found.runs == (20, 40, 40)
    assert "20 of 40 removed runs wait for run 20" in found.sentence


def test_of_many_runs_the_first_are_compared_and_no_look_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neverseen.properties.saved._distance_of_samples.MOST_COMPARED", 60)
    arms = drawn(runs=80, rows=1)
    found = ns.distance_of_samples(*arms, seed=3)
    assert found.runs == (60,) * 3
    assert "60 of 80 removed, 60 of 80 reference, 60 of 80 original runs are compared" in found.sentence
    assert ns.bound(*arms[:2], delta=0.01).alpha == 0.05
    again = ns.distance_of_samples(*arms, seed=3)
    assert dataclasses.replace(again, seconds=found.seconds) == found
    assert numbers(ns.distance_of_samples(*arms, seed=4)) != numbers(found)


def test_a_run_that_diverged_is_as_far_as_can_be() -> None:
    arms = drawn(runs=32)
    for name in arms[0]:
        arms[0][name][:16] = np.nan
    found = ns.distance_of_samples(*arms)
    assert found["fresh rest"].removed.value > 0.1
    unnamed = [{"a": arm["losses on fresh rest"]} for arm in arms]
    assert ns.distance_of_samples(*unnamed)["a"].removed.value > 0.1
    unnamed[1]["a"][:, 0] = np.inf  # references that diverged everywhere fix no scale
    assert ns.distance_of_samples(*unnamed).removed.value > 0.1


def test_without_originals_there_is_no_share() -> None:
    found = ns.distance_of_samples(*drawn()[:2])
    assert (found.share, found.why, found.runs) == (None, "no originals are at hand", (RUNS, RUNS, 0))


GOOD = drawn(runs=16)
CHANCE = {"chance of the given label on S": np.linspace(0.5, 2.0, 16)[:, None] ** 2}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "few runs": ({"reference": drawn(runs=7)[1]}, "reference: 7 runs are too few; give 8 or more"),
    "no chance": (
        {"removed": CHANCE, "reference": {n: np.sqrt(v) / 3 for n, v in CHANCE.items()}, "original": None},
        r"S: arm removed: .* is not in \[0, 1\]; rescale it, alike in all",
    ),
    "nothing": ({"reference": None}, "reference: None is given; give its runs"),
    "other columns": ({"original": {"losses on S": np.ones((16, 3))}}, "original: columns none but removed has"),
    "no partner": ({"original": drawn(runs=20)[2], "paired": True}, "paired: 16 removed, 16 reference, 20 original"),
    "half named": ({"ids": {"removed": range(16)}, "paired": True}, "paired: reference has no ids, and other arms"),
    "no seed": ({"seed": -1}, "seed: -1 is not in"),
    "one file twice": ({"reference": GOOD[0]}, "removed and reference hold the same rows, unpaired"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_compared_is_refused_in_a_line(case: str) -> None:
    changes, said = WRONG[case]
    asked: dict[str, Any] = dict(zip(SHIFTS, GOOD, strict=True)) | changes
    with pytest.raises(ValueError, match=said) as told:
        ns.distance_of_samples(**asked)
    assert "\n" not in str(told.value)


def test_examples_of_one_model_are_told_what_one_model_shows(tmp_path: Path, capsys: Capture) -> None:
    """A log of one language model: an index of examples under a name. It is no arm, of whatever question."""
    rng = np.random.default_rng(0)
    paths = [str(tmp_path / f"{name}.json") for name in SHIFTS]
    for path in paths:
        log = {"forget": {"loss": {str(i): float(x) for i, x in enumerate(rng.random(64))}}}
        Path(path).write_text(json.dumps(log), encoding="utf-8")
    said = "examples of one model, and one model shows nothing of a law"
    for line in (["audit", *paths[:2], "--original", paths[2]], ["bound", *paths[:2], "--delta", ".01"]):
        assert main(line) == 2
        told = one_line(capsys)
        assert said in told
        assert "neverseen.audit_one_run" in told
    with pytest.raises(ValueError, match=said):
        ns.distance_of_samples(*paths)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Arms that 100 runs tell apart."""
    rng = np.random.default_rng(0)
    shifts = {"removed": 3.0, "reference": 0.0, "original": 9.0}
    return [
        save(tmp_path / f"{name}.npz", **{"losses on S": rng.normal(at, 1, (100, 1))}) for name, at in shifts.items()
    ]


def test_an_audit_says_distance_and_bound_beside_its_verdict(files: list[str], capsys: Capture) -> None:
    removed, reference, original = files
    status = main(["audit", removed, reference, "--original", original])
    verdict, distance, bound = capsys.readouterr().out.splitlines()
    assert verdict.startswith("REFUTED")
    assert status == 1
    assert distance.startswith("Distance: the removed samples: 0.")
    assert "of doing nothing away from the reference; 0 is a fresh retrain, 1 doing nothing" in distance
    assert bound.startswith("Bound: at δ = 0.05, these runs show ε ≥ ")
    assert "with confidence 0.95" in bound
    for line in (distance, bound):
        assert line.endswith("(it moves neither the verdict nor the exit status).")
    assert main(["audit", removed, reference]) == 1
    assert "no originals are at hand; give them with --original" in capsys.readouterr().out.splitlines()[1]


def test_as_json_they_are_fields_beside_the_verdict_s(files: list[str], capsys: Capture) -> None:
    arms = [*files[:2], "--original", files[2]]
    assert main(["audit", *arms, "--json", "--delta", ".01"]) == 1
    text = capsys.readouterr().out
    plain, verdict = json.loads(text), ns.Verdict.from_json(text)
    assert verdict.status is ns.Status.REFUTED
    assert plain["beside"][0].startswith("Distance: ")
    distance = ns.Distance.from_json(json.dumps(plain["distance"]))
    bound = ns.Bound.from_json(json.dumps(plain["bound"]))
    assert numbers(distance) == numbers(ns.distance_of_samples(*files))
    assert (bound.delta, bound.alpha) == (0.01, 0.05)
    assert set(plain) - set(verdict.to_dict()) == {"distance", "bound", "beside"}
    alone = ns.check_samples(ns.Untraining(1.0, 0.01), *files)
    assert (verdict.pairs, verdict.witness, verdict.alpha) == (alone.pairs, alone.witness, alone.alpha)
    assert main(["bound", *files[:2], "--delta", ".01", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["epsilon"] == bound.epsilon  # the same question: no other look


def test_an_interval_at_nothing_makes_no_pass(tmp_path: Path, capsys: Capture) -> None:
    """Runs of one law, too few for a verdict: exit status 3 whatever stands beside it, and no word of a small ε."""
    rng = np.random.default_rng(0)
    arms = [save(tmp_path / f"{i}.npz", loss=rng.normal(at, 1, 60)) for i, at in enumerate((0, 0, 9))]
    assert main(["audit", *arms[:2], "--original", arms[2]]) == 3
    verdict, distance, bound = capsys.readouterr().out.splitlines()
    assert verdict.startswith("INCONCLUSIVE")
    assert "; rough, an arm has fewer than 64 runs" in distance
    assert "these runs show nothing of ε with confidence 0.95, which is no sign that it is small" in bound


def test_what_cannot_be_had_is_a_reason_and_leaves_the_verdict(
    files: list[str], tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = save(tmp_path / "few.npz", **{"losses on S": np.arange(5.0)[:, None] ** 2})
    monkeypatch.setattr(_audit_beside, "MOST_COUNTED", 99)
    page = tmp_path / "page.html"
    assert main(["audit", *files[:2], "--original", few, "--report", str(page)]) == 1
    _, distance, bound = capsys.readouterr().out.splitlines()
    assert distance.startswith("Distance: none; original: 5 runs are too few; give 8 or more (it moves")
    assert bound.startswith("Bound: none unasked of arms as large as these; neverseen bound counts every run")
    text = page.read_text(encoding="utf-8")
    assert "How far from the reference" not in text
    assert "The ε that these runs show" not in text


def test_on_the_page_each_has_a_section(files: list[str], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert main(["audit", *files[:2], "--original", files[2], "--report", str(page)]) == 1
    text = page.read_text(encoding="utf-8")
    for words in ("How far from the reference", "The ε that these runs show", "No verdict: it moves neither"):
        assert words in text
    with pytest.raises(ValueError, match="report: distance stand beside a verdict, and this is a Suite"):
        ns.report.render(ns.Suite.example(), distance=ns.Distance.example())
