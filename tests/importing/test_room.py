"""How much memory the values of a program take at once, and how much a file's size justifies."""

from __future__ import annotations

import pytest

from netlang.backends.torch.importing.limits.peak import peak_bytes, sizes_at
from netlang.backends.torch.importing.limits.room import Room
from netlang.elaborate import elaborate_target, resolve_text
from netlang.ir.program import Program


def _program(body: str, more: str = "") -> Program:
    return elaborate_target(
        resolve_text(f"{more}\nnet a {{\n    input x: [4, H=8]\n{body}}}\n", None)
    )


@pytest.mark.parametrize(
    ("body", "values"),
    [
        ("    relu\n", 1),
        ("    relu\n    relu\n    relu\n", 2),
        ("    a: relu\n    b: relu\n    c: relu\n    (a, b, c) -> add\n", 4),
        ("    a: relu\n    b: relu\n    c: relu\n    (a, c) -> add\n", 3),
        ("    half\n    half\n", 4),
    ],
)
def test_values_that_are_there_at_once(body: str, values: int) -> None:
    half = "block half {\n    a: relu\n    b: relu\n    (a, b) -> add\n}\n"
    program = _program(body, half)
    for size in (8, 16):
        sizes = sizes_at(program, [(3, 4, size)])
        assert sizes == {"N": 3, "H": size}
        # The input and the output are there three times.
        assert peak_bytes(program, sizes) == (values + 6) * 3 * 4 * size * 4


def test_room_grows_with_the_file() -> None:
    program = _program("    relu\n")
    small, large = Room(1000), Room(100 << 20)
    sizes = {"N": 2, "H": 2_000_000}
    assert not small.holds(program, sizes)
    assert large.holds(program, sizes)
    assert Room(1000, large=True).holds(program, sizes)
    assert small.numbers < large.numbers
    assert small.all_numbers < large.all_numbers


def test_a_value_may_have_the_numbers_of_a_large_file() -> None:
    """LLaMA 3 has a table of 128,256 words of 4,096 features, which a file turns."""
    words = 128_256 * 4_096
    assert Room(1 << 20, large=True).numbers < words <= Room(4 * words, large=True).numbers
    assert Room(4 * words).numbers < words
