"""The code of the docs that takes seconds, and the example of a user's tests, run as a user would."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from docs_tools import SLOW, run  # noqa: E402


@pytest.mark.parametrize("name", sorted(SLOW))
def test_python_runs_and_prints_what_the_page_says(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run((ROOT / name).read_text(encoding="utf-8"), name) > 0


def test_the_example_of_tests_passes_and_leaves_its_verdicts(tmp_path: Path) -> None:
    example = ROOT / "docs" / "examples" / "test_remover.py"
    (tmp_path / example.name).write_text(example.read_text(encoding="utf-8"), encoding="utf-8")
    call = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", example.name]
    done = subprocess.run(
        [*call, "--neverseen-artefacts=kept"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
    assert json.loads((tmp_path / "kept" / "ledger.json").read_text(encoding="utf-8"))
    assert len(list((tmp_path / "kept").glob("*.json"))) > 1


def test_the_readme_shows_the_verdict_that_its_command_gives(tmp_path: Path) -> None:
    call = [sys.executable, "-m", "neverseen", "check", "finetune", "--store", "none"]
    done = subprocess.run([*call, "--report", "v.html"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    said, shown = (text.partition(". '")[0] for text in (done.stdout, readme[readme.index("REFUTED: ") :]))
    assert said == shown  # the numbers of pairs and thresholds may differ in the last digit elsewhere
    assert (tmp_path / "v.html").is_file()
