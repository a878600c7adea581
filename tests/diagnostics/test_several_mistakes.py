"""Several independent mistakes in one file: all of them are told, and nothing besides.

Each file of `errors/several` marks its mistakes itself: a line ends in `#! E0115`, or follows a
line that is only this mark, where the mistake leaves no room for it.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.edits import apply_edits, fits
from netlang.source import Source
from netlang.syntax.broken_text import BrokenText
from netlang.syntax.parser import parse
from tests.quality import ROOT
from tests.support import ERRORS, check_source, check_text, read_source

FILES = sorted((ERRORS / "several").glob("*.net"))
MARK = re.compile(r"#! (E\d{4})$")
MOST_FIXES = 20


def marked(text: str) -> list[tuple[int, str]]:
    """The mistakes that a file marks, by line and code; a mark at the end is of the line before."""
    lines = text.splitlines()
    found = []
    for number, line in enumerate(lines, 1):
        mark = MARK.search(line)
        if mark is not None:
            alone = line.strip() == mark[0]
            place = number if not alone else number + 1 if number < len(lines) else number - 1
            found.append((place, mark[1]))
    return sorted(found)


def told(diagnostics: list[Diagnostic]) -> list[tuple[int, str]]:
    return sorted((each.span.location.line if each.span else 0, each.code) for each in diagnostics)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_mistake_is_told_and_no_other(path: Path) -> None:
    expected = marked(path.read_text(encoding="utf-8"))
    assert 2 <= len(expected) <= 5
    assert told(check_text(path)) == expected


def mended(source: Source) -> list[Diagnostic]:
    """What is wrong with a text after its fixes, the first that there is, one after the other."""
    for _ in range(MOST_FIXES):
        found = check_source(source)
        fix = next((each.fix for each in found if fits(each.fix, source)), None)
        if fix is None:
            return found
        source = Source(source.name, apply_edits(source.text, fix.edits))
    return check_source(source)


def test_fixes_one_after_the_other_end_in_a_spec_that_compiles() -> None:
    assert len(FILES) >= 60
    compiling = [path for path in FILES if not mended(read_source(path))]
    assert 2 * len(compiling) >= len(FILES), len(compiling)


# A mistake of a known kind in a good line of a body, and its code.
PLANTS = (
    (re.compile(r"(conv\(\w+), "), r"\1 ", "E0115"),
    (re.compile(r"(conv\([^()]*)\)"), r"\1))", "E0103"),
    (re.compile(r"-> (relu|bn)\b"), r"\1", "E0114"),
    (re.compile(r"\bstride=(\d)"), r"stride: \1", "E0117"),
    (re.compile(r"-> relu\b"), r"→ relu", "E0107"),
    (re.compile(r"\brelu\b"), r"nothing_of_this_name", "E0201"),
    (re.compile(r"\bpad=(\w+)"), r"never_an_argument=\1", "E0301"),
    (re.compile(r"-> relu\b"), r"-> -> relu", "E0101"),
)
SPECS = ("resnet", "vgg", "mobilenet_v2", "densenet", "googlenet", "unet", "squeezenet", "fcn")


def planted(text: str, choose: random.Random) -> tuple[str, list[tuple[int, str]]]:
    """A good text with mistakes on some of its lines, at least two lines apart."""
    lines = text.splitlines()
    expected: list[tuple[int, str]] = []
    for _ in range(40):
        number = choose.randrange(len(lines))
        pattern, instead, code = choose.choice(PLANTS)
        near = any(abs(number + 1 - line) < 2 for line, _ in expected)
        steps = lines[number].split("#")[0]
        if near or len(pattern.findall(steps)) != 1 or "{" in steps or "=" not in steps + "=":
            continue
        if len(expected) == 5 or not steps.startswith(" ") or "default" in steps:
            continue
        lines[number] = pattern.sub(instead, lines[number])
        expected.append((number + 1, code))
    return "\n".join(lines) + "\n", sorted(expected)


@pytest.mark.parametrize("seed", range(60))
def test_planted_mistakes_are_told(seed: int) -> None:
    choose = random.Random(seed)
    path = ROOT / "specs" / f"{choose.choice(SPECS)}.net"
    text, expected = planted(path.read_text(encoding="utf-8"), choose)
    found = check_source(Source(path.name, text), path.parent)
    assert told(found) == expected, text


def test_after_a_hundred_errors_the_rest_is_counted() -> None:
    with pytest.raises(BrokenText) as caught:
        parse(Source("many.net", "net a {\n" + "    conv 3\n" * 250 + "}\n"))
    assert len(caught.value.diagnostics) == 101
    last = caught.value.diagnostics[-1]
    assert (last.code, last.message) == ("E0127", "and 150 more errors not shown")
