"""Named scenarios: real data, generated data and the figure, each a pure function of its arguments."""

from collections.abc import Callable

from ...formal._public import dir_of as _dir_of
from ...formal.definitions._scenario import Scenario
from ._choose import EVERY_KIND as EVERY_KIND
from ._choose import KINDS as KINDS
from ._choose import ForgetKind as ForgetKind
from ._file import from_file as from_file
from ._formats import cifar10 as cifar10
from ._formats import tofu as tofu
from ._hardest import hardest as hardest
from ._mixture import mixture as mixture
from ._nested import nested as nested
from ._packaged import artworks as artworks
from ._packaged import mnist as mnist
from ._packaged import stops as stops
from ._people import people as people
from ._real import breast_cancer as breast_cancer
from ._real import digits as digits
from ._synthetic import blobs as blobs
from ._synthetic import figure1 as figure1

SCENARIOS: dict[str, Callable[..., Scenario]] = {
    "digits": digits,
    "breast_cancer": breast_cancer,
    "figure1": figure1,
    "blobs": blobs,
    "mixture": mixture,
    "people": people,
    "mnist": mnist,
    "stops": stops,
    "artworks": artworks,
}
"""The scenarios by name; the recipe of every result reads `ns.scenarios.<name>(...)`."""

FORMATS: dict[str, Callable[..., Scenario]] = {"cifar10": cifar10, "tofu": tofu}
"""Scenarios from the user's own copy of data in a published format, by name; each needs a path."""

__dir__ = _dir_of(__name__)
