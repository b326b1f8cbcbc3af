"""Looking again at saved runs: bets that depend on no total, looks that go on, and looks that do not."""

import dataclasses
import itertools
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neverseen as ns
from neverseen.properties.saved import _arms
from neverseen.properties.saved._identity import queues
from neverseen.properties.saved._looks import share
from neverseen.properties.saved._records import MEMORY, record_of

CLAIM = ns.Untraining(1.0, 0.05)
LEVELS: dict[str, Any] = {"alpha": 0.05, "beta": 0.05, "tolerance": 0.3}
SIZES = range(60, 241, 60)


def arms(seed: int, *shape: int, shift: float = 0.6) -> list[np.ndarray]:
    rng = np.random.default_rng([seed, 97])
    return [rng.normal(at, 1, shape) for at in (shift, 0.0)]


def path_of(verdict: ns.Verdict) -> tuple[float, ...]:
    return verdict.evidence.log_wealth


WIDE = {"width": 80, "why": "columns are chosen"}


@pytest.mark.parametrize("options", [{}, {"grain": 0.5}, {"paired": True}, WIDE], ids="".join)
def test_the_verdict_on_some_named_runs_is_how_that_on_more_begins(options: dict[str, Any]) -> None:
    """Its pairs, wealth and status; once decided, it stays."""
    options = dict(options)
    width = options.pop("width", 1)
    options.pop("why", None)
    for seed in range(2):
        full = arms(seed, 230, width, shift=0.8 * seed)
        looks = [
            ns.check_samples(CLAIM, *(arm[:n] for arm in full), ids=range(n), **LEVELS, **options)
            for n in (70, 100, 230)
        ]
        for less, more in itertools.pairwise(looks):
            assert less.provenance["look"] == more.provenance["look"] == 1
            assert path_of(more)[: less.pairs] == path_of(less)
            if less.status is not ns.Status.INCONCLUSIVE:
                assert (less.status, less.pairs, less.witness) == (more.status, more.pairs, more.witness)


def test_the_order_of_the_rows_is_nothing_to_named_runs() -> None:
    full, rng = arms(0, 200, 2), np.random.default_rng(0)
    turns = [rng.permutation(200) for _ in full]
    plain = ns.check_samples(CLAIM, *full, ids=range(200), **LEVELS)
    turned = dict(zip(("removed", "reference"), turns, strict=True))
    mixed = ns.check_samples(CLAIM, *(arm[t] for arm, t in zip(full, turns, strict=True)), ids=turned, **LEVELS)
    assert dataclasses.replace(mixed, seconds=0.0) == dataclasses.replace(plain, seconds=0.0)
    assert plain.provenance["order"] == "identities"


def test_a_column_or_a_file_name_says_which_run_it_is(tmp_path: Path) -> None:
    full = arms(1, 90)
    plain = ns.check_samples(CLAIM, *({"loss": arm} for arm in full), ids=range(90), **LEVELS)
    rows = np.random.default_rng(1).permutation(90)
    for name in ("seed", "run", "ID"):
        MEMORY.clear()
        tables = [{"loss": arm[rows], name: rows.astype(float)} for arm in full]
        assert path_of(ns.check_samples(CLAIM, *tables, **LEVELS)) == path_of(plain)
    for arm, values in zip(("removed", "reference"), full, strict=True):
        (tmp_path / arm).mkdir()
        for run, value in enumerate(values):
            np.savez(tmp_path / arm / f"seed{run}.npz", loss=value)
    MEMORY.clear()
    assert path_of(ns.check_samples(CLAIM, tmp_path / "removed", tmp_path / "reference", **LEVELS)) == path_of(plain)
    assert not list(tmp_path.glob("*.json")), "runs with a name need no record"


def test_a_missing_run_stops_the_queue() -> None:
    full = arms(2, 200)
    there = np.array([run for run in range(200) if run != 120])
    ids = {"removed": there, "reference": np.arange(200)}
    terms: dict[str, Any] = LEVELS | {"tolerance": 1e-3}
    waiting = ns.check_samples(CLAIM, full[0][there], full[1], ids=ids, **terms)
    before = ns.check_samples(CLAIM, *(arm[:120] for arm in full), ids=range(120), **terms)
    assert waiting.status is before.status is ns.Status.INCONCLUSIVE
    assert path_of(waiting) == path_of(before)
    assert "79 of 199 removed runs wait for run 120" in str(waiting)
    there = there[there != 5]
    with pytest.raises(ValueError, match=r"at least 15 are needed \(193 of 198 removed runs wait for run 5\)"):
        ns.check_samples(CLAIM, full[0][there], full[1], ids=ids | {"removed": there}, **LEVELS)


@pytest.mark.parametrize(
    ("ids", "paired", "order", "missing"),
    [
        ({"a": (3, 2, 4)}, False, {"a": [1, 0, 2]}, None),
        ({"a": (0, 10, 30), "b": (5, 6, 8)}, False, {"a": [0, 1], "b": [0, 1]}, {"a": 20, "b": 7}),
        ({"a": (0, 1, 2), "b": (1, 2, 3)}, True, {"a": [], "b": []}, 0),
        ({"a": ("eve", "bob", "ann"), "b": ("bob", "ann")}, True, {"a": [2, 1], "b": [1, 0]}, "eve"),
        ({"a": (10**9, 5, 77777777)}, False, {"a": [1, 2, 0]}, None),
    ],
)
def test_gaps(ids: dict[str, Any], paired: bool, order: dict[str, list[int]], missing: Any) -> None:
    found = queues(ids, paired=paired)
    assert {arm: queue.order.tolist() for arm, queue in found.items()} == order
    wanted = missing if isinstance(missing, dict) else dict.fromkeys(ids, missing)
    assert {arm: queue.missing for arm, queue in found.items()} == wanted


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        ([*range(99), 5], "ids of removed: two runs are called 5"),
        (range(99), "ids of removed: 99 identities for 100 runs"),
        ({"reference": ["a"] * 100}, "ids of reference: two runs are called a"),
    ],
)
def test_bad_identities_are_one_line(ids: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ns.check_samples(CLAIM, *arms(0, 100), ids=ids)


def growing(kind: str, rng: np.random.Generator) -> list[np.ndarray]:
    """Arms at θ = δ + τ, whose false SATISFIED one look has with probability β."""
    coin = (rng.random(400) < 0.5).astype(float)
    if kind == "atoms":
        return [coin, np.zeros(400)]
    if kind == "noise":
        return [coin + rng.normal(0, 1e-3, 400), rng.normal(0, 1e-3, 400)]
    side = rng.normal(size=(2, 400))
    return [np.stack([coin, side[0]], 1), np.stack([np.zeros(400), side[1]], 1)]


@pytest.mark.parametrize("kind", ["atoms", "noise", "columns"])
def test_looks_at_growing_arrays_spend_one(kind: str) -> None:
    """A look goes on from the one before, so that a false SATISFIED at any of them is no more likely than at one."""
    terms: dict[str, Any] = {"alpha": 1e-4, "beta": 0.05, "tolerance": 0.45}
    ever = last = 0
    for seed in range(6):
        full = growing(kind, np.random.default_rng([5, seed]))
        looks = [ns.check_samples(CLAIM, *(arm[:n] for arm in full), **terms) for n in SIZES]
        assert {look.provenance["look"] for look in looks} == {1}
        assert [look.provenance["after"] for look in looks] == [0, *SIZES[:-1]]
        assert "another look, which goes on from 180 pairs" in looks[-1].subject
        ever += any(look.status is ns.Status.SATISFIED for look in looks)
        last += looks[-1].status is ns.Status.SATISFIED
    assert ever <= last + 1 <= 3


def test_rows_that_were_put_in_another_order_go_on_too() -> None:
    full, rng = arms(3, 200, 1), np.random.default_rng(3)
    before = ns.check_samples(CLAIM, *(arm[:100] for arm in full), **LEVELS)
    after = ns.check_samples(CLAIM, *(rng.permutation(arm) for arm in full), **LEVELS)
    least = min(before.pairs, after.pairs)
    assert after.provenance["look"] == 1
    assert path_of(after)[: least - 8] == path_of(before)[: least - 8]
    again = ns.check_samples(CLAIM, *(arm[:100] for arm in full), **LEVELS)
    assert path_of(again) == path_of(before)


@pytest.mark.parametrize("kind", ["another seed", "some left out", "fewer", "paired", "another grain"])
def test_a_look_that_does_not_go_on_has_less_to_spend(kind: str) -> None:
    full = arms(4, 300)
    first = ns.check_samples(CLAIM, *full, **LEVELS)
    options: dict[str, Any] = {"another seed": {"seed": 1}, "paired": {"paired": True}, "another grain": {"grain": 0.1}}
    some = {"some left out": slice(0, 300, 2), "fewer": slice(0, 200)}.get(kind, slice(None))
    second = ns.check_samples(CLAIM, *(arm[some] for arm in full), **LEVELS, **options.get(kind, {}))
    assert first.provenance["look"] == 1
    assert second.provenance["look"] == 2
    assert (second.alpha, second.beta) == pytest.approx((0.05 / 20, 0.05 / 20))
    assert "look 2 at these runs: α and β were spent already, and this one has 1/20 of them" in str(second)
    assert ns.check_samples(CLAIM, *full, **LEVELS).alpha == 0.05, "the first look again is the first look"


def test_all_looks_together_spend_a_tenth_more_than_one() -> None:
    assert sum(share(number) for number in range(1, 10**5)) == pytest.approx(1.1, abs=1e-4)
    assert all(share(a) > share(a + 1) > 0 for a in range(1, 50))


@pytest.mark.parametrize("other", ["removed", "reference"])
def test_one_arm_in_common_is_no_second_look(other: str) -> None:
    """One pool of references serves several removers."""
    full, new = arms(5, 200), arms(6, 200)
    ns.check_samples(CLAIM, *full, **LEVELS)
    pair = [new[0], full[1]] if other == "removed" else [full[0], new[1]]
    assert ns.check_samples(CLAIM, *pair, **LEVELS).provenance["look"] == 1


def test_arms_that_are_alike_by_chance_are_no_second_look() -> None:
    for seed in range(6):
        rng = np.random.default_rng([8, seed])
        coins = [(rng.random(100 + seed) < p).astype(int) for p in (0.5, 0.3)]
        assert ns.check_samples(CLAIM, *coins, **LEVELS).provenance["look"] == 1


def saved(folder: Path, full: list[np.ndarray], count: int) -> list[Path]:
    paths = [folder / f"{arm}.npy" for arm in ("removed", "reference")]
    for path, arm in zip(paths, full, strict=True):
        np.save(path, arm[:count])
    return paths


def test_the_record_beside_a_file_lets_another_process_go_on(tmp_path: Path) -> None:
    full = arms(7, 200, shift=0.5)
    terms = LEVELS | {"tolerance": 1e-3}
    here = [ns.check_samples(CLAIM, *(arm[:n] for arm in full), **terms) for n in (60, 200)]
    for n, wanted in zip((60, 200), here, strict=True):
        MEMORY.clear()
        found = ns.check_samples(CLAIM, *saved(tmp_path, full, n), **terms)
        assert path_of(found) == path_of(wanted)
        assert found.provenance["after"] == wanted.provenance["after"]
    MEMORY.clear()
    assert ns.check_samples(CLAIM, *saved(tmp_path, full, 200), seed=5, **terms).provenance["look"] == 2
    record = record_of(tmp_path / "removed.npy")
    assert sorted(path.name for path in tmp_path.glob("*.json")) == [record.name]
    assert [row["look"] for row in json.loads(record.read_text())["looks"]] == [1, 2]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("arms", 0, "rows", 3), "1" * 17), (("arms", 0, "rows", 3), "-1"), (("arms", 0, "rows", 3), "g" * 16),
        (("arms", 0, "rows", 3), 7), (("arms", 0, "rows"), []), (("arms", 0, "order", 0), -1),
        (("arms", 0, "order"), [*range(59), 0]), (("arms", 0, "order", 0), 60), (("arms", 0, "order", 0), 0.5),
        (("arms", 0, "order", 0), 10**30), (("arms", 0, "order"), []), (("arms", 0, "runs"), 59),
        (("arms", 0, "runs"), -1), (("arms", 0, "runs"), float("inf")), (("arms",), []), (("arms", 0), "removed"),
        (("choosing",), -1), (("look",), 0), (("look",), True),
    ],
    ids=str,
)  # fmt: skip
def test_a_record_with_one_wrong_value_is_damaged(place: tuple[Any, ...], value: Any, tmp_path: Path) -> None:
    paths = saved(tmp_path, arms(8, 60), 60)
    ns.check_samples(CLAIM, *paths, **LEVELS)
    record = record_of(paths[0])
    read = json.loads(record.read_text())
    inner = read["looks"][0]
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    record.write_text(json.dumps(read))
    with pytest.raises(ValueError, match=r"removed\.npy\.looks\.json: is no record of looks"):
        ns.check_samples(CLAIM, *paths, **LEVELS)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"looks": [{}]}', '{"looks": 3}', "\x00", "[" * 10**5])
def test_a_damaged_record_is_one_line(text: str, tmp_path: Path) -> None:
    paths = saved(tmp_path, arms(8, 60), 60)
    record_of(paths[0]).write_text(text)
    with pytest.raises(ValueError, match=r"removed\.npy\.looks\.json: is no record of looks") as caught:
        ns.check_samples(CLAIM, *paths, **LEVELS)
    assert "\n" not in str(caught.value)


def test_a_record_that_cannot_be_written_costs_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: Any, **__: Any) -> int:
        raise OSError(28, "No space left on device")

    paths = saved(tmp_path, arms(9, 60), 60)
    monkeypatch.setattr(os, "fsync", full_disk)
    assert ns.check_samples(CLAIM, *paths, **LEVELS).provenance["record"] == "could not be written"
    np.save(tmp_path / "original.npy", np.random.default_rng(9).normal(5, 1, 60))
    beside = ns.compare_samples(paths[0], paths[1], tmp_path / "original.npy")
    assert beside.provenance["record"] == "could not be written"


def test_a_record_is_no_view(tmp_path: Path) -> None:
    """Beside files that lie in a folder of views, which may be read next."""
    rng = np.random.default_rng(10)
    for arm in ("removed", "reference"):
        (tmp_path / arm).mkdir()
        for view in ("loss", "margin"):
            np.save(tmp_path / arm / f"{view}.npy", rng.normal(size=60))
    ns.check_samples(CLAIM, *(tmp_path / arm / "loss.npy" for arm in ("removed", "reference")), **LEVELS)
    assert record_of(tmp_path / "removed" / "loss.npy").exists()
    both = ns.check_samples(CLAIM, tmp_path / "removed", tmp_path / "reference", **LEVELS)
    assert {"loss", "margin"} <= {row.view for row in both.evidence.views}
    assert record_of(tmp_path / "removed").exists()


@pytest.mark.parametrize("by", ["value", "first column", "completion"])
def test_rows_sorted_by_outcome_and_cut_are_refused_at_the_next_look(by: str) -> None:
    rng = np.random.default_rng(11)
    full = arms(11, 300, 2, shift=0.0)
    scores = {"value": 0.0, "first column": 0.0, "completion": 1.0}[by]
    for i in range(2):
        full[i] = full[i][(full[i][:, 0] + scores * rng.normal(size=300)).argsort()]
    first = ns.check_samples(CLAIM, *(arm[:150] for arm in full), **LEVELS)
    assert first.provenance["after"] == 0, "one look is permuted, and sorted rows are nothing to it"
    with pytest.raises(ValueError, match=r"goes along with the row number .* name the runs"):
        ns.check_samples(CLAIM, *full, **LEVELS)


def test_a_run_that_is_late_makes_another_look() -> None:
    """Bets began with run 1; then run 0 came, and they would have begun with it."""
    full = arms(12, 200)
    first = ns.check_samples(CLAIM, *(arm[1:150] for arm in full), ids=range(1, 150), **LEVELS)
    second = ns.check_samples(CLAIM, *full, ids=range(200), **LEVELS)
    assert (first.provenance["look"], second.provenance["look"]) == (1, 2)


def test_a_large_arm_is_known_by_its_first_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    full = arms(13, 500)
    monkeypatch.setattr(_arms, "SCANNED", 0)
    looks = [ns.check_samples(CLAIM, *(arm[:n] for arm in full), **LEVELS) for n in (400, 400, 500)]
    assert [look.provenance["look"] for look in looks] == [1, 1, 2]


def test_comparing_saved_runs_counts_looks_as_well() -> None:
    rng = np.random.default_rng(14)
    triple = [rng.normal(at, 1, (200, 1)) for at in (1, 0, 6)]
    first = ns.compare_samples(*triple)
    again, other = (ns.compare_samples(*triple, seed=seed) for seed in (0, 1))
    assert first.provenance["look"] == again.provenance["look"] == 1
    assert other.provenance["look"] == 2
    assert other.alpha == pytest.approx(first.alpha / 20)
    named = [ns.compare_samples(*(arm[:n] for arm in triple), ids=range(n)) for n in (150, 200)]
    assert named[0].side is named[1].side


NAMED = {"all": ("removed", "reference", "original"), "two": ("removed", "reference"), "one": ("original",), "none": ()}
GROWING = {"all": ("removed", "reference", "original"), "originals": ("original",), "others": ("removed", "reference")}


def triple(seed: int, runs: int = 240) -> dict[str, Any]:
    rng = np.random.default_rng([seed, 98])
    return {arm: rng.normal(at, 1, (runs, 1)) for arm, at in (("removed", 0.5), ("reference", 0.0), ("original", 1.0))}


def compared(full: dict[str, Any], who: tuple[str, ...], **options: Any) -> ns.Relative:
    """A comparison in which some arms have names."""
    return ns.compare_samples(**full, ids={arm: range(len(full[arm])) for arm in who}, **options)


@pytest.mark.parametrize("who", NAMED)
@pytest.mark.parametrize("which", GROWING)
def test_a_comparison_of_growing_arms_goes_on_whoever_has_names(who: str, which: str) -> None:
    """Of every arm that is bet on the rows of the last look come first: its bets are the first of this one's."""
    full = triple(15)
    some = {arm: values[:160] if arm in GROWING[which] else values for arm, values in full.items()}
    less, more = compared(some, NAMED[who]), compared(full, NAMED[who])
    assert (less.provenance["look"], more.provenance["look"]) == (1, 1)
    assert len(less.looks) > 5
    assert more.looks[: len(less.looks)] == less.looks
    assert more.to_original[: len(less.looks)] == less.to_original


@pytest.mark.parametrize("who", ["two", "none"])
@pytest.mark.parametrize("kind", ["some left out", "another seed"])
def test_originals_in_another_order_are_another_look(who: str, kind: str) -> None:
    full = triple(16)
    first = compared(full, NAMED[who])
    some = {"original": full["original"][::2]} if kind == "some left out" else {}
    second = compared(full | some, NAMED[who], **({"seed": 1} if kind == "another seed" else {}))
    assert (first.provenance["look"], second.provenance["look"]) == (1, 2)
    assert second.alpha == pytest.approx(first.alpha / 20)


def test_other_originals_are_no_second_look_and_neither_is_another_question() -> None:
    full = triple(17)
    compared(full, ())
    assert compared(full | {"original": triple(18)["original"]}, (), seed=1).provenance["look"] == 1
    pair = [full["removed"], full["reference"]]
    assert ns.check_samples(CLAIM, *pair, seed=2, **LEVELS).provenance["look"] == 1


@pytest.mark.parametrize("constant", ["removed", "reference", "original"])
def test_an_arm_of_one_constant_hides_no_second_look(constant: str) -> None:
    """The other arms were permuted anew, and their order can be chosen."""
    full = triple(19)
    full[constant] = np.full((240, 1), 3.0)
    looks = [compared(full, (), seed=seed).provenance["look"] for seed in (0, 1, 0)]
    assert looks == [1, 2, 1]
    if constant != "original":
        pair = [full["removed"], full["reference"]]
        looks = [ns.check_samples(CLAIM, *pair, seed=seed, **LEVELS).provenance["look"] for seed in (0, 1, 0)]
        assert looks == [1, 2, 1]
