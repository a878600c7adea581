"""Conditions on the sizes H and W, as joins of branches make them."""

from __future__ import annotations

from hypothesis import strategies as st

from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import Dim, floor_div, symbol
from netlang.ir.program import Condition
from netlang.source import Source, Span

__all__ = ["SPAN", "H", "W", "condition", "grids", "unet"]

H, W = symbol("H"), symbol("W")
SPAN = Span(Source("x.net", "concat"), 0, 6)


def condition(left: Dim, relation: str, right: Dim, reason: str = "they must agree") -> Condition:
    return Condition(Constraint(left, Relation(relation), right, reason), SPAN, ())


def unet(size: Dim) -> list[Condition]:
    """What the four joins of a U-Net ask."""
    halves = [size]
    for _ in range(4):
        halves.append(floor_div(halves[-1], 2))
    ups = [2 * half for half in halves[1:]]
    return [condition(a, "==", b) for a, b in zip(halves[:-1], ups, strict=True)]


@st.composite
def grids(draw: st.DrawFn) -> Dim:
    """Products of sizes of two symbols, as reshapes make them."""
    total: Dim = draw(st.integers(-3, 3))
    for _ in range(draw(st.integers(1, 2))):
        rows = floor_div(H + draw(st.integers(0, 3)), draw(st.integers(1, 4)))
        columns = floor_div(W + draw(st.integers(0, 3)), draw(st.integers(1, 4)))
        total = total + draw(st.integers(-4, 4)) * rows * columns
    return total
