"""Reads the expression after ``loss:`` as a `Loss`.

The names in it are outputs and inputs of a net that isn't known here; `netlang.recipes.check`
resolves them.
"""

from __future__ import annotations

from netlang import advice as fixes
from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.environment import Environment
from netlang.evaluate.expressions import Evaluator
from netlang.evaluate.lists import single
from netlang.ir.numbers.computed import is_number
from netlang.recipes.bind import described, fields_of, listed, word_of
from netlang.recipes.read_operand import read_operand
from netlang.recipes.tables import table
from netlang.recipes.words.losses import LossFunction
from netlang.recipes.words.operands import values_in
from netlang.recipes.words.schedules import Warmup
from netlang.recipes.words.terms import Loss, Term
from netlang.records import replace
from netlang.syntax import ast

__all__ = ["read_loss"]


def read_loss(expr: ast.Expr, names: Environment) -> Loss:
    """The terms of a loss. Raises `NetlangError`."""
    return Loss(_terms(expr, names))


def _terms(expr: ast.Expr, names: Environment) -> tuple[Term, ...]:
    if isinstance(expr, ast.Binary) and expr.operator in ("+", "-"):
        right = _terms(expr.right, names)
        return _terms(expr.left, names) + _scaled(right, 1.0 if expr.operator == "+" else -1.0)
    if isinstance(expr, ast.Binary) and expr.operator in ("*", "/"):
        return _product(expr, names)
    if isinstance(expr, ast.Unary) and expr.operator == "-":
        return _scaled(_terms(expr.operand, names), -1.0)
    return (_term(expr, names),)


def _scaled(terms: tuple[Term, ...], factor: float) -> tuple[Term, ...]:
    return tuple(replace(term, factor=term.factor * factor) for term in terms)


def _product(expr: ast.Binary, names: Environment) -> tuple[Term, ...]:
    if expr.operator == "/":
        if _is_loss(expr.right):
            raise _malformed(expr.right, "a loss can't be divided by")
        divisor = _number(expr.right, names)
        if divisor == 0.0:
            raise _malformed(expr.right, "the divisor is 0")
        return _scaled(_terms(expr.left, names), 1.0 / divisor)
    if _is_loss(expr.left) and _is_loss(expr.right):
        raise _malformed(expr, "both factors are losses")
    loss, factor = (expr.left, expr.right) if _is_loss(expr.left) else (expr.right, expr.left)
    number, warmup = _factor(factor, names)
    terms = _scaled(_terms(loss, names), number)
    if warmup is None:
        return terms
    if any(term.warmup is not None for term in terms):
        raise _malformed(factor, "a loss has one warm-up")
    return tuple(replace(term, warmup=warmup) for term in terms)


def _factor(expr: ast.Expr, names: Environment) -> tuple[float, Warmup | None]:
    """`0.5`, `warmup(5)`, or their product."""
    if isinstance(expr, ast.Binary) and expr.operator == "*" and _warms(expr):
        (left, first), (right, second) = (_factor(side, names) for side in (expr.left, expr.right))
        if first is not None and second is not None:
            raise _malformed(expr, "a loss has one warm-up")
        return left * right, first or second
    word = word_of(expr)
    if isinstance(expr, ast.Call) and word is not None and word.name == Warmup.name:
        found = described("loss", "schedule", expr, names)
        assert isinstance(found, Warmup)
        return 1.0, found
    return _number(expr, names), None


def _warms(expr: ast.Expr) -> bool:
    """Whether a warm-up is a factor."""
    if isinstance(expr, ast.Binary):
        return _warms(expr.left) or _warms(expr.right)
    word = word_of(expr)
    return word is not None and word.name == Warmup.name


def _is_loss(expr: ast.Expr) -> bool:
    """Whether a loss is mentioned; everything else is a number."""
    if isinstance(expr, ast.Binary):
        return _is_loss(expr.left) or _is_loss(expr.right)
    if isinstance(expr, ast.Unary):
        return _is_loss(expr.operand)
    word = word_of(expr)
    return word is not None and word.name in table("loss")


def _malformed(expr: ast.Expr, why: str) -> NetlangError:
    return NetlangError(refusals.LossForm(span=expr.span, why=why))


def _number(expr: ast.Expr, names: Environment) -> float:
    value = Evaluator(names).decided(expr)
    if not is_number(value):
        raise _malformed(expr, "this factor isn't a number")
    return float(value)


def _term(expr: ast.Expr, names: Environment) -> Term:
    """For ``cross_entropy(logits, label, label_smoothing=0.1)``, or just the name."""
    word = word_of(expr)
    if word is None:
        raise _malformed(expr, "this isn't a loss")
    classes = table("loss")
    cls = classes.get(word.name)
    if cls is None or not issubclass(cls, LossFunction):
        fix = fixes.replacement(word.name, classes, word.span)
        raise NetlangError(
            refusals.UnknownWord(
                span=word.span, kind="loss", name=word.name, available=listed(classes), fix=fix
            )
        )
    arguments = expr.arguments if isinstance(expr, ast.Call) else ()
    operands = tuple(
        read_operand(single(item, cls.name), names) for item in arguments if item.name is None
    )
    settings = tuple(item for item in arguments if item.name is not None)
    function = cls(**fields_of(cls, settings, names, expr.span))
    by_default = not operands and len(cls.operands) == 2
    if len(operands) != len(cls.operands) and not by_default:
        raise NetlangError(
            refusals.LossOperands(
                span=expr.span,
                function=cls.name,
                expected=_counted(len(cls.operands)),
                what=f": {' and '.join(cls.operands)}" if cls.operands else "",
                given=len(operands),
            )
        )
    if operands and not any([*values_in(each)] for each in operands):
        raise _malformed(expr, "there is no value of the net or the data in it")
    return Term(1.0, function, operands, expr.span)


def _counted(values: int) -> str:
    return {0: "no values", 1: "one value", 2: "two values"}[values]
