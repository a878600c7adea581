"""Every bomb is answered: a result or coded errors, quickly and in little memory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.robustness.bombs import BOMBS, FILES

SECONDS = 1.0
MEGABYTES = 150


def check(folder: Path) -> tuple[int, str, float, float]:
    """`netlang check` in a process of its own: status, messages, CPU seconds, peak MB."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as messages:
        process = subprocess.Popen(
            [sys.executable, "-m", "netlang", "check", "main.net"],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=messages,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        messages.seek(0)
        text = messages.read().decode("utf-8")
    return process.returncode, text, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def assert_answered(folder: Path) -> None:
    status, text, seconds, megabytes = check(folder)
    assert status in (0, 1), text[-2000:]
    assert "Traceback" not in text
    assert (status == 0) == (text == ""), text[:2000]
    if status:
        assert re.match(r"error\[E\d{4}\]: ", text), text[:2000]
    assert len(text) < 20_000
    assert seconds < SECONDS
    assert megabytes < MEGABYTES


@pytest.mark.parametrize("name", BOMBS)
def test_bomb(name: str, tmp_path: Path) -> None:
    (tmp_path / "main.net").write_text(BOMBS[name](), encoding="utf-8")
    assert_answered(tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_bomb_of_files(name: str, tmp_path: Path) -> None:
    for file, content in FILES[name]().items():
        (tmp_path / file).write_bytes(content)
    assert_answered(tmp_path)


def test_there_are_forty() -> None:
    assert len(BOMBS) + len(FILES) >= 40
