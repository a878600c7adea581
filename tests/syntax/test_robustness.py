"""No text gives anything but a tree or diagnostics, and none takes long."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.render import render_text
from netlang.source import Source
from netlang.syntax.ast import File
from netlang.syntax.limits import MAX_CHARACTERS
from netlang.syntax.parser import parse
from tests.support import ERRORS

ROOT = Path(__file__).parents[2]
SPECS = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "specs").rglob("*.net"))]
SPECS += [path.read_text(encoding="utf-8") for path in sorted((ERRORS / "syntax").glob("*.net"))]
PIECES = [
    "(", ")", "[", "]", "{", "}", "->", ":", ";", ",", "=", "\n", " ", ".", "..", '"', '"""', "#",
    "in", "if", "else", "for", "reuse", "output", "net", "block", "3x3", "1.5", "-", "**", "\\",
    "\t", "\r\n", "\x00", "\u00d7", "{i}", "not", "from", "import", "true",
]  # fmt: skip
LEAKS = re.compile(r"expected .*\b(SEP|COMPUTED|DIMS|NUMBER|NAME|STRING|DOC|END|PROBLEM)\b")


def outcome(text: str) -> str:
    """Every rendered diagnostic, "" for a good text."""
    try:
        assert isinstance(parse(Source("test.net", text)), File)
    except NetlangError as error:
        rendered = [render_text(diagnostic) for diagnostic in error.diagnostics]
        assert rendered
        return "\n".join(rendered)
    return ""


def mutated(text: str, choose: random.Random) -> str:
    for _ in range(choose.randint(1, 4)):
        start = choose.randint(0, len(text))
        end = min(len(text), start + choose.choice((0, 0, 1, 1, 2, 5, 40)))
        text = text[:start] + choose.choice([*PIECES, ""]) + text[end:]
    return text


@pytest.mark.parametrize("seed", range(400))
def test_a_mutated_spec_is_parsed_or_explained(seed: int) -> None:
    choose = random.Random(seed)
    text = mutated(choose.choice(SPECS), choose)
    assert not LEAKS.search(outcome(text))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_pieces_are_parsed_or_explained(text: str) -> None:
    outcome(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_parsed_or_explained(text: str) -> None:
    outcome(text)


MANY = 1_000_000

HOSTILE = {
    "parentheses": "k = " + "(" * MANY,
    "balanced": "k = " + "(" * MANY + "1" + ")" * MANY,
    "braces": "net n " + "{" * MANY,
    "closing": "k = " + ")" * MANY,
    "minuses": "k = " + "-" * MANY + "1",
    "powers": "k = 1" + " ** 2" * 300_000,
    "sum": "k = 1" + " + 1" * 300_000,
    "attributes": "k = a" + ".a" * 500_000,
    "calls": "k = f" + "()" * 500_000,
    "else if": "net n {\nif a { }" + " else if a { }" * 200_000 + "\n}",
    "digits": "k = " + "9" * 5000,
    "more digits": "k = " + "9" * MANY + "x",
    "exponent": "k = 1e" + "9" * 20,
    "dims": "k = 1" + "x1" * 500_000,
    "string": 'k = "' + "\\" * MANY,
    "docstring": '"""' + "a" * MANY,
    "comments": "#\n" * 500_000 + "k = (",
    "one line": "k = [" + "1, " * 300_000 + "1 1]",
    "computed": "net n {\n" + "a{" * 300_000,
    "quoted": 'net n {\n"' + "{" * MANY + '": a }',
    "definitions": "block a {\n" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused_quickly(name: str) -> None:
    start = time.process_time()
    said = outcome(HOSTILE[name])
    assert time.process_time() - start < 30
    assert said.startswith("error[E01")
    assert len(said) < 20_000


def test_a_huge_text_is_refused_at_once() -> None:
    text = " " * (MAX_CHARACTERS + 1)
    start = time.process_time()
    assert outcome(text).startswith("error[E0111]")
    assert time.process_time() - start < 0.5


def lines(count: int) -> str:
    layers = (f"    l{i}: conv({i % 512 + 1}, 3x3, pad=1) -> relu\n" for i in range(count))
    return f"net n {{\n    input x: [3, 8, 8]\n{''.join(layers)}}}\n"


def test_time_is_linear() -> None:
    seconds = []
    for count in (2_000, 16_000):
        source = Source("test.net", lines(count))
        start = time.process_time()
        parse(source)
        seconds.append(time.process_time() - start)
    assert seconds[1] < 8 * seconds[0] * 2.5


def test_a_byte_order_mark_and_windows_lines_are_read() -> None:
    text = "\ufeffnet n {\r\n    input x: [1]\r\n    relu\r\n}\r\n"
    assert not outcome(text)
