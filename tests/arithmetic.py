"""Plain arithmetic of numbers, evaluated exactly: what the formulas of `explain` are made of."""

from __future__ import annotations

import ast
from fractions import Fraction
from math import ceil, floor

__all__ = ["evaluated"]


def evaluated(formula: str) -> Fraction:
    """The value of numbers, ``+ - * /``, ``floor()`` and ``ceil()``; anything else is refused."""
    return _value(ast.parse(formula, mode="eval").body)


def _value(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return Fraction(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _value(left) + _value(right)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _value(left) - _value(right)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _value(left) * _value(right)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _value(left) / _value(right)
        case ast.Call(func=ast.Name(id="floor"), args=[argument], keywords=[]):
            return Fraction(floor(_value(argument)))
        case ast.Call(func=ast.Name(id="ceil"), args=[argument], keywords=[]):
            return Fraction(ceil(_value(argument)))
    raise ValueError(f"not plain arithmetic: {ast.unparse(node)}")
