"""Coq asked for real: run by path (`pytest tests/stages/coq.py`) in the stage of .ci/run that installs it.

Its name keeps it out of the default run, where nothing is to be skipped; without Coq it fails.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from neverseen.formal.proofs import CoqReport, coq_proofs
from neverseen.formal.proofs._source import FOLDER
from neverseen.formal.theorems import THEOREMS
from neverseen.formal.theorems._coq import NAMES, coq_names
from neverseen.properties.checks import _ways
from neverseen.properties.cli._main import main

HEAD = "From mathcomp Require Import all_ssreflect.\n"
WRONG = {
    "Hole.v": ("Theorem T1 : 1 = 2.\nProof. Admitted.\n", "Admitted"),
    "Assumed.v": ("Axiom oracle : 1 = 2.\nTheorem T2a : 1 = 2.\nProof. exact: oracle. Qed.\n", "Axiom"),
    "Open.v": ("Hypothesis oracle : 1 = 2.\nTheorem T2b : 1 = 2.\nProof. exact: oracle. Qed.\n", "Hypothesis"),
    "False.v": ("Theorem T3 : 1 = 2.\nProof. by []. Qed.\n", "False.v, line 3"),
    "Leans.v": ("From neverseen Require Import False.\nTheorem T4 : 1 = 1.\nProof. by []. Qed.\n", "requires False.v"),
}


@pytest.fixture(scope="module")
def report() -> CoqReport:
    """The package's own files, checked once."""
    return coq_proofs()


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> CoqReport:
    """One theorem that holds beside five that Coq must not be made to vouch for."""
    folder = tmp_path_factory.mktemp("wrong")
    write(folder, {name: text for name, (text, _) in WRONG.items()})
    write(folder, {"Right.v": "Theorem T6a : 1 = 1.\nProof. by []. Qed.\n"})
    imported = "Require Import Classical.\nTheorem T6b : forall P : Prop, P \\/ ~ P.\nProof. exact: classic. Qed.\n"
    write(folder, {"Imported.v": imported})
    return coq_proofs(folder)


def write(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        (folder / name).write_text(HEAD + text, encoding="utf-8")


def test_every_theorem_is_proved(report: CoqReport) -> None:
    assert report.installed, report.missing
    assert [f"{p.theorem.name}: {p.why}" for p in report.proofs if not p.proved] == []


def test_only_real_exponentials_cost_axioms(report: CoqReport) -> None:
    costly = {proof.theorem.file for proof in report.proofs if proof.axioms}
    assert costly <= {"RealEps.v", "Selection.v"}
    assert {len(proof.axioms) for proof in report.proofs} <= {0, 1, 2, 3}


def test_every_theorem_that_the_registry_names_is_proved(report: CoqReport) -> None:
    proved = {proof.theorem.name for proof in report.proofs if proof.proved}
    assert {name for said in NAMES.values() for name in said} <= proved


def test_every_theorem_holds_by_its_strongest_proof(
    report: CoqReport, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`neverseen prove --strict`, on what Coq said of all files just now: to compile them takes a minute and a half."""
    asked = frozenset(theorem.id for theorem in THEOREMS if coq_names(theorem.id))
    monkeypatch.setitem(_ways._HEARD, asked, report)  # pyright: ignore[reportPrivateUsage]
    status = main(["prove", "--strict"])
    said = capsys.readouterr().out
    assert status == 0, said
    assert f"{len(THEOREMS)} of {len(THEOREMS)} theorems hold" in said
    assert "not run" not in said


def test_statements_range_over_all_types_and_fields(report: CoqReport) -> None:
    (chaining,) = [proof for proof in report.of("T3") if not proof.theorem.role]
    assert "forall (R : realFieldType) (T : finType)" in chaining.closed


def test_nothing_is_written_beside_the_files(report: CoqReport) -> None:
    assert report.proofs
    assert not [path for path in FOLDER.iterdir() if path.suffix in {".vo", ".vok", ".vos", ".glob", ".aux"}]


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_proved_is_not_called_so(wrong: CoqReport, name: str) -> None:
    (proof,) = [each for each in wrong.proofs if each.theorem.file == name]
    assert proof.state == "failed"
    assert WRONG[name][1] in proof.why


def test_what_holds_is_proved_beside_them(wrong: CoqReport) -> None:
    (proof,) = [each for each in wrong.proofs if each.theorem.file == "Right.v"]
    assert (proof.state, proof.axioms) == ("proved", ())


def test_an_axiom_from_elsewhere_is_named(wrong: CoqReport) -> None:
    (proof,) = [each for each in wrong.proofs if each.theorem.file == "Imported.v"]
    assert proof.state == "failed"
    assert "classic" in proof.why


def test_a_file_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "Closeness.v", tmp_path)
    report = coq_proofs(tmp_path, timeout=0.01)
    assert not any(proof.proved for proof in report.proofs)
