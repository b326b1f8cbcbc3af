"""The plugin: options reach the check, the summary says what was spent, and verdicts come out as files."""

import importlib.util
import inspect
import json
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
from neverseen.properties import profiles
from neverseen.properties.testing import _pytest_session as pytest_plugin
from neverseen.properties.testing.ledger import Ledger

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
            "2 of 1000 evaluations; α spent 2e-05 of 0.01, 1e-05 each; root seed 3",
            "verdicts: 1 SATISFIED, 1 REFUTED, 0 INCONCLUSIVE; 1 from memory; 0 past the cap",
            "of 1 SATISFIED, * with power: doing nothing would have been refuted there",
            "minimal failing examples: 1 confirmed, 0 unconfirmed, 0 without a confirmation",
        ]
    )
    result.stdout.fnmatch_lines(["E*confirmation: held on an independent stream*"])
    files = sorted(path for path in folder.iterdir() if path.name != "ledger.json")
    verdicts = [ns.Verdict.from_json(path.read_text(encoding="utf-8")) for path in files]
    assert sorted(verdict.status.name for verdict in verdicts) == ["REFUTED", "REFUTED", "SATISFIED"]
    assert sorted(verdict.provenance["ledger"]["used"] for verdict in verdicts) == [1, 2, 2]
    assert {verdict.provenance["ledger"]["alpha_total"] for verdict in verdicts} == {0.01}
    totals = json.loads((folder / "ledger.json").read_text(encoding="utf-8"))
    assert (totals["used"], totals["memo_hits"], totals["spent"]) == (2, 1, pytest.approx(2e-05))
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


def test_inconclusive_fails_unless_it_is_allowed_by_name(run: Run) -> None:
    result = run(INCONCLUSIVE)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*AssertionError: INCONCLUSIVE: 48 pairs*"])
    run(INCONCLUSIVE, "--neverseen-allow-inconclusive").assert_outcomes(passed=1)
    run(INCONCLUSIVE.replace("budget=48", "budget=48, allow_inconclusive=True")).assert_outcomes(passed=1)


POWER = """
import dataclasses
import pytest
from neverseen.formal.definitions._verdict import Power
from neverseen.properties.checks import _question

@pytest.fixture(autouse=True)
def told(monkeypatch):
    check = _question.check
    answer = lambda *asked, **terms: dataclasses.replace(check(*asked, **terms), power=Power({original}, 49))
    monkeypatch.setattr(_question, "check", answer)

def test_right():
    ns.assert_holds(CLAIM, ns.removers.retrain(), NEIGHBOUR, FIGURE)
"""


@pytest.mark.parametrize(("original", "tells"), [("ns.Status.REFUTED", 1), ("ns.Status.SATISFIED", 0), ("None", 0)])
def test_power_is_counted_and_required_on_request(run: Run, original: str, tells: int) -> None:
    source = POWER.replace("{original}", original)
    result = run(source)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"of 1 SATISFIED, {tells} with power: doing nothing would have been refuted there"])
    strict = run(source, "--neverseen-require-power")
    strict.assert_outcomes(passed=tells, failed=1 - tells)
    if not tells:
        strict.stdout.fnmatch_lines(["E*AssertionError: INCONCLUSIVE: it passed, but power is required, and *"])


def test_results_have_no_truth(run: Run) -> None:
    source = """
import jax
ASKED = ns.removers.do_nothing(), ns.learners.ridge(), ns.scenarios.blobs("class", size=4, full=8, rows=27, dims=3)
def test_verdict():
    assert ns.check(CLAIM, ns.removers.do_nothing(), NEIGHBOUR, FIGURE)
def test_held():
    assert ns.assert_holds(CLAIM, ns.removers.retrain(), NEIGHBOUR, FIGURE)
def test_relation():
    assert ns.relations.RELATIONS[0](*ASKED, jax.random.key(0))
def test_failure():
    assert not ns.ledger.Failure("", ns.Verdict.example())
def test_suite():
    assert ns.Suite.example()
def test_row():
    assert not any(ns.Suite.example().rows)
"""
    result = run(source)
    result.assert_outcomes(failed=6)
    result.stdout.fnmatch_lines(["E*ValueError: a Found has no truth value; read its .status"])


FIVE_BAD = """
import pytest
@pytest.mark.parametrize("seed", range(5))
def test_bad(seed):
    ns.assert_holds(CLAIM, ns.removers.do_nothing(), NEIGHBOUR, FIGURE, seed=seed)
"""
SEARCHES = """
@settings(max_examples=6, database=None)
@given(scenario=ns.strategies.scenarios(max_rows=8, kinds=["random"]))
def test_right(scenario):
    ns.assert_holds(CLAIM, ns.removers.retrain(), NEIGHBOUR, scenario)
"""


@pytest.mark.parametrize("extra", [[], ["--neverseen-allow-inconclusive"], ["--neverseen-require-power"]])
def test_nothing_past_the_cap_is_green(run: Run, extra: list[str]) -> None:
    result = run(FIVE_BAD, "--neverseen-evaluations=2", *extra)
    result.assert_outcomes(failed=5)
    said = [line for line in result.outlines if line.startswith("E") and "INCONCLUSIVE: the error budget" in line]
    assert len(said) == 3
    result.stdout.fnmatch_lines(
        [
            "2 of 2 evaluations; α spent 0.01 of 0.01, 0.005 each; root seed 0",
            "verdicts: 0 SATISFIED, 2 REFUTED, 0 INCONCLUSIVE; 0 from memory; 3 past the cap",
            "past the cap nothing was drawn, and the tests that asked there failed; raise --neverseen-evaluations",
        ]
    )


def test_a_search_that_needs_more_than_the_cap_fails(run: Run) -> None:
    result = run(SEARCHES, "--neverseen-evaluations=3")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*AssertionError: INCONCLUSIVE: the error budget of this run is used up*"])
    result.stdout.fnmatch_lines(["verdicts: 3 SATISFIED, 0 REFUTED, 0 INCONCLUSIVE; *; * past the cap"])


@pytest.mark.parametrize("first", ["hypothesis", "neverseen.properties.testing.strategies"])
def test_what_a_search_asserts_with_is_there_before_its_first_example(first: str) -> None:
    """Loaded in the first example, it would take longer than the default deadline."""
    code = f"import sys, {first}, neverseen; print('neverseen.properties.testing._assert_holds' in sys.modules)"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "True"


def test_the_first_compile_is_not_held_against_the_default_deadline(run: Run) -> None:
    """As in the README: no settings, or those of Hypothesis itself."""
    source = """
@settings(max_examples=3, database=None, deadline=200)
@given(scenario=ns.strategies.scenarios(max_rows=8))
def test_mine(scenario):
    ns.assert_holds(CLAIM, ns.removers.retrain(), ns.learners.ridge(penalty=0.37), scenario)
"""
    run(source).assert_outcomes(passed=1)


ENDS = """
import sys, unittest, pytest, jax, hypothesis

def mine(how, late):
    calls = []
    @ns.remover(aims_at="untraining")
    def mine(key, trained, rows, forget):
        calls.append(1)
        if len(calls) > late:
            how()
        return trained.params
    return mine

WAYS = {
    "exit": lambda: sys.exit(0),
    "skip": lambda: pytest.skip("no GPU"),
    "import": lambda: pytest.importorskip("no_such_module"),
    "xfail": lambda: pytest.xfail("known"),
    "end": lambda: pytest.exit("enough", returncode=0),
    "unittest": lambda: (_ for _ in ()).throw(unittest.SkipTest("no GPU")),
    "assume": lambda: (_ for _ in ()).throw(hypothesis.errors.UnsatisfiedAssumption()),
    "base": lambda: (_ for _ in ()).throw(type("Odd", (BaseException,), {})("so")),
}

@pytest.mark.parametrize("late", [0, 1, 2])
@pytest.mark.parametrize("way", WAYS)
def test_it(way, late):
    ns.assert_holds(CLAIM, mine(WAYS[way], late), NEIGHBOUR, FIGURE)

@ns.remover(aims_at="untraining")
def skips(key, trained, rows, forget):
    pytest.skip("no GPU")

@ns.testing.parametrize_with_checks([skips])
def test_checks(remover, check):
    check(remover)

def test_one_relation():
    ns.relations.RELATIONS[0](skips, NEIGHBOUR, FIGURE, jax.random.key(0))

def test_suite():
    ns.check_suite(skips, NEIGHBOUR)
"""


def test_foreign_code_neither_skips_a_test_nor_ends_the_run(run: Run) -> None:
    result = run(ENDS, "--tb=line")
    found = result.parseoutcomes()
    assert set(found) - {"warnings"} == {"failed"}
    assert found["failed"] > 3 * 8 + 10
    said = "remover mine*: raised * (*); neither end a process nor skip a test from there"
    result.stdout.fnmatch_lines([f"*Error: {said}"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize("extra", [["-p", "neverseen", "-p", "neverseen"], ["-p", "no:neverseen"]])
def test_loaded_twice_or_not_at_all(run: Run, extra: list[str]) -> None:
    result = run(INCONCLUSIVE, *extra)
    result.assert_outcomes(failed=1)
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
        ("--neverseen-evaluations=0", "*--neverseen-evaluations: 0 is less than 1*"),
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


FLAGS = "allow_inconclusive", "require_power"


class Config(types.SimpleNamespace):
    """What the plugin reads of pytest's configuration."""

    def __init__(self, **attributes: Any) -> None:
        terms = {"alpha": 0.01, "evaluations": 100, "budget": None, "seed": None, "artefacts": None}
        options = {f"neverseen_{name}": value for name, value in (terms | dict.fromkeys(FLAGS, False)).items()}
        super().__init__(option=types.SimpleNamespace(**options), **attributes)


def worker(number: int, folder: Path) -> dict[str, Any]:
    return {"workerid": f"gw{number}", "workercount": 3, "neverseen_slots": str(folder)}


def test_workers_share_the_budget_and_keep_the_price(tmp_path: Path) -> None:
    configs = [Config(workerinput=worker(i, tmp_path)) for i in range(4)]
    ledgers = [pytest_plugin.open_ledger(config) for config in configs]
    assert {ledger.alpha for ledger in ledgers} == {pytest_plugin.open_ledger(Config()).alpha}
    slots = [pytest_plugin.open_slots(100, config.workerinput) for config in configs]
    assert [sum(each.take() for _ in range(60)) for each in slots] == [60, 40, 0, 0]


def test_a_worker_that_cannot_count_refuses(tmp_path: Path) -> None:
    for given in (worker(1, tmp_path / "elsewhere"), {"workerid": "gw1"}):
        with pytest.raises(ValueError, match="worker gw1 does not see the folder"):
            pytest_plugin.open_ledger(Config(workerinput=given))


@pytest.fixture
def controller(monkeypatch: pytest.MonkeyPatch) -> entry.Session:
    session = entry.Session(Config())  # pyright: ignore[reportArgumentType]
    monkeypatch.setattr(entry, "SESSIONS", [*entry.SESSIONS, session])
    return session


def test_the_controller_adds_up_its_workers(controller: entry.Session) -> None:
    part = Ledger(0.01, 100).totals() | {"used": 4, "spent": 4e-4, "past_cap": 1, "with_power": 2}
    for i, output in enumerate([{"neverseen": part}, {"neverseen": part}, {}, None]):
        node = types.SimpleNamespace(config=controller.config, workerinput={"workerid": f"gw{i}"})
        entry.pytest_configure_node(node)
        slots = pytest_plugin.open_slots(100, node.workerinput)
        assert all(slots.take() for _ in range(7))
        if output is not None:
            node.workeroutput = output
        entry.pytest_testnodedown(node)
    totals = controller.totals()
    assert totals is not None
    assert (totals["used"], totals["past_cap"], totals["with_power"], totals["lost"]) == (4 + 4 + 7, 2, 4, 1)
    assert totals["spent"] == pytest.approx(15e-4)
    assert totals["verdicts"] == {"SATISFIED": 0, "REFUTED": 0, "INCONCLUSIVE": 0}
    lines = pytest_plugin.summary(totals, 0)
    assert lines[0].startswith("15 of 100 evaluations; α spent 0.0015 of 0.01")
    assert lines[-1].startswith("1 crashed")
    assert controller.slots is not None
    folder = Path(controller.slots.name)
    entry.pytest_unconfigure(controller.config)
    assert not folder.exists()


WORK = """
import os
import pytest
@pytest.mark.parametrize("seed", range(4))
def test_bad(seed):
    ns.assert_holds(CLAIM, ns.removers.do_nothing(), NEIGHBOUR, FIGURE, seed=seed)
def test_dies():
    ns.assert_holds(CLAIM, ns.removers.retrain(), NEIGHBOUR, FIGURE)
    os._exit(0)
"""


def test_two_workers_spend_one_budget_a_crash_included(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(HEADER + WORK)
    asked = ["-p", "no:cacheprovider", "-p", "no:jaxtyping", "-n", "2", "--dist", "load", "--neverseen-evaluations=3"]
    result = pytester.runpytest_subprocess(*asked)
    assert "passed" not in result.parseoutcomes()
    assert result.parseoutcomes()["failed"] == 5
    result.stdout.fnmatch_lines(["3 of 3 evaluations; α spent 0.01 of 0.01, 0.00333333 each; root seed 0"])
    assert sum("error budget of this run is used up" in line for line in result.outlines if line.startswith("E")) >= 2


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


def anew(module: types.ModuleType) -> Any:
    """The module executed once more, under its name, and not put in place of what it was."""
    spec = module.__spec__
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_profiles_take_nothing_from_the_profile_that_is_loaded() -> None:
    known = set(inspect.signature(settings.__init__).parameters) - {"self", "parent"}
    assert known == set(ELSEWHERE), "a field of this Hypothesis is unknown here: set it in profiles.py"
    before = settings.get_current_profile_name()
    settings.register_profile("elsewhere", settings(**ELSEWHERE))
    settings.load_profile("elsewhere")
    try:
        made = anew(profiles).PROFILES
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
