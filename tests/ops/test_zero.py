"""Zero has no sign: equal steps are made one, so equal arguments must be the same."""

from __future__ import annotations

from math import copysign

import pytest

from netlang.ir.arguments import Kind, Mismatch, signature
from netlang.ir.op import Op
from netlang.ops import all_operators

KINDS = [(each.name, each.kind) for op in all_operators() for each in signature(op)]


def taken(kind: Kind) -> list[float]:
    """What becomes of -0.0 as an argument; nothing if it is none."""
    try:
        value = kind.convert(-0.0)
    except Mismatch:
        return []
    return [value] if isinstance(value, float) else []


@pytest.mark.parametrize("op", all_operators(), ids=lambda op: op.name)
def test_no_argument_is_minus_zero(op: type[Op]) -> None:
    for argument in signature(op):
        try:
            value = argument.kind.convert(-0.0)
        except Mismatch:
            continue
        assert isinstance(value, float)
        assert copysign(1.0, value) == 1.0, argument.name


def test_some_arguments_take_zero() -> None:
    assert {name for name, kind in KINDS if taken(kind)} >= {"negative_slope", "alpha"}
