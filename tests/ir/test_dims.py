"""Symbolic sizes against plain integer arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlang.ir.dims import (
    Dim,
    Expr,
    ceil_div,
    evaluate,
    floor_div,
    floors_of,
    substitute,
    symbol,
    symbols_of,
)
from netlang.ir.numbers.provenance import ParameterOrigin, Traced

H, W, N = symbol("H"), symbol("W"), symbol("N")
NAMES = ("H", "W", "N")

sizes = st.fixed_dictionaries({name: st.integers(1, 300) for name in NAMES})
small = st.integers(-40, 40)
divisors = st.integers(1, 12)
leaves = st.one_of(small, st.sampled_from([H, W, N]))


def grown(children: st.SearchStrategy[Dim]) -> st.SearchStrategy[Dim]:
    return st.one_of(
        st.tuples(children, children).map(lambda pair: pair[0] + pair[1]),
        st.tuples(children, children).map(lambda pair: pair[0] - pair[1]),
        st.tuples(children, children).map(lambda pair: pair[0] * pair[1]),
        st.tuples(children, divisors).map(lambda pair: floor_div(pair[0], pair[1])),
        st.tuples(children, divisors).map(lambda pair: ceil_div(pair[0], pair[1])),
    )


dims: st.SearchStrategy[Dim] = st.recursive(leaves, grown, max_leaves=8)


@given(dims, dims, sizes)
def test_sum_difference_product_are_those_of_the_values(a: Dim, b: Dim, at: dict[str, int]) -> None:
    x, y = evaluate(a, at), evaluate(b, at)
    assert evaluate(a + b, at) == x + y
    assert evaluate(a - b, at) == x - y
    assert evaluate(a * b, at) == x * y


@given(dims, divisors, sizes)
def test_divisions_round_as_pythons(a: Dim, divisor: int, at: dict[str, int]) -> None:
    x = evaluate(a, at)
    assert evaluate(floor_div(a, divisor), at) == x // divisor
    assert evaluate(ceil_div(a, divisor), at) == -(-x // divisor)
    assert evaluate(a - floor_div(a, divisor) * divisor, at) == x % divisor


@given(dims, dims, dims)
def test_equal_polynomials_are_equal_objects(a: Dim, b: Dim, c: Dim) -> None:
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a * b == b * a
    assert a * (b + c) == a * b + a * c
    assert a - a == 0
    assert hash(a + b) == hash(b + a)


@given(dims, small, divisors)
def test_whole_multiples_leave_a_floor(a: Dim, whole: int, divisor: int) -> None:
    assert floor_div(a * divisor, divisor) == a
    assert floor_div(a + whole * divisor, divisor) == floor_div(a, divisor) + whole


@given(st.sampled_from([H, W, H * W, H + W]), small, divisors, divisors)
def test_floors_of_floors_are_one_floor(a: Dim, plus: int, m: int, n: int) -> None:
    assert floor_div(floor_div(a, m) + plus, n) == floor_div(a + plus * m, m * n)


@given(dims, dims, sizes)
def test_substitution_is_evaluation_in_two_steps(a: Dim, b: Dim, at: dict[str, int]) -> None:
    inner = {**at, "H": evaluate(b, at)}
    assert evaluate(substitute(a, {"H": b}), at) == evaluate(a, inner)


@given(dims)
def test_a_constant_is_a_plain_int(a: Dim) -> None:
    if not list(symbols_of(a)):
        assert isinstance(a, int)
    else:
        assert isinstance(a, Expr)
        assert set(symbols_of(a)) <= set(NAMES)


@given(dims, sizes)
def test_text_is_python_that_gives_the_value(a: Dim, at: dict[str, int]) -> None:
    assert eval(str(a), dict(at)) == evaluate(a, at)  # our own output, not a spec's


def test_usual_networks_come_out_in_their_shortest_form() -> None:
    halved = (H - 1) // 2 + 1
    assert halved == (H + 1) // 2
    assert str((halved - 1) // 2 + 1) == "(H + 3)//4"
    assert str(2 * (H // 2)) == "2*(H//2)"
    assert (2 * H + 4) // 2 == H + 2
    assert [floor.divisor for floor in floors_of(H // 2 + W // 3)] == [2, 3]


def test_divisor_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        floor_div(H, 0)


def test_what_is_remembered_holds_no_origin() -> None:
    traced = Traced(5, ParameterOrigin("width"))
    total, quotient = H + traced, floor_div(H, traced)
    assert isinstance(total, Expr)
    assert type(total.constant) is int
    assert [type(floor.divisor) for floor in floors_of(quotient)] == [int]
    assert (H + 5, floor_div(H, 5)) == (total, quotient)
