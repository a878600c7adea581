"""Rules of elementwise operators that have none of their own: one of the cases that they bring."""

from __future__ import annotations

from netlang.ir.op import Op
from netlang.ops import all_operators
from tests.campaigns.elementwise import is_elementwise
from tests.campaigns.generator.draw import Draw
from tests.campaigns.generator.model import Value
from tests.campaigns.generator.rules.arithmetic import BOUNDED, POSITIVE
from tests.campaigns.generator.rules.base import JOINS, SOURCES, STEPS, Step

__all__ = ["add_derived", "rule_of"]


def add_derived() -> None:
    """Add the rules that are missing, once all others are there."""
    known = {*STEPS, *JOINS, *SOURCES, *BOUNDED, *POSITIVE}
    for kind in all_operators():
        if kind.name not in known and is_elementwise(kind):
            STEPS[kind.name] = rule_of(kind)


def rule_of(kind: type[Op]) -> Step:
    """The rule that an elementwise operator gets."""
    drawn = [case.op for case in kind.cases()]

    def rule(draw: Draw, x: Value) -> Op | None:
        return draw.pick(drawn) if x.type.dtype.is_float else None

    return rule
