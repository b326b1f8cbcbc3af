"""The resolution of a check: what it could have refuted, judged by the check itself."""

import dataclasses
import math

import numpy as np
import pytest

import neverseen as ns
from neverseen.formal.definitions._verdict import Power, Status, Verdict
from neverseen.properties.engine import _resolution
from neverseen.properties.engine._decide import judged
from neverseen.properties.engine._pairs import Block
from neverseen.properties.engine._resolution import CONTAMINATIONS, resolution
from neverseen.properties.engine._sequential import Terms


def terms(pairs: int) -> Terms:
    return Terms(ns.Untraining(1.0, 0.05), alpha=1e-4, beta=0.05, tolerance=0.1, budget=pairs)


def blocks(shift: float, pairs: int = 128) -> list[Block]:
    """Equal arms, and originals that lie `shift` apart."""
    rng = np.random.default_rng(0)
    arms = [{"a": rng.normal(m, 1, (pairs, 1))} for m in (0.0, 0.0, shift)]
    halves = ([{"a": arm["a"][half]} for arm in arms] for half in (slice(0, 64), slice(64, pairs)))
    return [Block(removed, reference, original) for removed, reference, original in halves]


def test_a_share_that_is_found_is_refuted_in_fresh_pairs_and_a_much_smaller_one_is_not() -> None:
    found = resolution(terms(128), blocks(9.0), (), seed=0)
    assert found in CONTAMINATIONS

    def refuted(share: float) -> int:
        rng = np.random.default_rng(1)
        hits = 0
        for _ in range(20):
            x, y = rng.normal(size=(2, 128, 1))
            x = np.where(rng.random((128, 1)) < share, x + 9.0, x)
            hits += judged(terms(128), iter([Block({"a": x}, {"a": y}, None)]), ())[0] is Status.REFUTED
        return hits

    assert refuted(float(found)) >= 15
    assert refuted(float(found) / 4) <= 5


def test_an_original_that_cannot_be_told_apart_resolves_nothing() -> None:
    assert resolution(terms(128), blocks(0.0), (), seed=0) == math.inf


def test_more_pairs_resolve_no_less() -> None:
    few, many = (resolution(terms(n), blocks(9.0, n), (), seed=0) for n in (96, 256))
    assert few is not None
    assert many is not None
    assert many <= few


def test_without_originals_there_is_none() -> None:
    bare = [Block(block.removed, block.reference, None) for block in blocks(9.0)]
    assert resolution(terms(128), bare, (), seed=0) is None


@pytest.mark.parametrize(
    ("share", "words"), [(0.3, "30 % originals among references"), (math.inf, "not even the original itself")]
)
def test_the_sentence_and_the_json_carry_it(share: float, words: str) -> None:
    verdict = dataclasses.replace(Verdict.example(), status=Status.SATISFIED, resolution=share)
    assert f". With as many pairs as were drawn, {'' if share == math.inf else 'about '}{words}" in str(verdict)
    # Power goes on to the budget, so that it may know better of the original: both sentences are true together.
    known = dataclasses.replace(verdict, power=Power(Status.REFUTED, 300))
    assert "would have passed" not in str(known)
    assert "resolves nothing" not in str(known)
    assert Verdict.from_json(verdict.to_json()) == verdict


def test_check_computes_it_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_resolution, "CONTAMINATIONS", (1.0,))  # a hundred replays of one share, and not of several
    claim, learner, scenario = ns.Untraining(1.0, 0.05), ns.learners.nearest_neighbour(), ns.scenarios.figure1()
    without, with_ = (
        ns.check(claim, ns.removers.retrain(), learner, scenario, budget=64, resolution=wanted)
        for wanted in (False, True)
    )
    assert without.resolution is None
    assert with_.resolution in (1.0, math.inf)
