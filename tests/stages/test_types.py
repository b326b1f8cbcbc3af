"""What a type checker says in a user's file: factories keep their signatures, and a wrong argument is an error."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from neverseen.algorithms.learners import LEARNERS
from neverseen.algorithms.removers import REMOVERS
from neverseen.properties.scenarios import SCENARIOS

LISTED = {"learners": LEARNERS, "removers": REMOVERS, "scenarios": SCENARIOS}
VERBS = ["ns.check", "ns.compare", "ns.tune", "ns.Scenario.build", "ns.assert_holds", "ns.plan", "ns.bound"]
FACTORIES = VERBS + [f"ns.{room}.{name}" for room, table in LISTED.items() for name in table if name.isidentifier()]

USER = """
import numpy as np
import neverseen as ns

scenario = ns.Scenario.build(np.zeros((4, 2)), np.zeros(4), forget=[0])
verdict = ns.check(ns.Untraining(1.0, 0.05), ns.removers.finetune(epochs=2), ns.learners.ridge(), scenario)
ns.report.write_report(verdict, "page.html")
print(verdict.status is ns.Status.REFUTED, verdict.epsilon_lower)
"""


def findings(folder: Path, text: str) -> list[tuple[str, str]]:
    """What pyright in strict mode says of a file: severities and messages."""
    (folder / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict"}), encoding="utf-8")
    (folder / "user.py").write_text(text, encoding="utf-8")
    command = ["pyright", "--outputjson", "--pythonpath", sys.executable, "user.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return [(one["severity"], one["message"]) for one in json.loads(done.stdout)["generalDiagnostics"]]


def test_a_user_s_file_is_clean(tmp_path: Path) -> None:
    assert findings(tmp_path, USER) == []


@pytest.mark.parametrize("wrong", ["ns.removers.finetune(epoch=2)", "ns.learners.mlp(hidden='wide')", "ns.chek"])
def test_a_slip_is_an_error(tmp_path: Path, wrong: str) -> None:
    assert "error" in [severity for severity, _ in findings(tmp_path, USER + wrong + "\n")]


def test_factories_keep_their_signatures(tmp_path: Path) -> None:
    asked = "import neverseen as ns\n" + "".join(f"reveal_type({name})\n" for name in FACTORIES)
    said = [message for severity, message in findings(tmp_path, asked) if severity == "information"]
    assert len(said) == len(FACTORIES) > 80
    vague = [line for line in said if 'is "(...)' in line or "Unknown" in line or "*args" in line]
    assert not vague, "\n".join(vague)
