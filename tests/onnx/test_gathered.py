"""Files that are filled from parts, while others are made: each in its place, all errors told."""

from __future__ import annotations

import errno
import os
import select
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

from netlang.backends.onnx.wire.gathered import gather_into
from netlang.backends.onnx.wire.tensor import Tensor, aligned

MODULE = "netlang.backends.onnx.wire.gathered"


@pytest.mark.parametrize("together", [1, 7, 64, 1 << 22])
def test_parts_are_written_one_after_the_other(
    together: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{MODULE}._STRETCH", together)
    monkeypatch.setattr(f"{MODULE}._PARTS", 3)
    parts = [bytes([each]) * (each * 5 % 17) for each in range(40)]
    path = tmp_path / "file"
    path.touch()
    gather_into(path, parts)
    assert path.read_bytes() == b"".join(parts)


def test_no_call_gets_more_than_the_system_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writev, sizes = os.writev, list[int]()

    def counted(descriptor: int, parts: list[memoryview]) -> int:
        sizes.append(sum(map(len, parts)))
        return writev(descriptor, parts)

    monkeypatch.setattr("os.writev", counted)
    monkeypatch.setattr(f"{MODULE}._AT_ONCE", 100)
    monkeypatch.setattr(f"{MODULE}._STRETCH", 90)
    path = tmp_path / "a"
    path.touch()
    parts = [os.urandom(size) for size in (7, 1000, 0, 3, 99, 100, 101, 5, 350, 1)]
    gather_into(path, parts)
    assert path.read_bytes() == b"".join(parts)
    assert sizes
    assert max(sizes) == 100


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="the system reserves nothing")
@pytest.mark.parametrize("refusal", [None, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSPC])
def test_a_file_gets_its_place_on_the_disk_first(
    refusal: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve, reserved = os.posix_fallocate, list[int]()

    def reserving(descriptor: int, offset: int, size: int) -> None:
        assert os.fstat(descriptor).st_size == 0
        reserved.append(size)
        if refusal is not None:
            raise OSError(refusal, os.strerror(refusal))
        reserve(descriptor, offset, size)

    monkeypatch.setattr("os.posix_fallocate", reserving)
    path = tmp_path / "a"
    path.touch()
    parts = [os.urandom(1 << 20) for _ in range(5)]
    if refusal == errno.ENOSPC:
        with pytest.raises(OSError, match="No space left"):
            gather_into(path, parts, 5 << 20)
    else:
        gather_into(path, parts, 5 << 20)
        assert path.read_bytes() == b"".join(parts)
    assert reserved == [5 << 20]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of some hundred bytes are many stretches long, and few bytes may wait."""
    for name, size in (("_STRETCH", 64), ("_WAITING", 512), ("_MADE", 256)):
        monkeypatch.setattr(f"{MODULE}.{name}", size)


def writers() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "netlang writes a file"]


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("threads", [True, False])
def test_parts_of_any_size_with_and_without_a_thread(
    threads: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Empty ones among them too: what follows one takes a while."""
    if not threads:

        def none_left(_: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr("threading.Thread.start", none_left)
    generator, path = np.random.default_rng(0), tmp_path / "file"
    for most in (3, 70, 900):
        sizes = generator.integers(0, most, 200).tolist()
        parts = [generator.bytes(size) for size in [*sizes, 0, 0, most, 0]]
        made = [part if index % 3 else bytearray(part) for index, part in enumerate(parts)]
        path.write_bytes(b"")
        gather_into(path, map(memoryview, made))
        assert path.read_bytes() == b"".join(parts)
        assert writers() == []


@pytest.mark.usefixtures("short")
def test_few_of_the_parts_that_are_made_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that take memory: a file of any size is written in little."""
    made, written, ahead = 0, 0, list[int]()
    writev = os.writev

    def counted(descriptor: int, parts: list[memoryview]) -> int:
        nonlocal written
        written += (size := writev(descriptor, parts))
        return size

    def parts() -> Iterator[memoryview]:
        nonlocal made
        for _ in range(500):
            ahead.append(made - written)
            made += 16
            yield memoryview(bytearray(16))

    monkeypatch.setattr("os.writev", counted)
    path = tmp_path / "file"
    path.touch()
    gather_into(path, parts())
    assert path.read_bytes() == bytes(500 * 16)
    # What waits, and two stretches: one that is gathered, and one that is added.
    assert 64 < max(ahead) <= 256 + 2 * 64


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("count", [1, 20, 5000])
def test_a_full_disk_stops_the_making(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def parts() -> Iterator[bytes]:
        for number in range(count):
            asked.append(number)
            yield bytes(16)

    monkeypatch.setattr("os.writev", full)
    path, asked = tmp_path / "file", list[int]()
    path.touch()
    with pytest.raises(OSError, match="No space left"):
        gather_into(path, parts())
    assert len(asked) < 100
    assert writers() == []


@pytest.mark.usefixtures("short")
def test_an_error_in_a_part_is_raised_when_the_thread_has_ended(tmp_path: Path) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(50):
            yield bytes(16)
        raise KeyError

    path = tmp_path / "file"
    path.touch()
    with pytest.raises(KeyError):
        gather_into(path, parts())
    assert writers() == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_second_interrupt_writes_into_no_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends the wait for a thread that goes on writing, while its file is closed here."""

    def parts() -> Iterator[bytes]:
        yield from [bytes(1 << 10)] * (16 << 10)
        select.select([reader], [], [])
        raise KeyboardInterrupt

    def interrupted(_: threading.Thread) -> None:
        raise KeyboardInterrupt

    pipe, apart = tmp_path / "pipe", tmp_path / "apart"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with monkeypatch.context() as patched:
        patched.setattr("threading.Thread.join", interrupted)
        with pytest.raises(KeyboardInterrupt):
            gather_into(pipe, parts())
    (thread,) = writers()
    with apart.open("wb"):
        os.set_blocking(reader, True)
        while os.read(reader, 1 << 16):
            pass
        thread.join()
    os.close(reader)
    assert apart.stat().st_size == 0


def test_full_pages_are_no_pause() -> None:
    """An empty part says that the next one takes a while."""

    def tensor(size: int) -> Tensor:
        return Tensor(str(size), TensorProto.UINT8, (size,), size, lambda: [np.ones(size, "u1")])

    found = aligned([tensor(4096), tensor(5000), tensor(8192)])
    assert [len(part) for part in found] == [4096, 5000, 3192, 8192]
