"""Pages that show commands and what they print."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import chdir, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path

import pytest

from netlang.cli import main
from tests.quality import ROOT

__all__ = ["LEFT_OUT", "agrees", "numbers", "printed_by", "prose", "sessions"]

SHOWN = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LEFT_OUT = "..."


def sessions(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Every command of a page with the lines that it is said to print."""
    for block in SHOWN.findall(page.read_text(encoding="utf-8")):
        first, *commands = re.split(r"^\$ ", block, flags=re.MULTILINE)
        assert not first, "a block begins with a command"
        for command in commands:
            line, *printed = command.splitlines()
            yield line, printed


def prose(page: Path) -> str:
    return SHOWN.sub("", page.read_text(encoding="utf-8"))


@cache
def printed_by(line: str) -> str:
    program, *words = shlex.split(line)
    assert program == "netlang"
    with redirect_stdout(StringIO()) as out, chdir(ROOT), pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    return out.getvalue()


def agrees(shown: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether the lines are those printed, where `...` stands for any number of them."""
    if not shown:
        return not printed
    if shown[0] == LEFT_OUT:
        return any(agrees(shown[1:], printed[skipped:]) for skipped in range(len(printed) + 1))
    return bool(printed) and shown[0] == printed[0].rstrip() and agrees(shown[1:], printed[1:])


def numbers(text: str) -> set[int]:
    """Whole numbers however they are grouped."""
    return {int(re.sub("[,_]", "", found)) for found in re.findall(r"\d[\d,_]*", text)}
