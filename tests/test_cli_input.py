"""Bad input to the command line: each is one line and exit status 2, and nothing is computed."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_tools import Calls, Capture, one_line, record, save
from safetensors.numpy import save_file

from neverseen.algorithms.base import Learner, Remover
from neverseen.algorithms.learners import LEARNERS
from neverseen.formal.definitions._scenario import Scenario
from neverseen.properties.cli import _names, main
from neverseen.properties.scenarios import SCENARIOS

MINE = """
import helper
from neverseen import remover, removers, learners

@remover
def mine(key, trained, rows, forget):
    return trained.params

def factory():
    return removers.retrain()

def bare(key, trained, rows, forget):
    return trained.params

def broken():
    raise KeyError("deep\\nfault")

learner = learners.ridge()
number = 3
"""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return record(monkeypatch)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ("", "required: check|suite|compare|"),
        ("chek", "'check', 'suite', 'compare', 'check-relative', 'audit'"),
        ("check", "required: REMOVER"),
        ("check retrain --epsilon x", "--epsilon: invalid float value: 'x'"),
        ("check retrain --budget 1.5", "--budget: invalid int value: '1.5'"),
        ("check retrain --definition removal", "'untraining', 'unlearning'"),
        ("check retrain --level rows", "'dataset', 'distribution'"),
        ("check retrain --level distribution", "add --definition unlearning"),
        ("check retrain --metrics klom", "--metrics is for the report; add --report FILE.html"),
        ("check retrain --report r.html --metrics klim", "unknown metric 'klim'"),
        ("check retrain --report r.html --metrics u-lira --definition unlearning", "u-lira judges untraining"),
        ("check retrain --eps 1", "unrecognized arguments: --eps"),
        ("check retrain --epsilon -1", "epsilon: -1.0 is not a finite number >= 0"),
        ("check retrain --delta nan", "delta: nan is not in [0, 1)"),
        ("check retrain --report no/such/r.html", "'no/such' is not a directory"),
        ("check retrian", "unknown remover 'retrian'; did you mean 'retrain'? (neverseen list removers)"),
        ("check xyzzy", "unknown remover 'xyzzy'; 'neverseen list removers' shows the names"),
        ("check retrain --learner mpl", "unknown learner 'mpl'; did you mean 'mlp'? (neverseen list learners)"),
        ("check retrain --scenario digit", "did you mean 'digits'? (neverseen list scenarios)"),
        ("check retrain:steps=3", "remover 'retrain' has no argument 'steps'; it takes no arguments"),
        ("check finetune:step=3", "remover 'finetune' has no argument 'step'; it takes epochs, batch, rate"),
        ("check finetune:", "argument '': write key=value"),
        ("check finetune:epochs", "argument 'epochs': write key=value"),
        ("check finetune:epochs=", "argument 'epochs=': write key=value"),
        ("check finetune:epochs=1,epochs=2", "argument 'epochs' is given twice"),
        ("check finetune:epochs=[1]", "epochs: [1] is not a finite number >= 0"),
        ("check nowhere.module:attribute", "and no module 'nowhere' can be imported"),
        ("check nowhere.py:attribute", "nowhere.py: no such file"),
        ("check nowhere.py", "write nowhere.py:ATTRIBUTE"),
        ("check some/nowhere:attribute", "some/nowhere: no such file"),
        ("check json:loads", "json:loads is of type function, not Remover; decorate it with @neverseen.remover"),
        ("check json:lods", "json has no attribute 'lods'; it holds no Remover"),
        ("check json.decoder:nothing.here", "has no attribute 'nothing.here'"),
        ("list lemmas", "'learners', 'removers', 'scenarios', 'definitions', 'theorems', 'metrics', 'observables'"),
        ("audit a.npz", "required: REFERENCE;"),
        ("audit a.npz b.npz", "a.npz: cannot be read (No such file or directory)"),
    ],
)
def test_bad_usage_is_one_line(argv: str, words: str, calls: Calls, capsys: Capture) -> None:
    assert main(argv.split()) == 2
    assert words in one_line(capsys)
    assert calls == []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder, with a file that imports its neighbour."""
    monkeypatch.syspath_prepend(str(tmp_path))  # restores sys.path afterwards
    monkeypatch.chdir(tmp_path)
    (tmp_path / "helper.py").write_text("")
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "syntax.py").write_text("x = 1\ndef f(:\n")
    (tmp_path / "quits.py").write_text("import sys\nsys.exit(0)\n")
    (tmp_path / "raises.py").write_text("1 / 0\n")
    (tmp_path / "needs.py").write_text("import no_such_thing\n")
    return tmp_path


@pytest.mark.parametrize(
    ("spec", "name"),
    [("mine.py:mine", "mine"), ("./mine.py:mine", "mine"), ("mine.py:factory", "retrain"), ("mine:mine", "mine")],
)
def test_a_remover_of_ones_own(spec: str, name: str, folder: Path, calls: Calls) -> None:
    sys.modules.pop("mine", None)
    assert main(["check", spec, "--learner", "mine.py:learner", "--scenario", "figure1"]) == 1
    _, remover, learner, scenario = calls[0]["given"]
    assert isinstance(remover, Remover)
    assert remover.name == name
    assert isinstance(learner, Learner)
    assert isinstance(scenario, Scenario)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("mine.py:nime", "mine.py has no attribute 'nime'; it holds mine"),
        ("mine.py:bare", "mine.py:bare is of type function, not Remover; decorate it with @neverseen.remover"),
        ("mine.py:number", "mine.py:number is of type int, not Remover; give a Remover, or a function"),
        ("mine.py:learner", "mine.py:learner is of type Learner, not Remover"),
        ("mine.py:broken", "mine.py:broken: raised KeyError when called"),
        ("mine.py:", "mine.py has no attribute ''"),
        ("syntax.py:f", "syntax.py: line 2: invalid syntax"),
        ("quits.py:f", "quits.py: raised SystemExit while it was loaded: 0"),
        ("raises.py:f", "raises.py: raised ZeroDivisionError while it was loaded: division by zero"),
        ("needs.py:f", "needs.py: raised ModuleNotFoundError while it was loaded: No module named 'no_such_thing'"),
        ("needs:f", "needs: raised ModuleNotFoundError while it was loaded: No module named 'no_such_thing'"),
        ("raises:f", "raises: raised ZeroDivisionError"),
    ],
)
def test_a_file_with_a_fault_is_one_line(spec: str, words: str, folder: Path, calls: Calls, capsys: Capture) -> None:
    assert main(["check", spec]) == 2
    assert words in one_line(capsys)
    assert calls == []


def test_arguments_of_a_name_reach_its_factory() -> None:
    assert repr(_names.resolve("learner", "ridge:penalty=2.5")) == repr(LEARNERS["ridge"](penalty=2.5))
    made = _names.resolve("scenario", "blobs:forget=class,size=2")
    assert str(made) == str(SCENARIOS["blobs"](forget="class", size=2))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a=1", {"a": 1}),
        ("a=1e-3,b=True,c=None", {"a": 1e-3, "b": True, "c": None}),
        ("a=class,b=near-duplicates", {"a": "class", "b": "near-duplicates"}),
        ("a=(1,2),b=[3,{4: 5}]", {"a": (1, 2), "b": [3, {4: 5}]}),
        ("a='x,y=z',b=\"it's\"", {"a": "x,y=z", "b": "it's"}),
        (" a = 1 , b = x y ", {"a": 1, "b": "x y"}),
        ("a=b=c", {"a": "b=c"}),
        ("a=__import__('os')", {"a": "__import__('os')"}),
        (f"a={'(' * 500}", {"a": "(" * 500}),
    ],
)
def test_arguments_are_literals_or_words(text: str, found: dict[str, Any]) -> None:
    assert _names.parse_arguments(text) == found


def bad_files(folder: Path) -> dict[str, str]:
    """A path for each kind of bad file, and what its line must say."""
    save(folder / "objects.npz", a=np.array([{}, None]))
    save(folder / "words.npz", a=np.array(["x"]))
    save(folder / "complex.npz", a=np.array([1j]))
    save(folder / "scalar.npz", a=np.float64(3.0))
    save(folder / "none.npz")
    save(folder / "no_runs.npz", a=np.zeros((0, 2)))
    np.save(folder / "objects.npy", np.array([{}, None]), allow_pickle=True)  # what must never be loaded
    np.save(folder / "plain.npy", np.zeros(3))
    plain = (folder / "plain.npy").read_bytes()
    (folder / "claim.npy").write_bytes(plain.replace(b"(3,)", b"(9,)"))
    (folder / "cut.npy").write_bytes(plain[:60])
    whole = Path(save(folder / "whole.npz", a=np.arange(100.0))).read_bytes()
    (folder / "cut.npz").write_bytes(whole[:200])
    (folder / "flipped.npz").write_bytes(whole[:300] + bytes([whole[300] ^ 255]) + whole[301:])
    (folder / "empty.npz").write_bytes(b"")
    (folder / "text.npz").write_text("x,y\n1,2\n")
    (folder / "bad.safetensors").write_bytes(b"\xff" * 16)
    (folder / "no_files").mkdir()
    return {
        "objects.npz": "it holds pickled objects; save plain numbers",
        "objects.npy": "it holds pickled objects; save plain numbers",
        "words.npz": "'a' is <U1, not real numbers",
        "complex.npz": "'a' is complex128, not real numbers",
        "scalar.npz": "'a' has shape (); reshape it to [runs] or [runs, k]",
        "none.npz": "holds no array",
        "no_runs.npz": "'a' has shape (0, 2); at least one run",
        "claim.npy": "it announces more data than it holds",
        "cut.npy": "cannot be read (",
        "cut.npz": "cannot be read (File is not a zip file)",
        "flipped.npz": "cannot be read (Bad CRC-32",
        "empty.npz": "not an array file (.npy, .npz or .safetensors); write .npy or .npz with numpy",
        "text.npz": "not an array file",
        "bad.safetensors": "cannot be read (Error while deserializing header",
        "no_files": "holds no file",
        "missing.npz": "cannot be read (No such file or directory)",
    }


def test_every_bad_file_is_one_line_that_names_it(tmp_path: Path, calls: Calls, capsys: Capture) -> None:
    good = save(tmp_path / "good.npz", a=np.zeros(3))
    for name, words in bad_files(tmp_path).items():
        path = str(tmp_path / name)
        for arms in ([path, good], [good, path], [good, good, "--original", path]):
            assert main(["audit", *arms]) == 2, path
            line = one_line(capsys)
            assert line.startswith(path)
            assert words in line
    assert calls == []


@pytest.mark.parametrize(
    ("reference", "options", "words"),
    [
        ({"a": np.zeros((40, 3))}, [], "reference: columns a[3] but removed has a[2]; save the same views"),
        ({"b": np.zeros((40, 2))}, [], "reference: columns b[2] but removed has a[2]"),
        ({"a": np.zeros((39, 2))}, ["--paired"], "paired: 40 removed runs and 39 references; pair them one to one"),
        (
            {"a": np.full((40, 2), np.nan)},
            [],
            "reference 'a': run 0, column 0 is NaN or inf; a run that diverged is an outcome",
        ),
        ({"a": np.zeros((9, 2))}, [], "budget: 9 pairs cannot refute (1, 0.05) at alpha=0.0001; at least"),
        (
            {"a": np.zeros((40, 2))},
            ["--grain", "-1"],
            "grain: -1.0 is not a finite number >= 0; it is a share of each column's size",
        ),
    ],
)
def test_arms_that_do_not_fit_are_one_line(
    reference: dict[str, Any], options: list[str], words: str, tmp_path: Path, capsys: Capture
) -> None:
    arms = [save(tmp_path / "removed.npz", a=np.zeros((40, 2))), save(tmp_path / "reference.npz", **reference)]
    assert main(["audit", *arms, *options]) == 2
    assert words in one_line(capsys)


def test_an_audit_takes_every_format(tmp_path: Path, calls: Calls) -> None:
    values = np.arange(6.0).reshape(3, 2)
    np.save(tmp_path / "a.npy", values)
    save_file({"a": values}, tmp_path / "a.safetensors")
    (tmp_path / "folder").mkdir()
    np.save(tmp_path / "folder" / "a.npy", values)
    paths = [str(tmp_path / name) for name in ("a.npy", "a.safetensors", "folder")]
    assert main(["audit", *paths[:2], "--original", paths[2], "--paired"]) == 1
    assert calls[0]["paired"] is True
    named = [dict(arm) for arm in calls[0]["given"][1:]]
    assert [list(arm) for arm in named] == [[""], ["a"], ["a"]]
    assert all(np.array_equal(source[np.arange(3)], values) for arm in named for source in arm.values())


@pytest.mark.parametrize("paired", [True, False])
def test_the_command_of_an_audit_says_whether_it_was_paired(paired: bool, tmp_path: Path, capsys: Capture) -> None:
    arms = [save(tmp_path / f"{i}.npz", a=np.random.default_rng(i).normal(size=40)) for i in range(2)]
    assert main(["audit", *arms, "--json", *(["--paired"] if paired else [])]) in (0, 1, 3)
    made = json.loads(capsys.readouterr().out)["provenance"]
    assert ("--paired" in made["command"].split()) is paired
    assert made["paired"] is paired
    assert "True" not in made["command"]
    assert "False" not in made["command"]
