"""The built site: clean, whole, in reach of all. Needs the extra `docs`: `pytest -n 0 tests/stages/docs_site.py`."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import neverseen as ns
from neverseen.formal._public import public_names
from neverseen.formal.definitions import STATEMENTS
from neverseen.formal.definitions._withdrawn import WITHDRAWN
from neverseen.formal.theorems import THEOREMS
from neverseen.properties.cli._main import NAMES

ROOT = Path(__file__).resolve().parents[2]


class Page(HTMLParser):
    """Ids, links, headings and what lacks a name, of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.levels: list[int] = []
        self.nameless: list[str] = []
        self.language = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.language = given.get("lang", self.language) if tag == "html" else self.language
        self.ids += [given["id"]] if "id" in given else []
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in ("script", "img", "iframe") or (tag == "link" and "stylesheet" in given.get("rel", "")):
            self.loads += [given[name] for name in ("src", "href") if name in given]
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        named = given.get("alt") or given.get("aria-label") or given.get("title") or given.get("placeholder")
        if (
            tag == "img" or (tag == "input" and given.get("type") not in ("hidden", "checkbox", "submit"))
        ) and not named:
            self.nameless.append(f"{tag} {given}")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as CONTRIBUTING says; any warning is an error."""
    out = tmp_path_factory.mktemp("site")
    call = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", str(ROOT / "docs"), str(out)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def broken(pages: dict[Path, Page]) -> list[str]:
    """Links inside the site to files or anchors that are not there."""
    gone: list[str] = []
    for path, page in pages.items():
        for link in {*page.links, *page.loads}:
            parts = urlsplit(link)
            if parts.scheme or (link.startswith("#") and len(link) < 2):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchors = pages[target].ids if target in pages else [parts.fragment]
            if not target.is_file() or (parts.fragment and unquote(parts.fragment) not in anchors):
                gone.append(f"{path.name}: {link}")
    return gone


def test_every_internal_link_leads_somewhere(pages: dict[Path, Page]) -> None:
    assert len(pages) > 30
    count = sum(not urlsplit(link).scheme for page in pages.values() for link in page.links)
    assert count > 1000
    print(f"{count} internal links on {len(pages)} pages")
    assert broken(pages) == []


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text('<a href="b.html">x</a><a href="#y">x</a><a href="#z">x</a><p id="z">', encoding="utf-8")
    assert sorted(broken({path.resolve(): Page(path.read_text(encoding="utf-8"))})) == ["a.html: #y", "a.html: b.html"]


def test_nothing_is_fetched(pages: dict[Path, Page]) -> None:
    assert [load for page in pages.values() for load in page.loads if urlsplit(load).scheme not in ("", "data")] == []


def test_definitions_theorems_and_commands_have_the_anchors_that_are_cited(site: Path, pages: dict[Path, Page]) -> None:
    made = {path.relative_to(site).as_posix(): page for path, page in pages.items()}
    assert {*STATEMENTS, *WITHDRAWN} <= set(made["made/definitions.html"].ids)
    assert {theorem.id.lower() for theorem in THEOREMS} <= set(made["made/theorems.html"].ids)
    assert {f"command-{name}" for name in NAMES} <= set(made["made/command_line.html"].ids)


def test_every_public_name_has_an_entry_and_no_private_module_a_page(site: Path, pages: dict[Path, Page]) -> None:
    ids = {one for page in pages.values() for one in page.ids}
    missing = [
        name for name in public_names(ns) if not any(one.split(".")[-1] == name for one in ids if "neverseen" in one)
    ]
    assert [name for name in missing if name != "__version__"] == []
    assert [path for path in pages if "._" in path.stem] == []


def test_search_finds_what_a_user_looks_for(site: Path) -> None:
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    found = json.loads(index[index.index("{") : index.rindex("}") + 1])
    assert {"csv", "pytest", "hypothesi", "scenario", "flax"} <= {*found["terms"], *found["titleterms"]}


def test_pages_can_be_heard_and_walked_through(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        assert page.language == "en", path
        assert page.nameless == [], path
        assert page.levels.count(1) == 1, (path, page.levels)
        jumps = [b - a for a, b in zip(page.levels, page.levels[1:], strict=False) if b > a + 1]
        assert jumps == [], (path, page.levels)
        doubled = {one for one in page.ids if page.ids.count(one) > 1}
        assert not doubled, (path, doubled)
        text = path.read_text(encoding="utf-8")
        assert "<pre>" not in text, path
        assert 'role="heading">' not in text, path


def unread(text: str) -> list[str]:
    """Marks of formulas or of emphasis that a page shows as they were typed."""
    for inside in ("pre", "script", "style", "math", "title", "code"):
        text = re.sub(rf"<{inside}\b.*?</{inside}>", "", text, flags=re.S)
    plain = re.sub(r"<[^>]+>", " ", text)
    return re.findall(r"\$[^$\n]{1,60}\$|\*\*\w+|:math:|``|\\[a-z]{3,}", plain)


def test_formulas_and_emphasis_are_read_on_every_page(pages: dict[Path, Page]) -> None:
    wrong = {path.name: unread(path.read_text(encoding="utf-8"))[:3] for path in pages}
    assert {name: marks for name, marks in wrong.items() if marks} == {}
    assert unread("<p>where $D$ is</p><pre>$HOME/$X</pre>") == ["$D$"]


def test_a_page_that_cannot_is_seen() -> None:
    page = Page('<html lang="en"><h1>a</h1><h3>b</h3><img src="x"><input type="text"><i id="q"></i><b id="q"></b>')
    assert page.levels == [1, 3]
    assert len(page.nameless) == 2
    assert page.ids.count("q") == 2
