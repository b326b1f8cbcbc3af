"""The Coq files as text, and the report where there is no Coq: nothing here needs it (tests/stages/coq.py does)."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from neverseen.formal.proofs import coq_proofs, coq_theorems
from neverseen.formal.proofs._compile import MARK, told_by
from neverseen.formal.proofs._source import FOLDER, files, holes, theorems_in
from neverseen.formal.theorems import THEOREMS
from neverseen.formal.theorems._coq import NAMES
from neverseen.properties.engine._bets import (
    CAREFUL,
    OUTCOMES,
    STAKES,
    against,
    gains,
    least_pairs,
    towards,
)
from neverseen.properties.engine._coupling import log_wealth
from neverseen.properties.engine._refute import Refuter

ADDITIONS = {
    "close_is_excess", "untraining_is_satisfiable", "version_2_is_satisfiable", "version_1_is_every_behaviour",
    "version_1_is_vacuous", "version_1_cannot_be_met", "version_1_against_version_2", "outside_is_satisfiable",
    "version_2_gives_distribution", "untraining_gives_sekhari", "sekhari_is_met_by_a_constant", "sekhari_twin",
    "chain_of_levels", "union_bound", "ville", "ville_slack", "portfolio", "respread_conserves", "intersection_union",
    "no_bet_wins", "mean_of_factor", "against_is_fair", "towards_is_fair", "grain_keeps_the_claim", "false_refutation",
    "false_acceptance", "bounded_term_is_fair", "false_certificate", "exchanged_meets", "least_pairs_of_any_audit",
    "least_pairs_attained", "closeness_is_a_tradeoff", "adaptive_requests_break",
}  # fmt: skip
"""Theorems that are under no id of `THEOREMS`."""


def test_every_theorem_is_under_an_id_or_listed() -> None:
    ids = {theorem.id for theorem in THEOREMS}
    found = coq_theorems()
    assert {each.id for each in found if each.id} - {"F6"} <= ids  # F6 is F6a and F6b of the registry
    assert {each.name for each in found if not each.id} == ADDITIONS
    names = [each.name for each in found]
    assert len(set(names)) == len(names)
    wordless = [each.name for each in found if not each.words]
    assert not wordless, f"{', '.join(wordless)}: say it in words above, (** … *)"


def test_what_the_registry_names_is_stated_in_coq() -> None:
    names = {each.name for each in coq_theorems()}
    unstated = {name for said in NAMES.values() for name in said} - names
    assert not unstated, f"{', '.join(sorted(unstated))}: state it in formal/proofs, or strike it in _coq.py"
    assert set(NAMES) <= {theorem.id for theorem in THEOREMS}
    # Statements of their own without a Coq theorem that says just that; and what is about the code.
    searched = {theorem.id for theorem in THEOREMS if theorem.kind == "exhaustive"}
    unproved = {name for name in searched - set(NAMES) if name[0] != "C"}
    assert not unproved, f"{', '.join(sorted(unproved))}: prove it in formal/proofs/*.v, as a Theorem of that name"
    assert len(NAMES) >= 64


def test_no_file_leaves_a_hole() -> None:
    texts = files()
    assert {name: holes(text) for name, text in texts.items() if holes(text)} == {}
    order = list(texts)
    assert order.index("Closeness.v") < order.index("Chains.v") < order.index("Requests.v")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Lemma a : False. Proof. Admitted.", ("Admitted",)),
        ("Axiom a : False.", ("Axiom",)),
        ("Section A.\nHypothesis h : False.\nEnd A.\nParameter b : nat.", ("Parameter",)),
        ("Hypothesis h : False.", ("Hypothesis",)),
        ("Lemma a : False. Proof. admit. Defined.", ("admit",)),
        ("Unset Guard Checking.", ("Unset Guard Checking",)),
        ("(* no Axiom, (* not even an *) Admitted one *) Section A.\nVariable b : nat.\nEnd A.", ()),
    ],
)
def test_holes_are_seen(text: str, found: tuple[str, ...]) -> None:
    assert holes(text) == found


def test_a_statement_is_read_as_written() -> None:
    text = "(** T3. Words,\n    more. *)\nTheorem T3 a\n  (b : nat) : a <= b. (* not this *)\nProof. by []. Qed.\n"
    (theorem,) = theorems_in("A.v", text.replace(" (* not this *)", ""))
    assert (theorem.id, theorem.role, theorem.statement) == ("T3", "", "T3 a (b : nat) : a <= b")
    assert theorem.words == "T3. Words, more."


def test_without_coq_nothing_is_proved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    report = coq_proofs()
    assert not report.installed
    assert report.missing.startswith("Coq is not installed; supported is Coq 8.16")
    assert {proof.state for proof in report.proofs} == {"not run"}
    assert len(report.proofs) == len(coq_theorems())
    assert report.of("T3")
    assert not any(proof.proved for proof in report.proofs)


def test_another_version_of_coq_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "coqc"
    fake.write_text("#!/bin/sh\necho 8.20.0 4.14.1\n", encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    report = coq_proofs()
    assert report.missing.startswith("Coq 8.20.0 is not supported")
    assert not any(proof.proved for proof in report.proofs)


def test_files_in_a_circle_or_missing_are_errors(tmp_path: Path) -> None:
    (tmp_path / "A.v").write_text("From neverseen Require Import B.\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"A\.v: requires B\.v, which is not there"):
        coq_theorems(tmp_path)
    (tmp_path / "B.v").write_text("From neverseen Require Import A.\n", encoding="utf-8")
    with pytest.raises(ValueError, match="cycle"):
        coq_theorems(tmp_path)


def test_axioms_are_read_off_what_coq_prints() -> None:
    axioms = "Axioms:\nboolp.propositional_extensionality\n  : forall P, P\nB.c : P\n"
    said = f"{MARK} A.T\nA.T\n     : nat\n{axioms}"
    assert told_by(said) == {"A.T": ("A.T : nat", ("boolp.propositional_extensionality", "B.c"))}
    assert told_by(f"{MARK} A.T\nClosed under the global context\n") == {"A.T": ("", ())}
    assert told_by(f"{MARK} A.T\nnothing\n") == {"A.T": ("nothing", ("unknown",))}


@pytest.mark.parametrize("name", ["_bets", "_refute", "_accept", "_grain", "_coupling"])
def test_the_engine_names_the_theorem_that_it_rests_on(name: str) -> None:
    place = f"properties/engine/{name}.py"
    relied = [each for each in coq_theorems() if place in each.words]
    text = (FOLDER.parents[1] / place).read_text(encoding="utf-8")
    assert relied
    for theorem in relied:
        assert f"`{theorem.file}: {theorem.name}`" in text, theorem.name
        for function in re.findall(rf"{re.escape(place)}: ([\w, ]+?)(?: and (\w+))?\.", theorem.words):
            assert all(f"{each}(" in text or f"class {each}" in text for each in function if each)


def test_the_engine_s_theorems_name_code_that_is_there() -> None:
    named = {t.id: re.findall(r"(properties/engine/\w+\.py): (\w+)", t.hypotheses) for t in THEOREMS if t.id[0] == "E"}
    assert len(named) == 11
    for name, places in named.items():
        assert places, name
        for file, code in places:
            assert re.search(rf"^(def|class) {code}\b", (FOLDER.parents[1] / file).read_text(encoding="utf-8"), re.M), (
                name
            )


CLAIMS = [(0.0, 0.1), (1.0, 0.05), (3.0, 0.2)]


@pytest.mark.parametrize(("epsilon", "delta"), CLAIMS)
def test_the_bets_have_the_form_and_the_stakes_that_are_proved(epsilon: float, delta: float) -> None:
    gamma, tau = math.exp(epsilon), 0.1
    wins = gains(epsilon, delta)
    for outcome, (h, k) in enumerate(OUTCOMES):
        # Engine.v: gain, of an event and of its complement, in both directions.
        by_hand = [h - gamma * k, k - gamma * h, (1 - h) - gamma * (1 - k), (1 - k) - gamma * (1 - h)]
        np.testing.assert_allclose(wins[outcome], np.array(by_hand) - delta)
    # against_is_fair: 1 + stake * gain, stake (gamma + delta) <= 1; towards_is_fair: 1 - stake (gain - tau).
    factors = 1 + wins[..., None] * STAKES / (gamma + delta)
    np.testing.assert_allclose(np.exp(against(epsilon, delta)), factors)
    careful = 1 - (wins - tau)[..., None] * CAREFUL / (1 - delta - tau)
    np.testing.assert_allclose(np.exp(towards(epsilon, delta, tau)), careful)
    assert ((STAKES >= 0) & (STAKES <= 1)).all()
    assert ((CAREFUL >= 0) & (CAREFUL <= 1)).all()
    # least_pairs_of_any_audit: most = (gamma + 1) / (gamma + delta).
    alpha = 1e-4
    needed = math.log(1 / alpha) / math.log((gamma + 1) / (gamma + delta))
    assert least_pairs(epsilon, delta, alpha) == math.ceil(needed)


def test_the_weights_and_the_coupling_have_the_form_that_is_proved() -> None:
    # conserved, and wealth 1 at the start: what is spread sums to 1.
    refuter = Refuter([(1.0, 0.05)], 1e-4, np.array([0.5, 0.5]))
    refuter.settle(np.tile(np.array([2, 0, 6, 0]), (*refuter.counts.shape[:-1], 1)))
    np.testing.assert_allclose(np.exp(refuter.weights()).sum(-1), 1.0)
    refuter = Refuter([(1.0, 0.05)], 1e-4, np.array([0.5, 0.5]))
    np.testing.assert_allclose(np.exp(refuter.wealth_by_strategy).sum(-1), 1.0)
    # bounded_factor: 1 + c (m - X) / (1 - m), mixed over c in [0, 1] by weights that sum to 1: linear in the term.
    wealth = [math.exp(log_wealth(np.array([term]), 0.4)[-1]) for term in (0.0, 0.4, 1.0)]
    stake = (wealth[0] - 1) * 0.6 / 0.4
    assert wealth[1] == pytest.approx(1.0)
    assert wealth[2] == pytest.approx(1 - stake)
    assert 0 < stake <= 1
