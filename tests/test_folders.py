"""Folders of saved runs: of views, of runs, and those that could be either."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

import neverseen as ns
from neverseen.properties.cli._main import main
from neverseen.properties.saved import _folders
from neverseen.properties.saved._folders import read

VALUES = np.random.default_rng(0).normal(size=(30, 4))
ALL = np.arange(30)


def names(kind: str) -> list[str]:
    return [f"{kind}{run:02d}" if kind[-1:] in ("_", "") else f"{kind}{run}" for run in range(30)]


@pytest.mark.parametrize("kind", ["run_", "", "seed", "v2-model_of_7_"])
def test_files_that_differ_in_a_number_are_runs(kind: str, tmp_path: Path) -> None:
    for name, row in zip(names(kind), VALUES, strict=True):
        np.save(tmp_path / f"{name}.npy", row)
    found = read(tmp_path)
    assert found.ids is not None
    assert sorted(found.ids) == list(range(30))
    assert np.array_equal(found[""][ALL], VALUES[list(found.ids)])  # type: ignore[index]


def several(path: Path, row: np.ndarray) -> None:
    np.savez(path.with_suffix(".npz"), loss=row[0], margins=row[1:])


def tensors(path: Path, row: np.ndarray) -> None:
    save_file({"loss": np.array(row[0]), "margins": row[1:].copy()}, path.with_suffix(".safetensors"))


def folder(path: Path, row: np.ndarray) -> None:
    path.mkdir()
    np.save(path / "loss.npy", row[0])
    np.save(path / "margins.npy", row[1:])


@pytest.mark.parametrize("write", [several, tensors, folder])
@pytest.mark.parametrize("limit", [0, 1 << 26])
def test_a_run_may_hold_several_arrays(
    write: Callable[[Path, np.ndarray], None], limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In memory, and read run by run."""
    monkeypatch.setattr(_folders, "WHOLE", limit)
    for name, row in zip(names("run_"), VALUES, strict=True):
        write(tmp_path / name, row)
    found = read(tmp_path)
    assert list(found) == ["loss", "margins"]
    assert found.ids == tuple(range(30))
    assert np.array_equal(found["loss"][np.array([3, 9])], VALUES[[3, 9], 0])
    assert np.array_equal(found["margins"][ALL], VALUES[:, 1:])


@pytest.mark.parametrize("stems", [["loss", "margins"], ["layer_0", "layer_1"], ["a", "b", "c"]])
def test_files_of_one_leading_axis_are_views(stems: list[str], tmp_path: Path) -> None:
    for width, stem in enumerate(stems):
        np.save(tmp_path / f"{stem}.npy", np.zeros((200, width + 1)))
    found = read(tmp_path)
    assert list(found) == stems
    assert found.ids is None


EITHER: dict[str, tuple[list[str], tuple[int, ...]]] = {
    "few files of many rows": ([f"a_{i}" for i in range(4)], (200, 3)),
    "layers": ([f"layer_{i}" for i in range(24)], (24, 3)),
    "epochs": ([f"epoch{i}" for i in range(60)], (300,)),
    "hashes": ([f"{i * 2654435761 % 2**32:08x}x" for i in range(40)], (300,)),
    "people": ([f"{'abcdefghij'[i // 10]}{'klmnopqrst'[i % 10]}" for i in range(50)], (7,)),
}


@pytest.mark.parametrize("kind", EITHER)
def test_what_could_be_either_is_refused_and_can_be_said(kind: str, tmp_path: Path) -> None:
    stems, shape = EITHER[kind]
    values = np.random.default_rng(1).normal(size=(len(stems), *shape))
    for stem, value in zip(stems, values, strict=True):
        np.save(tmp_path / f"{stem}.npy", value)
    with pytest.raises(ValueError, match=r"may be runs or views; say layout=.* \(--layout\)") as caught:
        read(tmp_path)
    assert "\n" not in str(caught.value)
    stacked, apart = read(tmp_path, "runs"), read(tmp_path, "views")
    assert stacked[""].shape == (len(stems), *shape)
    assert stacked.ids is not None
    assert len(set(stacked.ids)) == len(stems)
    assert {source.shape for source in apart.values()} == {shape}


def ragged(path: Path) -> str:
    for i in range(30):
        np.save(path / f"run_{i}.npy", np.zeros(300 - (i == 7)))
    return "run_7.npy: has the array of shape (299,), but run_0.npy has the array of shape (300,); save all runs alike"


def mixed(path: Path) -> str:
    for i in range(30):
        np.save(path / f"run_{i}.npy", np.zeros(3))
    (path / "run_4.npy").unlink()
    save_file({"": np.zeros(3)}, path / "run_4.safetensors")
    return "holds .npy and .safetensors files; save all runs alike"


def both(path: Path) -> str:
    folder(path / "run_1", VALUES[0])
    np.save(path / "run_2.npy", VALUES[0])
    return "holds files and folders; keep one file, or one folder, for each run"


def twice(path: Path) -> str:
    for name in ("run_3", "run_03", *(f"run_{i}" for i in range(4, 30))):
        np.save(path / f"{name}.npy", np.zeros(3))
    return "two runs are called 3"


def lacking(path: Path) -> str:
    for name, row in zip(names("run_"), VALUES, strict=True):
        folder(path / name, row)
    (path / "run_05" / "loss.npy").unlink()
    return "run_05: lacks 'loss', which other runs have; save all runs alike"


def empty(path: Path) -> str:
    for name in ("run_1", "run_2"):
        (path / name).mkdir()
    return "holds no file"


def damaged(path: Path) -> str:
    for i in range(30):
        np.save(path / f"run_{i:02d}.npy", np.zeros(3))
    (path / "run_11.npy").write_bytes(b"nothing")
    return "run_11.npy: not an array file"


def pipe(path: Path) -> str:
    os.mkfifo(path / "run_1.npy")
    return "run_1.npy: cannot be read (it is no regular file)"


@pytest.mark.parametrize("make", [ragged, mixed, both, twice, lacking, empty, damaged, pipe])
def test_a_bad_folder_is_one_line(make: Callable[[Path], str], tmp_path: Path, capsys: Any) -> None:
    says = make(tmp_path)
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared below, brackets and all
        read(tmp_path)
    assert says in str(caught.value)
    assert main(["audit", str(tmp_path), str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert says in err


@pytest.mark.parametrize("form", ["files", "folders", "named views"])
def test_a_difference_in_few_of_many_numbers_is_seen_however_runs_are_kept(form: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    hard, odd = rng.gamma(1, 1, 300), np.arange(300) < 8
    for arm, shift in (("removed", 1.5), ("reference", 0.0)):
        (tmp_path / arm).mkdir()
        rows = hard + rng.normal(0, 0.3, (60, 300)) + shift * odd
        for run, row in enumerate(rows):
            if form == "files":
                np.save(tmp_path / arm / f"run_{run:03d}.npy", row)
            elif form == "folders":
                (tmp_path / arm / f"{run}").mkdir()
                np.save(tmp_path / arm / f"{run}" / "losses.npy", row)
        if form == "named views":
            np.save(tmp_path / arm / "losses.npy", rows)
    arms = [str(tmp_path / arm) for arm in ("removed", "reference")]
    assert ns.check_samples(ns.Untraining(1.0, 0.05), *arms, alpha=0.05).status is ns.Status.REFUTED
    assert main(["audit", *arms, "--alpha", ".05"]) == 1


def test_the_layout_is_said_on_the_command_line(tmp_path: Path, capsys: Any) -> None:
    rng = np.random.default_rng(3)
    for arm in ("removed", "reference"):
        (tmp_path / arm).mkdir()
        for layer in range(2):
            np.save(tmp_path / arm / f"layer_{layer}.npy", rng.normal(size=60))
    arms = [str(tmp_path / arm) for arm in ("removed", "reference")]
    assert main(["audit", *arms]) == 2
    assert "--layout" in capsys.readouterr().err
    assert main(["audit", *arms, "--layout", "views", "--json"]) in (0, 3)
    assert "--layout views" in json.loads(capsys.readouterr().out)["provenance"]["command"]
    with pytest.raises(ValueError, match="layout: 'rows' is not 'runs' or 'views'"):
        read(tmp_path / "removed", "rows")
