"""Arrays from anywhere: each format and each library gives the same numbers, and every fault is one line."""

import builtins
import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

from neverseen.properties.saved import _arrays
from neverseen.properties.saved._folders import read
from neverseen.properties.saved._sources import Sources, sources_of

LOSS = np.array([0.5, -1.25, 3.0, 8.0])
MARGINS = np.arange(12.0, dtype=np.float32).reshape(4, 3)


def write(folder: Path, form: str) -> Path:
    """The two arrays in a format."""
    arrays: dict[str, Any] = {"loss": LOSS, "margins": MARGINS}
    path = folder / form
    if form == "folder":
        path.mkdir()
        np.save(path / "loss.npy", LOSS)
        save_file({"kept": MARGINS}, path / "margins.safetensors")
        (path / ".hidden").write_text("left out")
    elif form == "npz":
        np.savez(path, **arrays)
        path = path.with_suffix(".npz")
    elif form == "compressed":
        np.savez_compressed(path, **arrays)
        path = path.with_suffix(".npz")
    elif form == "safetensors":
        save_file(arrays, path)
    else:
        dtype = [("margins", np.float32, 3), ("loss", float)]
        records = np.zeros(4, dtype)
        records["loss"], records["margins"] = LOSS, MARGINS
        np.save(path, records)
        path = path.with_suffix(".npy")
    return path


FORMS = ("folder", "npz", "compressed", "safetensors", "records")


@pytest.mark.parametrize("form", FORMS)
def test_every_format_gives_the_same_arrays(form: str, tmp_path: Path) -> None:
    found = read(write(tmp_path, form))
    assert list(found) == ["loss", "margins"]
    rows = np.array([0, 2, 3])
    assert np.array_equal(found["loss"][rows], LOSS[rows])
    assert np.array_equal(found["margins"][rows], MARGINS[rows])
    assert found["margins"].shape == (4, 3)
    assert found["margins"].dtype == np.float32


def test_the_first_bytes_tell_the_format_not_the_suffix(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", LOSS)
    np.savez(tmp_path / "b.npz", LOSS)
    save_file({"loss": LOSS}, tmp_path / "c.safetensors")
    for name in "abc":
        (renamed,) = tmp_path.glob(f"{name}.*")
        found = read(renamed.rename(tmp_path / f"{name}.dat"))
        assert list(found) == ["loss" if name == "c" else ""]


def test_stored_members_of_a_large_archive_are_mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turned = np.asfortranarray(MARGINS)
    np.savez(tmp_path / "a.npz", loss=LOSS, margins=turned)
    whole = read(tmp_path / "a.npz")
    monkeypatch.setattr(_arrays, "WHOLE", 0)
    mapped = read(tmp_path / "a.npz")
    for name, array in (("loss", LOSS), ("margins", MARGINS)):
        assert isinstance(mapped[name], np.memmap)
        assert not isinstance(whole[name], np.memmap)
        assert np.array_equal(np.asarray(mapped[name]), array)


def test_a_file_of_several_arrays_in_a_folder_names_them_after_it(tmp_path: Path) -> None:
    np.savez(tmp_path / "run.npz", a=LOSS, b=LOSS)
    np.save(tmp_path / "c.npy", LOSS)
    assert list(read(tmp_path)) == ["c", "run.a", "run.b"]


def npy(shape: tuple[int, ...], payload: bytes, descr: str = "<f8") -> bytes:
    """An .npy file whose header says what it is told to."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"shape": shape, "fortran_order": False, "descr": descr})
    return stream.getvalue() + payload


def npz(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return stream.getvalue()


def tensors(header: Any, payload: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + payload


ONE = {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}
BAD: dict[str, tuple[bytes, str]] = {
    "claim.npy": (npy((10**9,), b"\0" * 64), "cannot be read (it announces more data than it holds"),
    "claims.npy": (npy((10**6, 10**6, 10**6), b"\0" * 64), "cannot be read ("),
    "cut.npy": (npy((4,), b"")[:40], "cannot be read ("),
    "objects.npy": (npy((1,), b"x" * 9, "|O"), "it holds pickled objects; save plain numbers"),
    "words.npy": (npy((2,), b"\0" * 24, "<U3"), "the array is <U3, not real numbers; save plain numbers"),
    "complex.npy": (npy((2,), b"\0" * 32, "<c16"), "the array is complex128, not real numbers; save real and"),
    "bytes.npy": (npy((2,), b"\0" * 4, "|V2"), "the array is |V2, not real numbers; save float32"),
    "scalar.npy": (npy((), b"\0" * 8), "the array has shape (); reshape it to [runs] or [runs, k]"),
    "none.npy": (npy((0, 3), b""), "the array has shape (0, 3); at least one run"),
    "flat.npy": (npy((3, 0), b""), "the array has shape (3, 0); at least one run"),
    "claim.npz": (npz(a__npy=npy((10**12,), b"\0" * 64)), "a.npy announces (1000000000000,) float64, which is more"),
    "objects.npz": (npz(a__npy=npy((1,), b"x" * 9, "|O")), "it holds pickled objects"),
    "text.npz": (npz(a__txt=b"1,2"), "a.txt is no array; write the file with numpy.savez"),
    "torch.pt": (npz(archive__data__pkl=b"\x80\x02."), "it is a PyTorch file, which is a pickle; write it with safe"),
    "pickle.pkl": (b"\x80\x04K\x01.", "it is a pickle, which may run code; write .npy"),
    "lengths.npz": (npz(a__npy=npy((1,), b"\0" * 8), b__npy=npy((2,), b"\0" * 16)), "arrays of 1, 2 runs"),
    "empty.npy": (b"", "not an array file (.npy, .npz or .safetensors)"),
    "words.txt": (b"loss,margin\n1,2\n", "not an array file (.npy, .npz or .safetensors)"),
    "empty.safetensors": (b"", "cannot be read (Error while deserializing header"),
    "json.safetensors": (tensors(b"{no json", b""), "cannot be read (Error while deserializing header"),
    "long.safetensors": (struct.pack("<Q", 1 << 60) + b"{}", "cannot be read (Error while deserializing header"),
    "claim.safetensors": (tensors({"a": ONE}, b"\0" * 8), "cannot be read (Error while deserializing header"),
    "shape.safetensors": (tensors({"a": ONE | {"shape": [9]}}, b"\0" * 16), "cannot be read (Error while"),
    "none.safetensors": (tensors({}, b""), "holds no array"),
    "zero.safetensors": (tensors({"a": ONE | {"shape": [0], "data_offsets": [0, 0]}}, b""), "'a' has shape (0,)"),
    "scalar.safetensors": (tensors({"a": ONE | {"shape": [], "data_offsets": [0, 8]}}, b"\0" * 8), "'a' has shape ()"),
    "complex.safetensors": (tensors({"a": ONE | {"dtype": "C64"}}, b"\0" * 16), "'a' is "),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_line_that_names_it(name: str, tmp_path: Path) -> None:
    content, says = BAD[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared below, brackets and all
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_good_twin_of_the_made_files_is_read(tmp_path: Path) -> None:
    good = np.array([1.0, 2.0])
    made = {
        "a.npy": npy((2,), good.tobytes()),
        "a.npz": npz(a__npy=npy((2,), good.tobytes())),
        "a.safetensors": tensors({"a": ONE}, good.tobytes()),
    }
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
        (source,) = read(tmp_path / name).values()
        assert np.array_equal(source[np.arange(2)], good)


def test_compressed_members_that_inflate_to_too_much_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez_compressed(tmp_path / "a.npz", a=np.zeros(1000))
    assert read(tmp_path / "a.npz")["a"].shape == (1000,)
    monkeypatch.setattr(_arrays, "INFLATED", 8000)
    with pytest.raises(ValueError, match=r"it inflates to .* GiB; numpy.savez and numpy.save need no inflating"):
        read(tmp_path / "a.npz")


def test_bad_folders_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no file"):
        read(tmp_path)
    np.save(tmp_path / "a.npy", LOSS)
    (tmp_path / "b.txt").write_text("1,2\n")
    with pytest.raises(ValueError, match=r"b\.txt: not an array file"):
        read(tmp_path)
    (tmp_path / "b.txt").unlink()
    np.savez(tmp_path / "a.npz", LOSS)
    with pytest.raises(ValueError, match=r"a\.npz: another file of the folder holds 'a'; rename one"):
        read(tmp_path)


class Tensor:
    """What a torch tensor does: NumPy cannot have it before it is detached, on the host and of a kind it knows."""

    def __init__(self, values: np.ndarray, dtype: str, *, grad: bool = True, device: str = "cuda") -> None:
        self._values, self.dtype, self._grad, self._device = values, dtype, grad, device
        self.shape = values.shape

    def detach(self) -> "Tensor":
        return Tensor(self._values, self.dtype, grad=False, device=self._device)

    def cpu(self) -> "Tensor":
        return Tensor(self._values, self.dtype, grad=self._grad, device="cpu")

    def float(self) -> "Tensor":
        return Tensor(self._values.astype(np.float32), "torch.float32", grad=self._grad, device=self._device)

    def __getitem__(self, rows: Any) -> "Tensor":
        return Tensor(self._values[rows], self.dtype, grad=self._grad, device=self._device)

    def __dlpack__(self, **_: Any) -> Any:
        return self._values.__dlpack__()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if self._grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        if self._device != "cpu":
            raise TypeError("can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() first")
        if self.dtype == "torch.bfloat16":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self._values


class Exported:
    """An array of a library that knows DLPack alone."""

    def __init__(self, values: np.ndarray) -> None:
        self._values = values

    def __dlpack__(self, **options: Any) -> Any:
        return self._values.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._values.__dlpack_device__()


class Frame:
    """A data frame: columns, and an index by column."""

    columns = ("margin", "loss")

    def __getitem__(self, name: str) -> np.ndarray:
        return LOSS * (2 if name == "margin" else 1)


EXACT = np.array([0.5, -1.25, 3.0, 8.0])  # in every precision
MAKERS: dict[str, Callable[[np.ndarray], Any]] = {
    "list": np.ndarray.tolist,
    "jax": jnp.asarray,
    "jax bfloat16": lambda a: jnp.asarray(a, jnp.bfloat16),
    "ml_dtypes bfloat16": lambda a: a.astype(ml_dtypes.bfloat16),
    "ml_dtypes float8": lambda a: a.astype(ml_dtypes.float8_e4m3fn),
    "float16, big-endian": lambda a: a.astype(">f2"),
    "torch": lambda a: Tensor(a.astype(np.float32), "torch.float32"),
    "torch bfloat16": lambda a: Tensor(a, "torch.bfloat16"),
    "dlpack": Exported,
    "masked, no mask": np.ma.MaskedArray,
}


@pytest.mark.parametrize("maker", MAKERS)
def test_every_library_gives_the_same_numbers(maker: str) -> None:
    (source,) = sources_of(MAKERS[maker](EXACT), "removed").values()
    assert np.array_equal(np.asarray(source[np.arange(4)]).astype(float), EXACT)


def test_the_stand_in_refuses_what_torch_refuses() -> None:
    with pytest.raises(RuntimeError, match="requires grad"):
        np.asarray(Tensor(EXACT, "torch.float32"))
    with pytest.raises(TypeError, match="BFloat16"):
        np.asarray(Tensor(EXACT, "torch.bfloat16").detach().cpu())


def test_records_and_frames_are_named_columns() -> None:
    inner = np.dtype([("a", float), ("b", float, 2)])
    records = np.zeros(3, [("x", inner), ("y", int)])
    assert {name: source.shape for name, source in sources_of({"r": records}, "removed").items()} == {
        "r.x.a": (3,),
        "r.x.b": (3, 2),
        "r.y": (3,),
    }
    framed = sources_of(Frame(), "removed")
    assert list(framed) == ["loss", "margin"]
    assert np.array_equal(np.asarray(framed["margin"]), 2 * LOSS)


@pytest.mark.parametrize(
    ("samples", "says"),
    [
        (np.array([1j]), "removed: the array is complex128, not real numbers"),
        (np.array([{}]), "removed: the array is object, not real numbers"),
        ({"a": np.array(["x"])}, "removed: 'a' is <U1, not real numbers"),
        ({"a": np.zeros(2, ml_dtypes.complex32)}, "removed: 'a' is complex32, not real numbers"),
        (np.array(["2024-01-01"], "M8[D]"), "not real numbers"),
        ({"a": 3.0}, "removed: 'a' has shape ()"),
        ({"a": [[1, 2], [3]]}, "removed: 'a' cannot be read as an array"),
        ({"a": np.ma.MaskedArray([1.0, 2.0], [True, False])}, "'a' cannot be read as an array (has masked values"),
        ({"a": [1.0], "b": [1.0, 2.0]}, "removed: arrays of 1, 2 runs"),
        ({"a.b": np.zeros(2), "a": np.zeros(2, [("b", float)])}, "removed: two arrays have one name"),
        ({}, "removed: holds no array"),
        (None, "removed: the array is object, not real numbers"),
    ],
    ids=str,
)
def test_bad_arrays_are_one_line(samples: Any, says: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared below, brackets and all
        sources_of(samples, "removed")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nothing_but_rows_is_read_of_a_tensor_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_file({"a": np.arange(1000.0)}, tmp_path / "a.safetensors")
    source = read(tmp_path / "a.safetensors")["a"]
    taken: list[int] = []
    joined = np.concatenate

    def counting(parts: list[np.ndarray]) -> np.ndarray:
        taken.extend(len(part) for part in parts)
        return joined(parts)

    monkeypatch.setattr(np, "concatenate", counting)
    assert source[np.array([3, 4, 5, 900])].tolist() == [3, 4, 5, 900]
    assert taken == [3, 1]


def test_only_the_library_of_the_format_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """torch is neither needed nor looked for."""
    wanted: list[str] = []
    plain = builtins.__import__

    def watching(name: str, *rest: Any, **options: Any) -> Any:
        wanted.append(name)
        return plain(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", watching)
    found: Sources = sources_of(Tensor(EXACT, "torch.float32"), "removed")
    assert list(found) == [""]
    assert [name for name in wanted if name.split(".")[0] in ("torch", "safetensors", "tensorflow")] == []
