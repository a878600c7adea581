"""Every example runs as its README says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.quality import ROOT
from tests.support import answered

FOLDER = ROOT / "examples"
TEXT = (FOLDER / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^(netlang|python) (.*)$", TEXT, re.MULTILINE)


@pytest.mark.parametrize(("program", "arguments"), COMMANDS)
def test_command(
    program: str,
    arguments: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [word.replace("examples/", f"{FOLDER}/") for word in arguments.split()]
    monkeypatch.chdir(tmp_path)
    if program == "netlang":
        # The whole run takes minutes of a slow machine, and is no other in its first steps.
        short = ["epochs=2"] if words[0] == "train" else []
        found = answered(capsys, *words, *short)
        assert found.status == 0, found.err
        return
    command = [sys.executable, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_example_is_named_and_right(capsys: pytest.CaptureFixture[str]) -> None:
    for path in FOLDER.iterdir():
        assert f"[{path.name}]" in TEXT or path.suffix not in (".net", ".py")
    found = answered(capsys, "check", *FOLDER.glob("*.net"))
    assert found.status == 0, found.err
