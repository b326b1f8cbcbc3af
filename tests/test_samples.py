"""`check_samples`: saved runs, in whatever order and shape they come."""

from typing import Any

import numpy as np
import pytest

import neverseen as ns

CLAIM = ns.Untraining(0.5, 0.01)


def test_known_laws() -> None:
    rng = np.random.default_rng(0)
    reference = rng.normal(size=(800, 1))
    for shift, status in ((1.0, "REFUTED"), (-1.0, "REFUTED"), (0.0, "SATISFIED")):
        assert ns.check_samples(CLAIM, rng.normal(shift, 1, (800, 1)), reference).status.name == status


def test_identical_samples_sorted_oppositely_are_not_refuted() -> None:
    """The order of saved rows carries no information; taken at its word it refutes every time."""
    rng = np.random.default_rng(1)
    for seed in range(50):
        rows = np.sort(rng.normal(size=500))
        verdict = ns.check_samples(CLAIM, rows, rows[::-1], alpha=0.05, seed=seed)
        assert verdict.status is not ns.Status.REFUTED


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
    verdict = ns.check_samples(CLAIM, removed, reference, removed)
    names = [row.view for row in verdict.evidence.views]
    assert names[:5] == ["loss", "margins 0", "margins 1", "margins 2", "all columns"]
    assert verdict.status is ns.Status.REFUTED
    assert verdict.evidence.original


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


GOOD = np.zeros((100, 2))


@pytest.mark.parametrize(
    ("removed", "reference", "says"),
    [
        (np.full((100, 2), np.nan), GOOD, "removed: run 0, column 0 is NaN or inf"),
        (GOOD, np.full((100, 2), -np.inf), "reference: run 0, column 0 is NaN or inf"),
        (GOOD, np.zeros((100, 3)), r"reference: columns array\[3\] but removed has array\[2\]"),
        ({"a": GOOD}, {"b": GOOD}, r"reference: columns b\[2\] but removed has a\[2\]"),
        (GOOD[:10], GOOD, "budget: 10 pairs cannot refute .* at least"),
        (np.zeros((0, 2)), GOOD, "removed: numbers"),
        (np.zeros((9, 2, 2)), GOOD, "removed: numbers"),
        (np.array(["a", "b"]), GOOD, "removed: numbers"),
        (np.zeros((100, 2000)), np.zeros((100, 2000)), "2000 columns; project them"),
        ({"a": GOOD, "b": GOOD[:50]}, GOOD, "removed: arrays of 50, 100 runs"),
        ({}, GOOD, "removed: holds no arrays"),
    ],
    ids=str,
)
def test_bad_samples_get_one_line(removed: Any, reference: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        ns.check_samples(CLAIM, removed, reference)
    assert "\n" not in str(caught.value)
