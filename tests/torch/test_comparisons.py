"""What the docstrings of classes say of their arguments: short, and true where it was before."""

from __future__ import annotations

import re
from itertools import product

import pytest

from netlang.backends.torch import emit
from netlang.backends.torch.emit.arguments.comparisons import simplified
from netlang.backends.torch.emit.arguments.formulas import (
    Formula,
    Variable,
    expression,
    value_of,
)
from netlang.backends.torch.python.printer import flat
from netlang.elaborate import load_program
from netlang.ir.numbers.provenance import BinaryOrigin, CallOrigin, InputOrigin, ParameterOrigin

X: Variable
Y: Variable
P: Variable
X, Y, P = InputOrigin(0, 1), InputOrigin(0, 2), ParameterOrigin("p")


def to(operator: str, left: Formula, right: Formula) -> BinaryOrigin:
    return BinaryOrigin(operator, left, right)


def compare(function: str, left: Formula, right: Formula) -> CallOrigin:
    return CallOrigin(function, (left, right))


def below(x: Formula, size: int) -> BinaryOrigin:
    """How much ``x`` lacks of a multiple."""
    return to("%", CallOrigin("neg", (x,)), size)


def whole(x: Formula, size: int) -> BinaryOrigin:
    return to("*", size, to("//", to("+", x, below(x, size)), size))


PADDED = [compare("==", below(whole(X, 8), 8), 0), compare("<=", below(X, 8), 0)]
HALF = to("//", X, 2)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ([compare("<=", to("+", below(X, 8), below(Y, 4)), 0)], ["x % 8 == 0", "y % 4 == 0"]),
        ([compare("==", whole(X, 8), X), compare("<=", below(X, 8), 0)], ["x % 8 == 0"]),
        (PADDED, ["x % 8 == 0"]),
        ([compare("<=", below(X, 8), 0), compare("==", to("%", X, 4), 0)], ["x % 8 == 0"]),
        ([compare("==", to("*", 2, HALF), X), compare("==", to("*", 4, HALF), Y)],
         ["x % 2 == 0", "2 * x == y"]),
        ([compare("==", to("*", 3, X), 96)], ["x == 32"]),
        ([compare(">=", to("*", 2, X), 0), compare("!=", to("+", X, Y), 1)], []),
        ([compare(">=", to("*", 2, P), 0)], ["p >= 0"]),
        ([compare("==", to("//", to("*", to("//", X, 3), P), P), Y)], ["x // 3 == y"]),
        ([compare(">", to("//", to("+", X, 6), 7), 1), compare(">", X, 7)], ["x > 7"]),
        ([compare("<=", to("//", HALF, 3), 2), compare("<", to("//", Y, 4), 3)],
         ["x <= 17", "y < 12"]),
        ([compare(">=", to("//", X, 4), 3), compare(">=", to("//", P, 4), 1)],
         ["x >= 12", "p // 4 >= 1"]),
        ([compare(">", to("+", below(X, 8), below(Y, 8)), 0)], ["-x % 8 + -y % 8 > 0"]),
    ],
)  # fmt: skip
def test_comparisons_are_short(found: list[CallOrigin], told: list[str]) -> None:
    short = simplified(found)
    names = {X: "x", Y: "y", P: "p"}
    texts = (
        [flat(expression(side, names)) for side in each.arguments] + [each.function]
        for each in short
    )
    assert [f"{left} {function} {right}" for left, right, function in texts] == told
    for x, y, p in product(range(1, 35), range(1, 35), (1, 2, 5)):
        given = {X: x, Y: y, P: p}
        before, after = (all(value_of(each, given) for each in row) for row in (found, short))
        assert before == after


def test_a_table_of_a_grid_is_its_axes() -> None:
    text = emit(load_program("swin_v2_t"))
    assert text.count("    grid(\n") == 2
    assert text.count("[-1.0566416671474375") == 0
    assert text.count("-1.0566416671474375,") == text.count("repeat=2,") == 2


def test_what_windows_ask_is_told_in_a_line() -> None:
    text = " ".join(emit(load_program("swin_v2_t")).split())
    where = "height % 8 == 0 and width % 8 == 0 and height > 8 and width > 8 and heads > 1."
    assert re.search(rf"Block `unit` of swin_v2.net, line \d+, where {re.escape(where)}", text)
