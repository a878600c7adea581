"""Reads an expression inside a loss as an `Operand`.

Numbers of the recipe (parameters, constants) are known here. Every other name is a value of the net
or the data, which `netlang.recipes.check` resolves.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping

from netlang import advice as fixes
from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.environment import Environment
from netlang.evaluate.lists import single
from netlang.ir.numbers.computed import is_number
from netlang.recipes.bind import listed
from netlang.recipes.words.operands import FUNCTIONS, Apply, NamedValue, Number, Operand
from netlang.syntax import ast

__all__ = ["read_operand"]

_OPERATORS = ("+", "-", "*", "/", "**")

_negative = operator.neg

# What numbers can be given to; the rest needs an axis of channels.
_OF_NUMBERS: Mapping[str, Callable[..., object]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
    "abs": abs,
    "exp": math.exp,
    "float": float,
    "log": math.log,
    "mean": float,
    "relu": lambda x: max(x, 0.0),
    "sigmoid": lambda x: 1.0 / (1.0 + math.exp(-x)),
    "softplus": lambda x: math.log1p(math.exp(x)),
    "sqrt": math.sqrt,
    "sum": float,
    "tanh": math.tanh,
}


def read_operand(expr: ast.Expr, names: Environment) -> Operand:
    """The operand that an expression stands for. Raises `NetlangError`."""
    if isinstance(expr, ast.Name):
        found = names.find(expr.name)
        if is_number(found):
            return Number(float(found), expr.span)
        return NamedValue(expr.name, expr.span)
    if isinstance(expr, ast.Number):
        return Number(float(expr.value), expr.span)
    if isinstance(expr, ast.Unary) and expr.operator == "-":
        return _applied("-", expr, read_operand(expr.operand, names))
    if isinstance(expr, ast.Binary) and expr.operator in _OPERATORS:
        left, right = read_operand(expr.left, names), read_operand(expr.right, names)
        return _applied(expr.operator, expr, left, right)
    if isinstance(expr, ast.Call) and isinstance(expr.callee, ast.Name):
        return _call(expr, expr.callee, names)
    raise NetlangError(refusals.BadOperand(span=expr.span))


def _call(expr: ast.Call, callee: ast.Name, names: Environment) -> Operand:
    if callee.name not in FUNCTIONS:
        raise NetlangError(
            refusals.UnknownWord(
                span=callee.span,
                kind="function of values",
                name=callee.name,
                available=listed(FUNCTIONS),
                fix=fixes.replacement(callee.name, FUNCTIONS, callee.span),
            )
        )
    if len(expr.arguments) != 1 or expr.arguments[0].name is not None:
        raise NetlangError(refusals.BadOperand(span=expr.span))
    return _applied(callee.name, expr, read_operand(single(expr.arguments[0], callee.name), names))


def _applied(function: str, expr: ast.Expr, *operands: Operand) -> Operand:
    """A function applied to values; if all are numbers, the result is a number."""
    numbers = [each.value for each in operands if isinstance(each, Number)]
    if len(numbers) < len(operands):
        return Apply(function, operands, expr.span)
    rule = _negative if len(numbers) == 1 and function == "-" else _OF_NUMBERS.get(function)
    try:
        found = None if rule is None else rule(*numbers)
    except (ArithmeticError, ValueError):
        found = None
    if not isinstance(found, float) or not math.isfinite(found):
        raise NetlangError(refusals.BadOperand(span=expr.span))
    return Number(found, expr.span)
