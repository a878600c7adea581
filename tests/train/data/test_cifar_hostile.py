"""Pickles and archives in the place of CIFAR's that mean harm, or make no sense."""

from __future__ import annotations

import io
import os
import pickle
import pickletools
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from netlang.backends.torch.data.sources.files import DataRefused
from netlang.backends.torch.data.sources.inert import read_inert
from tests.train.data.cifar import (
    EACH,
    batch_of_python_2,
    binary_files,
    numbers,
    pack,
    pickled,
    python_files,
    require_right,
    short,
    write,
)
from tests.train.data.support import load, refusal


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
