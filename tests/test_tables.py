"""Logs as people keep them, in the place of arrays: each kind read, and a wrong one of each refused in one line."""

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neverseen as ns
from neverseen.properties.saved._folders import read

RNG = np.random.default_rng(0)
LOSS = RNG.normal(size=40).round(6)
RECORDS: list[dict[str, Any]] = [
    {"seed": seed, "loss": loss, "margins": [loss, 2 * loss]} for seed, loss in enumerate(LOSS.tolist())
]


def lines(names: str, rows: Any, separator: str = ",") -> str:
    return "\n".join([names.replace(",", separator), *(separator.join(map(str, row)) for row in rows)]) + "\n"


LONG = lines("run,example,loss,word", [(r, e, LOSS[4 * r + e], "a") for e in (2, 0, 3, 1) for r in range(10)])
RIGHT: dict[str, str] = {
    "a.json": json.dumps(RECORDS),
    "b.json": json.dumps({"seed": list(range(40)), "loss": LOSS.tolist(), "words": ["a"] * 40}),
    "c.jsonl": "\n".join(map(json.dumps, RECORDS)) + "\n\n",
    "d.csv": "﻿" + lines("seed,loss", enumerate(LOSS)),
    "e.tsv": lines("seed,loss", enumerate(LOSS), "\t"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_runs_are_read(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(RIGHT[name], encoding="utf-8")
    found = read(tmp_path / name)
    assert found.ids == tuple(range(40))
    assert np.array_equal(np.asarray(found["loss"]), LOSS)
    assert set(found) <= {"loss", "margins"}


def test_a_line_for_each_run_and_example_is_folded(tmp_path: Path) -> None:
    (tmp_path / "long.csv").write_text(LONG)
    found = read(tmp_path / "long.csv")
    assert (list(found), found.ids) == (["loss"], tuple(range(10)))
    assert np.array_equal(np.asarray(found["loss"]), LOSS.reshape(10, 4))


def tofu(shift: float) -> str:
    """As evaluations of one language model are logged: quantity → index → number, texts among them."""
    loss = {str(i): float(x + shift) for i, x in enumerate(LOSS)}
    texts = {i: ["question", "answer"] for i in loss}
    return json.dumps({"forget": {"avg_gt_loss": loss, "generated_text": texts}})


WRONG: dict[str, tuple[str, str]] = {
    "tofu.json": (tofu(0.0), "has a number for each of 40 examples of one model, and one model shows nothing of a law"),
    "examples.csv": (lines("index,loss", enumerate(LOSS)), "has a number for each of 40 examples of one model"),
    "words.json": ('{"answer": "yes"}', "it holds no number"),
    "cut.json": ('{"loss": [1, 2', "cannot be read ("),
    "ragged.json": ('{"loss": [[1, 2], [3]]}', "holds lists of unequal length"),
    "names.jsonl": ('{"loss": 1}\n{"lost": 2}\n', "record 1 has no 'loss', which record 0 has"),
    "list.jsonl": ("[1, 2]\n", "a line of it is no JSON object"),
    "bare.csv": ("1.0,2.0\n3.0,4.0\n", "its first line holds numbers"),
    "short.csv": ("loss,margin\n1,2\n3\n", "line 3 has 1 columns, the first has 2"),
    "twice.csv": ("loss,loss\n1,2\n", "two columns have one name"),
    "holes.csv": ("seed,example,loss\n0,0,1\n0,1,2\n1,0,3\n", "are not one for each of 2 runs and 2 examples"),
    "empty.csv": ("loss\n", "it holds no line"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_holds_no_runs_is_one_line(name: str, tmp_path: Path) -> None:
    content, says = WRONG[name]
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=r"^[^\n]+$") as caught:
        read(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")
    assert says in str(caught.value)


def test_a_folder_of_such_logs_is_runs_of_examples(tmp_path: Path) -> None:
    """A log for each run: what is refused of one model is a row of many."""
    for arm, shift in (("removed", 4.0), ("reference", 0.0)):
        (tmp_path / arm).mkdir()
        for seed in range(60):
            noise = float(np.random.default_rng([seed, int(shift)]).normal())
            (tmp_path / arm / f"run_{seed}.json").write_text(tofu(shift + noise))
    found = read(tmp_path / "removed")
    assert (list(found), found["forget/avg_gt_loss"].shape) == (["forget/avg_gt_loss"], (60, 40))
    by_folder = ns.check_program(ns.Untraining(1.0, 0.05), None, tmp_path, budget=56, alpha=0.01)
    assert by_folder.status is ns.Status.REFUTED


def test_lists_of_records_are_runs_and_outputs_of_one_model_are_none() -> None:
    shifted = [{**record, "loss": record["loss"] + 9.0} for record in RECORDS]
    verdict = ns.check_samples(ns.Untraining(1.0, 0.05), shifted, RECORDS, alpha=0.05, paired=True)
    assert verdict.provenance["removed_runs"] == 40
    seen = ns.observe(losses={"S": LOSS})
    with pytest.raises(ValueError, match="each of 40 examples of one model"):
        ns.check_samples(ns.Untraining(1.0, 0.05), seen, seen)


def test_parquet_without_a_reader_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(ValueError, match="Parquet needs pyarrow or pandas; install one"):
        read(tmp_path / "a.parquet")


def test_losses_and_margins_by_hand() -> None:
    logits = np.log([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]])
    seen = ns.observe({"S": logits}, {"S": np.array([0, 1])})
    assert np.allclose(seen["losses on S"], [np.log(2), np.log(5)])
    assert np.allclose(seen["margins on S"], [np.log(2), np.log(2 / 7)])
    text = ns.observe({"S": logits[None]}, {"S": np.array([[-100, 1]])})
    assert np.allclose(text["losses on S"], [np.log(5)])
    assert {ns.observables.LOSSES.on("S"), ns.observables.MARGINS.on("S")} == set(seen)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: ns.observe(), "nothing is given"),
        (lambda: ns.observe({"S": np.zeros((2, 3))}), "logits and labels go together"),
        (lambda: ns.observe({"S": np.zeros((2, 3))}, {"T": [0, 1]}), "'S' has logits or labels, not both"),
        (lambda: ns.observe({"S": np.zeros((2, 3))}, {"S": [0, 3]}), "labels that are no class of the 3"),
        (lambda: ns.observe({"S": np.zeros((2, 3))}, {"S": [0]}), r"logits \(2, 3\) and labels \(1,\)"),
        (lambda: ns.observe(losses={"S": 3.0}), "examples are to be on the leading axis"),
        (lambda: ns.observe(losses={"S": ["a"]}), "not real numbers"),
    ],
)
def test_what_cannot_be_observed_is_one_line(call: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        call()
