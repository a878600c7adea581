"""Evaluates expressions to compile-time values.

On exit, the value is fully known, except for sizes that depend on the input, which are formulas.
Any use of a number with an origin other than arithmetic and arguments is recorded in `pins`, since
another value could then have led to another network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.arithmetic import binary, compare, negate
from netlang.evaluate.binding import bind
from netlang.evaluate.builtins import FUNCTIONS
from netlang.evaluate.calls import call_function, not_callable
from netlang.evaluate.environment import Environment
from netlang.evaluate.functions import called, not_called
from netlang.evaluate.labels import Labels, counted, labelled, no_current_value, refuse_several
from netlang.evaluate.lists import bounded, comprehension, spread
from netlang.evaluate.origins.pins import Pins
from netlang.evaluate.selections import attribute, indexed, slice_bound, sliced
from netlang.evaluate.values import (
    Broken,
    FunctionValue,
    Layer,
    OperatorTarget,
    Range,
    TensorValue,
    Undecided,
    Value,
    describe,
    kind_of,
)
from netlang.ir.arguments import Keyword
from netlang.ir.constraints import Constraint
from netlang.ir.numbers.computed import is_number
from netlang.ir.numbers.provenance import origin_of
from netlang.ops import KEYWORDS, is_keyword, operator
from netlang.records import Draft, field
from netlang.syntax import ast

__all__ = ["Evaluator", "Figure", "Labels"]

# A fact of a net, asked for by an assert: the net, the attribute, and sizes as arguments.
Figure = Callable[[Layer, ast.Attribute, tuple[ast.Argument, ...]], Value]


class Evaluator(Draft):
    """Evaluates the expressions of one scope."""

    names: Environment
    labels: Labels | None = None
    pins: Pins = field(default_factory=Pins)
    keywords: frozenset[str] = KEYWORDS
    figure: Figure | None = None

    def within(self, names: Environment, labels: Labels | None) -> Evaluator:
        """The evaluator of an inner scope, with the same set of pins."""
        return Evaluator(names, labels, self.pins, self.keywords, self.figure)

    def apart(self, names: Environment, labels: Labels | None) -> Evaluator:
        """The evaluator of a function that is called: its own names, the same set of pins."""
        return Evaluator(names, labels, self.pins)

    def inner(self) -> Evaluator:
        """The evaluator of a scope with more names."""
        return self.within(self.names.inner(), self.labels)

    def value(self, expr: ast.Expr) -> Value:
        """The value of `expr`. Raises `NetlangError`."""
        return _RULES[type(expr)](self, expr)

    def pin(self, value: Value) -> Value:
        """The value without its origin, which is recorded as pinned."""
        return self.pins.pin(value)

    def decided(self, expr: ast.Expr) -> Value:
        """The value of an expression that steers the compilation."""
        return self.pin(self.value(expr))

    def truth(self, expr: ast.Expr) -> bool:
        """The value of a condition. Raises an error if it depends on the input's sizes."""
        value = self.judgement(expr)
        if isinstance(value, bool):
            return value
        raise NetlangError(language.DependsOnSizes(span=expr.span, value=describe(value)))

    def judgement(self, expr: ast.Expr) -> bool | Undecided:
        """The value of a condition, which may be a condition on the input's sizes."""
        value = self.decided(expr)
        if isinstance(value, (bool, Undecided)):
            return value
        actual = f"{describe(value)}, {kind_of(value)}"
        text, fix = expr.span.text, fixes.compared(expr, value)
        raise NetlangError(language.BadCondition(span=expr.span, actual=actual, text=text, fix=fix))

    # --- one method for each kind of expression ---------------------------------------------

    def _literal(self, expr: ast.Number | ast.String | ast.Boolean) -> Value:
        return expr.value

    def _dims(self, expr: ast.Dims) -> Value:
        return expr.sizes

    def _items(self, expr: ast.ListExpr | ast.TupleExpr) -> Value:
        values: list[Value] = []
        for item in expr.items:
            if isinstance(item, ast.Spread):
                values += spread(item, self.value)
            else:
                values.append(self.value(item))
        return bounded(tuple(values), expr.span)

    def _comprehension(self, expr: ast.Comprehension) -> Value:
        return bounded(comprehension(expr, self), expr.span)

    def _range(self, expr: ast.RangeExpr) -> Value:
        start, stop = self.decided(expr.start), self.decided(expr.stop)
        for value in (start, stop):
            if not is_number(value):
                operands = f"{kind_of(start)} and {kind_of(stop)}"
                raise NetlangError(
                    language.BadOperands(span=expr.span, operator="..", operands=operands)
                )
        return Range(start, stop)  # type: ignore[arg-type]  # checked in the loop

    def _name(self, expr: ast.Name) -> Value:
        found = self.names.find(expr.name)
        if isinstance(found, int):  # as most are
            return found
        if isinstance(found, Broken):
            raise NetlangError
        if isinstance(found, FunctionValue):
            raise not_called(found, expr.span)
        if found is not None:
            return found
        if self.labels is not None:
            tensor = self.labels.tensor(expr.span, expr.name)
            if tensor is not None:
                return TensorValue(tensor)
        if (op := operator(expr.name)) is not None:
            return Layer(OperatorTarget(op))
        if expr.name in self.keywords or is_keyword(expr.name):
            return Keyword(expr.name)
        if self.labels is not None:
            refuse_several(expr, self.labels)
        from netlang.evaluate.unknown import unknown_name

        raise unknown_name(expr, self.names, self.labels)

    def _in(self, expr: ast.In) -> Value:
        if self.labels is None:
            raise NetlangError(language.UnknownName(span=expr.span, name="in"))
        return TensorValue(self.labels.input_type(expr.span))

    def _here(self, expr: ast.Here) -> Value:
        if self.labels is None:
            raise no_current_value(expr.span, "it is known in the body of a net or block only")
        return TensorValue(self.labels.current_type(expr.span))

    def _attribute(self, expr: ast.Attribute) -> Value:
        found = labelled(expr, self.labels, self.names)
        if found is not None:
            labelled_value, whole = found
            return labelled_value if whole else attribute(labelled_value, expr)
        value = self.value(expr.value)
        if isinstance(value, Layer) and self.figure is not None:
            return self.figure(value, expr, ())
        return attribute(value, expr)

    def _index(self, expr: ast.Index) -> Value:
        return indexed(self.value(expr.value), self.decided(expr.index), expr)

    def _slice(self, expr: ast.Slice) -> Value:
        items = self.value(expr.value)
        start, stop, step = (
            None if each is None else slice_bound(self.decided(each), each)
            for each in (expr.start, expr.stop, expr.step)
        )
        return sliced(items, slice(start, stop, step), expr.span)

    def _unary(self, expr: ast.Unary) -> Value:
        if expr.operator == "not":
            return not self.truth(expr.operand)
        value = self.value(expr.operand)
        if expr.operator == "+":
            return value
        result = negate(value, expr.span)
        if origin_of(result) is None:
            self.pin(value)
        return result

    def _binary(self, expr: ast.Binary) -> Value:
        left, right = self.value(expr.left), self.value(expr.right)
        result = bounded(binary(expr.operator, left, right, expr.span), expr.span)
        if origin_of(result) is None:
            for side in (left, right):
                if not isinstance(side, tuple):  # the items of lists stay what they are
                    self.pin(side)
        return result

    def _compare(self, expr: ast.Compare) -> Value:
        values = [self.value(operand) for operand in expr.operands]
        constraints: tuple[Constraint, ...] = ()
        for symbol, left, right in zip(expr.operators, values, values[1:], strict=False):
            outcome = self._compared(symbol, left, right, expr)
            if outcome is False:
                return False
            if isinstance(outcome, Undecided):
                constraints += outcome.constraints
        return Undecided(constraints) if constraints else True

    def _compared(
        self, symbol: str, left: Value, right: Value, expr: ast.Compare
    ) -> bool | Undecided:
        """One comparison; what it says of numbers with an origin is recorded."""
        if not (is_number(left) and is_number(right)):
            return compare(symbol, self.pin(left), self.pin(right), expr.span)
        outcome = compare(symbol, left, right, expr.span)
        assert isinstance(outcome, bool)
        self.pins.compared(symbol, left, right, outcome)
        return outcome

    def _logical(self, expr: ast.Logical) -> Value:
        left = self.judgement(expr.left)
        if isinstance(left, bool):
            stops = left is (expr.operator == "or")
            return left if stops else self.judgement(expr.right)
        right = self.judgement(expr.right) if expr.operator == "and" else None
        if right is True:
            return left
        if isinstance(right, Undecided):
            return Undecided(left.constraints + right.constraints)
        if right is False:
            return False
        raise NetlangError(language.DependsOnSizes(span=expr.left.span, value=describe(left)))

    def _conditional(self, expr: ast.Conditional) -> Value:
        return self.value(expr.then if self.truth(expr.condition) else expr.otherwise)

    def _call(self, expr: ast.Call) -> Value:
        if (count := counted(expr, self.labels, self.names)) is not None:
            return count
        if isinstance(expr.callee, ast.Name):
            function = self.names.find(expr.callee.name)
            if isinstance(function, FunctionValue):
                return called(function, expr.arguments, expr.span, self)
        if isinstance(expr.callee, ast.Name) and self._is_function(expr):
            return bounded(call_function(expr.callee.name, expr, self.value, self.pin), expr.span)
        if self.figure is not None and isinstance(expr.callee, ast.Attribute):
            owner = self.value(expr.callee.value)
            if isinstance(owner, Layer):
                return self.figure(owner, expr.callee, expr.arguments)
        callee = self.value(expr.callee)
        if isinstance(callee, Layer):
            return bounded(bind(callee, expr.arguments, self.value, expr.span), expr.span)
        raise not_callable(expr, callee)

    def _is_function(self, expr: ast.Call) -> bool:
        """Whether a function is called; `sum(axes=1)` is the operator: functions name no argument.

        A name that the file defines has another meaning.
        """
        name = expr.callee.span.text
        if name not in FUNCTIONS or self.names.find(name) is not None:
            return False
        op = operator(name) if any(each.name for each in expr.arguments) else None
        return op is None or not any(each.name in op.declared for each in expr.arguments)


# Each rule takes the class under which it is registered.
_RULES: dict[type[ast.Node], Callable[[Evaluator, Any], Value]] = {
    ast.Number: Evaluator._literal,
    ast.String: Evaluator._literal,
    ast.Boolean: Evaluator._literal,
    ast.Dims: Evaluator._dims,
    ast.ListExpr: Evaluator._items,
    ast.TupleExpr: Evaluator._items,
    ast.Comprehension: Evaluator._comprehension,
    ast.RangeExpr: Evaluator._range,
    ast.Name: Evaluator._name,
    ast.In: Evaluator._in,
    ast.Here: Evaluator._here,
    ast.Attribute: Evaluator._attribute,
    ast.Index: Evaluator._index,
    ast.Slice: Evaluator._slice,
    ast.Unary: Evaluator._unary,
    ast.Binary: Evaluator._binary,
    ast.Compare: Evaluator._compare,
    ast.Logical: Evaluator._logical,
    ast.Conditional: Evaluator._conditional,
    ast.Call: Evaluator._call,
}
