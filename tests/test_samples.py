"""`check_samples`: saved runs, in whatever order, number, shape and place they come."""

import dataclasses
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import save_file

import neverseen as ns
from neverseen.properties.saved import _arms
from neverseen.properties.saved._arms import SavedArm
from neverseen.properties.saved._columns import column_gains, fit_fold, overview
from neverseen.properties.saved._given import arms_given, lined_up

CLAIM = ns.Untraining(0.5, 0.01)


def test_known_laws() -> None:
    rng = np.random.default_rng(0)
    reference = rng.normal(size=(800, 1))
    for shift, status in ((1.0, "REFUTED"), (-1.0, "REFUTED"), (0.0, "SATISFIED")):
        assert ns.check_samples(CLAIM, rng.normal(shift, 1, (800, 1)), reference).status.name == status


def test_identical_samples_sorted_oppositely_are_not_refuted() -> None:
    """The order of saved rows carries no information; taken at its word it refutes every time."""
    rng = np.random.default_rng(1)
    for seed in range(20):
        up, down = np.sort(rng.normal(size=(2, 500)), axis=1)
        verdict = ns.check_samples(CLAIM, up, down[::-1], alpha=0.05, seed=seed)
        assert verdict.status is not ns.Status.REFUTED


def test_the_order_of_pairs_is_trusted_only_when_it_is_declared() -> None:
    """The rows of one array, sorted oppositely: as pairs of one seed they differ in every one."""
    rows = np.sort(np.random.default_rng(1).normal(size=500))
    same = ns.check_samples(CLAIM, rows, rows, paired=True)
    assert same.status is ns.Status.SATISFIED
    given = arms_given({"removed": rows, "reference": rows**2})
    made: dict[str, Any] = {"seed": 0, "grain": 0.0, "event": False, "choosing": 0}
    together, own = (lined_up(given, paired=paired, **made).orders for paired in (True, False))
    assert np.array_equal(together["removed"], together["reference"])
    assert not np.array_equal(own["removed"], own["reference"])
    assert sorted(own["removed"]) == sorted(own["reference"]) == list(range(500))


def test_shared_seeds_save_pairs() -> None:
    rng = np.random.default_rng(6)
    seeds = rng.normal(size=1500)
    removed, reference = seeds + rng.normal(0.9, 0.3, 1500), seeds + rng.normal(0, 0.3, 1500)
    other = rng.normal(size=1500) + rng.normal(0, 0.3, 1500)
    used = [ns.check_samples(CLAIM, removed, arm, paired=paired) for arm, paired in ((reference, True), (other, False))]
    assert [verdict.status.name for verdict in used] == ["REFUTED", "REFUTED"]
    assert used[0].pairs < used[1].pairs
    assert [verdict.provenance["paired"] for verdict in used] == [True, False]


def test_columns_together_show_what_none_shows_alone() -> None:
    rng = np.random.default_rng(2)
    turn = np.linalg.qr(rng.normal(size=(12, 12)))[0]
    sizes = np.where(np.arange(12) == 0, 0.01, 1.0)
    shift = np.where(np.arange(12) == 0, 0.03, 0.0)
    removed, reference = ((rng.normal(size=(600, 12)) * sizes + s) @ turn for s in (shift, 0.0))
    verdict = ns.check_samples(CLAIM, removed, reference)
    assert verdict.status is ns.Status.REFUTED
    assert verdict.witness is not None
    assert verdict.witness.view == "all columns"


def test_named_arrays_are_views_and_unequal_numbers_of_runs_are_fine() -> None:
    rng = np.random.default_rng(3)
    removed = {"loss": rng.normal(5, 1, 300), "margins": rng.normal(size=(300, 3))}
    reference = {"loss": rng.normal(0, 1, 200), "margins": rng.normal(size=(200, 3))}
    original = {name: values[:77] for name, values in removed.items()}
    verdict = ns.check_samples(CLAIM, removed, reference, original)
    names = [row.view for row in verdict.evidence.views]
    assert names[:6] == ["loss", "margins[0]", "margins[1]", "margins[2]", "margins", "all columns"]
    assert verdict.status is ns.Status.REFUTED
    assert verdict.evidence.original
    assert verdict.budget == 200
    assert "(100 of 300 removed runs without a partner)" in str(verdict)
    assert [verdict.provenance[f"{arm}_runs"] for arm in ("removed", "reference", "original")] == [300, 200, 77]


def test_every_run_has_a_chance_to_be_paired() -> None:
    """Of the longer arm it is not the first rows that are paired: here they alone would tell."""
    removed = np.concatenate([np.full(300, 9.0), np.zeros(2700)])
    verdict = ns.check_samples(CLAIM, removed, np.zeros(300), alpha=0.05)
    assert verdict.witness is not None
    assert 0.02 < verdict.witness.removed < 0.3 or verdict.witness.removed > 0.7
    assert verdict.evidence.views[0].removed < 3  # type: ignore[operator]


def test_arrays_of_more_axes_are_flattened_and_columns_keep_their_place() -> None:
    rng = np.random.default_rng(7)
    logits = rng.normal(size=(200, 3, 2))
    logits[:, 2, 1] += 9
    verdict = ns.check_samples(CLAIM, {"logits": logits}, {"logits": rng.normal(size=(200, 3, 2))})
    assert verdict.witness is not None
    assert {row.view for row in verdict.evidence.views} >= {"logits[0,0]", "logits[2,1]", "logits"}
    means = {row.view: row.removed for row in verdict.evidence.views if row.removed is not None}
    assert means["logits[2,1]"] > 8
    assert abs(means["logits[1,1]"]) < 1


def test_the_order_of_names_is_no_difference() -> None:
    """The second arm lists its arrays the other way round; side by side they would be swapped."""
    rng = np.random.default_rng(8)
    removed = {"a": rng.normal(0, 1, 400), "b": rng.normal(50, 1, 400)}
    reference = {"b": rng.normal(50, 1, 400), "a": rng.normal(0, 1, 400)}
    assert ns.check_samples(CLAIM, removed, reference).status is ns.Status.SATISFIED


def test_discrete_columns_and_atoms() -> None:
    rng = np.random.default_rng(4)
    rare, never = (rng.random(900) < p for p in (0.2, 0.0))
    assert ns.check_samples(CLAIM, rare, never, alpha=0.01).status is ns.Status.REFUTED
    same = [(rng.random(900) < 0.2).astype(int) for _ in range(2)]
    assert ns.check_samples(CLAIM, *same).status is ns.Status.SATISFIED


def test_the_seed_alone_decides_the_order() -> None:
    rng = np.random.default_rng(5)
    removed, reference = rng.normal(0.3, 1, 300), rng.normal(0, 1, 300)
    one, two, other = (ns.check_samples(CLAIM, removed, reference, seed=s).evidence.log_wealth for s in (0, 0, 1))
    assert one == two != other


WIDE = 10_000


def wide(seed: int, runs: int = 600) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(runs, WIDE)).astype(np.float32)


def test_a_difference_in_one_column_of_ten_thousand_is_found() -> None:
    removed = wide(10)
    removed[:, 4321] += 2
    verdict = ns.check_samples(CLAIM, {"w": removed}, {"w": wide(11)})
    assert verdict.status is ns.Status.REFUTED
    assert verdict.witness is not None
    assert verdict.witness.view == "w[4321]"
    assert verdict.budget == 600 - 128
    assert verdict.provenance["choosing_pairs"] == 128
    assert "128 pairs chose among the columns" in str(verdict)
    names = [row.view for row in verdict.evidence.views]
    assert len([name for name in names if name.startswith("w[")]) == 64
    assert {"direction of w", "sketch of w"} <= set(names)


def test_a_small_difference_in_all_of_ten_thousand_columns_is_found() -> None:
    """An eighth of a standard deviation in each: no column shows it, their direction does."""
    verdict = ns.check_samples(CLAIM, {"w": wide(10) + np.float32(0.125)}, {"w": wide(11)})
    assert verdict.status is ns.Status.REFUTED
    assert verdict.witness is not None
    assert verdict.witness.view == "direction of w"


def test_thousands_of_equal_columns_are_not_refuted() -> None:
    """Columns chosen where they differ most, and bet on in the very pairs that chose them, would refute."""
    arms = [wide(seed, 260)[:, :4000] for seed in (20, 30)]
    verdict = ns.check_samples(CLAIM, *arms, alpha=0.05)
    assert verdict.status is not ns.Status.REFUTED
    assert max(verdict.evidence.log_wealth) < np.log(20)


def test_one_number_stays_a_view_beside_a_wide_array() -> None:
    rng = np.random.default_rng(9)
    arms = [{"wide": rng.normal(size=(300, 500)), "loss": rng.normal(m, 1, 300)} for m in (0.0, 0.0)]
    names = [row.view for row in ns.check_samples(CLAIM, *arms).evidence.views]
    assert "loss" in names
    assert len([name for name in names if name.startswith("wide[")]) == 63


def test_the_gain_of_a_column_is_that_of_its_best_event() -> None:
    """Against every cut and side by brute force; ties and constants among the columns."""
    rng = np.random.default_rng(12)
    x, y = (rng.integers(0, high, (20, len(high))).astype(float) for high in ([2, 3, 9, 1, 50], [2, 5, 9, 1, 40]))
    gamma = np.exp(0.3)
    for column, found in enumerate(column_gains(x, y, 0.3)):
        best = 0.0
        for cut in np.unique([x[:, column], y[:, column]]):
            p, q = (x[:, column] > cut).mean(), (y[:, column] > cut).mean()
            for one, other in ((p, q), (q, p), (1 - p, 1 - q), (1 - q, 1 - p)):
                best = max(best, one - gamma * other)
        assert found == pytest.approx(best)


def test_a_fold_does_not_depend_on_the_units_of_columns() -> None:
    rng = np.random.default_rng(13)
    x, y, new = (rng.normal(size=(n, 300)) for n in (20, 20, 5))
    units = 10.0 ** rng.integers(-6, 6, 300)
    plain, scaled = fit_fold(x, y), fit_fold(x * units, y * units)
    assert np.allclose(plain.sketch(new), scaled.sketch(new * units))
    assert np.allclose(plain.along(new), scaled.along(new * units))
    independent = plain.sketch(rng.normal(size=(4000, 300)))
    assert 0.75 < independent.std(0).mean() < 1.25  # noise of one size keeps its size


def test_views_with_one_name_are_refused() -> None:
    rng = np.random.default_rng(19)
    clash = [{"a": rng.normal(size=(100, 2)), "a[0]": rng.normal(size=100)} for _ in range(2)]
    with pytest.raises(ValueError, match=r"two views would be called 'a\[0\]'; rename an array"):
        ns.check_samples(CLAIM, *clash)
    with pytest.raises(ValueError, match="'all columns'"):
        overview({"all columns": (2,), "b": ()}, None, 0.0)


class Counted:
    """An array on disk: rows are read when they are asked for, and counted."""

    def __init__(self, values: np.ndarray) -> None:
        self._values, self.shape, self.dtype = values, values.shape, values.dtype
        self.rows: list[int] = []

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        assert (np.diff(rows) > 0).all()
        self.rows.extend(rows.tolist())
        return self._values[rows]


def test_only_the_rows_that_are_bet_on_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_arms, "SCANNED", 0)
    rng = np.random.default_rng(14)
    values = [rng.normal(m, 1, (100_000, 2)) for m in (5, 0)]
    arms = [Counted(v) for v in values]
    verdict = ns.check_samples(CLAIM, *arms)
    assert verdict.status is ns.Status.REFUTED
    assert verdict.pairs <= 128
    for arm in arms:
        assert arm.rows[:64] == list(range(64))  # those that a large arm is looked through by
        bet = arm.rows[64:]
        assert verdict.pairs <= len(bet) == len(set(bet)) <= 192
    plain = ns.check_samples(CLAIM, *values)
    assert plain.to_dict() | {"seconds": 0} == verdict.to_dict() | {"seconds": 0}


def test_small_arms_are_scanned_whole() -> None:
    arms = [Counted(np.random.default_rng(seed).normal(size=(300, 2))) for seed in (0, 1)]
    ns.check_samples(CLAIM, *arms)
    assert all(arm.rows[:300] == list(range(300)) for arm in arms)


@pytest.mark.parametrize("scanned", [0, 1 << 26])
def test_a_diverged_run_is_named_by_its_place_in_the_file(scanned: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_arms, "SCANNED", scanned)
    values = np.random.default_rng(15).normal(size=(100, 3))
    values[77, 2] = np.inf
    with pytest.raises(
        ValueError, match=r"^reference 'a': run 77, column 2 is NaN or inf; a run that diverged is an outcome and may"
    ):
        ns.check_samples(CLAIM, {"a": np.zeros((100, 3))}, {"a": values})


def test_a_verdict_that_never_reads_a_bad_row_of_a_large_arm_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said of large arms: rows are checked as they are read."""
    values, other = np.random.default_rng(16).normal(size=(2, 20_000))
    clean = ns.check_samples(CLAIM, other + 5, values)
    values[_unread(clean, other + 5, values)] = np.nan
    with pytest.raises(ValueError, match="is NaN or inf"):
        ns.check_samples(CLAIM, other + 5, values)
    monkeypatch.setattr(_arms, "SCANNED", 0)
    assert ns.check_samples(CLAIM, other + 5, values).evidence == clean.evidence


def _unread(verdict: ns.Verdict, removed: np.ndarray, reference: np.ndarray) -> int:
    """A row of both arms among those that the verdict did not come to, and past the first ones."""
    given = arms_given({"removed": removed, "reference": reference})
    lined = lined_up(given, seed=0, grain=0.0, paired=False, event=False, choosing=0)
    read = {int(row) for order in lined.orders.values() for row in order[: 4 * verdict.pairs + 64]}
    return next(row for row in range(64, len(removed)) if row not in read)


def test_the_digest_is_of_the_rows_read_and_of_the_shapes() -> None:
    rng = np.random.default_rng(17)
    removed, reference = rng.normal(5, 1, 5000), rng.normal(0, 1, 5000)
    first = ns.check_samples(CLAIM, removed, reference)
    unread = removed.copy()
    unread[_unread(first, removed, reference)] += 1
    digests = {
        name: ns.check_samples(CLAIM, arm, reference).provenance["digest"]
        for name, arm in {"unread": unread, "other": removed + 1e-9, "shorter": removed[:-1]}.items()
    }
    assert digests["unread"] == first.provenance["digest"]
    assert len({first.provenance["digest"], *digests.values()}) == 3


def forms(folder: Path, name: str, arrays: dict[str, np.ndarray]) -> Iterator[Any]:
    """The same arm in memory, in torch's and JAX's manner, and in every format."""
    yield arrays
    yield {name: jnp.asarray(values, jnp.float32) for name, values in arrays.items()}
    yield {name: Counted(values) for name, values in arrays.items()}
    np.savez(folder / f"{name}.npz", loss=arrays["loss"], margins=arrays["margins"])
    yield folder / f"{name}.npz"
    save_file(arrays, folder / f"{name}.safetensors")
    yield str(folder / f"{name}.safetensors")
    (folder / name).mkdir()
    for view, values in arrays.items():
        np.save(folder / name / f"{view}.npy", values)
    yield folder / name
    records = np.zeros(len(arrays["loss"]), [("margins", np.float32, 3), ("loss", np.float32)])
    for view, values in arrays.items():
        records[view] = values
    yield records


def test_every_format_gives_the_same_verdict_streamed_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(18)
    arms = [
        {"loss": rng.normal(m, 1, n).astype("f4"), "margins": rng.normal(size=(n, 3)).astype("f4")}
        for m, n in ((1.5, 300), (0.0, 250))
    ]
    scanned = ns.check_samples(CLAIM, *arms, grain=0.1)
    assert scanned.pairs > 64, "rows of more than one block are to be compared"
    monkeypatch.setattr(_arms, "SCANNED", 0)
    given = zip(*(forms(tmp_path, name, arm) for name, arm in zip("ab", arms, strict=True)), strict=True)
    streamed = [ns.check_samples(CLAIM, *pair, grain=0.1) for pair in given]
    assert len(streamed) == 7
    assert [dataclasses.replace(verdict, seconds=0.0) for verdict in streamed] == [
        dataclasses.replace(scanned, seconds=0.0)
    ] * 7


def test_memory_does_not_grow_with_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files of 32 MB each, of which NumPy never holds more than a part; resident pages of a map come and go."""
    monkeypatch.setattr(_arms, "SCANNED", 0)
    for name, shift in (("a", 3.0), ("b", 0.0)):
        np.save(tmp_path / f"{name}.npy", np.random.default_rng(int(shift)).normal(shift, 1, (400_000, 10)))
    size = (tmp_path / "a.npy").stat().st_size
    ns.check_samples(CLAIM, GOOD, GOOD, paired=True)  # what is imported and compiled only once
    tracemalloc.start()
    verdict = ns.check_samples(CLAIM, tmp_path / "a.npy", tmp_path / "b.npy")
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert verdict.status is ns.Status.REFUTED
    assert verdict.budget == 400_000
    assert held < size / 2


def test_blocks_stay_within_their_bound_however_wide_a_row_is() -> None:
    values = np.broadcast_to(np.zeros(1), (200, 1 << 18))
    arm = SavedArm("removed", {"": values}, np.arange(200), np.random.default_rng(0))
    sizes = [len(tables[0]) for tables in _arms.row_blocks([arm], 0, 100, _arms.header({"removed": arm.sources}))]
    assert set(sizes[:-1]) == {32}
    assert sum(sizes) == 100


GOOD = np.zeros((100, 2))


@pytest.mark.parametrize(
    ("removed", "reference", "options", "says"),
    [
        (np.full((100, 2), np.nan), GOOD, {}, "removed: run 0, column 0 is NaN or inf"),
        (GOOD, np.full(100, -np.inf).reshape(100, 1).repeat(2, 1), {}, "reference: run 0, column 0 is NaN or inf"),
        (GOOD, np.zeros((100, 3)), {}, r"reference: columns array\[3\] but removed has array\[2\]"),
        ({"a": GOOD}, {"b": GOOD}, {}, r"reference: columns b\[2\] but removed has a\[2\]"),
        ({"a": GOOD, "b": GOOD}, {"a": GOOD}, {}, r"reference: columns none but removed has b\[2\]"),
        (
            {str(i): GOOD for i in range(9)},
            {"a": GOOD},
            {},
            r"columns a\[2\] but removed has 0\[2\], 1\[2\], 2\[2\], …;",
        ),
        (GOOD[:10], GOOD, {}, "budget: 10 pairs cannot refute .* at least"),
        (np.zeros((28, 99)), np.zeros((28, 99)), {}, r"budget: 21 pairs .*\(7 of 28 pairs choose among the columns\)"),
        (GOOD, GOOD[:90], {"paired": True}, "paired: 100 removed runs and 90 references; pair them one to one"),
        (GOOD, GOOD, {"grain": -1.0}, "grain: -1.0 is not a finite number"),
        (GOOD, "nowhere.npz", {}, r"nowhere\.npz: cannot be read"),
        (np.zeros((0, 2)), GOOD, {}, "removed: the array has shape"),
        (np.array(["a", "b"]), GOOD, {}, "removed: the array is <U1"),
        ({}, GOOD, {}, "removed: holds no array"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_bad_samples_get_one_line(removed: Any, reference: Any, options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        ns.check_samples(CLAIM, removed, reference, **options)
    assert "\n" not in str(caught.value)


def test_a_bad_original_is_named() -> None:
    with pytest.raises(ValueError, match=r"original: columns array\[1\] but removed has array\[2\]"):
        ns.check_samples(CLAIM, GOOD, GOOD, np.zeros(9))
