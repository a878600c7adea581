"""The solver against brute force: what it admits is what every single size says."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from netlang.analysis.constraints import solve
from netlang.elaborate import load_program
from netlang.ir.dims import Dim, Expr, evaluate, floor_div
from netlang.ir.program import Condition
from netlang.ir.sizes.contradictions import contradictions
from netlang.ir.sizes.quasi import admitted
from netlang.ir.sizes.solve import solve_conditions
from netlang.ir.sizes.work import WorkBudget
from tests.ir.conditions import SPAN, H, W, condition, grids, unet
from tests.work import counted

UP_TO = 500


def holds_as_text(texts: tuple[str, ...], size: int) -> bool:
    """Reads the reported conditions as Python, which writes them the same way."""
    return all(eval(text, {"H": size}) for text in texts)  # our own output, not a spec's


@st.composite
def sums(draw: st.DrawFn, depth: int = 2) -> Dim:
    """Quasi-linear dims as networks make them: sums of floors of such sums."""
    total: Dim = draw(st.integers(-20, 20)) + draw(st.integers(-2, 2)) * H
    for _ in range(draw(st.integers(0, 2)) if depth else 0):
        inner = draw(sums(depth - 1))
        total = total + draw(st.integers(-2, 2)) * floor_div(inner, draw(st.integers(2, 6)))
    return total


conditions = st.builds(condition, sums(), st.sampled_from(["==", ">="]), sums())


@settings(max_examples=100)
@given(st.lists(conditions, min_size=1, max_size=3))
def test_solution_equals_brute_force(found: list[Condition]) -> None:
    solution = solve_conditions(found)
    works = {s for s in range(1, UP_TO) if all(c.constraint.holds({"H": s}) for c in found)}
    impossible = contradictions(found)
    assert not (works and impossible)
    if impossible:
        return
    for size in (1, 2, 37, 480, *sorted(works)[:3]):
        assert bool(solution.check({"H": size})) == (size not in works)
    assert {s for s in range(1, UP_TO) if holds_as_text(solution.texts, s)} == works
    for part in solution.symbols:
        assert {s for s in range(1, UP_TO) if part.works(s)} == works


@settings(max_examples=100)
@given(conditions)
def test_one_condition_equals_brute_force(found: Condition) -> None:
    if not set(str(found.constraint)) & {"H"} or isinstance(
        found.constraint.left - found.constraint.right, int
    ):
        return
    sizes = admitted(found.constraint, "H", WorkBudget())
    assert sizes is not None
    for size in range(1, UP_TO):
        assert (size in sizes) == found.constraint.holds({"H": size})


def test_unet_sizes_are_multiples_of_16() -> None:
    solution = solve_conditions(unet(H) + unet(W))
    assert solution.texts == ("H % 16 == 0", "W % 16 == 0")
    assert solution.sentences == ("H and W must be multiples of 16",)
    (error,) = solution.check({"H": 250, "W": 256})
    assert error.code == "E0451"
    assert error.message == "`H` = 250 breaks: H must be a multiple of 16"
    assert error.help_text == "H=240 and H=256 are the nearest sizes that work"
    assert error.span == SPAN
    assert not solution.check({"H": 16, "W": 992})


@pytest.mark.parametrize(
    ("found", "texts", "sentence"),
    [
        (
            [condition(H, "==", 32 * floor_div(H, 32)), condition(H, ">=", 33)],
            ("H % 32 == 0", "H >= 64"),
            "H must be a multiple of 32 and at least 64",
        ),
        ([condition(floor_div(H, 32), ">=", 1)], ("H >= 32",), "H must be at least 32"),
        (
            [condition(floor_div(H, 8), "==", 2 * floor_div(H, 16))],
            ("H % 16 <= 7",),
            "H mod 16 must be 0 to 7",
        ),
        (
            [condition(floor_div(H - 5, 4) * 4 + 5, "==", H)],
            ("H % 4 == 1",),
            "H mod 4 must be 1",
        ),
        ([condition(floor_div(H, 32), "==", 7)], ("H >= 224", "H <= 255"), None),
        ([condition(2 * H, "==", 64)], ("H == 32",), "H must be 32"),
        ([condition(H, ">=", 1)], (), None),
        ([condition(H * W, "==", 2 * floor_div(H, 2) * W)], ("H % 2 == 0",), None),
        (
            [condition(floor_div(H, 5), "==", floor_div(H + 3, 5))],
            ("H % 5 <= 1",),
            "H mod 5 must be 0 or 1",
        ),
        (
            [condition(7 * floor_div(H, 8191), "==", 0)],
            ("7*(H//8191) == 0",),
            "7*(H//8191) must equal 0",
        ),
    ],
)
def test_texts(found: list[Condition], texts: tuple[str, ...], sentence: str | None) -> None:
    solution = solve_conditions(found)
    assert solution.texts == texts
    if sentence:
        assert solution.sentences == (sentence,)


def test_long_periods_are_checked_by_evaluation() -> None:
    solution = solve_conditions([condition(floor_div(H, 8191) * 8191, "==", H)])
    assert not solution.check({"H": 16382})
    (error,) = solution.check({"H": 16383})
    assert error.help_text == "H=16382 and H=24573 are the nearest sizes that work"


def test_conditions_on_several_sizes_are_checked_by_evaluation() -> None:
    solution = solve_conditions([condition(floor_div(H, 2), "==", W)])
    assert solution.texts == ("H//2 == W",)
    assert not solution.check({"H": 9, "W": 4})
    (error,) = solution.check({"H": 8, "W": 5})
    assert error.code == "E0452"
    assert error.message == "`H` = 8 and `W` = 5 don't go together: H//2 must equal W"


@settings(max_examples=200)
@given(st.builds(condition, grids(), st.sampled_from(["==", ">="]), grids()))
def test_two_sizes_equal_brute_force(found: Condition) -> None:
    solution = solve_conditions([found])
    impossible = contradictions([found])
    for height, width in itertools.product(range(1, 30), repeat=2):
        sizes = {"H": height, "W": width}
        holds = found.constraint.holds(sizes)
        assert not (holds and impossible)
        if not impossible:
            refused = any(not part.works(sizes[part.name]) for part in solution.symbols)
            kept = all(one.holds(sizes) for one in solution.joint)
            assert (kept and not refused) == holds


@pytest.mark.parametrize(
    ("found", "texts"),
    [
        (  # four patches become channels
            condition(4 * floor_div(H, 2) * floor_div(W, 2), "==", H * W),
            ("H % 2 == 0", "W % 2 == 0"),
        ),
        (
            condition(15 * floor_div(H, 3) * floor_div(W, 5), "==", H * W),
            ("H % 3 == 0", "W % 5 == 0"),
        ),
        (condition(H * W, ">=", floor_div(H, 2) * W), ()),
        (condition(floor_div(H, 2) + W, "==", H + floor_div(W, 2)), None),
        (condition(H * W, ">=", 100), None),
        (condition(floor_div(H * W, 4) * 4, "==", H * W), ("H*W % 4 == 0",)),
    ],
)
def test_conditions_on_two_sizes_come_apart(
    found: Condition, texts: tuple[str, ...] | None
) -> None:
    solution = solve_conditions([found])
    assert solution.texts == ((str(found.constraint),) if texts is None else texts)
    for height in range(1, 40):
        for width in range(1, 40):
            sizes = {"H": height, "W": width}
            assert (not solution.check(sizes)) == found.constraint.holds(sizes)


@st.composite
def rising_sums(draw: st.DrawFn, depth: int = 12) -> Dim:
    """Sums as alternating strides make them, of periods far beyond those that are looked at."""
    total: Dim = draw(st.integers(-20, 20)) + draw(st.integers(0, 2)) * H
    if depth:
        inner = draw(rising_sums(depth - 1))
        total = total + draw(st.integers(1, 3)) * floor_div(inner, draw(st.integers(2, 7)))
    return total


@given(rising_sums(), st.sampled_from([1, -1]), st.integers(-300, 300))
def test_bounds_of_any_period_are_decided(left: Dim, sign: int, right: int) -> None:
    found = condition(sign * left, ">=", right)
    assume(isinstance(found.constraint.difference, Expr))
    sizes = admitted(found.constraint, "H", WorkBudget())
    assert sizes is not None
    for size in range(1, UP_TO):
        assert (size in sizes) == found.constraint.holds({"H": size})


@pytest.mark.parametrize(
    "steps",
    [
        ["maxpool(2, stride=3)", "conv_transpose(2, 2, stride=2)"],
        ["maxpool(3, stride=2)", "conv_transpose(2, 2, stride=3)"],
    ],
)
def test_alternating_strides_end_in_one_bound(steps: list[str], tmp_path: Path) -> None:
    body = " -> ".join(steps * 40)
    path = tmp_path / "a.net"
    path.write_text(f"net a {{\n    input x: [2, H=10**9]\n    {body}\n}}\n", encoding="utf-8")
    with counted(600_000):
        (sentence,) = solve(load_program(str(path))).sentences
    assert re.fullmatch(r"H must be at least \d+", sentence)


def test_a_condition_that_nobody_would_read_is_not_told_in_words() -> None:
    value: Dim = H
    for _ in range(60):
        value = 2 * floor_div(value + 2, 3)
    found = solve_conditions([condition(value, "==", 7 * floor_div(value, 7))])
    (sentence,) = found.sentences
    assert re.fullmatch(
        r"H must meet a condition of \d+ characters \(see `summary --format json`\)", sentence
    )
    for size in range(1, 99):
        assert holds_as_text(found.texts, size) == (evaluate(value, {"H": size}) % 7 == 0)
