"""A scenario: the rows D, the forget set S, the behaviour S_full, and points never in D."""

import hashlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, PRNGKeyArray

from .._pytree import pytree
from ._columns import ClassNames, Frame, set_given
from ._given import fresh_given
from ._parts import asked_for, called, full_set, rows_of

Points = tuple[Any, Any]
"""Points never in D, as (x, y) with the rows on the leading axis."""


@pytree()
class Rows:
    """Rows with a mask: row i takes part in training iff `present[i]`.

    Deleting rows clears mask bits and keeps every shape, so that one compiled program serves D, D∖S
    and D∖S_full.

    Args:
        x: inputs `[n, ...]`.
        y: targets, any pytree of `[n, ...]` (the shipped classifiers take one-hot `[n, classes]`).
        present: `[n]`, the rows that exist.

    >>> import jax.numpy as jnp
    >>> rows = Rows(jnp.zeros((4, 2)), jnp.zeros(4), jnp.array([True, True, True, False]))
    >>> rows.without(jnp.array([True, False, False, False])).present.tolist()
    [False, True, True, False]
    """

    x: Array
    y: Any
    present: Bool[Array, "*runs n"]

    def without(self, unseen: Bool[Array, "*runs n"]) -> "Rows":
        """The same rows with those of `unseen` deleted."""
        return Rows(self.x, self.y, self.present & ~unseen)

    def only(self, kept: Bool[Array, "*runs n"]) -> "Rows":
        """The same rows with all but those of `kept` deleted."""
        return Rows(self.x, self.y, self.present & kept)

    def count(self) -> Array:
        """The number of rows that exist."""
        return self.present.sum()

    @property
    def number(self) -> int:
        """The same of rows that are known: counted on the host, since a sum on its own is a program to compile."""
        return int(np.count_nonzero(np.asarray(self.present)))


@pytree(static=("population", "recipe", "classes"))
class Scenario:
    """What is asked of a remover: D, the request S, the behaviour S_full ⊇ S, and points never in D.

    Build one with `Scenario.build`, which validates and pads to a power of two. Equal are scenarios of the same arrays,
    classes and population.

    Args:
        rows: D.
        forget: `[n]`, S. A subset of D for Untraining; Unlearning also takes rows outside D.
        behaviour: `[n]`, S_full ⊇ S.
        fresh_behaviour: draws of the behaviour that were never in D.
        fresh_rest: draws of everything else that were never in D.
        population: `key -> Scenario` of the same shapes, a new D from the population this D came from;
            None where there is none.
        recipe: the code that rebuilds this scenario, or its name and sizes, for messages.
        classes: what the columns of one-hot targets stand for, where labels were given as words or class numbers.

    >>> Scenario.build([[0.0], [1.0]], [1.0, 2.0], forget=[1]).rows.present.tolist()
    [True, True]
    """

    rows: Rows
    forget: Bool[Array, " n"]
    behaviour: Bool[Array, " n"]
    fresh_behaviour: Rows
    fresh_rest: Rows
    population: Callable[[PRNGKeyArray], "Scenario"] | None
    recipe: str
    classes: ClassNames = ()

    @staticmethod
    def build(
        x: Any,
        y: Any,
        *,
        forget: Any,
        behaviour: Any = None,
        present: Any = None,
        fresh_behaviour: Any = None,
        fresh_rest: Any = None,
        population: Callable[[PRNGKeyArray], "Scenario"] | None = None,
        recipe: str | None = None,
        name: str | None = None,
        classes: Any = None,
        groups: Any = None,
    ) -> "Scenario":
        """Validate, pad to the next power of two, and freeze.

        Args:
            x: inputs `[n, ...]`, finite; or a data frame of any library, or a mapping of names to columns: the columns
                that no other argument names are the inputs.
            y: targets, a pytree of `[n, ...]`, finite; words become one-hot rows; or the name of a column, or several.
            forget: S as a boolean mask `[n]` or as row numbers, each once (integers 0 and 1, one for each row, could be
                either, and are refused); the name of a column of flags; a pair (column, value) for the rows of a group;
                a pandas index for row labels.
            behaviour: S_full, likewise; S itself when left out.
            present: D, likewise, among the rows given; all of them when left out.
            fresh_behaviour: (x, y) of points never in D that show the behaviour, or a frame with the columns of x.
            fresh_rest: (x, y) of points never in D that do not, likewise.
            population: `key -> Scenario`, a new draw of D.
            recipe: the code that rebuilds the scenario; its name and sizes when left out.
            name: of the data, for reports.
            classes: how many there are, or their names in order: y are then labels, whether words or class numbers.
            groups: in place of behaviour: a group for each row `[n]`, or the name of a column; S_full is all rows of
                the groups that S meets.

        Returns:
            The scenario. S = ∅, S = D and S_full = D are legal.

        Raises:
            ValueError: D empty; NaN or inf; a shape that does not fit; S ⊄ S_full; rows named twice, or by what could
                be a mask as well.

        >>> import numpy as np
        >>> s = Scenario.build(np.eye(3), np.arange(3.0), forget=[0], behaviour=[0, 2])
        >>> s.rows.x.shape, s.forget.tolist(), s.behaviour.tolist()
        ((4, 3), [True, False, False, False], [True, False, True, False])
        >>> Scenario.build(np.eye(3), np.arange(3.0), forget=[0], behaviour=[2])
        Traceback (most recent call last):
        ValueError: forget: row 0 is in S but not in S_full; add it to behaviour=
        """
        frame = Frame.of(x)
        asked = {"y": y, "forget": forget, "behaviour": behaviour, "present": present, "groups": groups}
        taken = asked_for(frame, **asked)
        rows, named = rows_of(x, y, frame, taken, classes, "")
        size = rows[0].shape[0]
        inside = np.ones(size, bool) if present is None else set_given(present, size, "present", frame)
        wanted = set_given(forget, size, "forget", frame)
        full = full_set(behaviour, groups, wanted, frame)
        if not inside.any():
            raise ValueError("present: D is empty; a scenario needs at least one row")
        stray = np.flatnonzero(wanted & ~full)
        if stray.size:
            raise ValueError(f"forget: row {stray[0]} is in S but not in S_full; add it to behaviour=")

        def fresh(points: Any, which: str) -> Rows:
            return _fresh(
                points, rows, which, lambda a, b: rows_of(a, b, Frame.of(a), taken, named or None, which)[0], y
            )

        padded = _pad(rows, inside)
        width = padded.present.shape[0]
        return Scenario(
            padded,
            jnp.asarray(np.pad(wanted, (0, width - size))),
            jnp.asarray(np.pad(full, (0, width - size))),
            fresh(fresh_behaviour, "fresh_behaviour"),
            fresh(fresh_rest, "fresh_rest"),
            population,
            called(name, int(inside.sum()), int(wanted.sum()), int(full.sum())) if recipe is None else recipe,
            named,
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Scenario):
            return NotImplemented
        same = self.population == other.population and self.classes == other.classes
        return same and self.digest() == other.digest()

    def __hash__(self) -> int:
        return hash(self.digest())

    def __repr__(self) -> str:
        return self.recipe

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        # Hypothesis prints a dataclass field by field, arrays and all, unless this hook says otherwise.
        del cycle
        printer.text(self.recipe)

    def draw(self, key: PRNGKeyArray) -> "Scenario":
        """A new D from the scenario's population.

        Raises:
            ValueError: the scenario has no population.
        """
        if self.population is None:
            raise ValueError(f"scenario {self.recipe} has no population to draw from; use level='dataset'")
        return self.population(key)

    def digest(self) -> str:
        """SHA-256 of the canonical form: all arrays with dtype and shape; the recipe where D is redrawn."""
        leaves = jax.tree.leaves(self)
        total = hashlib.sha256(self.recipe.encode() if self.population else b"")
        for leaf in leaves:
            array = np.ascontiguousarray(leaf)
            total.update(f"{array.dtype.str}{array.shape}".encode() + array.tobytes())
        return total.hexdigest()


def scenario_key(root: PRNGKeyArray, digest: str) -> PRNGKeyArray:
    """One key per scenario: the root with the digest's eight 32-bit words folded in.

    Args:
        root: the root key.
        digest: 64 hexadecimal digits.

    Returns:
        The scenario's key; equal for equal (root, digest) and independent of any order of use.

    >>> import jax
    >>> key = scenario_key(jax.random.key(0), "00" * 32)
    >>> bool((jax.random.key_data(key) == jax.random.key_data(jax.random.key(0))).all())
    False
    """
    for word in np.frombuffer(bytes.fromhex(digest), dtype=">u4"):
        root = jax.random.fold_in(root, int(word))
    return root


def bucket(size: int) -> int:
    """The smallest power of two that holds `size` rows, and at least 1.

    >>> [bucket(n) for n in (0, 1, 3, 4, 1000)]
    [1, 1, 4, 4, 1024]
    """
    return 1 << max(size - 1, 0).bit_length()


def _pad(rows: tuple[np.ndarray, Any], inside: np.ndarray) -> Rows:
    """Zeros up to the next power of two, absent."""
    extra = bucket(len(inside)) - len(inside)

    def longer(leaf: np.ndarray) -> Array:
        return jnp.asarray(np.pad(leaf, [(0, extra)] + [(0, 0)] * (leaf.ndim - 1)))

    x, y = rows
    return Rows(longer(x), jax.tree.map(longer, y), jnp.asarray(np.pad(inside, (0, extra))))


def _fresh(
    points: Any, like: tuple[np.ndarray, Any], name: str, read: Callable[[Any, Any], tuple[Any, Any]], named: Any
) -> Rows:
    """Fresh points in the shape of D's rows; a single absent row when there are none."""
    x, y = like
    if points is None:
        none = jax.tree.map(lambda leaf: np.zeros_like(leaf[:1]), (x, y))
        return _pad(none, np.zeros(1, bool))
    # A frame has its targets among its columns, under the names that y gives.
    whole = isinstance(named, str | list) and Frame.of(points) is not None
    fresh = read(points, named) if whole else read(*fresh_given(points, name))
    if jax.tree.structure(fresh) != jax.tree.structure((x, y)):
        raise ValueError(f"{name} y: its parts differ from those of D's y; give the same tree of arrays")
    for new, old in zip(jax.tree.leaves(fresh), jax.tree.leaves((x, y)), strict=True):
        if (new.shape[1:], new.dtype) != (old.shape[1:], old.dtype):
            raise ValueError(
                f"{name}: rows of {new.dtype}{list(new.shape[1:])} but D's are {old.dtype}{list(old.shape[1:])}"
            )
    return _pad(fresh, np.ones(len(fresh[0]), bool))
