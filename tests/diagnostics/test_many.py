"""Many mistakes: each reported once, the first hundred shown, the others counted up to a bound."""

from __future__ import annotations

import re

import pytest

from netlang.diagnostics.language.names import UnknownName
from netlang.diagnostics.many import MOST_COUNTED, MOST_ERRORS, Reported, distinct, limited
from netlang.source import Source, Span
from tests.support import check_source

PLACE = Span(Source("a.net", "relu gelu"), 0, 4)


def unknown(name: str, span: Span = PLACE) -> UnknownName:
    return UnknownName(span=span, name=name, fix=None)


def test_a_mistake_is_told_once() -> None:
    one, same, other = unknown("a"), unknown("a"), unknown("b")
    elsewhere = unknown("a", Span(PLACE.source, 5, 9))
    assert distinct([one, one, same, other, elsewhere, other]) == (one, other, elsewhere)


def test_a_mistake_that_is_reached_on_two_ways_may_be_told_twice() -> None:
    reported = Reported()
    assert [reported.is_new(unknown("a"), way) for way in (1, 2, 1)] == [True, True, False]


BODIES = [
    "net a {{\n    input x: [4]\n{}}}\n",
    "net a {{\n    input x: [4]\n    add {{\n{}    }}\n}}\n",
    "block b {{\n{}}}\n",
]


def last_of(body: str, mistakes: int) -> str:
    steps = "".join(f"    conw{number}(widht{number})\n" for number in range(mistakes // 2))
    steps += "    conw\n" * (mistakes % 2)
    last = limited(check_source(Source("a.net", body.format(steps))))[-1]
    assert last.code == "E0127"
    return last.message


@pytest.mark.parametrize("body", BODIES)
def test_a_thousand_mistakes_are_counted(body: str) -> None:
    assert last_of(body, MOST_COUNTED) == f"and {MOST_COUNTED - MOST_ERRORS} more errors not shown"


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("mistakes", [MOST_COUNTED + 1, 5 * MOST_COUNTED])
def test_of_more_it_is_said_that_there_are_at_least_so_many(body: str, mistakes: int) -> None:
    found = re.fullmatch(r"and at least (\d+) more errors not shown", last_of(body, mistakes))
    assert found
    more = int(found[1]) + MOST_ERRORS
    assert MOST_COUNTED < more <= min(mistakes, MOST_COUNTED + 2)


def test_if_a_mistake_of_a_block_ends_the_check_it_is_said_that_the_rest_is_not_checked() -> None:
    block = "block b(n) {\n    conv(8 * (n + 1), 3x3, groups=2)\n}\n"
    calls = "".join(f"    x -> b({number})\n" for number in range(MOST_COUNTED + 100))
    net = f"net main {{\n    input x: [3, 32, 32]\n{calls}}}\n"
    first, *others = limited(distinct(check_source(Source("a.net", block + net))))
    assert (first.code, first.severity) == ("E0402", "error")
    reported = [(each.code, each.severity, each.message) for each in others]
    assert reported == [("E0127", "error", "too many errors: the rest is not checked")]


def commas(mistakes: int) -> str:
    return "block b {\n" + "    conv 3\n" * mistakes + "}\n"


NET = "net a {\n    input x: [4]\n    b\n    c\n}\n"
BLOCK = "block c {\n    conw\n    conv 3\n}\n"


@pytest.mark.parametrize("mistakes", [MOST_COUNTED + 1, 3 * MOST_COUNTED])
def test_after_a_thousand_mistakes_of_syntax_each_ends_its_definition(mistakes: int) -> None:
    """What other definitions say isn't lost, so no name is reported as unknown."""
    found = check_source(Source("a.net", commas(mistakes) + NET + BLOCK))
    assert {each.code for each in found} == {"E0101", "E0127", "E0201"}
    last = limited(found)[-1]
    more = MOST_COUNTED - MOST_ERRORS
    assert last.message == f"and at least {more + 3} more errors not shown"


def test_a_thousand_mistakes_of_syntax_are_all_counted() -> None:
    *found, last = limited(
        check_source(Source("a.net", commas(MOST_COUNTED) + NET + BLOCK[:9] + " relu }\n"))
    )
    assert len(found) == MOST_ERRORS
    assert last.message == f"and {MOST_COUNTED - MOST_ERRORS} more errors not shown"
