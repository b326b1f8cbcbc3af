"""The plugin: options reach the check, the summary says what was spent, and verdicts come out as files."""

import inspect
import json
import runpy
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.database import InMemoryExampleDatabase

import _neverseen_pytest as entry
import neverseen as ns
from neverseen.properties import profiles, pytest_plugin
from neverseen.properties.ledger import Ledger

pytest_plugins = ["pytester"]

LOADED = ns.learners, ns.removers, ns.scenarios, ns.strategies
"""Before pytester runs anything: it forgets what is first imported within a run, which would be imported each time."""

HEADER = """
import neverseen as ns
from hypothesis import given, settings
CLAIM, NEIGHBOUR, FIGURE = ns.Untraining(1.0, 0.05), ns.learners.nearest_neighbour(), ns.scenarios.figure1()
"""
ONE_OF_EACH = """
def test_right():
    ns.assert_holds(CLAIM, ns.removers.retrain(), NEIGHBOUR, FIGURE)
def test_wrong():
    ns.assert_holds(CLAIM, ns.removers.do_nothing(), NEIGHBOUR, FIGURE)
def test_right_again():
    ns.assert_holds(CLAIM, ns.removers.retrain(), NEIGHBOUR, FIGURE)
"""

INCONCLUSIVE = """
def test_little():
    ns.assert_holds(CLAIM, ns.removers.retrain(), NEIGHBOUR, FIGURE, budget=48)
"""

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    def inside(source: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(HEADER + source)
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:randomly", *options)

    return inside


def test_the_summary_and_the_artefacts(run: Run, pytester: pytest.Pytester) -> None:
    folder = pytester.path / "deep" / "verdicts"
    result = run(ONE_OF_EACH, f"--neverseen-artefacts={folder}", "--neverseen-seed=3")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*= neverseen =*",
            "3 of 1000 evaluations; α spent 3e-05 of 0.01, 1e-05 each; root seed 3",
            "verdicts: 1 SATISFIED, 2 REFUTED, 0 INCONCLUSIVE; 1 from memory; 0 past the cap",
            "minimal failing examples: 1 confirmed, 0 unconfirmed, 0 without a confirmation",
        ]
    )
    result.stdout.fnmatch_lines(["E*confirmation: held on an independent stream*"])
    files = sorted(path for path in folder.iterdir() if path.name != "ledger.json")
    verdicts = [ns.Verdict.from_json(path.read_text(encoding="utf-8")) for path in files]
    assert sorted(verdict.status.name for verdict in verdicts) == ["REFUTED", "REFUTED", "SATISFIED"]
    assert sorted(verdict.provenance["ledger"]["used"] for verdict in verdicts) == [1, 2, 3]
    assert {verdict.provenance["ledger"]["alpha_total"] for verdict in verdicts} == {0.01}
    totals = json.loads((folder / "ledger.json").read_text(encoding="utf-8"))
    assert (totals["used"], totals["memo_hits"], totals["spent"]) == (3, 1, pytest.approx(3e-05))
    (failure,) = totals["failures"]
    assert failure["test"].endswith("::test_wrong")
    assert failure["confirmed"] is True


def test_artefacts_of_equal_runs_have_equal_names(run: Run, pytester: pytest.Pytester) -> None:
    names: list[set[str]] = []
    for folder, extra in (("a", []), ("b", []), ("c", ["--neverseen-seed=1"])):
        run(INCONCLUSIVE, f"--neverseen-artefacts={folder}", *extra)
        names.append({path.name for path in (pytester.path / folder).iterdir()})
    assert names[0] == names[1]
    assert names[0] & names[2] == {"ledger.json"}


def test_options_reach_the_check(run: Run) -> None:
    source = """
def test_terms():
    found = ns.assert_holds(CLAIM, ns.removers.retrain(), NEIGHBOUR, FIGURE)
    assert (round(found.alpha, 9), found.budget, found.provenance["seed"]) == (0.004, 300, 7)
    named = ns.assert_holds(CLAIM, ns.removers.retrain(), NEIGHBOUR, FIGURE, budget=301, seed=8)
    assert (round(named.alpha, 9), named.budget, named.provenance["seed"]) == (0.004, 301, 8)
"""
    options = ("--neverseen-alpha=0.02", "--neverseen-evaluations=5", "--neverseen-budget=300", "--neverseen-seed=7")
    run(source, *options).assert_outcomes(passed=1)
    run(source).assert_outcomes(failed=1)


def test_conclusiveness_is_required_on_request(run: Run) -> None:
    run(INCONCLUSIVE).assert_outcomes(passed=1)
    strict = run(INCONCLUSIVE, "--neverseen-require-conclusive")
    strict.assert_outcomes(failed=1)
    strict.stdout.fnmatch_lines(["E*AssertionError: INCONCLUSIVE: 48 pairs*"])


def test_the_summary_says_what_was_past_the_cap(run: Run) -> None:
    source = """
@settings(max_examples=6, database=None, deadline=None)
@given(scenario=ns.strategies.scenarios(max_rows=8, kinds=["random"]))
def test_right(scenario):
    ns.assert_holds(CLAIM, ns.removers.retrain(), NEIGHBOUR, scenario)
"""
    result = run(source, "--neverseen-evaluations=3")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "2 of 3 evaluations; α spent 0.006667 of 0.01, 0.00333333 each; root seed 0",
            "verdicts: 2 SATISFIED, 0 REFUTED, 0 INCONCLUSIVE; * past the cap",
            "past the cap nothing was drawn: neither pass nor failure; raise --neverseen-evaluations",
        ]
    )


@pytest.mark.parametrize("extra", [["-p", "neverseen", "-p", "neverseen"], ["-p", "no:neverseen"]])
def test_loaded_twice_or_not_at_all(run: Run, extra: list[str]) -> None:
    result = run(INCONCLUSIVE, *extra)
    result.assert_outcomes(passed=1)
    lines = [line for line in result.outlines if "evaluations; α spent" in line]
    assert lines == ["1 of 1000 evaluations; α spent 1e-05 of 0.01, 1e-05 each; root seed 0"] * ("no:" not in extra[1])


def test_a_session_that_asks_nothing_says_nothing(run: Run) -> None:
    result = run("def test_nothing(): pass", "--neverseen-artefacts=made")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*neverseen ==*")
    assert not list(Path("made").iterdir())


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--neverseen-alpha=1.5", "*--neverseen-alpha: 1.5 is not in (0, 1)*"),
        ("--neverseen-alpha=nan", "*--neverseen-alpha: nan is not in (0, 1)*"),
        ("--neverseen-alpha=few", "*--neverseen-alpha: invalid number value: 'few'*"),
        ("--neverseen-evaluations=1", "*--neverseen-evaluations: 1 is less than 2*"),
        ("--neverseen-evaluations=1.5", "*--neverseen-evaluations: invalid whole number value: '1.5'*"),
        ("--neverseen-budget=0", "*--neverseen-budget: 0 is less than 1*"),
        ("--neverseen-seed=-1", "*--neverseen-seed: -1 is less than 0*"),
        ("--neverseen-artefacts=taken", "*--neverseen-artefacts: cannot make 'taken'*"),
    ],
)
def test_bad_options_are_usage_errors(run: Run, pytester: pytest.Pytester, option: str, says: str) -> None:
    (pytester.path / "taken").write_text("a file", encoding="utf-8")
    result = run("def test_nothing(): pass", option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([says])
    assert len(entry.SESSIONS) <= 1


def test_a_project_that_does_not_use_us_imports_nothing_of_us(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("def test_a(): pass\n", encoding="utf-8")
    code = (
        "import sys, pytest; status = pytest.main(['-q', '-p', 'no:cacheprovider', '-p', 'no:jaxtyping'])\n"
        "ours = ('_neverseen_pytest', 'neverseen', 'jax', 'numpy')\n"
        "print(int(status), [name for name in ours if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 ['_neverseen_pytest']"


# pytest-xdist, whose hooks are called here as it calls them


class Config(types.SimpleNamespace):
    """What the plugin reads of pytest's configuration."""

    def __init__(self, **attributes: Any) -> None:
        terms = {"alpha": 0.01, "evaluations": 100, "budget": None, "seed": None, "artefacts": None}
        options = {f"neverseen_{name}": value for name, value in (terms | {"require_conclusive": False}).items()}
        super().__init__(option=types.SimpleNamespace(**options), **attributes)


def test_workers_share_the_budget_and_keep_the_price() -> None:
    ledgers = [
        pytest_plugin.open_ledger(Config(workerinput={"workerid": f"gw{i}", "workercount": 3})) for i in range(4)
    ]
    assert [ledger.slots for ledger in ledgers] == [33, 33, 33, 0]
    assert {ledger.alpha for ledger in ledgers} == {pytest_plugin.open_ledger(Config()).alpha}


def test_the_controller_adds_up_its_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config()
    session = entry.Session(config)  # pyright: ignore[reportArgumentType]
    monkeypatch.setattr(entry, "SESSIONS", [*entry.SESSIONS, session])
    part = Ledger(0.01, 100).totals() | {"used": 4, "spent": 4e-4, "past_cap": 1}
    for i, output in enumerate([{"neverseen": part}, {"neverseen": part}, {}, None]):
        node = types.SimpleNamespace(config=config, workerinput={"workerid": f"gw{i}", "workercount": 4})
        if output is not None:
            node.workeroutput = output
        entry.pytest_testnodedown(node)
    totals = session.totals()
    assert totals is not None
    assert (totals["used"], totals["past_cap"], totals["lost"]) == (4 + 4 + 25, 2, 1)
    assert totals["spent"] == pytest.approx(33e-4)
    assert totals["verdicts"] == {"SATISFIED": 0, "REFUTED": 0, "INCONCLUSIVE": 0}
    lines = pytest_plugin.summary(totals, 0)
    assert lines[0].startswith("33 of 100 evaluations; α spent 0.0033 of 0.01")
    assert lines[-1].startswith("1 crashed")


# the profiles


ELSEWHERE: dict[str, Any] = {
    "max_examples": 7,
    "derandomize": False,
    "database": InMemoryExampleDatabase(),
    "verbosity": Verbosity.quiet,
    "phases": (Phase.explicit,),
    "stateful_step_count": 3,
    "report_multiple_bugs": False,
    "suppress_health_check": (HealthCheck.data_too_large,),
    "deadline": 777,
    "print_blob": True,
    "backend": "hypothesis-urandom",
}
"""Every field of Hypothesis, at a value that `neverseen-ci` has not."""


def values(profile: settings) -> dict[str, str]:
    """All fields; of a database on disk the last part of its path."""
    return {field: repr(getattr(profile, field)).rpartition("/")[2] for field in ELSEWHERE}


def test_profiles_take_nothing_from_the_profile_that_is_loaded() -> None:
    known = set(inspect.signature(settings.__init__).parameters) - {"self", "parent"}
    assert known == set(ELSEWHERE), "a field of this Hypothesis is unknown here: set it in profiles.py"
    before = settings.get_current_profile_name()
    settings.register_profile("elsewhere", settings(**ELSEWHERE))
    settings.load_profile("elsewhere")
    try:
        made = runpy.run_path(str(profiles.__file__))["PROFILES"]
    finally:
        settings.load_profile(before)
    for name, profile in profiles.PROFILES.items():
        assert values(made[name]) == values(profile), name
    assert all(values(settings(**ELSEWHERE))[field] != values(profiles.CI)[field] for field in ELSEWHERE)


def test_profiles_are_what_they_are_for() -> None:
    ci, nightly, dev = profiles.PROFILES.values()
    assert list(profiles.PROFILES) == ["neverseen-ci", "neverseen-nightly", "neverseen-dev"]
    assert (ci.derandomize, nightly.derandomize, dev.derandomize) == (True, False, False)
    assert ci.database is None
    assert repr(nightly.database) != repr(dev.database)
    assert dev.max_examples < ci.max_examples < nightly.max_examples
    assert {profile.deadline for profile in (ci, nightly, dev)} == {None}


def test_a_profile_is_loaded_by_its_name(run: Run) -> None:
    source = "def test_profile(): assert settings().max_examples == 100 and not settings().derandomize"
    before = settings.get_current_profile_name()
    try:
        run(source, "--hypothesis-profile=neverseen-nightly").assert_outcomes(passed=1)
    finally:
        settings.load_profile(before)
