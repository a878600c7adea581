"""Conditions on sizes are told in the shortest equivalent sentences."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
import torch

from netlang.analysis.constraints import solve
from netlang.backends.torch import build
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import floor_div, symbol
from netlang.ir.program import Condition
from netlang.ir.sizes.solve import Solution, solve_conditions
from netlang.source import Source, Span
from tests.campaigns.subject import Spec, load
from tests.work import steps_of

SPAN = Span(Source("x.net", "concat"), 0, 6)
# Steps of Python: some seconds under the counter, a fraction of one without.
MOST_STEPS = 10_000_000
CASES = Path(__file__).parent / "conditions"


# Default sizes at which the asserts hold.
SIZES = {
    "image.height % 2 == 1 and image.height >= 7": "63, 64",
    "(image.height + 1) * image.width % 4 == 3": "6, 5",
    "image.width == 2 * image.height": "32, 64",
    "image.width == 2 * image.height and image.width % 8 == 0": "32, 64",
    "image.height == image.width and image.height % 4 == 0 and image.width % 6 == 0": "60, 60",
}


def solved(body: str, sizes: str) -> Solution:
    height, width = sizes.split(", ")
    image = f"[2, H={height}, W={width}]"
    return solve(load(Spec(f"net a {{\n    input image: {image}\n    {body}\n}}\n", {}, "a")))


@pytest.mark.parametrize(
    ("name", "sentences"),
    [
        ("pyramid", ("H mod 32 and W mod 32 must be 0 or 25 to 31",)),
        ("volume", ("one of D, H and W must be at least 5",)),
        ("refused_when_run", ("H must be even", "W must be at least 8")),
        (
            "patches",
            (
                "H must be 63 to 126 mod 256 and at least 319",
                "W must be 63 to 126 mod 128 and at least 191",
            ),
        ),
    ],
)
def test_cases(name: str, sentences: tuple[str, ...]) -> None:
    assert solve(load_program(str(CASES / f"{name}.net"))).sentences == sentences


@pytest.mark.parametrize(
    ("asserts", "sentences"),
    [
        ("image.height % 2 == 1 and image.height >= 7", ("H must be odd and at least 7",)),
        ("image.height * image.width % 4 == 0", ("H*W must be a multiple of 4",)),
        ("(image.height + 1) * image.width % 4 == 3", ("(H*W + W) mod 4 must be 3",)),
        ("image.height == image.width", ("H must equal W",)),
        ("image.width == 2 * image.height", ("W must equal 2*H",)),
        (
            "image.width == 2 * image.height and image.width % 8 == 0",
            ("H must be a multiple of 4", "W must equal 2*H"),
        ),
        (
            "image.height == image.width and image.height % 4 == 0 and image.width % 6 == 0",
            ("H must be a multiple of 12", "H must equal W"),
        ),
        (
            "image.height % 4 == 0 and image.height * image.width % 4 == 0",
            ("H must be a multiple of 4",),
        ),
        ("image.height * image.width >= 50 and image.height >= 50", ("H must be at least 50",)),
        ("image.height * image.height >= 50", ("H must be at least 8",)),
        ("image.height % 1024 == 64", ("H mod 1024 must be 64",)),
        ("image.height // 8 == 2 * (image.height // 16)", ("H mod 16 must be 0 to 7",)),
        ("image.height <= 99 and image.height >= 9", ("H must be from 9 to 99",)),
        (
            "image.height // 2 == image.width // 2 and image.height // 4 == image.width // 4",
            ("H//2 must equal W//2",),
        ),
        (
            "image.height + image.width >= 9 and image.height + image.width >= 12",
            ("H + W must be at least 12",),
        ),
        ("image.height % 5000 == 64", ("H mod 5000 must be 64",)),  # beyond any table
        # A bound stands behind what it bounds, on whichever side it was written.
        ("5000 >= image.height * image.width", ("H*W must be at most 5000",)),
        ("image.height * image.width < 5000", ("H*W must be at most 4999",)),
        (
            "image.height * image.width <= 9000 - 2 * image.width",
            ("H*W + 2*W must be at most 9000",),
        ),
        ("200 > image.height + image.width", ("H + W must be at most 199",)),
        ("4096 == image.height * image.width", ("H*W must equal 4096",)),
    ],
)
def test_asserts(asserts: str, sentences: tuple[str, ...]) -> None:
    body = "\n    ".join(f"assert {each}" for each in asserts.split(" and "))
    assert solved(f"{body}\n    relu", SIZES.get(asserts, "64, 64")).sentences == sentences


def test_a_bound_that_is_broken_is_told_in_its_order() -> None:
    solution = solved("assert 144 >= image.height * image.width\n    relu", "8, 8")
    (error,) = solution.check({"H": 8, "W": 20})
    assert error.message == "`H` = 8 and `W` = 20 don't go together: H*W must be at most 144"
    assert error.help_text is not None
    assert "160 against 144" in error.help_text


@pytest.mark.parametrize("construct", ["modulus", "axes", "levels", "products"])
def test_solving_is_linear_in_what_is_written(construct: str) -> None:
    def steps(times: int) -> int:
        conditions = list(_conditions(construct, times))
        return steps_of(lambda: solve_conditions(conditions).sentences)

    steps(4)
    assert steps(400) < min(2.6 * steps(200), MOST_STEPS)


def _conditions(construct: str, times: int) -> Iterator[Condition]:
    """Distinct conditions, as many as asked for."""
    h, w = symbol("H"), symbol("W")
    for n in range(1, times + 1):
        left, right = {
            "modulus": (h % (1000 + n), 0),
            "axes": (symbol(f"A{n}") % 64, symbol(f"B{n}") % 64),
            "levels": (2 * floor_div(h, 2 * n), floor_div(h, n)),
            "products": (floor_div(h, n) * floor_div(w, n + 1) + n * h, 7 * n),
        }[construct]
        relation = Relation.AT_LEAST if construct == "products" else Relation.EQUAL
        yield Condition(Constraint(left, relation, right, "so it is"), SPAN, ())


@pytest.mark.parametrize(
    ("steps", "sizes", "sentences"),
    [
        ("conv(1, 7x7) -> reshape([1])", "7, 7", ("H and W must be 7",)),
        ("reshape([2])", "1, 1", ("H and W must be 1",)),
        ("reshape([32])", "2, 8", ("H*W must equal 16",)),
        (
            "maxpool(2x2) -> reshape([4, 8])",
            "8, 8",
            ("H and W must be at least 2", "(H//2)*(W//2) must equal 16"),
        ),
        (
            "conv(8, 3x3, stride=4, pad=1) -> conv(1, 2x2) -> reshape([1])",
            "5, 8",
            ("H and W must be from 5 to 8",),
        ),
    ],
)
def test_a_reshape_to_numbers(steps: str, sizes: str, sentences: tuple[str, ...]) -> None:
    """As `8*H*W must equal 128` or `H*W + 35 must equal 6*H + 6*W` before."""
    height, width = sizes.split(", ")
    text = f"net a {{ input image: [2, H={height}, W={width}]; {steps} }}"
    program = load(Spec(text, {}, "a"))
    assert solve(program).sentences == sentences
    conditions = [each.constraint for each in program.deployed_conditions]
    module = build(program)
    for high, wide in product(range(1, 18), repeat=2):
        try:
            with torch.no_grad():
                module(torch.zeros(1, 2, high, wide))
        except RuntimeError:
            accepted = False
        else:
            accepted = True
        met = all(each.holds({"H": high, "W": wide}) for each in conditions)
        assert met == accepted, (high, wide)


def test_a_reshape_that_no_size_allows_is_refused_in_numbers() -> None:
    with pytest.raises(NetlangError, match="E0406") as caught:
        solved("reshape([13])", "4, 4")
    assert "[13] has 13 elements, the input [2, 4, 4] has 32" in str(caught.value)
