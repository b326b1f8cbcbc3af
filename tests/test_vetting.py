"""What saved arms must not be, and what a pass on saved runs says of the original."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats

import neverseen as ns
from neverseen.properties.cli._main import main
from neverseen.properties.saved._columns import column_names
from neverseen.properties.saved._vetting import repeats, sorted_by, together, vet

CLAIM = ns.Untraining(1.0, 0.05)
LEVELS: dict[str, Any] = {"alpha": 0.05, "beta": 0.05, "tolerance": 0.3}
Pair = tuple[np.ndarray, np.ndarray]


def vetted(removed: np.ndarray, reference: np.ndarray, *, paired: bool = False) -> str:
    """What is wrong with two arms, in a word of the message; "" where nothing is."""
    heads = {"removed": removed.reshape(len(removed), -1), "reference": reference.reshape(len(reference), -1)}
    try:
        vet(heads, {}, column_names({"a": removed.shape[1:]}), paired=paired)
    except ValueError as error:
        kinds = (
            "same rows", "is run", "same to the last", "examples of one model", "only counts", "nothing finite",
        )  # fmt: skip
        return next(kind for kind in kinds if kind in str(error))
    return ""


LAWS: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "normal": lambda rng: rng.normal(size=(80, 3)),
    "single precision": lambda rng: rng.normal(size=(200, 1)).astype("f4").astype(float),
    "half precision": lambda rng: rng.gamma(1, 1, (200, 1)).astype("f2").astype(float),
    "rounded": lambda rng: rng.normal(size=(200, 1)).round(3),
    "accuracy on 300": lambda rng: rng.binomial(300, 0.9, (150, 1)) / 300,
    "accuracy on 50000": lambda rng: rng.binomial(50_000, 0.95, (200, 1)) / 50_000,
    "counts": lambda rng: rng.poisson(3, (100, 2)).astype(float),
    "a rare event": lambda rng: (rng.random((150, 1)) < 0.02).astype(float),
    "an atom at a cap": lambda rng: np.minimum(rng.normal(size=(150, 1)), 1.0),
    "an atom and two columns": lambda rng: np.maximum(rng.normal(size=(150, 1)), 0.3) * [1.0, 2.0],
    "Cauchy": lambda rng: rng.standard_cauchy((120, 2)),
    "sorted": lambda rng: np.sort(rng.normal(size=(150, 1)), axis=0),
    "sorted by one column": lambda rng: (lambda v: v[v[:, 0].argsort()])(rng.normal(size=(150, 2))),
    "two sorted halves": lambda rng: np.sort(rng.normal(size=(2, 75, 1)), axis=1).reshape(150, 1),
    "two machines in turn": lambda rng: rng.normal(size=(150, 1)) + 0.3 * np.arange(150)[:, None] // 75,
    "random walk": lambda rng: rng.normal(size=(150, 1)).cumsum(0),
    "wide": lambda rng: rng.normal(size=(60, 500)),
}


@pytest.mark.parametrize("law", LAWS)
def test_arms_of_independent_runs_are_never_refused(law: str) -> None:
    """30 pairs of arms of each law, 510 in all, some in an order of their own: none is refused."""
    rng = np.random.default_rng([len(law), 3])
    assert {vetted(LAWS[law](rng), LAWS[law](rng)) for _ in range(30)} == {""}


def test_the_level_of_the_test_of_rows_is_kept() -> None:
    """Its p-values are at least uniform, for continuous, discrete and sorted columns alike."""
    rng = np.random.default_rng(4)
    for law in ("normal", "rounded", "a rare event", "sorted", "random walk", "accuracy on 300"):
        found = np.array([together(LAWS[law](rng)[:, 0], LAWS[law](rng)[:, 0]) for _ in range(400)])
        for level in (0.05, 0.01):
            assert scipy.stats.binomtest(int((found <= level).sum()), 400, level, "greater").pvalue > 1e-4, law


def examples(rng: np.random.Generator, kind: str) -> Pair:
    """Logs of one model, an example a row, and runs that share seeds."""
    hard = rng.gamma(1, 1, 300)
    if kind == "losses of one model":
        return hard + rng.normal(0, 0.3, 300), hard + rng.normal(0, 0.3, 300)
    if kind == "right or wrong":
        return tuple((rng.random(300) < 1 / (1 + np.exp(4 - 8 * (hard < 0.7)))).astype(float) for _ in range(2))  # type: ignore[return-value]
    if kind == "logits":
        base = rng.normal(size=(200, 4))
        return base + rng.normal(size=base.shape) * 0.5, base + rng.normal(size=base.shape) * 0.5
    if kind == "sorted by class":
        base = np.repeat(np.arange(10.0), 60) + rng.normal(size=600)
        return base + rng.normal(0, 0.2, 600), base + rng.normal(0, 0.2, 600)
    if kind == "shared seeds":
        base = rng.normal(size=100)
        return base + rng.normal(0, 0.5, 100), 3 - base + rng.normal(0, 0.5, 100)
    base = np.where(rng.random(120) < 0.3, np.inf, rng.normal(size=120))  # diverged together
    return base + rng.normal(0, 1e-3, 120), base + rng.normal(0, 1e-3, 120)


@pytest.mark.parametrize(
    "kind", ["losses of one model", "right or wrong", "logits", "sorted by class", "shared seeds", "diverged together"]
)
def test_rows_that_correlate_between_unpaired_arms_are_refused(kind: str) -> None:
    for seed in range(10):
        arms = examples(np.random.default_rng([5, seed]), kind)
        assert vetted(*arms) == "examples of one model"
        assert vetted(*arms, paired=True) == ""


def test_the_message_names_what_to_do() -> None:
    arms = examples(np.random.default_rng(6), "losses of one model")
    with pytest.raises(ValueError, match=r"examples of one model, or runs that share.*say paired=True \(--paired\)"):
        ns.check_samples(CLAIM, *arms)
    assert ns.check_samples(CLAIM, *arms, paired=True).status is ns.Status.SATISFIED


def in_order(rng: np.random.Generator, kind: str) -> Pair:
    """Two arms whose rows stand in the order of a column's values."""
    x, y = rng.normal(size=(2, 60, 2))
    found: dict[str, Any] = {
        "ascending": (x[x[:, 0].argsort()], y[y[:, 0].argsort()]),
        "descending": (x[x[:, 1].argsort()[::-1]], y[y[:, 1].argsort()[::-1]]),
        "one each way": (x[x[:, 0].argsort()], y[y[:, 0].argsort()[::-1]]),
        "right or wrong": tuple(np.sort(v[:, :1] > by, axis=0).astype(float) for v, by in ((x, 0.0), (y, 0.5))),
        "losses of one model": tuple(np.sort(v[:, :1], axis=0) for v in (x, x + 0.1 * y)),
    }
    return found[kind]


@pytest.mark.parametrize("kind", ["ascending", "descending", "one each way", "right or wrong", "losses of one model"])
def test_rows_sorted_by_a_value_are_said_to_be(kind: str) -> None:
    """Sorting hides what tells examples of one model from runs; of runs it is harmless, and so it is no error."""
    arms = in_order(np.random.default_rng([9, 0]), kind)
    for seed in range(10):
        arms = in_order(np.random.default_rng([9, seed]), kind)
        heads: dict[str, np.ndarray] = dict(zip(("removed", "reference"), arms, strict=True))
        names = column_names({"a": arms[0].shape[1:]})
        assert sorted_by(heads, names) == names["descending" in kind]
        assert not sorted_by(heads | {"removed": np.random.default_rng(seed).permutation(arms[0])}, names)
    told = "rows in the order of 'column"
    assert told in str(ns.check_samples(CLAIM, *arms))
    assert told not in str(ns.check_samples(CLAIM, *arms, paired=True))
    assert told not in str(ns.check_samples(CLAIM, *arms, ids=np.random.default_rng(0).permutation(60)))


SAME: dict[str, Callable[[np.random.Generator], Pair]] = {
    "one array": lambda rng: (lambda a: (a, a))(rng.normal(size=(100, 2))),
    "zeros": lambda rng: (np.zeros((100, 2)), np.zeros((100, 2))),
    "coins": lambda rng: (lambda a: (a, a.copy()))((rng.random((100, 1)) < 0.5).astype(float)),
    "one arm cut": lambda rng: (lambda a: (a, a[:70]))(rng.normal(size=(100, 2))),
    "permuted": lambda rng: (lambda a: (a, rng.permutation(a)))(rng.normal(size=(100, 1)).round(1)),
    "permuted counts": lambda rng: (lambda a: (a, rng.permutation(a)))(rng.poisson(3.0, (200, 2)).astype(float)),
    "turned round": lambda rng: (lambda a: (a, a[::-1].copy()))(rng.normal(size=(100, 1))),
    "a few in common": lambda rng: (lambda a, b: (a, np.concatenate([b, a[50:60]])))(*rng.normal(size=(2, 100, 1))),
    "one in common": lambda rng: (lambda a, b: (a, np.concatenate([b, a[50:51]])))(*rng.normal(size=(2, 100, 1))),
}


@pytest.mark.parametrize("kind", SAME)
def test_the_same_rows_in_unpaired_arms_are_refused(kind: str) -> None:
    for seed in range(10):
        assert vetted(*SAME[kind](np.random.default_rng([7, seed]))) in ("same rows", "is run")


TWICE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "one seed": lambda a: np.concatenate([a, a[17:18]]),
    "all of them": lambda a: np.concatenate([a, a]),
    "drawn with replacement": lambda a: a[np.random.default_rng(0).integers(0, len(a), len(a))],
    "some, shuffled": lambda a: np.random.default_rng(1).permutation(np.concatenate([a, a[20:30]])),
    "in single precision": lambda a: np.concatenate([a, a[10:40]]).astype("f4").astype(float),
    "beside a coin": lambda a: (lambda b: np.concatenate([b, b[3:9]]))(np.stack([a[:, 0], a[:, 0] > 0], 1)),
}


@pytest.mark.parametrize("kind", TWICE)
@pytest.mark.parametrize("paired", [True, False])
def test_a_run_twice_in_an_arm_is_refused(kind: str, paired: bool) -> None:
    rng = np.random.default_rng(8)
    twice = TWICE[kind](rng.normal(size=(100, 1)))
    other = np.concatenate([rng.normal(size=(len(twice), 1)), twice[:, 1:]], 1)
    for arms in ((twice, other), (other, twice)):
        assert vetted(*arms, paired=paired) == "same to the last"


def test_a_capped_run_may_occur_twice() -> None:
    """What diverged is written at a cap: its rows are equal, and no seed was used twice."""
    rng = np.random.default_rng(9)
    values = rng.normal(size=(100, 2))
    values[[3, 50, 77]] = 50.0
    assert repeats(values) is None
    assert repeats(np.where(values == 50, np.nan, values)) is None


COUNTS: dict[str, np.ndarray] = {
    "seed": np.arange(100.0),
    "step": np.arange(100.0) * 10 + 500,
    "shuffled": np.random.default_rng(0).permutation(100).astype(float),
    "fraction of an epoch": np.arange(100) / 100,
    "downwards": -np.arange(100.0),
}


@pytest.mark.parametrize("kind", COUNTS)
def test_a_column_that_only_counts_is_refused(kind: str) -> None:
    rng = np.random.default_rng(10)
    arms = [np.stack([rng.normal(size=100), COUNTS[kind]], 1) for _ in range(2)]
    assert vetted(*arms) == "only counts"
    with pytest.raises(ValueError, match=r"removed: 'column\[1\]' only counts up"):
        ns.check_samples(CLAIM, *arms)
    tables = [{"loss": arm[:, 0], "seed": arm[:, 1]} for arm in arms]
    if kind not in ("fraction of an epoch",):
        assert ns.check_samples(CLAIM, *tables, **LEVELS).provenance["order"] == "identities"


def test_one_file_given_twice_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, link, copy = tmp_path / "a.npy", tmp_path / "b.npy", tmp_path / "c.npy"
    np.save(path, np.random.default_rng(11).normal(size=(60, 1)))
    os.symlink(path, link)
    copy.write_bytes(path.read_bytes())
    for other, says in ((path, "are one file"), (link, "are one file"), (copy, "hold the same rows")):
        assert main(["audit", str(path), str(other)]) == 2
        assert says in capsys.readouterr().err


@pytest.mark.parametrize("arm", ["removed", "reference", "original"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_arm_with_nothing_finite_is_named(arm: str, bad: float) -> None:
    rng = np.random.default_rng(12)
    given: dict[str, Any] = {name: rng.normal(size=(60, 2)) for name in ("removed", "reference", "original")}
    given[arm][:] = bad
    with pytest.raises(ValueError, match=f"{arm}: holds nothing finite"):
        ns.check_samples(CLAIM, **given, diverged="event")


@pytest.mark.parametrize("how", ["nan", "inf", "wide", "dropped"])
def test_a_run_that_diverged_is_an_event(how: str) -> None:
    """30 % of the removed models diverge, and no reference does: dropping them would hide it."""
    rng = np.random.default_rng(13)
    removed, reference = rng.normal(size=(2, 300, 80 if how == "wide" else 2))
    lost = rng.random(300) < 0.3
    removed[lost] = np.inf if how == "inf" else np.nan
    if how == "dropped":
        assert ns.check_samples(CLAIM, removed[~lost], reference, **LEVELS).status is ns.Status.SATISFIED
        with pytest.raises(ValueError, match="a run that diverged is an outcome and may not be left out: say"):
            ns.check_samples(CLAIM, removed, reference, **LEVELS)
        return
    assert ns.check_samples(CLAIM, removed, reference, diverged="event", **LEVELS).status is ns.Status.REFUTED
    both = reference.copy()
    both[rng.random(300) < 0.3] = np.nan
    assert ns.check_samples(CLAIM, removed, both, diverged="event", **LEVELS).status is not ns.Status.REFUTED


def test_only_known_words_are_taken() -> None:
    with pytest.raises(ValueError, match="diverged: 'drop' is not 'refuse' or 'event'"):
        ns.check_samples(CLAIM, *np.random.default_rng(0).normal(size=(2, 60)), diverged="drop")


def test_a_pass_says_what_the_same_check_says_of_the_original() -> None:
    rng = np.random.default_rng(14)
    removed, reference, far, near = (rng.normal(at, 1, (300, 1)) for at in (0, 0, 3, 0))
    told = {
        name: ns.check_samples(CLAIM, removed, reference, arm, **LEVELS) for name, arm in (("far", far), ("near", near))
    }
    assert {verdict.status for verdict in told.values()} == {ns.Status.SATISFIED}
    assert told["far"].power.original is ns.Status.REFUTED
    assert told["far"].power.tells
    assert told["near"].power.original is ns.Status.SATISFIED
    unknown = ns.check_samples(CLAIM, removed, reference, **LEVELS)
    assert unknown.power.original is None
    assert (unknown.pairs, unknown.evidence.log_wealth) == (told["far"].pairs, told["far"].evidence.log_wealth)


@pytest.mark.parametrize("options", [{}, {"grain": 0.2}, {"ids": range(300)}, {"seed": 3}], ids=str)
@pytest.mark.parametrize("width", [1, 70])
def test_doing_nothing_would_pass_where_it_passes(options: dict[str, Any], width: int) -> None:
    """The original in the place of the removed models is the very check that passed, pair for pair."""
    rng = np.random.default_rng(15)
    removed, reference = rng.normal(size=(2, 300, width))
    verdict = ns.check_samples(CLAIM, removed, reference, removed, **LEVELS | options)
    assert verdict.status is ns.Status.SATISFIED
    assert (verdict.power.original, verdict.power.pairs) == (ns.Status.SATISFIED, verdict.pairs)


@pytest.mark.parametrize(("original", "status"), [(3.0, "SATISFIED"), (0.0, "INCONCLUSIVE"), (None, "INCONCLUSIVE")])
def test_whoever_asks_for_power_gets_no_pass_without(original: float | None, status: str) -> None:
    rng = np.random.default_rng(16)
    removed, reference = rng.normal(size=(2, 300, 1))
    arm = None if original is None else rng.normal(original, 1, (300, 1))
    verdict = ns.check_samples(CLAIM, removed, reference, arm, require_power=True, **LEVELS)
    assert verdict.status.name == status


def test_the_original_may_be_refuted_only_past_the_pair_that_decided() -> None:
    """SATISFIED comes before any refutation of this claim could; the replay goes on to the last pair."""
    claim = ns.Untraining(3.0, 0.05)
    rng = np.random.default_rng(17)
    removed, reference, original = (rng.normal(at, 1, (800, 1)) for at in (0, 0, 9))
    verdict = ns.check_samples(claim, removed, reference, original)
    assert verdict.status is ns.Status.SATISFIED
    assert verdict.pairs < 204 <= verdict.power.pairs
    assert verdict.power.original is ns.Status.REFUTED


def test_too_few_originals_tell_nothing() -> None:
    rng = np.random.default_rng(18)
    removed, reference = rng.normal(size=(2, 300, 1))
    assert ns.check_samples(CLAIM, removed, reference, rng.normal(9, 1, (10, 1)), **LEVELS).power.original is None


@pytest.mark.parametrize(("original", "status"), [(5.0, "SATISFIED"), (0.0, "INCONCLUSIVE"), (None, "SATISFIED")])
@pytest.mark.parametrize("paired", [False, True])
def test_constant_arms_are_those_of_a_deterministic_learner(original: float | None, status: str, paired: bool) -> None:
    """Right if the original is another constant; nothing is shown where it is the same one."""
    zeros = np.zeros((200, 2))
    arm = None if original is None else zeros + original
    if arm is None and not paired:
        with pytest.raises(ValueError, match="hold the same rows, unpaired"):
            ns.check_samples(CLAIM, zeros, zeros.copy())
        return
    verdict = ns.check_samples(CLAIM, zeros, zeros.copy(), arm, paired=paired)
    assert verdict.status.name == status
    assert verdict.power.tells is (original == 5.0)
    assert ns.Verdict.from_json(verdict.to_json()) == verdict


IN_COMMON: dict[str, tuple[Callable[[np.ndarray, np.random.Generator], np.ndarray], str]] = {
    "the same": (lambda a, rng: a, "hold the same rows, unpaired"),
    "permuted": (lambda a, rng: rng.permutation(a), "hold the same rows in another order"),
    "one run": (lambda a, rng: np.concatenate([rng.normal(3, 1, a.shape), a[5:6]]), "unpaired: give"),
    "shared seeds": (lambda a, rng: 3 - a + rng.normal(0, 0.3, a.shape), "goes along with that of row i"),
}


@pytest.mark.parametrize("kind", IN_COMMON)
@pytest.mark.parametrize("pair", [("removed", "original"), ("reference", "original"), ("removed", "reference")])
def test_no_two_arms_of_a_comparison_have_runs_in_common(kind: str, pair: tuple[str, str]) -> None:
    """Its triples are independent. Of `check_samples` the original is only asked about: there it may be any arm."""
    rng = np.random.default_rng(20)
    given: dict[str, Any] = {
        arm: rng.normal(at, 1, (200, 1)) for arm, at in (("removed", 0.0), ("reference", 0.0), ("original", 6.0))
    }
    made, says = IN_COMMON[kind]
    given[pair[1]] = made(given[pair[0]], rng)
    with pytest.raises(ValueError, match=f"{pair[0]}.*{pair[1]}.*{says}|{says}.*") as refused:
        ns.compare_samples(**given)
    assert all(arm in str(refused.value) for arm in pair)
    if "original" in pair:
        ns.check_samples(CLAIM, **given, **LEVELS)
    if len({len(arm) for arm in given.values()}) == 1:
        ns.compare_samples(**given, paired=True)


def test_one_file_as_two_arms_of_a_comparison_is_refused(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.npy" for name in ("a", "b")]
    for at, path in enumerate(paths):
        np.save(path, np.random.default_rng(at).normal(size=(60, 1)))
    for arms in ((paths[0], paths[1], paths[0]), (paths[0], paths[1], paths[1])):
        with pytest.raises(ValueError, match="and original are one file"):
            ns.compare_samples(*arms)


def test_runs_of_one_name_that_share_a_seed_are_refused_in_whatever_order() -> None:
    """Bets are in the order of the names, whatever that of the file."""
    rng = np.random.default_rng(22)
    base, rows = rng.normal(size=120), rng.permutation(120)
    tables = [
        {"loss": base, "seed": np.arange(120)},
        {"loss": (3 - base + rng.normal(0, 0.3, 120))[rows], "seed": rows},
    ]
    with pytest.raises(ValueError, match=r"'loss' of run i in one arm goes along with that of run i in the other"):
        ns.check_samples(CLAIM, *tables)
    ns.check_samples(CLAIM, *tables, paired=True)
    fresh = [{"loss": rng.normal(size=120), "seed": rng.permutation(120)} for _ in range(2)]
    ns.check_samples(CLAIM, *fresh, **LEVELS)
