"""Projections in the terms of their block: `conv(width * 2, 1x1, stride=stride)`, not its numbers.

What is refused is one call of a block. What is written there must be right for the others too.
"""

from __future__ import annotations

from math import prod

from netlang.advice.edits import enclosing
from netlang.diagnostics.carried import Projection
from netlang.ir.arguments import signature
from netlang.ops import operator
from netlang.records import replace
from netlang.source import Span
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk

__all__ = ["in_terms"]

_OUT, _STRIDE = "out", "stride"


def in_terms(
    file: ast.File, projection: Projection, origins: tuple[Span, ...], merge: ast.Apply
) -> Projection | None:
    """A projection with the formulas of the branch that has the shape; `origins` end the branches.

    None where the numbers depend on what the block is given, and no formula is known.
    """
    end = origins[projection.branch - 1]
    others = [origin for number, origin in enumerate(origins, 1) if number != projection.branch]
    found = _channels(file, projection, others, merge)
    return _stride(file, found, end, others, merge) if found is not None else None


def _channels(
    file: ast.File, projection: Projection, others: list[Span], merge: ast.Apply
) -> Projection | None:
    if not projection.channels.isdecimal():
        return projection
    written = next((out for origin in others if (out := _out(file, origin)) is not None), None)
    if written is None or isinstance(written, ast.Number):
        known = written is not None and written.span.text == projection.channels
        return projection if known or not _varies(file, merge) else None
    return replace(projection, channels=written.span.text) if _moves(written, merge) else None


def _stride(
    file: ast.File, projection: Projection, end: Span, others: list[Span], merge: ast.Apply
) -> Projection | None:
    if projection.kernel is None:
        return projection
    own, other = _strides(file, end), _strides(file, others[0]) if len(others) == 1 else []
    formulas = [
        [each for each in side if not isinstance(each, ast.Number)] for side in (own, other)
    ]
    if not any(formulas):
        literal = [prod(int(each.span.text) for each in side) for side in (own, other)]
        known = literal[1] == literal[0] * int(projection.stride)
        return projection if known or not _varies(file, merge) else None
    if [each.span.text for each in own] == [each.span.text for each in other]:
        return projection if projection.stride == 1 else None
    if own or len(other) != 1 or not _moves(other[0], merge):
        return None
    return replace(projection, stride=other[0].span.text)


def _calls(file: ast.File, origin: Span) -> list[ast.Apply]:
    """The steps of the path of a value, up to it."""
    path = enclosing(file, origin, ast.Path)
    steps = path.steps if path is not None else ()
    return [
        step.action
        for step in steps
        if step.span.start <= origin.start and isinstance(step.action, ast.Apply)
    ]


def _out(file: ast.File, origin: Span) -> ast.Expr | None:
    """The number of channels as written in the last step of a path that decides it."""
    deciding = (call for call in reversed(_calls(file, origin)) if call.name in ("conv", "linear"))
    call = next(deciding, None)
    return _argument(call, _OUT) if call is not None else None


def _strides(file: ast.File, origin: Span) -> list[ast.Expr]:
    """The strides of a path that are written and aren't 1."""
    found = (_argument(call, _STRIDE) for call in _calls(file, origin))
    return [each for each in found if each is not None and each.span.text != "1"]


def _argument(call: ast.Apply, name: str) -> ast.Expr | None:
    """An argument of an operator, given by name or by position."""
    op = operator(call.name)
    names = [item.name for item in signature(op)] if op else []
    for place, argument in enumerate(call.arguments or ()):
        if isinstance(argument.value, ast.Spread):
            return None
        given = argument.name or (names[place] if place < len(names) else "")
        if given == name:
            return argument.value
    return None


def _varies(file: ast.File, merge: ast.Apply) -> bool:
    """Whether what surrounds a merge is elaborated more than once: a block, a net with parameters,
    a loop, a repeat."""
    net = enclosing(file, merge.span, ast.NetDef)
    if net is None or net.parameters:
        return True
    return any(enclosing(file, merge.span, kind) is not None for kind in (ast.For, ast.Repeat))


def _moves(written: ast.Expr, merge: ast.Apply) -> bool:
    """Whether a formula of one branch means the same in another one."""
    own = merge.body.statements if merge.body is not None else ()
    inside = {node.name for each in own for node in walk(each) if isinstance(node, ast.Constant)}
    targets = any(isinstance(node, ast.For) for each in own for node in walk(each))
    names = {node.name for node in walk(written) if isinstance(node, ast.Name)}
    here = any(isinstance(node, ast.Here) for node in walk(written))
    return not (here or names & inside or (targets and names))
