"""One trainer at a time in a folder, and none that is dead holds it."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from netlang.diagnostics.errors import NetlangError
from netlang.processes.lock import locked
from tests.support import forks
from tests.train.support import run

pytestmark = forks


def refused(folder: Path) -> str:
    """What someone is told who wants to train in a folder, "" where nothing stands in the way."""
    try:
        with locked(folder):
            return ""
    except NetlangError as error:
        found = error.diagnostics[0]
    assert found.code == "E0794"
    return found.message


def holding(folder: Path) -> int:
    """A process that holds the lock of a folder until it is killed; its number."""
    ready, told = os.pipe()
    holder = os.fork()
    if holder == 0:
        with locked(folder):
            os.write(told, b"x")
            signal.pause()
        os._exit(0)
    assert os.read(ready, 1) == b"x"
    os.close(ready)
    os.close(told)
    return holder


def kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


def test_a_second_trainer_is_told_who_the_first_is(tmp_path: Path) -> None:
    holder = holding(tmp_path)
    try:
        assert f"process {holder} on '{socket.gethostname()}'" in refused(tmp_path)
        with pytest.raises(NetlangError) as caught:
            run(tmp_path, resume=True)
        assert [each.code for each in caught.value.diagnostics] == ["E0794"]
    finally:
        kill(holder)
    assert refused(tmp_path) == ""


def test_the_same_process_twice(tmp_path: Path) -> None:
    with locked(tmp_path):
        assert f"process {os.getpid()}" in refused(tmp_path)
    assert refused(tmp_path) == ""


def test_a_worker_that_outlives_a_killed_trainer_holds_nothing(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    holder = os.fork()
    if holder == 0:
        with locked(tmp_path):
            worker = os.fork()
            if worker == 0:
                signal.pause()
            os.write(writing, str(worker).encode())
            signal.pause()
        os._exit(0)
    worker = int(os.read(reading, 20))
    assert "process" in refused(tmp_path)
    kill(holder)
    assert refused(tmp_path) == ""
    os.kill(worker, signal.SIGKILL)
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("content", [b"", b"nonsense", b'{"pid": []}', b"[" * 10_000, b"\xff"])
def test_a_lock_file_may_hold_anything(tmp_path: Path, content: bytes) -> None:
    with locked(tmp_path):
        (tmp_path / "lock").write_bytes(content)
        assert refused(tmp_path) == f"someone trains in `{tmp_path}`: another process"
