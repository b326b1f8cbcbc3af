"""Pools on disk: what is written is read back bit for bit, and nothing that is damaged is."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from store_tools import IDENTITY, filled, flip, leaves, others, same, shard_file, warned

import neverseen
from neverseen.algorithms.store import _shards
from neverseen.algorithms.store._files import set_aside
from neverseen.algorithms.store._shards import DamageError, decode_shard, encode_shard
from neverseen.algorithms.store._store import Store, identity_id

NAMES = ["bool", "bfloat16", "float8_e4m3fn", "int4", "complex64", "complex128", "float16", "float32", "float64"]
DTYPES = [np.dtype(name) for name in [*NAMES, *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))]]


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    """Any bits at all, NaNs of every payload included; [runs] as well as [runs, …], and none at all."""
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(st.tuples(st.integers(0, 4)) | st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 3)))
    size = int(np.prod(shape)) * dtype.itemsize
    data = np.frombuffer(draw(st.binary(min_size=size, max_size=size)), np.uint8)
    return np.ndarray(shape, dtype, buffer=(data & 1 if dtype.kind == "b" else data).tobytes())


@given(given=st.lists(arrays(), max_size=4))
def test_every_bit_comes_back(tmp_path_factory: pytest.TempPathFactory, given: list[np.ndarray]) -> None:
    folder = tmp_path_factory.getbasetemp() / "round_trip"
    pool = Store(folder).open(IDENTITY)
    assert pool.write(0, given)
    like = [jax.ShapeDtypeStruct(leaf.shape, leaf.dtype) for leaf in given]
    assert same(pool.read(0, like), given)
    first = shard_file(pool).read_bytes()
    assert pool.write(0, [leaf.copy() for leaf in given])
    assert shard_file(pool).read_bytes() == first


def test_every_dtype_is_drawn_and_stored() -> None:
    given = [np.ones((3, 2), dtype) for dtype in DTYPES]
    assert same(decode_shard(encode_shard("ab", 0, given), "ab", 0).arrays(given), given)


@pytest.mark.parametrize("leaf", [np.arange(12.0).reshape(3, 4).T, np.arange(24.0).reshape(4, 6)[:, ::2]])
def test_an_array_in_another_order_is_stored_by_its_values(leaf: np.ndarray) -> None:
    [found] = decode_shard(encode_shard("ab", 0, [leaf]), "ab", 0).arrays([leaf])
    assert found.tolist() == leaf.tolist()


def test_big_endian_numbers_are_stored_by_their_values() -> None:
    leaf = np.arange(4, dtype=">f4")
    assert encode_shard("ab", 0, [leaf]) == encode_shard("ab", 0, [leaf.astype(np.float32)])


def test_other_tools_read_the_shards(tmp_path: Path) -> None:
    """One metadata key: with two the header's order is random."""
    pool = filled(tmp_path)
    with safe_open(shard_file(pool), framework="numpy") as file:
        assert same([file.get_tensor(f"{place:05d}") for place in range(2)], leaves(0))
        [(key, note)] = file.metadata().items()
    assert key == "neverseen"
    assert {name: json.loads(note)[name] for name in ("pool", "shard", "format")} == {
        "pool": pool.id,
        "shard": 0,
        "format": 1,
    }


@pytest.mark.parametrize(
    "leaf", [["a"], [None], np.zeros(2, "M8[s]"), np.zeros(2, "i4,f4"), np.zeros(2, np.longdouble)]
)
def test_what_is_no_plain_number_is_refused(leaf: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"leaf 0 is of dtype .* cannot be stored"):
        Store(tmp_path).open(IDENTITY).write(0, [np.asarray(leaf)])


def test_the_layout(tmp_path: Path) -> None:
    assert neverseen.Store is Store
    pool = filled(tmp_path / "made" / "later", 2)
    assert pool.folder == tmp_path / "made" / "later" / pool.id
    assert sorted(os.listdir(pool.folder)) == ["pool.json", "shard-00000.safetensors", "shard-00001.safetensors"]
    note = json.loads((pool.folder / "pool.json").read_text(encoding="utf-8"))
    assert note == {"description": "learner ridge, root 0, width 32", "format": 1, "id": pool.id, "identity": IDENTITY}


def test_opening_and_reading_make_nothing(tmp_path: Path) -> None:
    pool = Store(tmp_path / "none").open(IDENTITY)
    assert (pool.read(0, leaves(0)), pool.present()) == (None, [])
    assert os.listdir(tmp_path) == []


def test_numbers_are_listed_in_their_order_and_names_exactly(tmp_path: Path) -> None:
    pool = filled(tmp_path)
    for number in (100000, 99999, 7):
        assert pool.write(number, leaves(number))
    for name in (
        "shard-1.safetensors",
        "shard-000008.safetensors",
        "shard-00009.safetensors.bak",
        "shard-٠٠٠٠١.safetensors",
    ):
        (pool.folder / name).write_bytes(b"")
    (pool.folder / "shard-00010.safetensors").mkdir()
    assert pool.present() == [0, 7, 99999, 100000]
    assert same(pool.read(100000, leaves(0)), leaves(100000))


@pytest.mark.parametrize("number", [-1, 10**9])
def test_a_number_out_of_range_is_refused(number: int, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"shard {number}: numbers run from 0"):
        Store(tmp_path).open(IDENTITY).write(number, [])


@pytest.mark.parametrize(
    ("identity", "twin"),
    [({"a": 1, "b": [1, 2]}, {"b": (1, 2), "a": 1}), ({"a": {10: 0, 9: 1}}, {"a": {"9": 1, "10": 0}})],
)
def test_equal_identities_have_one_id(identity: dict[str, Any], twin: dict[str, Any], tmp_path: Path) -> None:
    assert identity_id(identity) == identity_id(twin)
    pool = Store(tmp_path).open(identity)
    assert pool.write(0, [])
    assert warned(lambda: Store(tmp_path).open(twin).present()) == ([0], [])


def test_other_identities_have_other_ids() -> None:
    other = [{"a": 1}, {"a": 2}, {"b": 1}, {"a": "1"}, {"a": True}, {"a": 1.5}, {"a": [1]}, {"a": None}]
    assert len({identity_id(identity) for identity in other}) == len(other)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"x", {1}, np.float32(1)])
def test_an_identity_that_is_not_json_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="identity: not plain JSON"):
        identity_id({"a": value})


def test_the_digest_is_of_the_contents(tmp_path: Path) -> None:
    one, two = filled(tmp_path / "a", 3), Store(tmp_path / "b").open(IDENTITY)
    for number in (2, 0, 1):
        assert two.write(number, leaves(number))
    os.utime(shard_file(two), (0, 0))
    assert one.digest() == two.digest()
    digests = {one.digest(), filled(tmp_path / "c", 2).digest()}
    for change in (
        [leaves(0)[0], leaves(1)[1]],
        [leaves(0)[0], leaves(0)[1].view(np.int32)],
        [leaves(0)[0].reshape(8, 3), leaves(0)[1]],
    ):
        assert two.write(0, change)
        digests.add(two.digest())
    assert len(digests) == 5


SHARD = encode_shard("ab", 3, leaves(0))


def test_no_flipped_bit_goes_unseen() -> None:
    for place in range(8 * len(SHARD)):
        data = bytearray(SHARD)
        data[place // 8] ^= 1 << place % 8
        with pytest.raises(DamageError):
            decode_shard(bytes(data), "ab", 3)
    assert same(decode_shard(SHARD, "ab", 3).arrays(leaves(0)), leaves(0))


def test_no_truncation_goes_unseen() -> None:
    for length in range(len(SHARD)):
        with pytest.raises(DamageError):
            decode_shard(SHARD[:length], "ab", 3)
    with pytest.raises(DamageError):
        decode_shard(SHARD + b"\0", "ab", 3)


def rewrite(path: Path) -> None:
    """Another format version, otherwise sound."""
    path.write_bytes(path.read_bytes().replace(b'format\\":1', b'format\\":2'))


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "length": (lambda path: flip(path, 0), "is truncated or not a shard"),
    "header": (lambda path: flip(path, 9), "is truncated or not a shard"),
    "payload": (lambda path: flip(path, -1), "has a wrong checksum"),
    "empty": (lambda path: path.write_bytes(b""), "is truncated or not a shard"),
    "half": (lambda path: os.truncate(path, path.stat().st_size // 2), "is truncated or not a shard"),
    "version": (rewrite, "was written by store format 2, this is format 1"),
    "link": (lambda path: path.symlink_to(path.rename(path.with_name("elsewhere"))), "is not a plain file"),
    "pipe": (lambda path: (path.unlink(), os.mkfifo(path)), "is not a plain file"),
}


@pytest.mark.parametrize("case", DAMAGES)
def test_a_damaged_shard_is_set_aside(case: str, tmp_path: Path) -> None:
    damage, why = DAMAGES[case]
    pool = filled(tmp_path, 2)
    damage(shard_file(pool))
    found, lines = warned(lambda: pool.read(0, leaves(0)))
    assert found is None
    assert len(lines) == 1
    assert lines[0].startswith(f"{shard_file(pool)} {why}")
    assert pool.present() == [1]
    assert any(
        name.startswith("damaged-") and name.endswith("-shard-00000.safetensors") for name in others(pool.folder)
    )
    assert warned(lambda: pool.read(0, leaves(0))) == (None, [])
    assert pool.write(0, leaves(0))
    assert same(pool.read(0, leaves(0)), leaves(0))


@pytest.mark.parametrize("where", ["shard", "pool"])
def test_a_file_from_elsewhere_is_not_believed(where: str, tmp_path: Path) -> None:
    pool = filled(tmp_path)
    source = filled(tmp_path, 1, root=1) if where == "pool" else pool
    target = shard_file(pool, 1 if where == "shard" else 0)
    target.write_bytes(shard_file(source).read_bytes())
    found, [line] = warned(lambda: pool.read(1 if where == "shard" else 0, leaves(0)))
    assert found is None
    assert "a file from elsewhere; set aside as damaged-" in line
    assert same(source.read(0, leaves(0)), leaves(0))


@pytest.mark.parametrize(
    ("like", "words"),
    [
        (
            [np.zeros((4, 6)), np.zeros(4, np.uint32)],
            r"holds float32[4, 6] as leaf 0, wanted are float64[4, 6] as leaf 0",
        ),
        (
            [np.zeros((4, 6), np.float32), np.zeros(5, np.uint32)],
            r"holds uint32[4] as leaf 1, wanted are uint32[5] as leaf",
        ),
        ([np.zeros((4, 6), np.float32)], "holds 2 leaves, wanted are 1 leaves"),
    ],
)
def test_other_shapes_or_dtypes_are_not_given_back(like: list[np.ndarray], words: str, tmp_path: Path) -> None:
    pool = filled(tmp_path)
    found, [line] = warned(lambda: pool.read(0, like))
    assert found is None
    assert words in line


def test_a_file_replaced_meanwhile_is_not_set_aside(tmp_path: Path) -> None:
    pool = filled(tmp_path)
    seen = os.lstat(pool.folder / "pool.json")
    assert set_aside(shard_file(pool), seen) == "replaced by a new one since"
    assert pool.present() == [0]


def test_a_damaged_description_is_set_aside_and_written_anew(tmp_path: Path) -> None:
    pool = filled(tmp_path)
    for text in (
        b"{",
        b"[]",
        b'{"identity":{}}',
        json.dumps({"format": 1, "id": pool.id, "identity": {}, "description": ""}).encode(),
    ):
        (pool.folder / "pool.json").write_bytes(text)
        again, [line] = warned(lambda: Store(tmp_path).open(IDENTITY))
        assert line.startswith(str(pool.folder / "pool.json"))
        assert again.write(0, leaves(0))
        assert json.loads((pool.folder / "pool.json").read_bytes())["identity"] == IDENTITY


def test_the_format_version_is_in_every_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_shards, "FORMAT", 2)
    data = encode_shard("ab", 0, leaves(0))
    monkeypatch.undo()
    with pytest.raises(DamageError, match="format 2, this is format 1"):
        decode_shard(data, "ab", 0)


def test_the_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NEVERSEEN_STORE", str(tmp_path))
    assert Store().folder == tmp_path
    assert Store(tmp_path / "own") == Store(str(tmp_path / "own"), 2 * 1024**3)
    monkeypatch.setenv("NEVERSEEN_STORE", "")
    assert Store().folder.parts[-2:] == ("neverseen", "pools")
    with pytest.raises(ValueError, match="limit: -1 is not a number of bytes"):
        Store(limit=-1)


def test_bfloat16_is_the_one_that_jax_has() -> None:
    leaf = np.asarray(jax.numpy.ones(3, jax.numpy.bfloat16))
    assert leaf.dtype == ml_dtypes.bfloat16
    assert same(decode_shard(encode_shard("ab", 0, [leaf]), "ab", 0).arrays([leaf]), [leaf])
