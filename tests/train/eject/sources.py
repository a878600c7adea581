"""Data of every source, in the folder given."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
from PIL import Image

from tests.analysis.oracles import torchvision_models
from tests.train.data import cifar as cifars
from tests.train.data import shards as tars
from tests.train.data import test_idx
from tests.train.data.support import pictures

__all__ = [
    "cifar",
    "cifar_of_pickles",
    "damaged",
    "damaged_shards",
    "deep",
    "folders",
    "idx",
    "masks",
    "mnist",
    "numbers",
    "packed_cifar",
    "shards",
    "signals",
]


def numbers(root: Path) -> None:
    rng = np.random.default_rng(0)
    for part, count in (("train", 30), ("valid", 9), ("test", 5)):
        np.savez(
            root / f"{part}.npz",
            x=rng.normal(size=(count, 6)),
            more=rng.integers(0, 5, (count, 3)),
            label=rng.integers(0, 3, count).astype(np.int32),
            y=rng.normal(size=(count, 2)).astype(np.float32),
        )


def masks(root: Path) -> None:
    rng = np.random.default_rng(0)
    x, label = rng.integers(0, 255, (20, 3, 8, 8)), rng.integers(0, 2, (20, 8, 8))
    edges, whole = rng.random((20, 1, 8, 8)), rng.integers(0, 3, 20)
    x, label = x.astype(np.uint8), label.astype(np.uint8)
    np.savez(root / "train.npz", x=x, label=label, edges=edges, whole=whole)


def signals(root: Path) -> None:
    x = np.random.default_rng(0).normal(size=(20, 12))
    np.savez(root / "train.npz", x=x, y=np.roll(x, 1, 1))


def idx(root: Path) -> None:
    test_idx.write(root, packed=True)


def cifar(root: Path) -> None:
    cifars.write(root, cifars.binary_files())


def cifar_of_pickles(root: Path) -> None:
    cifars.write(root / "cifar-10-batches-py", cifars.python_files())


def packed_cifar(root: Path) -> None:
    files = cifars.python_files()
    cifars.pack(root / "cifar-10-python.tar.gz", "cifar-10-batches-py", files)


def shards(root: Path) -> None:
    tars.write(root, "train", 11)
    tars.write(root, "val", 5)


def folders(root: Path) -> None:
    pictures(root, ("train", "validation", "test"))


def damaged(root: Path) -> None:
    """Some files hold no image, half of one, or one of floats."""
    folders(root)
    for part in ("train", "validation", "test"):
        first, second, *_ = sorted((root / part).glob("*/*"))
        second.write_bytes(first.read_bytes()[:-40])
        first.write_bytes(b"no image")
    Image.fromarray(np.ones((30, 30), np.float32)).save(first.parent / "floats.tif")


def deep(root: Path) -> None:
    """Some images have 16 bits a channel."""
    folders(root)
    for number, path in enumerate(sorted((root / "train").glob("*/*"))[::2]):
        values = np.random.default_rng(number).integers(0, 1 << 16, (31, 29), np.uint16)
        path.unlink()
        Image.fromarray(values).save(path.with_suffix((".png", ".tif")[number % 2]))


def damaged_shards(root: Path) -> None:
    """Bytes within the first images of each shard are others."""
    shards(root)
    for path in root.rglob("*.tar"):
        with tarfile.open(path) as shard:
            member = next(each for each in shard if not each.name.endswith("cls"))
        content = bytearray(path.read_bytes())
        content[member.offset_data : member.offset_data + member.size // 2] = bytes(
            member.size // 2
        )
        path.write_bytes(content)


def mnist(root: Path) -> None:
    torchvision_models()
    test_idx.write(root / "MNIST" / "raw")
