"""CIFAR as it is published, and pickles that mean harm."""

from __future__ import annotations

import io
import os
import pickle
import pickletools
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from netlang.backends.torch.data.sets import Parts, Tensors
from netlang.backends.torch.data.sources.files import DataRefused
from netlang.backends.torch.data.sources.inert import read_inert
from tests.train.data.support import load, refusal

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


@pytest.mark.parametrize("version", VERSIONS)
def test_cifar10(tmp_path: Path, version: str) -> None:
    folder, archive, files = VERSIONS[version]
    places = [
        write(tmp_path / "a", files()),
        write(tmp_path / "b" / folder, files()).parent,
        pack(tmp_path / archive, folder, files()),
    ]
    for place in (*places, tmp_path):
        require_right(load(place, "cifar10", name="cifar10"))


def test_what_python_2_wrote_is_read_as_pickle_reads_it() -> None:
    content = batch_of_python_2(3)
    expected = pickle.loads(content, encoding="bytes")  # our own bytes
    found = read_inert(content)
    assert isinstance(found, dict)
    assert found.keys() == expected.keys()
    assert np.array_equal(found.pop(b"data"), expected.pop(b"data"))
    assert found == expected
    assert read_inert(meta_of_python_2()) == pickle.loads(meta_of_python_2(), encoding="bytes")


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_what_python_3_writes_is_read_as_pickle_reads_it(protocol: int) -> None:
    values = {
        "labels": [1, 2, 300, 70000], "names": ["bird", b"cat", ""], "pair": (1, 2), "share": 0.5,
        "more": (1, 2, 3, 4), "none": None, "yes": True, "no": False, "deep": [[1], {"a": ()}],
    }  # fmt: skip
    assert read_inert(pickle.dumps(values, protocol)) == values
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    if protocol == 5:
        return  # numpy has other calls for it, which no published file has
    for order in (array, np.asfortranarray(array)):
        found = read_inert(pickle.dumps({"data": order}, protocol))
        assert isinstance(found, dict)
        assert np.array_equal(found["data"], array)


@pytest.mark.parametrize("kind", ["fine", "coarse"])
@pytest.mark.parametrize("version", ["python", "binary"])
def test_cifar100(tmp_path: Path, kind: str, version: str) -> None:
    fine = [(7 * n) % 100 for n in range(EACH)]
    coarse = [n % 20 for n in fine]
    names = {"fine": [f"f{n}" for n in range(100)], "coarse": [f"c{n}" for n in range(20)]}
    if version == "python":
        entries = short(b"fine_labels") + numbers(fine) + short(b"coarse_labels") + numbers(coarse)
        files = {"train": pickled(1, entries), "test": pickled(2, entries)}
        meta = {f"{key}_label_names": value for key, value in names.items()}
        files["meta"] = pickle.dumps(meta, 2)
    else:
        rows = [
            b"".join(
                bytes([c, f]) + row.tobytes() for c, f, row in zip(coarse, fine, p, strict=True)
            )
            for p in (pixels(1), pixels(2))
        ]
        files = {"train.bin": rows[0], "test.bin": rows[1]}
        files |= {f"{k}_label_names.txt": "\n".join(v).encode() for k, v in names.items()}
    write(tmp_path / f"cifar-100-{version}", files)
    parts = load(tmp_path, f"cifar100(labels={kind})", name="cifar100")
    assert parts.classes == tuple(names[kind])
    assert isinstance(parts.train, Tensors)
    assert parts.train.targets["label"].tolist() == {"fine": fine, "coarse": coarse}[kind]
    assert np.array_equal(parts.train.inputs[0].numpy(), pixels(1).reshape(-1, 3, 32, 32))


def test_nothing_there(tmp_path: Path) -> None:
    code, text = refusal(tmp_path, "cifar10", name="cifar10")
    assert code == "E0781"
    assert "cifar-10-python.tar.gz" in text


def test_a_missing_batch(tmp_path: Path) -> None:
    files = binary_files()
    del files["data_batch_4.bin"]
    code, text = refusal(write(tmp_path, files), "cifar10", name="cifar10")
    assert code == "E0784"
    assert "data_batch_4.bin` can't be read: it is missing" in text


class Trap:
    """What is unpickled runs this."""

    def __init__(self, *call: object) -> None:
        self.call = call

    def __reduce__(self) -> tuple[object, ...]:
        return self.call[0], self.call[1:]


HOSTILE = {
    "system": pickle.dumps(Trap(os.system, "touch sprung"), 2),
    "in a dictionary": pickle.dumps({"data": Trap(os.mkdir, "sprung")}, 4),
    "open": pickle.dumps(Trap(open, "sprung", "w"), 2),
    "as text": b"cos\nsystem\n(S'touch sprung'\ntR.",
    "an instance": b"(ios\nsystem\n(S'touch sprung'\nti.",
    "an object": b"(cos\nsystem\nX\x0c\x00\x00\x00touch sprungo.",
    "new object": b"\x80\x02cos\nsystem\nX\x0c\x00\x00\x00touch sprung\x85\x81.",
    "by persistent id": b"\x80\x02X\x06\x00\x00\x00sprungQ.",
    "by extension": b"\x80\x02\x82\x01.",
    "numpy's own": b"\x80\x02cnumpy.testing._private.utils\nrunstring\nX\x01\x00\x00\x00a}\x86R.",
    "known name as object": b"\x80\x02cnumpy\nndarray\n)\x81}b.",
    "a type that is called": b"\x80\x02cnumpy\nndarray\n(K\x01\x85tR.",
    "state of a list": b"\x80\x02]}b.",
    "an array of objects": pickle.dumps({"data": np.array([Trap(os.mkdir, "sprung")])}, 2),
    "an array of floats": pickle.dumps({"data": np.zeros(3)}, 2),
    "unhashable key": b"\x80\x02}]K\x01s.",
    "no such memory": b"\x80\x02h\x07.",
    "empty stack": b"\x80\x02\x86.",
    "no mark": b"\x80\x02t.",
    "no end": b"\x80\x02}",
    "nothing": b"",
    "nonsense": b"nonsense",
    "a string beyond the end": b"\x80\x02T\xff\xff\xff\x7fabc.",
    "a negative string": b"\x80\x02T\xff\xff\xff\xffabc.",
    "bytes beyond the end": b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc.",
    "a circle": b"\x80\x02}q\x01X\x01\x00\x00\x00ah\x01s.",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_pickles(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = python_files() | {"data_batch_2": HOSTILE[kind]}
    code, _ = refusal(write(tmp_path, files), "cifar10", name="cifar10")
    assert code == "E0784"
    assert not Path("sprung").exists()


def test_a_refusal_says_what_was_asked_for() -> None:
    with pytest.raises(DataRefused, match=r"asks for `posix\.system`"):
        read_inert(HOSTILE["system"])


def doubled(levels: int) -> bytes:
    """A list of twice the same list, of twice the same list, and so on."""
    return b"]q\x00" + b"".join(
        b"](h" + bytes([n]) + b"h" + bytes([n]) + b"eq" + bytes([n + 1]) for n in range(levels)
    )


VAST = {
    "nested": b"]" * 100_000 + b"a" * 99_999,
    "doubled": doubled(40),
    "few": b"]" * 9 + b"a" * 8,
}
USES = {
    "a name": (b"", b"\x8c\x01a\x93"),
    "a module": (b"\x8c\x01a", b"\x93"),
    "a text": (b"c_codecs\nencode\n", b"\x8c\x06latin1\x86R"),
    "a type": (b"cnumpy\ndtype\n", b"\x85R"),
    "a size": (
        b"cnumpy.core.multiarray\n_reconstruct\n)R(K\x01",
        b"\x85cnumpy\ndtype\n\x8c\x02u1\x85R\x89C\x01atb",
    ),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("vast", VAST)
def test_what_is_nested_is_never_shown(tmp_path: Path, vast: str, use: str) -> None:
    """Its text would have no end: of 723 bytes, 2^40 characters."""
    before, after = USES[use]
    content = b"\x80\x04" + before + VAST[vast] + after + b"."
    with pytest.raises(DataRefused) as refused:
        read_inert(content)
    assert "[[" not in str(refused.value)
    files = python_files() | {"data_batch_2": content}
    assert refusal(write(tmp_path, files), "cifar10", name="cifar10")[0] == "E0784"


@pytest.mark.parametrize("vast", VAST)
def test_a_class_with_a_vast_name(tmp_path: Path, vast: str) -> None:
    names = b"\x80\x02}(" + short(b"label_names") + b"](" + VAST[vast] + b"eu."
    files = python_files() | {"batches.meta": names}
    assert refusal(write(tmp_path, files), "cifar10", name="cifar10")[0] == "E0784"


def test_every_instruction_is_followed_or_refused() -> None:
    for opcode in pickletools.opcodes:
        try:
            read_inert(b"\x80\x05](K\x00K\x00" + opcode.code.encode("latin-1") + b"\x01" * 9 + b".")
        except DataRefused:
            continue


def test_any_flipped_bit_is_refused_or_harmless(tmp_path: Path) -> None:
    generator = np.random.default_rng(8)
    whole = batch_of_python_2(1)
    for _ in range(2000):
        damaged = bytearray(whole)
        # The head and the tail: in between there are pixels.
        place = int(generator.integers(-120, 220))
        damaged[place] ^= 1 << generator.integers(8)
        try:
            read_inert(bytes(damaged))
        except DataRefused:
            continue


HARMFUL: dict[str, Callable[[], bytes]] = {
    "labels": lambda: pickled(2, short(b"labels") + numbers([1, 2, 3])),
    "high labels": lambda: pickled(2, short(b"labels") + numbers([10] * EACH)),
    "no labels": lambda: pickled(2, b""),
    "no list": lambda: pickled(2, short(b"labels") + b"K\x01"),
    "no numbers": lambda: pickled(2, short(b"labels") + b"](" + short(b"a") * EACH + b"e"),
    "a list": lambda: b"\x80\x02].",
}


@pytest.mark.parametrize("kind", HARMFUL)
def test_batches_that_make_no_sense(tmp_path: Path, kind: str) -> None:
    files = python_files() | {"data_batch_2": HARMFUL[kind]()}
    code, _ = refusal(write(tmp_path, files), "cifar10", name="cifar10")
    assert code in ("E0784", "E0786")


def test_members_of_an_archive_that_mean_harm(tmp_path: Path) -> None:
    path = tmp_path / "cifar-10-binary.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in binary_files().items():
            member = tarfile.TarInfo(f"../../{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("test_batch.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    require_right(load(path, "cifar10", name="cifar10"))
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("cut", [1, 2])
def test_a_damaged_archive(tmp_path: Path, cut: int) -> None:
    path = pack(tmp_path / "cifar-10-binary.tar.gz", "x", binary_files())
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] if cut == 1 else b"nonsense" * 100)
    assert refusal(path, "cifar10", name="cifar10")[0] == "E0784"
