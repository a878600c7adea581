"""The pages of `examples/comparisons`: commands print what they show, and numbers hold."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import chdir, redirect_stdout
from functools import cache
from io import StringIO

import pytest

from netlang.cli import main
from tests.quality import ROOT

FOLDER = ROOT / "examples" / "comparisons"
PAGES = sorted(path.stem for path in FOLDER.glob("*.md"))
SHOWN = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LEFT_OUT = "..."


def sessions(page: str) -> Iterator[tuple[str, list[str]]]:
    """Every command of a page with the lines that it is said to print."""
    for block in SHOWN.findall((FOLDER / f"{page}.md").read_text(encoding="utf-8")):
        first, *commands = re.split(r"^\$ ", block, flags=re.MULTILINE)
        assert not first, "a block begins with a command"
        for command in commands:
            line, *printed = command.splitlines()
            yield line, printed


def prose(page: str) -> str:
    return SHOWN.sub("", (FOLDER / f"{page}.md").read_text(encoding="utf-8"))


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


COMMANDS = [(page, line, printed) for page in PAGES for line, printed in sessions(page)]


def test_every_page_has_its_nets() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.net")) == PAGES
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert all(f"(comparisons/{page}.md)" in text for page in PAGES)
    assert all(f"]({page}.net)" in prose(page) for page in PAGES)


@pytest.mark.parametrize(("page", "line", "shown"), COMMANDS)
def test_command_prints_what_is_shown(page: str, line: str, shown: list[str]) -> None:
    assert agrees([each.rstrip() for each in shown], printed_by(line).splitlines())


@pytest.mark.parametrize("page", PAGES)
def test_claims_of_the_nets_hold(page: str) -> None:
    printed_by(f"netlang check {FOLDER.relative_to(ROOT)}/{page}.net")
    assert "assert " in (FOLDER / f"{page}.net").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_numbers_of_the_text_are_printed_or_asserted(page: str) -> None:
    """Large numbers as they are, millions rounded, shares and multiples as literals of asserts."""
    spec = (FOLDER / f"{page}.net").read_text(encoding="utf-8")
    asserted = numbers("\n".join(re.findall(r"^assert .*$", spec, re.MULTILINE)))
    known = asserted.union(*(numbers(printed_by(line)) for line, _ in sessions(page)))
    text = prose(page)
    for found in re.findall(r"(\d[\d,]*(?:\.\d+)?) M\b", text):
        digits = len(found.partition(".")[2])
        wanted = float(found.replace(",", ""))
        assert any(round(number / 1e6, digits) == wanted for number in known), found
    for found in re.findall(r"\d{1,3}(?:,\d{3})+(?! M\b)", text):
        assert int(found.replace(",", "")) in known, found
    for found in re.findall(r"(\d+) (?:%|times|C\^2)", text):
        assert int(found) in asserted, found


def test_shown_lines_that_differ_are_noticed() -> None:
    printed = ["a", "b", "c"]
    assert agrees(["a", LEFT_OUT], printed)
    assert agrees([LEFT_OUT, "b", LEFT_OUT, "c"], printed)
    assert not agrees(["a", "b"], printed)
    assert not agrees([LEFT_OUT, "d"], printed)
