"""A scenario in a notebook: counts and bars are those of its sets, and its name is text."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import neverseen as ns
from neverseen.properties import report as report


def card(scenario: ns.Scenario) -> ET.Element:
    """What a notebook is given, as a tree: it parses, so every name in it is escaped."""
    return ET.fromstring(scenario._repr_html_())  # pyright: ignore[reportAttributeAccessIssue]


def build(full: int, size: int, recipe: str = "mine()", present: list[int] | None = None) -> ns.Scenario:
    return ns.Scenario.build(
        np.zeros((100, 2)), np.zeros(100), forget=range(size), behaviour=range(full), recipe=recipe, present=present
    )


@pytest.mark.parametrize(("full", "size"), [(50, 25), (10, 1), (0, 0), (100, 100)])
def test_bars_are_as_long_as_their_sets(full: int, size: int) -> None:
    drawn = card(build(full, size))
    widths = [float(bar.attrib["width"]) for bar in drawn.iter("rect")]
    np.testing.assert_allclose(widths, 240 * np.array([100, full, size]) / 100, atol=0.06)
    assert [text.text for text in drawn.iter("text")] == ["D", "100", "S_full", str(full), "S", str(size)]


def test_a_name_is_text() -> None:
    name = "<script>alert('1')</script> & mine"
    drawn = card(build(8, 4, name))
    assert [code.text for code in drawn.iter("code")] == [name]
    assert list(drawn.iter("script")) == []


def test_rows_of_s_outside_d_are_said() -> None:
    drawn = card(build(8, 4, present=list(range(2, 100))))
    said = next(drawn.iter("p")).text or ""
    assert "|D| = 98, |S_full| = 8, |S| = 4, of S outside D 2" in said
    assert "of S outside D" not in (next(card(build(8, 4)).iter("p")).text or "")


def test_fresh_points_and_population_are_said() -> None:
    said = next(card(ns.scenarios.digits(size=8, full=16)).iter("p")).text or ""
    assert re.search(r"fresh points: \d+ of the behaviour, \d+ of the rest", said)
    assert "D can be redrawn" in (next(card(ns.scenarios.mixture()).iter("p")).text or "")
