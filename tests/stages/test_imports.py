"""What a check does not need is not loaded on the way to it: each of these takes half a second to two seconds."""

import subprocess
import sys

import pytest

SLOW = {"sympy", "scipy.stats", "scipy.optimize", "sklearn", "pandas", "hypothesis", "orbax", "tensorstore"}
WAYS = {
    "the library": "import neverseen as ns; ns.check, ns.compare, ns.check_program, ns.removers, ns.scenarios",
    "a pool": "from neverseen import pools, learners, scenarios, Store",
    "a command": "from neverseen.properties.cli import _main; _main.parser(_main.commands(['check']))",
}


def loaded(code: str) -> set[str]:
    """The slow packages that a process has loaded after some code."""
    said = f"import sys; {code}; print(*({SLOW!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("way", WAYS)
def test_nothing_slow_is_loaded_before_it_is_used(way: str) -> None:
    assert loaded(WAYS[way]) == set()


def test_what_is_loaded_is_seen() -> None:
    assert loaded("from neverseen.formal.definitions import STATEMENTS") == {"sympy"}
