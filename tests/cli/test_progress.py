"""The line that says what a command is doing."""

from __future__ import annotations

import sys

import pytest

from netlang.cli.progress import ProgressLine


def told(capsys: pytest.CaptureFixture[str], *, terminal: bool) -> str:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys.stderr, "isatty", lambda: terminal)
        line = ProgressLine()
    for _ in line.cleared_for((1,)):
        for text in ("calibrating: 0 of 2", "calibrating: 1 of 2", "comparing"):
            line.show(text)
    return capsys.readouterr().err


def test_a_terminal_has_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, terminal=True)  # without what clears the line, which click leaves out
    lines = ("calibrating: 0 of 2 ...", "calibrating: 1 of 2 ...", "comparing ...", "")
    assert said.split("\r") == ["", *lines]


def test_elsewhere_each_stage_has_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, terminal=False) == "calibrating ...\ncomparing ...\n"
