"""Every code block of README and docs: Python runs and prints what the page says, commands are such as exist."""

import re
from pathlib import Path

import pytest
import yaml
from docs_tools import PAGES, ROOT, SLOW, Block, blocks, commands, run

from neverseen.properties.cli._defaults import take_defaults
from neverseen.properties.cli._main import NAMES, parser
from neverseen.properties.cli._main import commands as known

NAMED = [path.relative_to(ROOT).as_posix() for path in PAGES]
WITH_PYTHON = [name for name in NAMED if any(b.language == "python" for b in blocks((ROOT / name).read_text("utf-8")))]
LANGUAGES = {"python", "sh", "text", "toml", ""}


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in WITH_PYTHON if name not in SLOW])
def test_python_runs_and_prints_what_the_page_says(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(text(name), name) > 0


def test_slow_pages_have_code() -> None:
    assert set(WITH_PYTHON) >= SLOW


def test_no_block_is_of_a_kind_that_nothing_looks_at() -> None:
    kinds = {(name, block.language) for name in NAMED for block in blocks(text(name))}
    assert {pair for pair in kinds if pair[1] not in LANGUAGES} == set()
    assert {name for name, kind in kinds if kind == ""} == {"README.md"}  # the verdict, held by a stage


@pytest.mark.parametrize("name", NAMED)
def test_commands_are_such_as_the_command_line_takes(name: str) -> None:
    every = parser()
    for call in commands(text(name)):
        assert call[0] in NAMES
        if len(call) > 1 and "--help" not in call:
            every.parse_args(call)


def test_defaults_on_a_page_are_taken(tmp_path: Path) -> None:
    (said,) = [block.text for block in blocks(text("docs/get_started.md")) if block.language == "toml"]
    (tmp_path / "neverseen.toml").write_text(said, encoding="utf-8")
    every = parser(known(["compare"]))
    take_defaults(every, parser, tmp_path)
    args = every.parse_args(["compare", "retrain"])
    assert (args.learner, args.alpha, args.runs) == ("logistic:epochs=5", 0.001, 128)


def test_a_page_that_lies_is_seen() -> None:
    right = "```python\nprint(1 + 1)\n```\n\n```text\n2\n```\n"
    assert run(right, "toy") == 1
    with pytest.raises(AssertionError, match="prints '2"):
        run(right.replace("\n2\n", "\n3\n"), "toy")
    with pytest.raises(NameError):
        run("```python\nno_such_name\n```\n", "toy")
    with pytest.raises(ValueError, match="invalid choice"):
        parser().parse_args(commands("`neverseen chek x`")[0])
    assert blocks("```{include} x\n```\n\n```sh\nls\n```\n") == [Block("sh", "ls\n")]


def test_the_files_that_pages_include_are_there() -> None:
    for name in NAMED:
        for path in re.findall(r"^```\{(?:literalinclude|include)\} (\S+)$", text(name), flags=re.M):
            assert ((ROOT / name).parent / path).is_file(), f"{name}: {path}"


def test_the_workflow_calls_what_exists() -> None:
    steps = yaml.safe_load(text("docs/examples/workflow.yml"))["jobs"]["removal"]["steps"]
    calls = [step["run"] for step in steps if "run" in step]
    assert [parser().parse_args(call.split()[1:]).command for call in calls if call.startswith("neverseen")] == [
        "suite"
    ]
    assert any("--neverseen-artefacts=artefacts" in call for call in calls)


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub and the site make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def broken(name: str, page: str) -> list[str]:
    """Links of a page to files of the repository that are not there; those to made pages are the build's to see."""
    plain = re.sub(r"^```.*?^```$", "", page, flags=re.S | re.M)
    links = [
        link for link in re.findall(r"\]\(([^)\s]+)\)", plain) if "://" not in link and not link.startswith("made/")
    ]
    headings = {slug(line.lstrip("# ")) for line in page.splitlines() if line.startswith("#")}
    gone = [link for link in links if link[0] != "#" and not ((ROOT / name).parent / link.partition("#")[0]).exists()]
    return gone + [link for link in links if link[0] == "#" and link[1:] not in headings]


@pytest.mark.parametrize("name", [*NAMED, "CONTRIBUTING.md"])
def test_links_lead_somewhere(name: str) -> None:
    assert broken(name, text(name)) == []


def test_a_broken_link_is_seen() -> None:
    assert broken("README.md", "[a](docs/none.md) [b](LICENSE) [c](#here) [d](#there)\n# Here\n") == [
        "docs/none.md",
        "#there",
    ]


def test_the_project_s_workflow_runs_ci_on_the_oldest_and_the_newest_python() -> None:
    job = yaml.safe_load(text(".github/workflows/ci.yml"))["jobs"]["all"]
    named = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', text("pyproject.toml"))
    newest = max(named, key=lambda version: int(version.split(".")[1]))
    assert job["strategy"]["matrix"]["python"] == [min(named, key=lambda version: int(version.split(".")[1])), newest]
    assert any(step.get("run", "").endswith("bash .ci/run") for step in job["steps"])


def test_issue_forms_ask_for_the_verdict_and_for_what_doctor_says() -> None:
    for name, wanted in (("verdict", {"verdict", "doctor", "code"}), ("fault", {"command", "doctor"})):
        form = yaml.safe_load(text(f".github/ISSUE_TEMPLATE/{name}.yml"))
        required = {part["id"] for part in form["body"] if part.get("validations", {}).get("required")}
        assert wanted <= required
