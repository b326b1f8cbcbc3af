"""The named scenarios: what each kind of S_full promises, and what is refused."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scenario_tools import as_set, distances, held, nearest_label, rebuilt

from neverseen.formal import Rows, Scenario
from neverseen.properties import scenarios, strategies

Sizes = tuple[int, int, int]
real = pytest.mark.parametrize("make", [scenarios.digits, scenarios.breast_cancer])
every_kind = pytest.mark.parametrize("kind", scenarios.KINDS)


@pytest.mark.parametrize("sizes", [(0, 0), (0, 8), (8, 8)])
@every_kind
def test_sizes_are_kept(kind: str, sizes: tuple[int, int]) -> None:
    size, full = sizes
    for make in (scenarios.digits, scenarios.breast_cancer):
        s = make(forget=kind, size=size, full=full)
        assert (s.forget.sum(), s.behaviour.sum(), (s.behaviour & ~s.forget).sum()) == (size, full, full - size)


@pytest.mark.parametrize(
    ("kind", "full"), [("random", 8), ("mislabelled", 8), ("subgroup", 16), ("near-duplicates", 16)]
)
def test_the_default_of_full(kind: str, full: int) -> None:
    assert scenarios.digits(forget=kind).behaviour.sum() == full
    assert f"full={full}, " in repr(scenarios.digits(forget=kind))


@real
@every_kind
def test_a_smaller_forget_set_lies_in_a_larger_one(make: Callable[..., Scenario], kind: str) -> None:
    small, large = (make(forget=kind, size=size, full=16) for size in (4, 8))
    np.testing.assert_array_equal(small.behaviour, large.behaviour)
    assert kind == "near-duplicates" or not (small.forget & ~large.forget).any()


def test_every_row_of_a_class_is_in_the_behaviour_or_out_of_d() -> None:
    for full in (8, 50, None):
        s = scenarios.digits(forget="class", size=8, full=full)
        labels = np.asarray(s.rows.y).argmax(1)
        np.testing.assert_array_equal(labels == 8, s.behaviour)
        assert s.rows.count() == 1024  # other digits stand in for those left out
        assert set(held(s.fresh_behaviour)[1]) == {8}
        assert 8 not in held(s.fresh_rest)[1]
    whole, few = (scenarios.breast_cancer(forget="class", full=full) for full in (None, 16))
    assert whole.rows.count() == 448
    assert few.rows.count() < 448 - 100  # too few benign tumours are held out to stand in
    np.testing.assert_array_equal(np.asarray(few.rows.y)[:, 0] == 1, few.behaviour)


def true_labels(make: Callable[..., Scenario], seed: int) -> dict[bytes, int]:
    """The label of every row in D before any label is changed."""
    x, label = held(make(forget="random", seed=seed).rows)
    return {row.tobytes(): int(y) for row, y in zip(x, label, strict=True)}


@real
@pytest.mark.parametrize("seed", [0, 1])
def test_mislabelled_rows_have_wrong_labels_and_no_others_have(make: Callable[..., Scenario], seed: int) -> None:
    s, truth = make(forget="mislabelled", full=100, seed=seed), true_labels(make, seed)
    x, label = held(s.rows)
    wrong = np.array([truth[row.tobytes()] != y for row, y in zip(x, label, strict=True)])
    np.testing.assert_array_equal(wrong, np.asarray(s.behaviour)[np.asarray(s.rows.present)])


def test_wrong_labels_are_uniform_over_the_other_classes() -> None:
    s, truth = scenarios.digits(forget="mislabelled", full=1024), true_labels(scenarios.digits, 0)
    x, label = held(s.rows)
    shift = [(int(y) - truth[row.tobytes()]) % 10 for row, y in zip(x, label, strict=True)]
    counts = np.bincount(shift, minlength=10)
    assert counts[0] == 0
    # Nine cells of Binomial(1024, 1/9): mean 113.8, standard deviation 10.1; five of them either way.
    assert (abs(counts[1:] - 1024 / 9) < 5 * 10.1).all()


@real
def test_fresh_mislabelled_points_are_wrong_and_the_rest_right(make: Callable[..., Scenario]) -> None:
    s = make(forget="mislabelled")
    seen = held(s.rows, ~s.behaviour)
    for fresh, least, most in ((s.fresh_rest, 0.9, 1.0), (s.fresh_behaviour, 0.0, 0.1)):
        x, label = held(fresh)
        assert least <= (nearest_label(*seen, x) == label).mean() <= most


@real
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_subgroup_is_the_neighbourhood_of_one_of_its_rows(make: Callable[..., Scenario], seed: int) -> None:
    s = make(forget="subgroup", full=16, seed=seed)
    inside, label = held(s.rows, s.behaviour)
    x, labels = held(s.rows, ~s.behaviour)
    others = x[labels == label[0]]
    radius, next_one = distances(inside, inside).max(1), distances(inside, others).min(1)
    anchors = np.flatnonzero(radius <= next_one)
    assert anchors.size
    forgotten = np.asarray(s.forget)[np.asarray(s.behaviour)]
    for from_anchor in distances(inside[anchors], inside):
        assert from_anchor[forgotten].max() > from_anchor[~forgotten].min()  # S is not the innermost part
    fresh = held(s.fresh_behaviour)[0]
    assert len(fresh) >= 4
    # Every fresh point lies nearer than any row of the class outside the subgroup, but for the few topped up.
    assert (distances(inside[anchors], fresh).max(1) < np.median(distances(inside[anchors], others), 1)).any()


def groups(s: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """For near-duplicates: which rows of S_full belong together, and which of them are in S."""
    x, _ = held(s.rows, s.behaviour)
    forgotten = np.asarray(s.forget)[np.asarray(s.behaviour)]
    # A copy lies .03·√dims from its anchor and √2 times that from another copy.
    return distances(x, x) < 3 * 0.03 * np.sqrt(x.shape[1]), forgotten


@real
@pytest.mark.parametrize("sizes", [(8, 16, 4), (2, 16, 2), (15, 16, 1), (8, 32, 8)])
def test_near_duplicates_share_a_wrong_label_and_are_split(make: Callable[..., Scenario], sizes: Sizes) -> None:
    size, full, count = sizes
    s = make(forget="near-duplicates", size=size, full=full)
    near, forgotten = groups(s)
    assert (near == near.T).all()
    assert len(np.unique(near, axis=0)) == count
    _, labels = held(s.rows, s.behaviour)
    truth = true_labels(make, 0)
    for group in np.unique(near, axis=0):
        assert full // count <= group.sum() <= -(-full // count)
        assert len(set(labels[group])) == 1
        assert 0 < forgotten[group].sum() < group.sum()
    x, _ = held(s.rows, s.behaviour)
    anchors = [truth[row.tobytes()] != y for row, y in zip(x, labels, strict=True) if row.tobytes() in truth]
    assert anchors == [True] * count


@real
def test_fresh_duplicates_are_nearest_to_their_anchor_and_carry_its_label(make: Callable[..., Scenario]) -> None:
    s = make(forget="near-duplicates")
    x, labels = held(s.rows)
    fresh, wrong = held(s.fresh_behaviour)
    closest = distances(fresh, x).argmin(1)
    assert np.asarray(s.behaviour)[closest].all()
    np.testing.assert_array_equal(labels[closest], wrong)


def test_scaling_uses_no_row_of_d() -> None:
    plain, moved = (scenarios.breast_cancer(forget=kind) for kind in ("random", "class"))
    x, _ = held(plain.fresh_rest)
    np.testing.assert_allclose(x.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(x.std(0), 1, atol=1e-5)
    assert as_set(moved.rows) == as_set(plain.rows)  # the same units whatever is forgotten


FIGURE = {
    0: {(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (2, 1), (1, 2)},
    1: {(10, 0), (0, 10)},
    2: {(10, 2), (10, 3), (11, 2)},
    3: {(1, 12), (0, 13)},
}


def points_by_class(rows: Rows) -> dict[int, set[tuple[int, int]]]:
    """The points of each class that occurs."""
    x, label = held(rows)
    return {int(c): {(int(a), int(b)) for a, b in x[label == c]} for c in np.unique(label)}


def test_the_figure_has_its_points() -> None:
    s = scenarios.figure1()
    assert points_by_class(s.rows) == FIGURE
    assert points_by_class(s.rows.only(s.behaviour)) == {c: FIGURE[c] for c in (0, 1)}
    assert points_by_class(s.rows.only(s.forget)) == {0: {(0, 0), (1, 1)}, 1: {(10, 0)}}
    assert (s.rows.x.shape, int(s.rows.count())) == ((16, 2), 14)
    assert s.fresh_behaviour.count() == s.fresh_rest.count() == 0


def wrong_cells(s: Scenario, unseen: Any) -> list[int]:
    """How many of each class a nearest neighbour trained without `unseen` gets wrong."""
    x, label = held(s.rows)
    guess = nearest_label(*held(s.rows, ~unseen), x)
    return np.bincount(label[guess != label], minlength=4).tolist()


def test_the_figure_asks_for_opposite_things() -> None:
    s = scenarios.figure1()
    assert wrong_cells(s, s.forget & False) == [0, 0, 0, 0]
    assert wrong_cells(s, s.forget) == [0, 1, 0, 0]
    assert wrong_cells(s, s.behaviour) == [7, 2, 0, 0]


SAMPLES: list[Callable[[int], Scenario]] = [
    lambda seed: scenarios.mixture(seed=seed),
    lambda seed: scenarios.blobs(seed=seed),
    *[lambda seed, k=k: scenarios.digits(forget=k, seed=seed) for k in scenarios.KINDS],
    lambda seed: scenarios.breast_cancer(seed=seed),
]


@pytest.mark.parametrize("make", SAMPLES)
def test_a_scenario_is_a_function_of_its_arguments(make: Callable[[int], Scenario]) -> None:
    s = make(0)
    assert make(0).digest() == rebuilt(s).digest() == s.digest() != make(1).digest()


@pytest.mark.parametrize(
    ("make", "changes"),
    [
        (scenarios.blobs, {"rows": 20, "classes": 3, "dims": 4, "separation": 1.5, "label": 2, "copies": 1}),
        (scenarios.blobs, {"forget": "near-duplicates", "jitter": 0.5, "size": np.int64(2)}),
        (scenarios.digits, {"forget": "class", "label": 3, "rows": 1000}),
        (scenarios.mixture, {"rows": 120, "share": 0.1, "size": 0, "separation": 2}),
        (scenarios.figure1, {}),
    ],
)
def test_recipes_hold_every_argument(make: Callable[..., Scenario], changes: dict[str, Any]) -> None:
    changes = {name: int(value) if isinstance(value, np.integer) else value for name, value in changes.items()}
    assert rebuilt(make(**changes)).digest() == make(**changes).digest()


@pytest.mark.parametrize(
    ("make", "changes", "message"),
    [
        (scenarios.digits, {"forget": "mislabeled"}, "forget: 'mislabeled' is unknown; did you mean 'mislabelled'?"),
        (scenarios.blobs, {"forget": "duplicates"}, "forget: 'duplicates' is unknown; did you mean 'near-dup"),
        (scenarios.blobs, {"size": -1}, "size: -1 rows cannot be forgotten"),
        (scenarios.digits, {"full": 7}, "full: S_full of 7 rows cannot hold S of size=8"),
        (scenarios.digits, {"full": 1025}, "full: 1025 is more than the 1024 rows of D"),
        (scenarios.blobs, {"size": 33}, "size: 33 is more than the 32 rows of D"),
        (scenarios.digits, {"forget": "class", "size": 500}, "size: 500 is more than the 100 rows of class 8 in D"),
        (scenarios.blobs, {"forget": "subgroup", "full": 17}, "full: 17 is more than the 16 rows of class 0 in D"),
        (scenarios.blobs, {"forget": "subgroup", "rows": 1, "label": 1, "size": 0}, "label: D holds no row of class 1"),
        (scenarios.digits, {"label": 10}, "label: 10 is not a class; give 0 to 9"),
        (scenarios.digits, {"rows": 1797}, "rows: D cannot have 1797 of the 1797 rows there are; give 1 to 1765"),
        (scenarios.breast_cancer, {"rows": 0}, "rows: D cannot have 0 of the 569 rows there are; give 1 to 537"),
        (scenarios.blobs, {"rows": 0}, "rows: D cannot have 0 rows"),
        (scenarios.blobs, {"copies": 0}, "copies: 0 is less than 1"),
        (scenarios.blobs, {"jitter": -0.1}, "jitter: -0.1 is not a finite number >= 0"),
        (scenarios.blobs, {"jitter": float("nan")}, "jitter: nan is not a finite number >= 0"),
        (scenarios.blobs, {"classes": 1}, "classes: 1 is less than 2"),
        (scenarios.blobs, {"classes": 3, "dims": 1}, "dims: 1 is too few for 3 classes"),
        (scenarios.blobs, {"separation": float("inf")}, "separation: inf is not a finite number >= 0"),
        (scenarios.digits, {"seed": -1}, "seed: -1 is not in [0, 2**32)"),
        (scenarios.mixture, {"share": 1.0}, "share: 1.0 of 128 rows leaves nothing of one component"),
        (scenarios.mixture, {"share": float("nan")}, "share: nan of 128 rows leaves nothing of one component"),
        (scenarios.mixture, {"size": 33}, "size: S cannot have 33 of the 32 rows of B"),
        (scenarios.mixture, {"separation": -1.0}, "separation: -1.0 is not a finite number >= 0"),
        (scenarios.mixture, {"seed": 2**32}, "seed: 4294967296 is not in [0, 2**32)"),
        (strategies.scenarios, {"max_rows": 7}, "max_rows: 7 is less than 8"),
        (strategies.scenarios, {"kinds": ["clas"]}, "kinds: 'clas' is unknown; choose from random,"),
        (strategies.real_scenarios, {"kinds": []}, "kinds: none is given; choose from random,"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(make: Callable[..., Any], changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole message is compared below
        make(**changes)
    assert str(refusal.value).startswith(message)
    assert "\n" not in str(refusal.value)


def test_the_registry_finds_each_scenario_by_the_name_in_its_recipe() -> None:
    for name, make in scenarios.SCENARIOS.items():
        assert repr(make()).startswith(f"ns.scenarios.{name}("), f"{name}: give recipe=, by which it is made again"
        assert getattr(scenarios, name) is make


def admit(s: Scenario) -> None:
    """Put what a scenario holds to the constructor that validates."""
    here = np.asarray(s.rows.present)
    Scenario.build(
        np.asarray(s.rows.x)[here],
        np.asarray(s.rows.y)[here],
        forget=np.asarray(s.forget)[here],
        behaviour=np.asarray(s.behaviour)[here],
    )


@pytest.mark.parametrize("name", scenarios.SCENARIOS)
def test_every_listed_scenario_is_one_that_its_constructor_admits(name: str) -> None:
    admit(scenarios.SCENARIOS[name]())


def test_what_was_built_past_the_constructor_is_seen() -> None:
    good = scenarios.figure1()
    with pytest.raises(ValueError, match="S_full"):
        admit(dataclasses.replace(good, behaviour=~good.behaviour))
