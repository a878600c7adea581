"""Conditions that no size meets: the steps that contradict each other are named."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from netlang.ir.dims import floor_div, symbol
from netlang.ir.program import Condition
from netlang.ir.sizes.contradictions import contradictions
from netlang.ir.sizes.solve import solve_conditions
from tests.ir.conditions import H, W, condition, grids, unet


def test_contradictions_name_both_steps() -> None:
    odd = condition(2 * floor_div(H, 2) + 1, "==", H, "the branches must agree")
    (error,) = contradictions([*unet(H), odd])
    assert error.code == "E0455"
    assert error.message.startswith("no `H` works: ")
    assert len(error.notes) == 1
    (alone,) = contradictions([condition(H + 1, "==", H)])
    assert alone.code == "E0456"
    (too_small,) = contradictions([condition(0, ">=", H)])
    assert too_small.code == "E0456"
    assert not contradictions(unet(H))


def test_contradictions_of_two_sizes() -> None:
    even = [condition(2 * floor_div(size, 2), "==", size) for size in (H, W)]
    total = condition(2 * floor_div(H + W, 2) + 1, "==", H + W, "the sum must be odd")
    (error,) = contradictions([*even, total])
    assert error.code == "E0455"
    assert error.message == "no `H` works: H must be even and H must be odd"
    assert [note.text for note in error.notes] == ["but here H must be even"]
    assert not contradictions([even[0], total])
    assert len(contradictions([*even, condition(2 * floor_div(H, 2) + 1, "==", H), total])) == 1


@settings(max_examples=50)
@given(
    st.builds(condition, grids(), st.just("=="), grids()),
    st.integers(2, 4), st.integers(0, 3), st.integers(2, 4), st.integers(0, 3),
)  # fmt: skip
def test_contradictions_of_two_sizes_are_ones(
    both: Condition, rows: int, top: int, columns: int, left: int
) -> None:
    """Given the residues of each, what is refused altogether holds nowhere."""
    own = [
        condition(period * floor_div(size, period) + rest % period, "==", size)
        for size, period, rest in ((H, rows, top), (W, columns, left))
    ]
    impossible = contradictions([*own, both])
    solution = solve_conditions([*own, both])
    for height, width in itertools.product(range(1, 14), repeat=2):
        sizes = {"H": height, "W": width}
        holds = all(one.constraint.holds(sizes) for one in (*own, both))
        assert not (holds and impossible)
        assert impossible or holds == (not solution.check(sizes))


def test_contradictions_of_three_sizes() -> None:
    """Given what any two must be, nothing is left for the third."""
    fourth = symbol("D")
    sizes = (fourth, H, W)
    even = [condition(2 * floor_div(size, 2), "==", size) for size in sizes]
    product = condition(8 * floor_div(fourth * H * W, 8) + 1, "==", fourth * H * W)
    errors = contradictions([*even, product])
    assert [error.code for error in errors] == ["E0455"]
