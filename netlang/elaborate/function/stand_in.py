"""What stands in for a refused step, so that it doesn't hide the mistakes of the steps after it."""

from __future__ import annotations

from netlang.ir.op import Op, Rejection
from netlang.ir.types import Types
from netlang.ops import operator
from netlang.records import names_of, replace

__all__ = ["stand_in"]


def stand_in(op: Op, inputs: Types) -> Op | None:
    """An operator that takes what `op` refuses, with the type that any mended `op` gives.

    None if the type isn't known: it depends on how the step will be mended.
    """
    other: Op | None = None
    if op.given:
        return None  # only this operator reads the weights that are given
    if op.keeps_type:
        identity = operator("identity")
        other = identity() if identity else None
    elif op.unwritten:
        other = replace(op, told=True)
    elif "groups" in names_of(op):
        other = replace(op, groups=1)
    try:
        if other is not None:
            other.infer(inputs)
    except Rejection:
        return None
    return other
