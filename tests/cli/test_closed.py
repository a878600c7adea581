"""Standard streams that are closed before a command starts, as `netlang ... >&-` does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.support import GOOD

NETLANG = (sys.executable, "-m", "netlang")
CLOSED = (">&-", "2>&-", "<&- >&- 2>&-")


@pytest.mark.parametrize("closed", CLOSED)
def test_no_file_takes_the_place_of_a_closed_stream(closed: str, tmp_path: Path) -> None:
    """What is said would go into the first file that is opened: it is said to nobody."""
    (tmp_path / "good.net").write_text(GOOD, encoding="utf-8")
    command = [*NETLANG, "compile", "good.net", "-o", "a.onnx", "-o", "a.py", "-o", "a.dot"]
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert ("wrote a.py" in done.stdout) == (">&-" not in closed.split())
    assert ("--weights gives it trained ones" in done.stderr) == ("2>&-" not in closed)
    assert "Traceback" not in done.stderr
    text = (tmp_path / "a.py").read_text(encoding="utf-8")
    assert text.startswith('"""')
    assert "wrote" not in text
    assert (tmp_path / "a.dot").read_text(encoding="utf-8").startswith("digraph")


def test_an_error_that_nobody_hears(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&- 2>&-', "sh", *NETLANG, "check", "absent.net"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
