"""`Scenario.build`: what it admits, what it refuses and in which words, and what it makes of it."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.vendor.pretty import pretty

from neverseen.formal import Rows, Scenario, scenario_key

X = np.arange(6.0).reshape(3, 2)
Y = np.array([0.0, 1.0, 2.0])


class Foreign:
    """An array of another library: it shows itself through NumPy's protocol, or refuses to."""

    def __init__(self, values: Any, error: Exception | None = None) -> None:
        self.values, self.error = values, error

    def __repr__(self) -> str:
        return f"Foreign({self.values!r}, {self.error!r})"  # a test's name must not hold an address

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        del copy
        if self.error is not None:
            raise self.error
        return np.asarray(self.values, dtype)


def spoilt(row: int, value: float) -> np.ndarray:
    """X with one entry replaced."""
    x = X.copy()
    x[row, 1] = value
    return x


def plain(**changes: Any) -> Scenario:
    """A right scenario of three rows, S = {0}, S_full = {0, 2}, with some arguments changed."""
    given: dict[str, Any] = {"x": X, "y": Y, "forget": [0], "behaviour": [0, 2]} | changes
    return Scenario.build(given.pop("x"), given.pop("y"), **given)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": np.zeros((0, 2)), "y": np.zeros(0), "forget": [], "behaviour": []}, "present: D is empty"),
        ({"present": np.zeros(3, bool)}, "present: D is empty"),
        ({"x": spoilt(1, np.nan)}, "x: row 1 holds NaN or inf"),
        ({"x": spoilt(2, -np.inf)}, "x: row 2 holds NaN or inf"),
        ({"y": np.array([0, np.nan, 0])}, "y: row 1 holds NaN or inf"),
        ({"y": {"a": Y, "b": np.array([[0.0], [1.0], [np.inf]])}}, "y: row 2 holds NaN or inf"),
        ({"x": np.array(["a", "b", "c"])}, "x: numbers with rows on the leading axis are needed"),
        ({"x": 1.0}, "x: numbers with rows on the leading axis are needed"),
        ({"y": Y[:2]}, "y: shape (2,) does not fit x of shape (3, 2)"),
        ({"y": {"a": Y, "b": Y[:1]}}, "y: shape (1,) does not fit x of shape (3, 2)"),
        ({"forget": [1]}, "forget: row 1 is in S but not in S_full"),
        ({"forget": [3]}, "forget: row 3 is outside the 3 rows given"),
        ({"behaviour": [0, -1]}, "behaviour: row -1 is outside the 3 rows given"),
        ({"forget": [0.0]}, "forget: a boolean mask or whole row numbers are needed, not float64"),
        ({"forget": np.zeros(4, bool)}, "forget: mask of shape (4,) for 3 rows"),
        ({"present": np.ones((3, 1), bool)}, "present: mask of shape (3, 1) for 3 rows"),
        ({"fresh_behaviour": (spoilt(0, np.nan), Y)}, "fresh_behaviour x: row 0 holds NaN or inf"),
        ({"fresh_behaviour": (X, Y[:2])}, "fresh_behaviour y: shape (2,) does not fit fresh_behaviour x of shape"),
        ({"fresh_rest": (X[:, :1], Y)}, "fresh_rest: rows of float32[1] but D's are float32[2]"),
        ({"fresh_rest": (X, X)}, "fresh_rest: rows of float32[2] but D's are float32[]"),
        ({"fresh_rest": (X, Y.astype(int))}, "fresh_rest: rows of int32[] but D's are float32[]"),
        ({"fresh_rest": (X, {"a": Y, "b": Y})}, "fresh_rest y: its parts differ from those of D's y"),
        ({"x": [[1, 2], [3], [4, 5]]}, "x: the rows are not all of one shape"),
        ({"x": spoilt(2, 1e300)}, "x: row 2 does not fit float32"),
        ({"x": X.astype(float) * 1e-50}, "x: row 0 is so small that it becomes 0 in float32; rescale it or turn on"),
        ({"y": {"a": Y, "b": np.array([0, 1e-42, 0], np.float32)}}, "y: row 1 is so small that it becomes 0 in"),
        ({"fresh_rest": (X, np.full(3, 1e-50))}, "fresh_rest y: row 0 is so small that it becomes 0 in float32"),
        ({"x": np.array([[1], [2**40], [3]])}, "x: row 1 does not fit int32"),
        ({"x": np.array([[1], [2], [2**40]], np.uint64)}, "x: row 2 does not fit uint32"),
    ],
)
def test_bad_input_is_refused_in_one_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole message is compared below
        plain(**changes)
    assert str(refusal.value).startswith(message)
    assert "\n" not in str(refusal.value)
    assert plain().rows.count() == 3  # the twin without the change is admitted


def test_the_right_object_is_built() -> None:
    s = plain(fresh_rest=(X[:1], Y[:1]), recipe="mine()")
    assert s.rows.x.shape == (4, 2)
    assert s.rows.x.dtype == jnp.result_type(float)
    np.testing.assert_array_equal(s.rows.x[:3], X)
    assert s.rows.present.tolist() == [True, True, True, False]
    assert s.forget.tolist() == [True, False, False, False]
    assert s.behaviour.tolist() == [True, False, True, False]
    assert s.fresh_behaviour.count() == 0
    assert s.fresh_rest.count() == 1
    assert repr(s) == pretty(s) == "mine()"  # in messages, and in Hypothesis's and IPython's


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 8, 9])
def test_padding_rows_are_absent_and_zero(rows: int) -> None:
    ones = {"a": np.ones(rows), "b": np.ones((rows, 3))}
    s = Scenario.build(np.ones((rows, 2)), ones, forget=np.ones(rows, bool), fresh_rest=(np.ones((rows, 2)), ones))
    width = s.rows.present.size
    assert width // 2 < rows <= width
    assert width & (width - 1) == 0
    for padded in (s.rows, s.fresh_rest):
        assert padded.present.tolist() == [True] * rows + [False] * (width - rows)
        for leaf in jax.tree.leaves((padded.x, padded.y)):
            assert leaf.shape[0] == width
            assert (leaf[:rows] == 1).all()
            assert (leaf[rows:] == 0).all()
    assert s.forget.sum() == s.behaviour.sum() == rows


def test_the_edges_are_legal() -> None:
    assert not plain(forget=[], behaviour=[]).behaviour.any()
    assert not plain(forget=[]).forget.any()
    assert plain(forget=[0, 1, 2], behaviour=None).behaviour.sum() == 3
    outside = plain(present=np.array([False, True, True]))
    assert (outside.forget & ~outside.rows.present).any()  # S ⊄ D, for a pretrained model
    assert plain(x=spoilt(0, 1e-50)).rows.x[0, 0] == 0  # beside larger numbers of its column it is 0
    assert plain(x=X.astype(np.uint8)).rows.x.dtype == jnp.uint8


@pytest.mark.parametrize(
    ("forget", "mask"),
    [
        ([0, 2], [True, False, True]),
        (np.array([2, 0], np.uint8), [True, False, True]),
        ([], [False] * 3),
        (range(1, 3), [False, True, True]),
        ((0, 1), [True, True, False]),
        (jnp.array([1]), [False, True, False]),
        ([False, True, False], [False, True, False]),
        (jnp.array([False, True, False]), [False, True, False]),
        (Foreign([True, False, False]), [True, False, False]),
        (Foreign([2, 1]), [False, True, True]),
    ],
)
def test_masks_and_row_numbers_are_two_names_of_one_set(forget: Any, mask: list[bool]) -> None:
    full = np.ones(3, bool)
    by_number, by_mask = (plain(forget=f, behaviour=full) for f in (forget, np.array(mask)))
    assert by_number.forget.tolist() == [*mask, False]
    assert by_number.digest() == by_mask.digest()


ON_A_DEVICE = Foreign([1], TypeError("can't convert cuda:0 device type tensor to numpy.\n Use Tensor.cpu() first"))


@pytest.mark.parametrize("field", ["forget", "behaviour", "present"])
@pytest.mark.parametrize(
    ("which", "message"),
    [
        (np.array([0, 1, 1]), "3 integers 0 or 1 for 3 rows look like a mask; give a boolean one, mask.astype(bool)"),
        ([0, 1, 0], "3 integers 0 or 1 for 3 rows look like a mask"),
        (np.zeros(3, np.uint8), "3 integers 0 or 1 for 3 rows look like a mask"),
        (Foreign([1, 1, 1]), "3 integers 0 or 1 for 3 rows look like a mask"),
        (Foreign([1, 0, 0]), "3 integers 0 or 1 for 3 rows look like a mask"),
        (np.array([0.0, 1.0, 1.0]), "a boolean mask or whole row numbers are needed, not float64; a mask of numbers"),
        ([2, 0, 2], "row 2 is named twice; name each row once"),
        (np.array([1, 1]), "row 1 is named twice"),
        ([[0], [2]], "row numbers of shape (2, 1); give them in one list, np.flatnonzero(mask)"),
        (np.nonzero(np.array([True, False, True])), "row numbers of shape (1, 2); give them in one list"),
        (np.ones((1, 3), bool), "mask of shape (1, 3) for 3 rows"),
        ([True, False], "mask of shape (2,) for 3 rows"),
        (2, "2 is no list; give row numbers, [3, 5], or a boolean mask of all rows"),
        (True, "True is no list"),
        ({0, 2}, "{0, 2} is no list"),
        ([-1], "row -1 is outside the 3 rows given; they are numbered from 0 to 2"),
        (["0", "2"], "a boolean mask or whole row numbers are needed, not <U1"),
        (np.array([0, None], object), "a boolean mask or whole row numbers are needed, not object"),
        ([[0], [1, 2]], "the rows are not all of one shape"),
        (np.ma.array([0, 1], mask=[True, False]), "a masked array's holes would be filled unasked"),
        (np.array(["2020-01-01"], "datetime64[D]"), "a boolean mask or whole row numbers are needed, not datetime64"),
        (ON_A_DEVICE, "Foreign cannot be read as an array: can't convert cuda:0 device type tensor to numpy. Use"),
    ],
    ids=str,
)
def test_what_could_be_read_in_two_ways_is_refused(field: str, which: Any, message: str) -> None:
    full = {"forget": [2], "behaviour": np.ones(3, bool)}
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole message is compared below
        plain(**(full | {field: which}))
    assert str(refusal.value).startswith(f"{field}: {message}")
    assert "\n" not in str(refusal.value)


@given(
    st.lists(st.integers(0, 1), min_size=2, max_size=40), st.sampled_from(["bool", "u1", "i1", "i2", "i4", "i8", "u4"])
)
def test_a_mask_is_a_mask_or_is_refused(flags: list[int], kind: str) -> None:
    """Whatever holds it, nobody's 0/1 column is read as rows 0 and 1."""
    size, held = len(flags), np.array(flags, kind)
    x, y = np.ones((size, 1)), np.ones(size)
    if kind == "bool":
        assert np.asarray(Scenario.build(x, y, forget=held).forget)[:size].tolist() == held.tolist()
    else:
        with pytest.raises(ValueError, match="look like a mask"):
            Scenario.build(x, y, forget=held)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fresh_rest": X}, "fresh_rest: ndarray is no pair (x, y); give inputs and targets, fresh_rest=(x, y)"),
        ({"fresh_rest": X[:2]}, "fresh_rest: ndarray is no pair (x, y)"),  # two rows unpack as a pair does
        ({"fresh_rest": X[:2].tolist()}, "fresh_rest: list is no pair (x, y)"),
        ({"fresh_behaviour": (X,)}, "fresh_behaviour: tuple is no pair (x, y)"),
        ({"fresh_behaviour": {"x": X, "y": Y}}, "fresh_behaviour: dict is no pair (x, y)"),
        ({"fresh_rest": (1.0, 2.0)}, "fresh_rest: tuple is no pair (x, y)"),
        ({"x": np.ma.array(X, mask=X > 4)}, "x: a masked array's holes"),
        ({"x": np.zeros((3, 0))}, "x: rows of shape (0,) hold no number"),
        ({"y": np.zeros((3, 0))}, "y: rows of shape (0,) hold no number"),
        ({"x": np.zeros((3, 2), "datetime64[s]")}, "x: numbers with rows on the leading axis are needed"),
        ({"x": X.astype(object)}, "x: numbers with rows on the leading axis are needed, not object"),
        ({"x": X.astype(complex)}, "x: numbers with rows on the leading axis are needed, not complex128"),
        ({"x": np.zeros(3, [("a", "f4")])}, "x: numbers with rows on the leading axis are needed"),
        ({"x": np.zeros(3, "V2")}, "x: numbers with rows on the leading axis are needed, not |V2"),
        ({"y": [["cat", "dog"]] * 3}, "y: labels of shape (3, 2); give one word or class number for each row"),
        ({"x": Foreign([[1]], RuntimeError("it requires grad"))}, "x: Foreign cannot be read as an array: it requires"),
    ],
)  # fmt: skip
def test_what_is_not_rows_of_numbers_is_refused_in_one_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole message is compared below
        plain(**changes)
    assert str(refusal.value).startswith(message)
    assert "\n" not in str(refusal.value)


def test_narrow_floats_are_read() -> None:
    for kind in (jnp.bfloat16, np.float16, np.float64, np.longdouble):
        assert plain(x=X.astype(kind), y=Y.astype(kind)).digest() == plain().digest()


def test_one_row_is_named_by_its_number() -> None:
    assert Scenario.build([[1.0]], [1.0], forget=[0]).forget.tolist() == [True]


def test_the_input_is_copied() -> None:
    x = X.copy()
    s = plain(x=x)
    before = s.digest()
    x[:] = 7
    assert s.digest() == before


def test_equal_scenarios_have_equal_digests() -> None:
    assert plain().digest() == plain(x=X.tolist(), y=Y.tolist(), recipe="another spelling").digest()
    assert len(plain().digest()) == 64


@pytest.mark.parametrize(
    "changes",
    [
        {"x": spoilt(0, 1.0000001)},
        {"x": X.reshape(3, 1, 2)},
        {"x": X.astype(int)},
        {"y": Y + 1},
        {"forget": [2]},
        {"behaviour": [0, 1, 2]},
        {"present": np.array([True, True, False])},
        {"fresh_behaviour": (X[:1], Y[:1])},
        {"fresh_rest": (X[:1], Y[:1])},
    ],
)
def test_every_field_enters_the_digest(changes: dict[str, Any]) -> None:
    assert plain(**changes).digest() != plain().digest()


def test_the_recipe_of_a_population_enters_the_digest() -> None:
    def redraw(key: Any) -> Scenario:
        del key
        return plain()

    one, other = (plain(population=redraw, recipe=name).digest() for name in ("one", "other"))
    assert len({one, other, plain().digest()}) == 3


def test_a_draw_needs_a_population() -> None:
    with pytest.raises(ValueError, match=r"^scenario mine\(\) has no population to draw from; use level='dataset'$"):
        plain(recipe="mine()").draw(jax.random.key(0))
    assert plain(population=lambda key: plain(forget=[2])).draw(jax.random.key(0)).forget[2]


@pytest.mark.parametrize(
    ("delete", "left"),
    [
        (lambda s: s.rows, [1, 2]),
        (lambda s: s.rows.without(s.forget), [2]),
        (lambda s: s.rows.without(s.behaviour), []),
        (lambda s: s.rows.only(s.forget), [1]),
    ],
)
def test_deleting_rows_clears_bits_and_keeps_values(delete: Callable[[Scenario], Rows], left: list[int]) -> None:
    s = plain(forget=[1], behaviour=[0, 1, 2], present=np.array([False, True, True]))
    rows = delete(s)
    assert np.flatnonzero(rows.present).tolist() == left
    assert rows.count() == len(left)
    np.testing.assert_array_equal(rows.x, s.rows.x)


def test_every_word_of_the_digest_enters_the_key() -> None:
    words = [["00000000"] * 8 for _ in range(9)]
    for place in range(8):
        words[place][place] = "00000001"
    keys = [scenario_key(jax.random.key(3), "".join(digest)) for digest in words]
    assert len({tuple(np.asarray(jax.random.key_data(key)).tolist()) for key in keys}) == 9
    assert scenario_key(jax.random.key(3), "ff" * 32) == scenario_key(jax.random.key(3), "ff" * 32)
    assert scenario_key(jax.random.key(3), "ff" * 32) != scenario_key(jax.random.key(4), "ff" * 32)


def test_a_scenario_is_a_pytree_of_its_arrays() -> None:
    s = plain(recipe="mine()")
    twice = jax.jit(lambda t: jax.tree.map(lambda leaf: leaf, t))(s)
    assert twice.digest() == s.digest()
    assert repr(twice) == "mine()"
    assert len(jax.tree.leaves(s)) == 3 + 2 + 3 + 3
