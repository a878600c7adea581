"""Verifies a program: its sizes and conditions, and every function that it calls."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from netlang.diagnostics.errors import InternalError
from netlang.ir.program import Function, Program
from netlang.ir.repeats import first_times
from netlang.ir.types import DType, float_type
from netlang.ir.verify.function import FunctionCheck
from netlang.ir.verify.places import speak_of, stands_in_its_source

__all__ = ["verify", "verify_function"]


def verify(program: Program, moved: Collection[str] = ()) -> None:
    """Check every invariant of a program; raises `InternalError` at the first that is broken.

    The steps of the modules `moved` may be left out, or have the path of a later step.
    """
    names = [size.name for size in program.sizes]
    if len(set(names)) != len(names) or "N" in names:
        raise InternalError(f"{program.name}: sizes {names} aren't named once each")
    known = {"N", *names}
    for condition in program.conditions:
        constraint = condition.constraint
        speak_of((constraint.left, constraint.right), known, f"condition {constraint}")
        stands_in_its_source(condition.span, f"condition {constraint}")
    verify_function(program.net, program.defaults, moved)


def verify_function(net: Function, sizes: Mapping[str, int], moved: Collection[str] = ()) -> None:
    """Check every invariant of a function and of everything that it calls.

    `sizes` has a value for each symbol, at which the net runs. Raises `InternalError`.
    """
    floats = float_type(port.type for port in net.inputs) or DType.FLOAT32
    done: set[Function] = set()
    waiting = [net]
    while waiting:
        function = waiting.pop()
        if function in done:
            continue
        done.add(function)
        FunctionCheck(function, sizes, floats, moved).run()
        waiting += [node.callee for node in first_times(function.items)
                    if isinstance(node.callee, Function)]  # fmt: skip
