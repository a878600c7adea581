"""IDX files, written byte by byte as the format's page says."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from netlang.backends.torch.data.sets import Parts, Tensors
from netlang.backends.torch.data.sources.files import DataRefused
from netlang.backends.torch.data.sources.idx import read_idx
from tests.analysis.oracles import torchvision_models
from tests.train.data.support import load, refusal

IDX = 'idx("digits")'
IMAGES = {"train": 6, "t10k": 4}


def pixels(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(count).integers(0, 256, (count, 28, 28), dtype=np.uint8)


def images_file(count: int) -> bytes:
    return struct.pack(">IIII", 0x803, count, 28, 28) + pixels(count).tobytes()


def labels_file(labels: list[int]) -> bytes:
    return struct.pack(">II", 0x801, len(labels)) + bytes(labels)


def write(root: Path, *, packed: bool = False, dot: str = "-", stems: str = "train t10k") -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for stem, count in zip(stems.split(), IMAGES.values(), strict=True):
        files = {
            f"{stem}-images{dot}idx3-ubyte": images_file(count),
            f"{stem}-labels{dot}idx1-ubyte": labels_file(list(range(count))),
        }
        for name, content in files.items():
            path = root / (f"{name}.gz" if packed else name)
            path.write_bytes(gzip.compress(content) if packed else content)
    return root


def require_right(parts: Parts) -> None:
    for part, count in ((parts.train, 6), (parts.test, 4)):
        assert isinstance(part, Tensors)
        assert part.inputs[0].dtype == torch.uint8
        assert np.array_equal(part.inputs[0].numpy(), pixels(count)[:, None])
        assert part.targets["label"].tolist() == list(range(count))
    assert parts.classes == tuple("0123456789")
    assert parts.validation is None


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("dot", ["-", "."])
def test_mnist(tmp_path: Path, packed: bool, dot: str) -> None:
    require_right(load(write(tmp_path, packed=packed, dot=dot), IDX, name="digits"))


def test_where_torchvision_leaves_them(tmp_path: Path) -> None:
    torchvision_models()
    from torchvision.datasets import MNIST

    write(tmp_path / "MNIST/raw")
    require_right(load(tmp_path, IDX, name="digits"))
    theirs = MNIST(str(tmp_path))
    ours = load(tmp_path, IDX, name="digits").train
    assert isinstance(ours, Tensors)
    assert torch.equal(ours.inputs[0][:, 0], theirs.data)
    assert torch.equal(ours.targets["label"], theirs.targets)


def test_emnist(tmp_path: Path) -> None:
    write(tmp_path, stems="emnist-letters-train emnist-letters-test", packed=True)
    require_right(load(tmp_path, 'idx("digits", prefix="emnist-letters")', name="digits"))
    assert refusal(tmp_path, IDX, name="digits")[0] == "E0781"


def test_a_label_beyond_the_classes(tmp_path: Path) -> None:
    code, text = refusal(write(tmp_path), 'idx("digits", classes=5)', name="digits")
    assert code == "E0786"
    assert "go up to 5, but there are 5 classes" in text


def test_another_size(tmp_path: Path) -> None:
    code, text = refusal(write(tmp_path), 'idx("digits", size=32)', name="digits")
    assert code == "E0786"
    assert "write `size=28`" in text


def test_labels_of_another_count(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(labels_file([1, 2, 3]))
    code, text = refusal(tmp_path, IDX, name="digits")
    assert code == "E0786"
    assert "6 images and 3 labels" in text


def test_images_in_place_of_labels(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(images_file(6))
    code, text = refusal(tmp_path, IDX, name="digits")
    assert code == "E0784"
    assert "3 axes, expected 1" in text


HOSTILE = {
    "empty": b"",
    "cut off in the sizes": struct.pack(">II", 0x803, 6),
    "cut off": images_file(6)[:-1],
    "longer": images_file(6) + b"\0",
    "of floats": struct.pack(">IIII", 0xD03, 6, 28, 28) + bytes(6 * 784 * 4),
    "text": b"<html>not found</html>",
    "endless": struct.pack(">IIII", 0x803, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
    "many axes": struct.pack(">I", 0x8FF) + b"\xff" * 1020,
}


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files(tmp_path: Path, kind: str, packed: bool) -> None:
    write(tmp_path)
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(gzip.compress(HOSTILE[kind]) if packed else HOSTILE[kind])
    assert refusal(tmp_path, IDX, name="digits")[0] == "E0784"


def test_a_damaged_archive(tmp_path: Path) -> None:
    write(tmp_path, packed=True)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    content = path.read_bytes()
    for damaged in (content[:-20], content[:100], content[:50] + b"\xff" * 99 + content[149:]):
        path.write_bytes(damaged)
        assert refusal(tmp_path, IDX, name="digits")[0] == "E0784"


def test_a_bomb_isnt_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(struct.pack(">IIII", 0x803, 1 << 20, 1 << 10, 1 << 10)))
    with pytest.raises(DataRefused, match="which it can't hold"):
        read_idx(path)
    path.write_bytes(gzip.compress(images_file(1) + bytes(1 << 26)))
    with pytest.raises(DataRefused, match="longer than its header"):
        read_idx(path)
