"""No text gives anything but a tree or diagnostics, and none takes much work."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.render.text import render_text
from netlang.source import Source
from netlang.syntax.ast import File
from netlang.syntax.limits import MAX_ARGUMENTS, MAX_CHARACTERS
from netlang.syntax.parser import parse
from tests.endless import ENDLESS, limited
from tests.support import ERRORS
from tests.work import steps_of

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


MUTATED = 150


@pytest.mark.parametrize(
    "seed",
    [*range(MUTATED), *(pytest.param(n, marks=pytest.mark.slow) for n in range(MUTATED, 1000))],
)
def test_a_mutated_spec_is_parsed_or_explained(seed: int) -> None:
    choose = random.Random(seed)
    text = mutated(choose.choice(SPECS), choose)
    assert not LEAKS.search(outcome(text))


@settings(max_examples=100)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_pieces_are_parsed_or_explained(text: str) -> None:
    outcome(text)


@settings(max_examples=100)
@given(st.text(max_size=60))
def test_any_text_is_parsed_or_explained(text: str) -> None:
    outcome(text)


# Texts of about so many characters as are asked for.
HOSTILE: dict[str, Callable[[int], str]] = {
    "parentheses": lambda n: "k = " + "(" * n,
    "balanced": lambda n: "k = " + "(" * n + "1" + ")" * n,
    "braces": lambda n: "net n " + "{" * n,
    "closing": lambda n: "k = " + ")" * n,
    "minuses": lambda n: "k = " + "-" * n + "1",
    "powers": lambda n: "k = 1" + " ** 2" * (n // 5),
    "sum": lambda n: "k = 1" + " + 1" * (n // 4),
    "attributes": lambda n: "k = a" + ".a" * (n // 2),
    "calls": lambda n: "k = f" + "()" * (n // 2),
    "else if": lambda n: "net n {\nif a { }" + " else if a { }" * (n // 14) + "\n}",
    "digits": lambda n: "k = " + "9" * n,
    "digits of a name": lambda n: "k = " + "9" * n + "x",
    "exponent": lambda n: "k = 1e" + "9" * n,
    "dims": lambda n: "k = 1" + "x1" * (n // 2),
    "string": lambda n: 'k = "' + "\\" * n,
    "docstring": lambda n: '"""' + "a" * n,
    "comments": lambda n: "#\n" * (n // 2) + "k = (",
    "one line": lambda n: "k = [" + "1, " * (n // 3) + "1 1]",
    "computed": lambda n: "net n {\n" + "a{" * (n // 2),
    "quoted": lambda n: 'net n {\n"' + "{" * n + '": a }',
    "definitions": lambda n: "block a {\n" * (n // 10),
}
SHORT, LONG = 10_000, 40_000
MOST = 500
"""Steps per character; twice what the worst text, "one line", needed when this was set."""


def _steps(text: str) -> int:
    return steps_of(lambda: outcome(text))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused_with_little_work(name: str) -> None:
    with limited(ENDLESS):
        said = outcome(HOSTILE[name](LONG))  # what it imports isn't part of its work
    assert said.startswith("error[E01")
    assert len(said) < 20_000
    short, long = (_steps(HOSTILE[name](size)) for size in (SHORT, LONG))
    assert long < MOST * LONG
    assert long < 1.03 * LONG / SHORT * short


# A line that opens a body and one that closes it, rightly or with a mistake.
BODIES = {
    "for": ("for i in x {", "}"),
    "if": ("if a {", "}"),
    "repeat": ("repeat 2 {", "}"),
    "operator": ("relu {", "}"),
    "label": ("a: {", "}"),
    "in a tuple": ("relu -> ( {", "} )"),
    "no arrow": ("relu relu {", "} relu"),
    "if with a mistake": ("if a { relu relu {", "} }"),
    "else if": ("if a {\n} else if a { relu relu", "}"),
}
HEADINGS = {"nothing": "", "net": "net a {\n", "train": "train a {\n"}
LAST = "\nnet b {\n    input x: [1]\n    relu relu\n}\n"


@pytest.mark.parametrize("heading", HEADINGS)
@pytest.mark.parametrize("body", BODIES)
def test_bodies_nested_to_any_depth_are_explained(body: str, heading: str) -> None:
    opening, closing = BODIES[body]
    for count in (1, 49, 60, 98, 101, 110):
        begun = HEADINGS[heading] + f"{opening}\n" * count
        for text in (begun, begun + f"{closing}\n" * count + "}" + LAST, begun + LAST):
            assert outcome(text).startswith("error["), text


# What nests without a bracket around it, however long.
CHAINS = {
    "else if": "if false { relu } " + "else if false { relu } " * 2000,
    "not": "if " + "not " * 2000 + "true { relu }",
    "minus": "w = " + "-" * 2000 + "1",
    "power": "w = " + "1 ** " * 2000 + "1",
    "conditions": "w = " + "1 if true else " * 2000 + "1",
    "calls": "w = f" + "(1)" * 2000,
    "items": "w = [1]" + "[0]" * 2000,
    "labels": "l: " * 2000 + "relu",
}


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("ending", ["\n}", "", " {", ")", "else { relu }\n}"])
def test_chains_of_any_length_are_told_once(chain: str, ending: str) -> None:
    """Those of `else if` left more open than the braces behind them could close."""
    said = outcome(f"net a {{\n    input x: [1]\n    {CHAINS[chain]}{ending}{LAST}")
    assert said.count("error[E0112]") <= 1
    assert "error[E0114]" in said  # the mistake in the last net


@pytest.mark.parametrize("body", ["if", "for"])
def test_what_nests_too_deep_is_told_once_and_the_next_definition_is_read(body: str) -> None:
    begun = "net a {\n" + f"{BODIES[body][0]}\n" * 98
    deep = begun + "}\n" * 99 if body == "if" else begun + "for i in x {\n" * 50
    said = outcome(deep + LAST)
    assert said.count("error[E0112]") == 1
    assert said.count("error[") == 2
    assert "error[E0114]" in said  # the mistake in the last net


@pytest.mark.parametrize("body", BODIES)
def test_work_on_mistakes_in_nested_bodies_is_linear(body: str) -> None:
    first, _, other = f"{BODIES[body][0]}\n".partition("\n")
    begun, opening = f"net a {{\n{first}\n", other or f"{first}\n"
    short, long = (begun + opening * (size // len(opening)) for size in (10_000, 40_000))
    outcome(short)
    assert _steps(long) < 1.1 * 4 * _steps(short)


def test_a_body_in_a_recipe_is_a_section_and_a_mistake_in_it_is_told_alone() -> None:
    said = outcome("train t {\n    model: x\n    relu {\n        relu\n    }\n    data: y\n}\n")
    assert said.count("error[") == 1
    assert said.startswith("error[E0126]: the line ends in the middle of a statement")


def test_a_huge_text_is_refused_unread() -> None:
    text = " " * (MAX_CHARACTERS + 1)
    assert outcome(text).startswith("error[E0018]")
    assert _steps(text) < 5_000


@pytest.mark.parametrize(
    ("text", "item"),
    [("block b(@) { relu }", "p{}=1"), ("x = len(@)", "{}"), ("x = f(@)", "a{}=1")],
)
def test_a_list_of_parameters_or_arguments_has_an_end(text: str, item: str) -> None:
    def of(count: int) -> str:
        items = ", ".join(item.format(number) for number in range(count))
        return outcome(text.replace("@", items) + "\n")

    assert "E0905" not in of(MAX_ARGUMENTS)
    said = of(MAX_ARGUMENTS + 1)
    assert said.startswith("error[E0905]")
    assert said.count("error[") == 1
    assert of(40 * MAX_ARGUMENTS).count("error[") == 1


def test_a_string_without_its_end_is_read_once() -> None:
    text = 'net a {\n    input x: [4]\n    "' + "x" * 1_000_000
    assert outcome(text).startswith("error[E0104]")
    assert _steps(text) < 20_000


def lines(count: int) -> str:
    layers = (f"    l{i}: conv({i % 512 + 1}, 3x3, pad=1) -> relu\n" for i in range(count))
    return f"net n {{\n    input x: [3, 8, 8]\n{''.join(layers)}}}\n"


def test_work_is_linear() -> None:
    short, long = (Source("test.net", lines(count)) for count in (500, 4_000))
    parse(short)
    assert steps_of(lambda: parse(long)) < 1.1 * 8 * steps_of(lambda: parse(short))


def test_a_byte_order_mark_and_windows_lines_are_read() -> None:
    text = "\ufeffnet n {\r\n    input x: [1]\r\n    relu\r\n}\r\n"
    assert not outcome(text)
