"""Parquet as pyarrow and pandas write it: `pytest -n 0 tests/stages/parquet.py`, where pyarrow is installed."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # pyright: ignore[reportMissingImports]
import pyarrow.parquet as pq  # pyright: ignore[reportMissingImports]
import pytest

import neverseen as ns
from neverseen.properties.cli import main
from neverseen.properties.saved._folders import read

CLAIM = ns.Untraining(1.0, 0.05)


def written(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def runs(path: Path, shift: float, seed: int) -> Path:
    rng = np.random.default_rng(seed)
    return written(path, seed=np.arange(80), loss=rng.normal(shift, 1.0, 80), accuracy=rng.random(80))


def test_a_row_for_each_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = runs(tmp_path / "a.parquet", 0.0, 1)
    table = pq.read_table(path)
    found = read(path)
    assert {name: found[name].shape[0] for name in ("loss", "accuracy")} == {"loss": 80, "accuracy": 80}
    assert np.array_equal(np.asarray(found["loss"][:80]).ravel(), table["loss"].to_numpy())


def test_verdicts_of_two_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    right, wrong, reference = (
        str(runs(tmp_path / f"{seed}.parquet", shift, seed)) for seed, shift in ((1, 0.0), (2, 4.0), (3, 0.0))
    )
    assert main(["audit", wrong, reference, "--alpha", ".01", "--json"]) == 1
    assert ns.Verdict.from_json(capsys.readouterr().out).status is ns.Status.REFUTED
    assert main(["audit", right, reference, "--alpha", ".01", "--json"]) != 1


def test_a_folder_of_tables_is_a_program_s_runs(tmp_path: Path) -> None:
    for arm, shift in (("removed", 4.0), ("reference", 0.0)):
        (tmp_path / arm).mkdir()
        for seed in range(64):
            rng = np.random.default_rng([seed, int(shift)])
            written(tmp_path / arm / f"{seed}.parquet", loss=rng.normal(shift, 1.0, 5))
    verdict = ns.check_program(CLAIM, None, tmp_path, budget=64, alpha=0.01)
    assert verdict.status is ns.Status.REFUTED


def test_wrong_ones_are_one_line(tmp_path: Path) -> None:
    for name, make, says in (
        ("words", lambda path: written(path, name=["a", "b"]), "words.parquet"),
        ("torn", lambda path: path.write_bytes(b"PAR1 and no more"), "torn.parquet"),
        ("empty", lambda path: written(path, loss=np.zeros(0)), "empty.parquet"),
    ):
        path = tmp_path / f"{name}.parquet"
        make(path)
        with pytest.raises(ValueError, match=says) as error:
            ns.check_samples(CLAIM, read(path), read(path))
        assert "\n" not in str(error.value), name


def test_a_scenario_is_read_from_parquet_as_from_text(tmp_path: Path) -> None:
    columns = {"age": [30.0, 41.0, 52.0], "ill": ["no", "yes", "no"], "asked": [True, False, False]}
    pq.write_table(pa.table(columns), tmp_path / "p.parquet")
    made = ns.scenarios.from_file(tmp_path / "p.parquet", labels="ill", forget="asked")
    assert made == ns.Scenario.build(columns, "ill", forget="asked")
    (tmp_path / "p.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match=r"p\.parquet: "):
        ns.scenarios.from_file(tmp_path / "p.parquet", labels="ill", forget="asked")
