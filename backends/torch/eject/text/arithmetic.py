"""Arithmetic of Python's own syntax tree as text, printed as emitted source is."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from netlang.backends.torch.python.printer import flat
from netlang.backends.torch.python.tree import (
    Attribute,
    Binary,
    Call,
    Constant,
    Expression,
    Generator,
    Name,
    TupleDisplay,
)
from netlang.diagnostics.errors import InternalError

__all__ = ["printed"]

_SYMBOLS: Mapping[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Pow: "**",
}  # fmt: skip


def printed(node: ast.expr) -> str:
    """The text of an expression of numbers, names, operators, calls and counts like `sum(a >= b for
    b in c)`."""
    return flat(_tree(node))


def _tree(node: ast.expr) -> Expression:
    match node:
        case ast.Constant(value=int() | float() as value):
            return Constant(value)
        case ast.Name(id=name):
            return Name(name)
        case ast.Attribute(value=owner, attr=name):
            return Attribute(_tree(owner), name)
        case ast.Tuple(elts=items):
            return TupleDisplay(tuple(map(_tree, items)))
        case ast.Call(func=function, args=arguments, keywords=[]):
            return Call(_tree(function), tuple(map(_tree, arguments)))
        case ast.GeneratorExp(elt=each, generators=[ast.comprehension(target, among, [], 0)]):
            return Generator(_tree(each), ((printed(target), _tree(among)),))
        case ast.Compare(left=left, ops=[ast.GtE()], comparators=[right]):
            return Binary(">=", _tree(left), _tree(right))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SYMBOLS:
            return Binary(_SYMBOLS[type(op)], _tree(left), _tree(right))
        case _:
            raise InternalError(f"no rule prints {ast.dump(node)}")
