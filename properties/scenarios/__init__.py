"""Named scenarios: real data, generated data and the figure, each a pure function of its arguments."""

from collections.abc import Callable

from ...formal.scenario import Scenario
from .choose import KINDS as KINDS
from .choose import Kind as Kind
from .mixture import mixture as mixture
from .people import people as people
from .real import breast_cancer as breast_cancer
from .real import digits as digits
from .synthetic import blobs as blobs
from .synthetic import figure1 as figure1

SCENARIOS: dict[str, Callable[..., Scenario]] = {
    "digits": digits,
    "breast_cancer": breast_cancer,
    "figure1": figure1,
    "blobs": blobs,
    "mixture": mixture,
    "people": people,
}
"""The scenarios by name; the recipe of every result reads `ns.scenarios.<name>(...)`."""
