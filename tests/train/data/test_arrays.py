"""Arrays of `.npz` files: what becomes of each type, and files that mean harm."""

from __future__ import annotations

import errno
import io
import os
import resource
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.data.sources import npz
from netlang.backends.torch.data.sources.files import DataRefused, unpacked
from netlang.backends.torch.data.sources.npz import array_names, read_npz
from netlang.backends.torch.data.sources.shard_index import shard_index
from tests.endless import ENDLESS, limited
from tests.train.data.support import load, refusal

ARRAYS = 'arrays("mine", sizes=[3])'


WITH_BYTES = 'arrays("mine", sizes=[3, 8, 8], inputs=["image"])'


def save(root: Path, name: str = "train", /, **arrays: Any) -> Path:
    given = {"x": np.arange(12.0).reshape(4, 3), "label": np.array([0, 1, 1, 0])} | arrays
    np.savez_compressed(root / f"{name}.npz", **given)
    return root


def test_parts(tmp_path: Path) -> None:
    for name in ("train", "val", "test"):
        save(tmp_path, name)
    parts = load(tmp_path, ARRAYS, name="mine")
    for part in (parts.train, parts.validation, parts.test):
        assert isinstance(part, Tensors)
        assert torch.equal(part.inputs[0], torch.arange(12.0).reshape(4, 3))
        assert part.targets["label"].tolist() == [0, 1, 1, 0]
    assert parts.classes == ("0", "1")


def test_one_file_is_the_training_part(tmp_path: Path) -> None:
    save(tmp_path)
    parts = load(tmp_path / "train.npz", ARRAYS, "validation: 0.5", name="mine")
    assert parts.train.labels is not None
    assert sorted(parts.train.labels.tolist()) == [0, 1]
    assert parts.test is None


@pytest.mark.parametrize(
    ("stored", "becomes"),
    [
        ("u1", torch.uint8), ("i1", torch.int64), (">i4", torch.int64), ("u8", torch.int64),
        ("f2", torch.float32), (">f4", torch.float32), ("f8", torch.float32), ("?", torch.float32),
    ],
)  # fmt: skip
@pytest.mark.parametrize("order", ["C", "F"])
def test_types(tmp_path: Path, stored: str, becomes: torch.dtype, order: str) -> None:
    values = np.arange(24).reshape(4, 2, 3) % 2
    array = np.array(values, stored, order=order)  # type: ignore[call-overload]  # both are orders
    save(tmp_path, x=array)
    part = load(tmp_path, 'arrays("mine", sizes=[2, 3])', name="mine").train
    assert isinstance(part, Tensors)
    assert part.inputs[0].dtype == becomes
    assert torch.equal(part.inputs[0].long(), torch.from_numpy(values))


def test_several_inputs_and_targets(tmp_path: Path) -> None:
    images = np.zeros((4, 3, 8, 8), np.uint8)
    masks = np.ones((4, 1, 8, 8), bool)
    save(
        tmp_path,
        image=images,
        age=np.zeros((4, 1)),
        label=np.ones(4, np.uint8),
        mask=masks,
        grade=np.zeros((4, 2)),
    )
    written = 'sizes=[3, 8, 8], inputs=["image", "age"], targets=["mask", "grade"]'
    parts = load(tmp_path, f'arrays("mine", {written})', name="mine")
    assert isinstance(parts.train, Tensors)
    assert [value.dtype for value in parts.train.inputs] == [torch.uint8, torch.float32]
    assert list(parts.train.targets) == ["mask", "grade"]
    assert load(tmp_path, WITH_BYTES, name="mine").train.labels is not None
    assert parts.train.targets["mask"].dtype == torch.float32
    assert parts.classes is None
    assert parts.train.labels is None


@pytest.mark.parametrize(
    ("arrays", "data", "code", "text"),
    [
        ({"label": np.zeros(3, int)}, ARRAYS, "E0786", "4 of `x` and 3 of `label`"),
        ({"label": np.zeros(4)}, ARRAYS, "E0786", "are float32 numbers"),
        ({"label": np.full(4, -1)}, ARRAYS, "E0786", "go down to -1"),
        ({"label": np.full(4, 7)}, 'arrays("mine", sizes=[3], classes=5)', "E0786", "go up to 7"),
        ({"x": np.float32(3)}, ARRAYS, "E0786", "is a single number"),
        ({}, 'arrays("mine", sizes=[4])', "E0786", "write `sizes=[3]`"),
        ({}, 'arrays("mine", sizes=[3], inputs=["y"])', "E0781", "there are `x`, `label`"),
        ({"x": np.array(["a"] * 4)}, ARRAYS, "E0784", "no numbers"),
        ({"x": np.zeros((4, 3), complex)}, ARRAYS, "E0784", "no numbers"),
        ({"label": np.full(4, 1 << 63, np.uint64)}, ARRAYS, "E0784", "beyond 63 bits"),
    ],
)
def test_what_doesnt_fit(
    tmp_path: Path, arrays: dict[str, object], data: str, code: str, text: str
) -> None:
    found, message = refusal(save(tmp_path, **arrays), data, name="mine")
    assert found == code
    assert text in message


def test_a_label_that_training_lacks(tmp_path: Path) -> None:
    save(tmp_path)
    save(tmp_path, "test", label=np.array([0, 1, 2, 0]))
    code, message = refusal(tmp_path, ARRAYS, name="mine")
    assert code == "E0782"
    assert "`2`" in message


def test_no_training_part(tmp_path: Path) -> None:
    save(tmp_path, "other")
    code, message = refusal(tmp_path, ARRAYS, name="mine")
    assert code == "E0781"
    assert "there are `other`" in message


class Trap:
    """What is unpickled runs this."""

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path("sprung"),))


def test_objects_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save(tmp_path, x=np.array([Trap()] * 4, dtype=object))
    code, message = refusal(tmp_path, ARRAYS, name="mine")
    assert code == "E0784"
    assert "Python objects" in message
    save(tmp_path, x=np.zeros(4, [("a", object)]))
    assert refusal(tmp_path, ARRAYS, name="mine")[0] == "E0784"
    assert not Path("sprung").exists()


def member(header: str, data: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text + data


def archive(path: Path, content: bytes, kind: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as file:
        for name in ("x", "label"):
            file.writestr(f"{name}.npy", content)
    return path


HOSTILE = {
    "a size beyond its bytes": member(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776, 1099511627776)}"
    ),
    "fewer bytes": member("{'descr': '<f8', 'fortran_order': False, 'shape': (4, 3)}", b"\0" * 95),
    "more bytes": member("{'descr': '<f8', 'fortran_order': False, 'shape': (4, 3)}", b"\0" * 97),
    "a negative size": member("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 3)}"),
    "a call": member("__import__('os').mkdir('sprung')"),
    "no type": member("{'descr': 'nonsense', 'fortran_order': False, 'shape': (4, 3)}"),
    "another version": member(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 3)}", b"\0" * 96, b"\x03\x00"
    ),
    "an open bracket": member("{'descr': '<f8', 'fortran_order': False, 'shape': ((4, 3)}"),
    "an open string": member("{'descr': '<f8', 'fortran_order': False, 'shape\"\"\": (4, 3)}"),
    "keys that have no order": member("{3: '<f8', 'fortran_order': False, 'shape': (4, 3)}"),
    "many brackets": member("(" * 1000),
    "nothing": b"",
    "nonsense": b"nonsense",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_arrays(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    archive(tmp_path / "train.npz", HOSTILE[kind])
    code, message = refusal(tmp_path, ARRAYS, name="mine")
    assert code == "E0784"
    assert "array `x`" in message
    assert not Path("sprung").exists()


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x05\x06" + b"\0" * 18])
def test_files_that_are_no_archives(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "train.npz").write_bytes(content)
    assert refusal(tmp_path, ARRAYS, name="mine")[0] in ("E0784", "E0781")


def test_any_flipped_bit_is_noticed_or_harmless(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    save(tmp_path)
    whole = (tmp_path / "train.npz").read_bytes()
    expected = read_npz(tmp_path / "train.npz", ["x"])["x"]
    codes: set[str] = set()
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[generator.integers(len(whole))] ^= 1 << generator.integers(8)
        (tmp_path / "train.npz").write_bytes(damaged)
        try:
            part = load(tmp_path, ARRAYS, name="mine").train
        except Exception as error:
            codes.update(each.code for each in error.diagnostics)  # type: ignore[attr-defined]  # others lack it, and fail the test
        else:
            assert isinstance(part, Tensors)
            assert np.array_equal(part.inputs[0].numpy(), expected)
    assert codes <= {"E0784", "E0781"}


def test_any_damaged_header_is_refused_or_harmless(tmp_path: Path) -> None:
    """As a file that was damaged before it was packed, so that its checksum is right."""
    generator = np.random.default_rng(5)
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 3), }"
    refused = 0
    for _ in range(300):
        damaged = list(header)
        for place in generator.integers(len(header), size=generator.integers(1, 4)):
            damaged[place] = str(generator.choice(list("()[]{}'\",:-0L\\# ")))
        path = archive(tmp_path / "train.npz", member("".join(damaged), b"\0" * 96))
        try:
            values = read_npz(path, ["x"])["x"]
        except DataRefused:
            refused += 1
        else:
            assert values.nbytes == 96
    assert refused > 200


def test_a_disk_that_fails_in_a_header_is_not_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(stream: object) -> object:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setitem(npz._HEADERS, (1, 0), fails)
    with pytest.raises(OSError, match="Input/output error"):
        read_npz(save(tmp_path, image=np.zeros(3)) / "train.npz", ["image"])


def lying(path: Path, claimed: int) -> Path:
    """An archive whose directory says that few bytes stand for many."""
    data = member(f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({claimed},)}}")
    archive(path, data)
    with zipfile.ZipFile(path) as file:
        sizes = [info.file_size for info in file.infolist()]
    content = path.read_bytes()
    for size in sizes:
        content = content.replace(size.to_bytes(4, "little"), (claimed + 128).to_bytes(4, "little"))
    path.write_bytes(content)
    return path


def test_bombs_take_no_memory(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "train.npz", "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("x", "label"):
            # Such a file is right, and larger than any memory: 16 TB of zeros, if it were whole.
            header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2199023255552,)}"
            file.writestr(f"{name}.npy", member(header, bytes(1 << 20)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert refusal(tmp_path, ARRAYS, name="mine")[0] == "E0784"
    lying(tmp_path / "train.npz", 1 << 31)
    code, message = refusal(tmp_path, ARRAYS, name="mine")
    assert code == "E0784"
    assert "can't stand for" in message
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_more_than_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netlang.backends.torch.data.sources.files.memory", lambda: 50)
    code, message = refusal(save(tmp_path), ARRAYS, name="mine")
    assert code == "E0784"
    assert "more than there is memory" in message


def test_packed_in_another_way(tmp_path: Path) -> None:
    content = io.BytesIO()
    np.save(content, np.zeros((4, 3)))
    archive(tmp_path / "train.npz", content.getvalue(), zipfile.ZIP_LZMA)
    code, message = refusal(tmp_path, ARRAYS, name="mine")
    assert code == "E0784"
    assert "packed as numpy doesn't" in message


@pytest.mark.parametrize(
    "read", [array_names, shard_index, lambda path: unpacked(path).__enter__()]
)
def test_no_reader_waits_for_a_pipe(tmp_path: Path, read: Callable[[Path], object]) -> None:
    os.mkfifo(tmp_path / "train.npz")
    with limited(ENDLESS), pytest.raises(DataRefused, match="it is a named pipe"):
        read(tmp_path / "train.npz")


def test_a_pipe_among_the_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "train.npz")
    with limited(ENDLESS):
        code, text = refusal(tmp_path, ARRAYS, name="mine")
    assert code == "E0784"
    assert "it is a named pipe" in text
