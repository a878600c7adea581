"""Running the command line inside the tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from netlang.cli import main

__all__ = ["Result", "Runner"]

GOOD = """\
net tiny(classes=10) {
    input image: [1, H=28, W=28]
    conv(4, 3x3) -> relu -> gap -> flatten -> fc: linear(classes)
}
"""
TWO = GOOD + "\nnet other {\n    input x: [4]\n    linear(2)\n}\n"
SQUARE = "net square {\n    input image: [3, S=28, S]\n    conv(4, 3x3)\n}\n"
WRONG = "net wrong {\n    input x: [4]\n    linaer(2)\n}\n"


@dataclass(frozen=True)
class Result:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str


class Runner:
    """Runs commands in a folder of their own that holds some specs."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        for name, text in {"good": GOOD, "two": TWO, "square": SQUARE, "wrong": WRONG}.items():
            (folder / f"{name}.net").write_text(text)

    def __call__(self, *arguments: str) -> Result:
        with pytest.raises(SystemExit) as exit_:
            main(arguments)
        said = self._capsys.readouterr()
        assert "Traceback" not in said.err
        assert isinstance(exit_.value.code, int)
        return Result(exit_.value.code, said.out, said.err)

    def refused(self, *arguments: str) -> str:
        """The code and text of the one error that a command ends with."""
        result = self(*arguments)
        assert result.status == 1, result.err
        assert not result.out
        return result.err
