"""How much of S_full is enough: known answers, one pool of references for all requests, and the command."""

import dataclasses
import itertools
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_tools import Capture, one_line

import neverseen as ns
import neverseen.algorithms.pools._pool as pool
from neverseen.algorithms import removers
from neverseen.algorithms.pools._recent import MEMORY, Recent
from neverseen.formal._codec import from_json, to_json
from neverseen.formal.definitions._verdict import Power, Status, Verdict
from neverseen.properties.checks._sweep import Sweep, SweepPoint, sweep, sweep_all
from neverseen.properties.cli import _sweep, main
from neverseen.properties.report._sweep_drawing import drawing
from neverseen.properties.scenarios import nested

LEARNER = ns.learners.nearest_neighbour()
SCENE = ns.scenarios.figure1()
BUDGET = 64


def statuses(remover: ns.Remover, *ratios: float) -> list[str]:
    made = sweep(remover, LEARNER, SCENE, ratios=ratios, budget=BUDGET)
    return [point.verdict.status.name for point in made.points]


def test_requests_are_nested_and_of_their_size() -> None:
    asked = [np.asarray(nested(SCENE, size, seed=3).forget) for size in range(10)]
    assert [mask.sum() for mask in asked] == list(range(10))
    assert all((a <= b).all() for a, b in itertools.pairwise(asked))
    assert (asked[3] == np.asarray(SCENE.forget)).all()  # the scenario's own S comes first
    assert (asked[9] == np.asarray(SCENE.behaviour)).all()
    assert (np.asarray(nested(SCENE, 5, seed=4).forget) != asked[5]).any()
    with pytest.raises(ValueError, match="size: S cannot have 10 of the 9 rows"):
        nested(SCENE, 10)


def test_the_known_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retraining needs all of S_full, a remover that is told S_full any of it, and doing nothing is never enough."""
    drawn: list[str] = []
    draw = pool.Pool._drawn  # pyright: ignore[reportPrivateUsage]

    def counted(made: pool.Pool, number: int, store: Any) -> Any:
        drawn.append(getattr(made.program, "__qualname__", ""))
        return draw(made, number, store)

    monkeypatch.setattr(pool.Pool, "_drawn", counted)
    monkeypatch.setattr(pool, "RECENT", Recent(MEMORY))  # another test of this process may have drawn these pools
    assert statuses(ns.removers.retrain(), 0.1, 0.5, 1) == ["REFUTED", "REFUTED", "INCONCLUSIVE"]
    fits = [name for name in drawn if name == LEARNER.fit.__qualname__]
    assert len(fits) == 2 * BUDGET // pool.SHARD  # originals and references, once for all three requests
    assert len(drawn) - len(fits) == 3 * BUDGET // pool.SHARD
    assert statuses(ns.removers.retrain_full(), 0.1) == ["INCONCLUSIVE"]
    assert statuses(ns.removers.do_nothing(), 1) == ["REFUTED"]


def test_the_levels_are_shared_and_the_streams_named() -> None:
    made = sweep(ns.removers.do_nothing(), LEARNER, SCENE, ratios=(0.5, 1), budget=BUDGET, alpha=0.02, beta=0.04)
    assert [(p.verdict.alpha, p.verdict.beta) for p in made.points] == [(0.01, 0.02)] * 2
    assert {p.verdict.provenance["keyed_as"] for p in made.points} == {SCENE.digest()}


def example(status: Status, size: int) -> SweepPoint:
    return SweepPoint(size, dataclasses.replace(Verdict.example(), status=status))


def swept(*found: Status) -> Sweep:
    return Sweep("<mine>", "ridge", "blobs", 4, tuple(example(status, i + 1) for i, status in enumerate(found)))


def test_a_pass_without_power_and_what_is_open_are_said_to_be_no_pass() -> None:
    passed = dataclasses.replace(Verdict.example(), status=Status.SATISFIED)
    words = {
        Power(Status.REFUTED, 49): "SATISFIED",
        Power(): "SATISFIED",
        Power(Status.SATISFIED, 60): "SATISFIED, no power",
        Power(Status.INCONCLUSIVE, 512): "SATISFIED, no power",
        Power(same=True): "SATISFIED, no power",
    }
    for power, word in words.items():
        made = Sweep("mine", "ridge", "blobs", 4, (SweepPoint(2, dataclasses.replace(passed, power=power)),))
        assert made.points[0].word == word
        assert made.result.endswith(f", {word}")
        assert made.to_dict()["points"][0]["word"] == word
    assert swept(Status.INCONCLUSIVE).result.endswith("INCONCLUSIVE: no pass")


def test_what_is_wrong_for_all_removers_is_no_remover_s() -> None:
    where = ns.learners.ridge(), ns.scenarios.figure1()
    with pytest.raises(ValueError, match=r"^alpha: "):
        sweep_all([ns.removers.retrain(), ns.removers.do_nothing()], *where, ratios=(1,), alpha=2.0)
    mixed = [ns.removers.retrain(), ns.removers.amnesiac()]
    assert [bool(one.trouble) for one in sweep_all(mixed, *where, ratios=(1,), budget=64)] == [False, True]


def test_the_result_is_the_smallest_request_that_was_not_refuted() -> None:
    bad, good, open_ = Status.REFUTED, Status.SATISFIED, Status.INCONCLUSIVE
    assert swept(bad, open_, bad, good).result.startswith("smallest ratio satisfied: |S|/|S_full| = 1 (4 of 4")
    assert swept(bad, bad).result == "every request was refuted"
    undecided = swept(bad, open_)
    assert undecided.enough is None
    assert undecided.result.startswith("no request is established to be enough; smallest ratio not refuted")
    assert swept(bad, bad).enough is None
    (plain,) = json.loads(to_json([swept(bad, good)]))
    assert (plain["enough"], [row["verdict"]["status"] for row in plain["points"]]) == (2, ["REFUTED", "SATISFIED"])
    assert from_json(list[Sweep], to_json([swept(bad, good)])) == [swept(bad, good)]


def test_the_drawing_has_a_mark_for_each_verdict() -> None:
    picture = drawing([swept(Status.REFUTED, Status.SATISFIED), Sweep("other", "ridge", "blobs", 4, (), "why")])
    root = ElementTree.fromstring(picture)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    marks = [group.get("class") for group in root.iter("{http://www.w3.org/2000/svg}g") if group.get("class")]
    assert marks == ["REFUTED", "SATISFIED"]
    assert "does not apply" in picture
    assert "&lt;mine&gt;" in picture


def test_what_does_not_run_says_why_and_the_others_go_on() -> None:
    told: list[tuple[int, int, str]] = []
    made = sweep_all(
        [ns.removers.amnesiac(), ns.removers.do_nothing()], LEARNER, SCENE,
        ratios=(1,), budget=BUDGET, progress=lambda *given: told.append(given),
    )  # fmt: skip
    assert made[0].result.startswith("does not apply: remover amnesiac")
    assert made[0].points == ()
    assert [p.verdict.status.name for p in made[1].points] == ["REFUTED"]
    assert told == [(2, 2, "do_nothing")]


COMMAND = ["sweep", "do_nothing", "--learner", "nearest_neighbour", "--scenario", "figure1", "--store", "none"]


def test_the_command(tmp_path: Path, capsys: Capture) -> None:
    plot = tmp_path / "a.svg"
    assert main([*COMMAND, "--ratios", "1/2,1", "--budget", str(BUDGET), "--plot", str(plot)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines()[-1] == "every request was refuted"
    assert "4 of 9  REFUTED" in out
    assert plot.read_text(encoding="utf-8").startswith("<svg")
    assert main([*COMMAND, "--ratios", "1", "--budget", str(BUDGET), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["enough"] is None


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (["--ratios", "half"], "--ratios: 'half' is not a list of numbers in (0, 1]; write 1/8,1/2,1"),
        (["--ratios", "1/0"], "--ratios: '1/0' is not a list"),
        (["--ratios", "3/2"], "ratios: 3/2; give numbers in (0, 1], such as 1/8"),
        (["--plot", "no/such/folder/a.svg"], "report: 'no/such/folder' is not a directory"),
    ],
)
def test_bad_input_is_one_line(more: list[str], line: str, capsys: Capture) -> None:
    assert main([*COMMAND, *more]) == 2
    assert one_line(capsys).startswith(line)


def test_all_stands_for_every_remover_that_is_not_deliberately_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {name: removers.REMOVERS[name] for name in ("retrain", "no_op", "do_nothing")}
    monkeypatch.setattr(_sweep, "REMOVERS", few)
    found = _sweep._removers("all")  # pyright: ignore[reportPrivateUsage]
    assert [remover.name for remover in found] == ["retrain", "do_nothing"]
