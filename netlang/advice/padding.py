"""Finds the missing padding of a step whose branch comes out smaller than the others."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.advice.edits import enclosing, with_arguments
from netlang.diagnostics.diagnostic import Edit, Fix
from netlang.diagnostics.language.branches import BranchesDiffer, ConcatMismatch
from netlang.ir.arguments import signature
from netlang.ops import operator
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["padded"]

_KERNEL, _PAD, _STRIDE = "kernel", "pad", "stride"


def padded(
    found: BranchesDiffer | ConcatMismatch, file: ast.File, origins: tuple[Span, ...]
) -> Fix | None:
    """Adds `pad` so that the smaller branch keeps its sizes, if a single step of it shrinks."""
    shapes = (found.expected.numbers, found.received.numbers)
    if len(shapes[0]) != len(shapes[1]) or len(shapes[0]) < 2:
        return None
    lost = {a - b for a, b in zip(shapes[0][1:], shapes[1][1:], strict=True)}
    if len(lost) != 1 or 0 in lost:
        return None
    by = lost.pop()
    branch = found.second if by > 0 else found.first
    if isinstance(found, BranchesDiffer) and shapes[0][0] != shapes[1][0]:
        return None
    shrinking = list(_shrinking(file, origins[branch - 1]))
    if len(shrinking) != 1 or shrinking[0][1] != abs(by):
        return None
    call, _ = shrinking[0]
    pad = (_number(_argument(call, _KERNEL), 1) - 1) // 2
    written = _argument(call, _PAD)
    edit = Edit(written.span, str(pad)) if written else with_arguments(call.span, [f"pad={pad}"])
    advice = f"`{call.span.text}` makes its branch smaller by {abs(by)}: give it `pad={pad}`"
    return Fix(advice, (edit,))


def _shrinking(file: ast.File, end: Span) -> Iterator[tuple[ast.Apply, int]]:
    """The steps of the path up to `end` that shrink their input for lack of padding."""
    path = enclosing(file, end, ast.Path)
    for step in path.steps if path else ():
        call = step.action
        if step.span.start > end.start or not isinstance(call, ast.Apply):
            continue
        op = operator(call.name)
        if op is None or not {_KERNEL, _PAD} <= {item.name for item in signature(op)}:
            continue
        kernel, pad = _number(_argument(call, _KERNEL), 0), _number(_argument(call, _PAD), 0)
        by = kernel - 1 - 2 * pad
        if kernel % 2 and pad >= 0 and by > 0 and _number(_argument(call, _STRIDE), 1) == 1:
            yield call, by


def _argument(call: ast.Apply, name: str) -> ast.Expr | None:
    """The argument of an operator, given by name or by position."""
    op = operator(call.name)
    names = [item.name for item in signature(op)] if op else []
    for place, argument in enumerate(call.arguments or ()):
        if isinstance(argument.value, ast.Spread):
            return None
        given = argument.name or (names[place] if place < len(names) else "")
        if given == name:
            return argument.value
    return None


def _number(expr: ast.Expr | None, absent: int) -> int:
    """A whole number or equal dims; `absent` if missing, -1 for anything else."""
    if expr is None:
        return absent
    if isinstance(expr, ast.Number) and isinstance(expr.value, int):
        return expr.value
    if isinstance(expr, ast.Dims) and len(set(expr.sizes)) == 1:
        return expr.sizes[0]
    return -1
