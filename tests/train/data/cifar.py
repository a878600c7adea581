"""CIFAR as it is published, small: files of Python 2's pickles and of plain bytes."""

from __future__ import annotations

import io
import struct
import tarfile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from netlang.backends.torch.data.sets import Parts, Tensors

__all__ = [
    "EACH",
    "NAMES",
    "VERSIONS",
    "batch_of_python_2",
    "binary_files",
    "labels",
    "meta_of_python_2",
    "numbers",
    "pack",
    "pickled",
    "pixels",
    "python_files",
    "require_right",
    "short",
    "write",
]

NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
EACH = 4


def pixels(batch: int) -> NDArray[np.uint8]:
    return np.random.default_rng(batch).integers(0, 256, (EACH, 3072), dtype=np.uint8)


def labels(batch: int) -> list[int]:
    return [(batch + row) % 10 for row in range(EACH)]


def short(text: bytes) -> bytes:
    """A string of Python 2, as protocol 2 writes it."""
    return b"U" + bytes([len(text)]) + text


def pickled(batch: int, entries: bytes) -> bytes:
    """A batch as Python 2 wrote those that are published, opcode by opcode: PEP 307."""
    content = pixels(batch).tobytes()
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x02(cnumpy\nndarray\nq\x03K\x00\x85U\x01btRq\x05"
        b"(K\x01(M" + struct.pack("<H", EACH) + b"M\x00\x0ctq\x06cnumpy\ndtype\nq\x07"
        b"(U\x02u1K\x00K\x01tRq\x08(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        b"T" + struct.pack("<i", len(content)) + content + b"tb"
    )
    return b"\x80\x02}q\x01(" + short(b"data") + array + entries + b"u."


def numbers(values: list[int]) -> bytes:
    return b"]q\x09(" + b"".join(b"K" + bytes([value]) for value in values) + b"e"


def batch_of_python_2(batch: int) -> bytes:
    return pickled(
        batch,
        short(b"labels") + numbers(labels(batch)) + short(b"batch_label") + short(b"batch 1 of 5"),
    )


def meta_of_python_2() -> bytes:
    names = b"]q\x02(" + b"".join(short(name.encode()) for name in NAMES) + b"e"
    count = b"K\x0a"
    return (
        b"\x80\x02}q\x01("
        + short(b"num_cases_per_batch")
        + count
        + short(b"label_names")
        + (names + b"u.")
    )


def python_files() -> dict[str, bytes]:
    files = {f"data_batch_{n}": batch_of_python_2(n) for n in range(1, 6)}
    return files | {"test_batch": batch_of_python_2(6), "batches.meta": meta_of_python_2()}


def binary_files() -> dict[str, bytes]:
    def batch(number: int) -> bytes:
        rows = zip(labels(number), pixels(number), strict=True)
        return b"".join(bytes([label]) + row.tobytes() for label, row in rows)

    files = {f"data_batch_{n}.bin": batch(n) for n in range(1, 6)}
    return files | {
        "test_batch.bin": batch(6),
        "batches.meta.txt": "\n".join(NAMES).encode() + b"\n\n",
    }


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def pack(path: Path, folder: str, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def require_right(parts: Parts) -> None:
    for part, batches in ((parts.train, range(1, 6)), (parts.test, (6,))):
        assert isinstance(part, Tensors)
        images = np.concatenate([pixels(batch) for batch in batches]).reshape(-1, 3, 32, 32)
        assert np.array_equal(part.inputs[0].numpy(), images)
        assert part.inputs[0].dtype == torch.uint8
        assert part.targets["label"].tolist() == [n for batch in batches for n in labels(batch)]
    assert parts.classes == NAMES


VERSIONS = {
    "python": ("cifar-10-batches-py", "cifar-10-python.tar.gz", python_files),
    "binary": ("cifar-10-batches-bin", "cifar-10-binary.tar.gz", binary_files),
}
