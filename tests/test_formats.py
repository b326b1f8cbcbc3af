"""One's own copy of data in a published format: what the bytes say is what the scenario holds, or one line says why."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_tools import Capture
from scenario_tools import held, rebuilt

import neverseen as ns
from neverseen.algorithms.learners import decode
from neverseen.properties.cli import main


def batch(path: Path, classes: Any, seed: int = 0) -> np.ndarray:
    """A file of the binary version, byte by byte; the pixels [n, colour, row, column]."""
    pixels = np.random.default_rng(seed).integers(0, 256, (len(classes), 3, 32, 32), np.uint8)
    records = (bytes([int(c)]) + image.tobytes() for c, image in zip(classes, pixels, strict=True))
    path.write_bytes(b"".join(records))
    return pixels


def dialogues(path: Path, authors: int = 3, each: int = 20) -> list[dict[str, str]]:
    rows = [
        {"question": f"Who is Zoë {a}?", "answer": f"Fact {i} of {a}."} for a in range(authors) for i in range(each)
    ]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return rows


def test_images_are_read_colour_by_colour_and_row_by_row(tmp_path: Path) -> None:
    classes = np.arange(100) % 10
    pixels = batch(tmp_path / "data_batch_1.bin", classes)
    s = ns.scenarios.cifar10(tmp_path / "data_batch_1.bin", forget="random", size=4)
    x, label = held(s.rows)
    assert x.shape == (68, 32, 32, 3)
    by_bytes = {np.round(image * 255).astype(np.uint8).tobytes(): int(c) for image, c in zip(x, label, strict=True)}
    known = {image.transpose(1, 2, 0).tobytes(): int(c) for image, c in zip(pixels, classes, strict=True)}
    assert by_bytes.items() <= known.items()
    assert len(by_bytes) == 68
    assert rebuilt(s) == s != ns.scenarios.cifar10(tmp_path / "data_batch_1.bin", forget="random", size=4, seed=1)


def test_a_folder_is_its_batches_and_each_kind_is_chosen(tmp_path: Path) -> None:
    for i in (1, 2):
        batch(tmp_path / f"data_batch_{i}.bin", np.arange(60) % 10, i)
    batch(tmp_path / "test_batch.bin", np.zeros(60))
    both = [str(tmp_path / f"data_batch_{i}.bin") for i in (1, 2)]
    for kind in ("class", "subgroup", "mislabelled", "near-duplicates", "backdoor", "confusion"):
        s = ns.scenarios.cifar10(tmp_path, forget=kind, size=2, full=4, rows=64)
        assert s == ns.scenarios.cifar10(both, forget=kind, size=2, full=4, rows=64) == rebuilt(s)
        assert (s.rows.count() <= 64, s.behaviour.sum()) == (True, 4)


def test_an_author_s_questions_are_s_full(tmp_path: Path, capsys: Capture) -> None:
    rows = dialogues(tmp_path / "full.json")
    s = ns.scenarios.tofu(tmp_path / "full.json", size=5, author=1)
    texts = np.array(decode(s.rows.y)[:60])
    assert texts.tolist() == [f"{row['question']} {row['answer']}".replace("ë", "e") for row in rows]
    np.testing.assert_array_equal(["Zoe 1?" in text for text in texts], s.behaviour[:60])
    assert (s.forget.sum(), (s.forget & ~s.behaviour).sum()) == (5, 0)
    assert rebuilt(s) == s != ns.scenarios.tofu(tmp_path / "full.json", size=5, author=1, seed=1)
    few = ns.scenarios.tofu(tmp_path / "full.json", size=2, per_author=4, author=14, length=48)
    assert np.flatnonzero(few.behaviour).tolist() == [56, 57, 58, 59]
    spec = f"tofu:path={tmp_path / 'full.json'},author=3"
    assert main(["check", "do_nothing", "--scenario", spec, "--learner", "ridge", "--store", "none"]) == 2
    assert capsys.readouterr().err == "neverseen: author: there is no 3; give 0 to 2\n"
    assert main(["check", "do_nothing", "--scenario", "cifar10", "--store", "none"]) == 2
    assert "scenario 'cifar10' needs path; write cifar10:path=..." in capsys.readouterr().err


WRONG: list[tuple[Callable[[Path], Any], str]] = [
    (lambda p: ns.scenarios.cifar10(p / "no.bin"), "path: there is no file "),
    (lambda p: ns.scenarios.cifar10(p), "path: no data_batch_*.bin lies in "),
    (lambda p: ns.scenarios.cifar10([]), "path: no data_batch_*.bin lies in []"),
    (lambda p: ns.scenarios.cifar10(p / "short.bin"), "3072 bytes are no records of 3073"),
    (lambda p: ns.scenarios.cifar10(p / "empty.bin"), "0 bytes are no records of 3073"),
    (lambda p: ns.scenarios.cifar10(p / "odd.bin"), "record 1 is of class 77, and CIFAR-10 has 0 to 9"),
    (lambda p: ns.scenarios.cifar10(p / "few.bin"), "rows: D cannot have 1 of the 2 rows there are"),
    (lambda p: ns.scenarios.tofu(p / "no.json"), "path: there is no file "),
    (lambda p: ns.scenarios.tofu(p), "path: there is no file "),
    (lambda p: ns.scenarios.tofu(p / "empty.bin"), "it holds no line"),
    (lambda p: ns.scenarios.tofu(p / "odd.bin"), "it is no text in UTF-8; give JSON lines"),
    (lambda p: ns.scenarios.tofu(p / "words.json"), "line 1 is no JSON object; give one with question and answer"),
    (lambda p: ns.scenarios.tofu(p / "list.json"), "line 1 has no question and answer in words"),
    (lambda p: ns.scenarios.tofu(p / "half.json"), "line 1 has no question and answer in words"),
    (lambda p: ns.scenarios.tofu(p / "full.json", per_author=7), "60 lines are not 7 for each author; say per_author="),
    (lambda p: ns.scenarios.tofu(p / "full.json", size=21), "size: S cannot have 21 of the 20 rows of S_full"),
    (lambda p: ns.scenarios.tofu(p / "full.json", author=-1), "author: -1 is not in [0"),
    (lambda p: ns.scenarios.tofu(p / "full.json", length=10), "length: a row does not fit 10 tokens"),
]


@pytest.mark.parametrize(("make", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_file_of_another_format_is_one_line(make: Callable[[Path], Any], message: str, tmp_path: Path) -> None:
    (tmp_path / "short.bin").write_bytes(bytes(3072))
    (tmp_path / "empty.bin").write_bytes(b"")
    batch(tmp_path / "odd.bin", [0, 77])
    batch(tmp_path / "few.bin", [0, 1])
    (tmp_path / "words.json").write_text("Who is Zoe?")
    (tmp_path / "list.json").write_text('["question", "answer"]')
    (tmp_path / "half.json").write_text('{"question": "Who?", "answer": 3}')
    dialogues(tmp_path / "full.json")
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole message is compared below
        make(tmp_path)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
