"""The function that lowers operators, found by type, and the operators that ONNX can't express."""

from __future__ import annotations

from functools import singledispatch

from netlang.backends.lowerings import load_installed
from netlang.backends.onnx.emitter import Emitter
from netlang.diagnostics.errors import InternalError
from netlang.ir.op import Op

__all__ = ["UNSUPPORTED", "lower", "lowered"]

# Operators without an ONNX form, and why.
UNSUPPORTED: dict[type[Op], str] = {}


@singledispatch
def lower(op: Op, emit: Emitter) -> tuple[str, ...]:
    """Emit the nodes of `op`; returns the names of its outputs."""
    if load_installed("onnx") and lower.dispatch(type(op)) is not lower.dispatch(Op):
        return lower(op, emit)
    raise InternalError(f"`{op.name}` has no ONNX lowering")


def lowered(kind: type[Op]) -> bool:
    """Whether `kind` has a lowering of its own."""
    return kind in lower.registry
