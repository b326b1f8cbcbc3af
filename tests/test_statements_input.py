"""Bad input to the statements: each is one line that says what is wrong."""

from fractions import Fraction
from typing import Any

import pytest

from neverseen.formal.definitions._statements import STATEMENTS
from neverseen.formal.laws._finite import point


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"gamma": Fraction(1, 2)}, "gamma is 1/2, it must be at least 1 (γ = e^ε is meant, not ε)"),
        ({"gamma": 1.5}, "gamma must be exact, got 1.5"),
        ({"delta": -1}, "delta is -1, it must be at least 0 and at most 1"),
        ({"delta": 2}, "delta is 2, it must be at least 0 and at most 1"),
        ({"removed": [point("a")]}, "removed must be a Law, got list"),
        ({"epsilon": 1}, "takes the keywords removed, reference, gamma, delta; got"),
    ],
)
def test_bad_input_to_closeness_is_one_line(change: dict[str, Any], words: str) -> None:
    given = {"removed": point("a"), "reference": point("a"), "gamma": 1, "delta": 0, **change}
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared in full below
        STATEMENTS["untraining-1"](**given)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weights": [Fraction(1, 2), Fraction(1, 3)]}, "sums to 5/6, not 1"),
        ({"weights": [1]}, "weights has 1 entries where 2 are due"),
        ({"weights": Fraction(1)}, "weights must be a list of one probability per dataset"),
        ({"reference": point("a")}, "reference must be a list of one Law per dataset"),
        ({"reference": [1, 0]}, "reference must be a list of one Law per dataset"),
    ],
)
def test_bad_input_to_the_distribution_level_is_one_line(change: dict[str, Any], words: str) -> None:
    laws = [point("a"), point("b")]
    given = {"removed": laws, "reference": laws, "weights": [0, 1], "gamma": 1, "delta": 0, **change}
    with pytest.raises(ValueError, match=words):
        STATEMENTS["unlearning-distribution-1"](**given)


def test_a_score_is_a_function() -> None:
    with pytest.raises(ValueError, match="right must be a function from an outcome"):
        STATEMENTS["memorisation-1"](trained=point("a"), without=point("a"), right=point("a"))
    with pytest.raises(ValueError, match=r"right must be exact, got 0\.5"):
        STATEMENTS["memorisation-1"](trained=point("a"), without=point("a"), right=lambda h: 0.5)
