"""What tests share: reading `.net` files of the tests, and the diagnostics that they give."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from netlang.cli import main
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.errors import NetlangError
from netlang.examine import examine_module
from netlang.modules.library import Library
from netlang.source import Source

__all__ = ["ERRORS", "Answer", "answered", "check_source", "check_text", "forks", "read_source"]

ERRORS = Path(__file__).parent / "errors"

# The `pytestmark` of a module whose tests fork, at which Python 3.12 and newer warn if there are
# threads. No thread of these processes holds anything that the child needs.
forks = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


def read_source(path: Path) -> Source:
    """The text of a test file under its bare name: messages don't depend on where it lies."""
    return Source(path.name, path.read_text(encoding="utf-8"))


def check_text(path: Path) -> list[Diagnostic]:
    """Every error and warning of a file, [] for a good one."""
    return check_source(read_source(path), path.parent)


def check_source(source: Source, folder: Path | None = None) -> list[Diagnostic]:
    """Every error and warning of a text that stands in `folder`, [] for a good one."""
    try:
        examined = examine_module(Library().module(source, folder))
        return [*examined.diagnostics, *examined.warnings]
    except NetlangError as error:
        return list(error.diagnostics)


class Answer(NamedTuple):
    """The exit status of a command, and what it prints."""

    status: int
    out: str
    err: str


def answered(capsys: pytest.CaptureFixture[str], *words: str | Path) -> Answer:
    """What a command of netlang answers, in this process: others import torch for seconds."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    assert isinstance(ended.value.code, int)
    return Answer(ended.value.code, *capsys.readouterr())
