"""Finds the wrong padding of a step whose branch comes out smaller or larger than the others."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.advice.edits import argument_of, enclosing, with_arguments
from netlang.diagnostics.diagnostic import Edit, Fix
from netlang.diagnostics.language.branches import BranchesDiffer, ConcatMismatch
from netlang.ir.arguments import signature
from netlang.ops import operator
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["padded"]

_KERNEL, _PAD, _STRIDE, _DILATION = "kernel", "pad", "stride", "dilation"


def padded(
    found: BranchesDiffer | ConcatMismatch, file: ast.File, origins: tuple[Span, ...]
) -> Fix | None:
    """The `pad` with which a branch keeps its sizes, if a single step makes the difference."""
    shapes = (found.expected.numbers, found.received.numbers)
    if len(shapes[0]) != len(shapes[1]) or len(shapes[0]) < 2:
        return None
    differences = {a - b for a, b in zip(shapes[0][1:], shapes[1][1:], strict=True)}
    if len(differences) != 1 or 0 in differences:
        return None
    by = differences.pop()
    if isinstance(found, BranchesDiffer) and shapes[0][0] != shapes[1][0]:
        return None
    smaller, larger = (found.second, found.first) if by > 0 else (found.first, found.second)
    steps = [
        *((call, lost) for call, lost in _changing(file, origins[smaller - 1]) if lost > 0),
        *((call, lost) for call, lost in _changing(file, origins[larger - 1]) if lost < 0),
    ]
    if len(steps) != 1 or abs(steps[0][1]) != abs(by):
        return None
    call, lost_by = steps[0]
    pad = _reach(call) // 2
    written = argument_of(call, _PAD)
    edit = Edit(written.span, str(pad)) if written else with_arguments(call.span, [f"pad={pad}"])
    change = f"smaller by {lost_by}" if lost_by > 0 else f"larger by {-lost_by}"
    return Fix(f"`{call.span.text}` makes its branch {change}: give it `pad={pad}`", (edit,))


def _changing(file: ast.File, end: Span) -> Iterator[tuple[ast.Apply, int]]:
    """The steps of the path up to `end` whose padding doesn't fit, and by how much they shrink.

    Those that pad too much shrink by less than nothing.
    """
    path = enclosing(file, end, ast.Path)
    for step in path.steps if path else ():
        call = step.action
        if step.span.start > end.start or not isinstance(call, ast.Apply):
            continue
        op = operator(call.name)
        if op is None or not {_KERNEL, _PAD} <= {item.name for item in signature(op)}:
            continue
        reach, pad = _reach(call), _number(argument_of(call, _PAD), 0)
        fits = reach >= 0 and reach % 2 == 0 and pad >= 0
        if fits and reach != 2 * pad and _number(argument_of(call, _STRIDE), 1) == 1:
            yield call, reach - 2 * pad


def _reach(call: ast.Apply) -> int:
    """How many places fewer a window has than its input, without padding; -1 if unknown."""
    kernel = _number(argument_of(call, _KERNEL), 0)
    dilation = _number(argument_of(call, _DILATION), 1)
    return dilation * (kernel - 1) if kernel > 0 and dilation > 0 else -1


def _number(expr: ast.Expr | None, absent: int) -> int:
    """A whole number or equal dims; `absent` if missing, -1 for anything else."""
    if expr is None:
        return absent
    if isinstance(expr, ast.Number) and isinstance(expr.value, int):
        return expr.value
    if isinstance(expr, ast.Dims) and len(set(expr.sizes)) == 1:
        return expr.sizes[0]
    return -1
