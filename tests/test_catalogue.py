"""The catalogue: complete, cited, and strict about which metric may judge which notion."""

import re
from collections.abc import Mapping

import pytest

from neverseen.formal.catalogue import (
    ALGORITHMS,
    METRICS,
    SETTINGS,
    TOPICS,
    Entry,
    bibliography,
    cite,
    parse,
    require,
    table,
)
from neverseen.formal.catalogue._entries import by_id
from neverseen.formal.definitions._statements import STATEMENTS
from neverseen.formal.theorems import THEOREMS

CATALOGUE: tuple[Mapping[str, Entry], ...] = (SETTINGS, TOPICS, ALGORITHMS, METRICS)

# The mapping of arXiv 2604.07962, typed from its section on problem settings: notion, setting, arXiv ids of the works.
PAPER = {
    ("untraining", "privacy"): "2007.02923 2103.03279 1911.04933 2003.02960 1912.03817 2109.13398",
    ("untraining", "mislabelled"): "2302.09880 2201.06640",
    ("untraining", "specific-points"): "2210.01504 2405.03097 2503.01034",
    ("unlearning", "dangerous-knowledge"): "2403.03218 2402.10058 2402.16835",
    ("unlearning", "backdoors"): "2201.09538",
    ("unlearning", "concepts"): "2310.12508 2303.17591",
    ("unlearning", "corrective"): "2402.14015 2406.09173 2505.17730",
    ("unlearning", "artistic-style"): "2310.12508 2402.11846",
    ("unlearning", "classes"): "1911.04933 2302.09880 2311.15268",
    ("unlearning", "few-shot"): "2205.15567 2407.12069",
    ("untraining", "definition-variants"): "2007.02923 2103.03279 2106.04378",
    ("untraining", "definition-evaluation"): "2406.09073 2403.01218 2302.09880 2310.07579",
    ("both", "delete-or-suppress"): "2406.13356 2410.08827 2505.22310 2502.05209",
}


def ids(entry: Entry) -> set[str]:
    return {bibliography()[key]["eprint"] for key in entry.citations}


def test_every_setting_of_the_paper_is_there_with_every_work() -> None:
    found = {(e.notion, e.id): ids(e) for t in (SETTINGS, TOPICS) for e in t.values()}
    assert found == {place: set(works.split()) for place, works in PAPER.items()}
    assert all(e.mapped_by == "2604.07962" for t in (SETTINGS, TOPICS) for e in t.values())


def test_every_algorithm_of_the_reference_table_is_there() -> None:
    assert len(ALGORITHMS) == 39
    notions = {name: entry.notion for name, entry in ALGORITHMS.items()}
    assert {name for name, notion in notions.items() if notion == "both"} == {
        "fisher",
        "gradient-difference",
        "kl-minimisation",
        "neggrad-plus",
        "npo",
        "scrub",
        "simnpo",
        "undial",
        "wga",
    }
    assert {name for name, notion in notions.items() if notion == "unlearning"} == {
        "random-label",
        "bad-teacher",
        "salun",
        "ssd",
        "unsir",
        "boundary-shrink",
        "rmu",
        "concept-editing",
        "forgetting-networks",
        "delete",
        "ce-u",
    }


def cited() -> set[str]:
    keys = {key for entries in CATALOGUE for entry in entries.values() for key in entry.citations}
    keys |= {key for statement in STATEMENTS.values() for key in statement.citations}
    return keys | {key for key in bibliography() for theorem in THEOREMS if cite(key) in theorem.source}


def test_every_citation_resolves_and_no_entry_is_unused() -> None:
    assert cited() == set(bibliography())


@pytest.mark.parametrize("key", bibliography())
def test_an_entry_has_a_name_that_its_fields_bear_out(key: str) -> None:
    entry = bibliography()[key]
    name, year = re.fullmatch(r"([a-z]+)(\d{4})[a-z]*", key).groups()  # type: ignore[union-attr]
    plain = {"ă": "a", " ": ""}
    family = "".join(plain.get(letter, letter) for letter in entry["author"].partition(",")[0].lower())
    assert (family, entry["year"]) == (name, year)
    assert ("eprint" in entry) == ("archiveprefix" in entry)
    assert re.fullmatch(r"10\.\d{4,9}/\S+", entry.get("doi", "10.1000/none"))
    if "eprint" in entry:
        # An arXiv id opens with the year and month of the first version: never after the year cited.
        assert re.fullmatch(r"\d{2}(0[1-9]|1[0-2])\.\d{4,5}", entry["eprint"])
        assert 2000 + int(entry["eprint"][:2]) <= int(year)


def test_no_two_entries_are_one_work() -> None:
    for field in ("title", "eprint", "doi"):
        values = [entry[field].lower() for entry in bibliography().values() if field in entry]
        assert len(set(values)) == len(values)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("@misc{a,\n  title = {T},\n", "entry a: it has no end"),
        ("@misc{a,\n  title = {T},\n  year = {2020},\n}\n", "entry a: author missing"),
        ("@misc{a,\n  title = {T}\n}\n", "line 2: not a new entry, a field or its end"),
        ("@misc{a,\n@misc{b,\n", "line 2"),
        ("title = {T},\n", "line 1"),
        ("}\n", "line 1"),
        ("@misc{a,\n  author = {A},\n  title = {T},\n  year = {1},\n}\n@misc{a,\n", "line 6"),
    ],
)
def test_a_slip_in_the_bibliography_is_an_error(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse(text)


def test_a_bibliography_is_read() -> None:
    text = "% a comment\n\n@misc{a2020,\n  author = {A, B},\n  title = {T: {U}},\n  year = {2020},\n}\n"
    assert parse(text) == {"a2020": {"author": "A, B", "title": "T: {U}", "year": "2020"}}


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("feldman2020", "Feldman 2020 (arXiv 1906.05271)"),
        ("mu2024", "Mu & Klabjan 2024 (arXiv 2409.09778)"),
        ("neel2021", "Neel et al. 2021 (arXiv 2007.02923)"),
        ("liu2022", "Liu et al. 2022 (arXiv 2201.09538)"),
        ("cao2015", "Cao & Yang 2015 (doi 10.1109/SP.2015.35)"),
    ],
)
def test_a_citation_in_words(key: str, words: str) -> None:
    assert cite(key) == words


def test_an_unknown_citation_is_refused() -> None:
    with pytest.raises(ValueError, match=r"citation 'nobody2020' is not in references\.bib"):
        cite("nobody2020")


@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_judges_its_notion_and_no_other(metric: str) -> None:
    entry = METRICS[metric]
    for notion in ("untraining", "unlearning"):
        if entry.notion in (notion, "both"):
            assert require(metric, notion) is entry
        else:
            with pytest.raises(ValueError, match=f"^{metric} judges {entry.notion}, not {notion}: ") as caught:
                require(metric, notion)
            offered = str(caught.value).rpartition(" use ")[2].split(", ")
            assert offered == [name for name, other in METRICS.items() if other.notion in (notion, "both")]
            assert "\n" not in str(caught.value)


def test_membership_inference_may_not_judge_unlearning() -> None:
    families = ("population-mia", "u-lira", "rmia", "tow-mia")
    assert [METRICS[name].notion for name in families] == ["untraining"] * 4
    with pytest.raises(ValueError, match=r"For unlearning use .*behaviour-gap.*klom"):
        require("u-lira", "unlearning")
    with pytest.raises(ValueError, match=r"behaviour-gap judges unlearning, not untraining: .* use population-mia"):
        require("behaviour-gap", "untraining")


@pytest.mark.parametrize(
    ("metric", "notion", "words"),
    [
        ("ulira", "untraining", "unknown metric 'ulira'; did you mean 'u-lira'?"),
        ("xyzzy", "untraining", "unknown metric 'xyzzy'; known are population-mia, "),
        ("klom", "both", "notion 'both' is neither 'untraining' nor 'unlearning'"),
        ("klom", "removal", "notion 'removal' is neither"),
    ],
)
def test_what_require_does_not_know(metric: str, notion: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        require(metric, notion)


def test_an_entry_has_an_id_of_its_own() -> None:
    with pytest.raises(ValueError, match="catalogue id 'a' is given twice"):
        by_id([Entry("a", "A", "both", "…"), Entry("a", "B", "both", "…")])


@pytest.mark.parametrize("entries", CATALOGUE)
def test_the_table_is_markdown_with_a_row_for_each_entry(entries: Mapping[str, Entry]) -> None:
    lines = table(entries).splitlines()
    assert len(lines) == len(entries) + 2
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {7}
    for line, entry in zip(lines[2:], entries.values(), strict=True):
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        assert cells[:4] == [entry.id, entry.title, entry.notion, entry.why]
        assert all(cite(key) in cells[-1] for key in entry.citations)


@pytest.mark.parametrize("entries", CATALOGUE)
def test_every_entry_says_why_and_cites(entries: Mapping[str, Entry]) -> None:
    for name, entry in entries.items():
        assert name == entry.id
        assert re.fullmatch(r"[a-z0-9-]+", name)
        assert entry.why.endswith(".")
        assert len(set(entry.citations)) == len(entry.citations) > 0
