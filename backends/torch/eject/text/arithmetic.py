"""Arithmetic as text, with the blanks and parentheses that `ruff format` leaves."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from netlang.backends.torch.invocation import literal, power
from netlang.diagnostics.errors import InternalError

__all__ = ["printed"]

_ATOM, _POWER, _COMPARISON = 10, 6, 0
_SYMBOLS: Mapping[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", 1),
    ast.Sub: ("-", 1),
    ast.Mult: ("*", 2),
    ast.Div: ("/", 2),
    ast.FloorDiv: ("//", 2),
    ast.Pow: ("**", _POWER),
}


def printed(node: ast.expr) -> str:
    """The text of an expression of numbers, names, operators, calls and counts like `sum(a >= b for
    b in c)`."""
    return _text(node)[0]


def _text(node: ast.expr) -> tuple[str, int]:
    """The text with its precedence in Python; higher binds tighter."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return literal(value), _ATOM
        case ast.Name(id=name):
            return name, _ATOM
        case ast.Attribute(value=owner, attr=name):
            return f"{_within(owner, _ATOM)}.{name}", _ATOM
        case ast.Tuple(elts=items):
            listed = ", ".join(map(printed, items))
            return f"({listed}{',' if len(items) == 1 else ''})", _ATOM
        case ast.Call(func=function, args=arguments, keywords=[]):
            return f"{printed(function)}({', '.join(map(printed, arguments))})", _ATOM
        case ast.GeneratorExp(elt=each, generators=[ast.comprehension(target, among, [], 0)]):
            return f"{printed(each)} for {printed(target)} in {printed(among)}", _COMPARISON
        case ast.Compare(left=left, ops=[ast.GtE()], comparators=[right]):
            return f"{_within(left, 1)} >= {_within(right, 1)}", _COMPARISON
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SYMBOLS:
            return _joined(left, op, right)
        case _:
            raise InternalError(f"no rule prints {ast.dump(node)}")


def _joined(left: ast.expr, op: ast.operator, right: ast.expr) -> tuple[str, int]:
    symbol, rank = _SYMBOLS[type(op)]
    if symbol == "**":
        return power(_within(left, rank + 1), _within(right, rank)), rank
    return f"{_within(left, rank)} {symbol} {_within(right, rank + 1)}", rank


def _within(node: ast.expr, rank: int) -> str:
    """The text as an operand."""
    text, own = _text(node)
    return text if own >= rank else f"({text})"
