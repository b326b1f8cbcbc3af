"""A wrong kind for any number, truth value or arm of a public function is one line that names the argument."""

import json
import subprocess
import sys
from pathlib import Path


def test_a_wrong_kind_is_one_line_that_names_the_argument() -> None:
    """In a process of its own, without the type checker of the tests."""
    program = Path(__file__).with_name("kinds_tools.py")
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=120, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["wrong"] == []
    assert found["asked"] > 400
