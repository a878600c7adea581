"""Binds arguments to parameters: partial application, and operators from complete layers.

Positional arguments fill, in order, the parameters that the layer leaves open. A named argument may
also replace an earlier one, so ``conv3x3(64, pad=0)`` overrides a default.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import filterfalse
from operator import attrgetter
from typing import Any

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Diagnostic, Fix
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.lists import spread
from netlang.evaluate.refused import (
    Callee,
    given_twice,
    too_many,
    too_many_written,
    unknown_argument,
)
from netlang.evaluate.values import (
    BoundArgument,
    Broken,
    Layer,
    OperatorTarget,
    Range,
    Value,
    describe,
    kind_of,
)
from netlang.ir.arguments import Argument, Keyword, Mismatch, signature
from netlang.ir.numbers.computed import is_number
from netlang.ir.op import Op
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["argument_spans", "bind", "bound_arguments", "convert", "operator_of"]

Evaluate = Callable[[ast.Expr], Value]

_name_of: Callable[[ast.Parameter], str] = attrgetter("name")


def parameter_names(layer: Layer) -> tuple[str, ...]:
    """The parameters of what a layer applies, in positional order."""
    if isinstance(layer.target, OperatorTarget):
        return _argument_names(layer.target.op)
    return tuple(map(_name_of, layer.target.definition.parameters))


@cache
def _argument_names(op: type[Op]) -> tuple[str, ...]:
    return tuple(item.name for item in signature(op))


@cache
def _arguments(op: type[Op]) -> dict[str, Argument]:
    return {item.name: item for item in signature(op)}


@cache
def _required(op: type[Op]) -> tuple[Argument, ...]:
    return tuple(item for item in signature(op) if item.required)


def bind(
    layer: Layer, arguments: tuple[ast.Argument, ...], evaluate: Evaluate, span: Span
) -> Layer:
    """`layer` with more arguments. Raises a diagnostic for one that it doesn't have."""
    if not arguments:
        return layer
    names = parameter_names(layer)
    bound = bound_arguments(layer, names, arguments, evaluate)
    given = list(filter(bound.__contains__, names))
    return Layer(layer.target, tuple(zip(given, map(bound.__getitem__, given), strict=True)))


def bound_arguments(
    callee: Callee,
    names: tuple[str, ...],
    arguments: tuple[ast.Argument, ...],
    evaluate: Evaluate,
) -> dict[str, BoundArgument]:
    """The arguments of a call by the parameters, `names`, that they are for, earlier ones too.

    Raises all that is wrong with them: one mistake doesn't hide those in other arguments.
    """
    bound = dict(callee.arguments)
    open_names = list(filterfalse(bound.__contains__, names))
    here: dict[str, ast.Argument] = {}
    failures: list[NetlangError] = []
    for place, argument in enumerate(arguments):
        if isinstance(argument.value, ast.Spread):
            items = spread(argument.value, evaluate)
            if len(items) > len(open_names):
                raise too_many(argument, callee, names, len(bound) + len(items))
            for item in items:
                name = open_names.pop(0)
                here[name] = argument
                bound[name] = BoundArgument(item, argument.value.span)
            continue
        if argument.name is not None and argument.name not in names:
            failures.append(NetlangError(unknown_argument(callee, argument, names)))
            continue
        name = _parameter(callee, arguments, place, names, open_names)
        if name in here:
            raise given_twice(callee, arguments, place, name, here[name])
        here[name] = argument
        try:
            bound[name] = BoundArgument(evaluate(argument.value), argument.value.span)
        except NetlangError as error:
            failures.append(error)
            bound.pop(name, None)
    if failures:
        good = {name: bound[name] for name in names if name in here and name in bound}
        raise _failed(callee, good, failures)
    return bound


def _failed(
    callee: Callee, good: dict[str, BoundArgument], failures: list[NetlangError]
) -> NetlangError:
    """All that is wrong with a call of which some arguments have no value: `good` are the others.

    Of several that are too much work only the first is told: nothing is left for those after it.
    """
    found = {each.code: each for error in reversed(failures) for each in error.diagnostics}
    if language.TooMuchWork.code in found:
        return NetlangError(found[language.TooMuchWork.code])
    told = [each for error in failures for each in error.diagnostics]
    if isinstance(callee, Layer) and isinstance(callee.target, OperatorTarget):
        known = {name: each for name, each in good.items() if not isinstance(each.value, Broken)}
        told += _converted_all(callee.name, callee.target.op, known)[2]
    return NetlangError(*told)


def _parameter(
    layer: Callee,
    arguments: tuple[ast.Argument, ...],
    place: int,
    names: tuple[str, ...],
    open_names: list[str],
) -> str:
    """The parameter for an argument; a positional one takes the next open name."""
    argument = arguments[place]
    if argument.name is None:
        if open_names:
            return open_names.pop(0)
        raise too_many_written(layer, arguments, place, names)
    if argument.name in open_names:
        open_names.remove(argument.name)
    return argument.name


def convert(callee: str, item: Argument, bound: BoundArgument) -> object:
    """The argument converted for the field. Raises a diagnostic if its kind is wrong."""
    value = bound.value
    words = item.kind.keywords
    if words and isinstance(value, Layer) and not value.arguments and value.name in words:
        value = Keyword(value.name)  # a word that names an operator as well: `approximate=tanh`
    try:
        return item.kind.convert(value)
    except Mismatch as mismatch:
        actual = str(mismatch) or f"{describe(bound.value)}, {kind_of(bound.value)}"
        raise NetlangError(
            language.BadArgument(
                span=bound.span,
                callee=callee,
                name=item.name,
                expected=item.kind.description,
                actual=actual,
                fix=_converted(item, bound),
            )
        ) from None


def _converted(item: Argument, bound: BoundArgument) -> Fix | None:
    """The value in the right form; of the items of `*row`, none can be written by itself."""
    if bound.span.text.startswith("*"):
        return None
    if text := _as_range(item, bound.value):
        return fixes.replaced(bound.span, text, f"give {item.kind.description}: `{text}`")
    return fixes.converted(item, bound.value, bound.span)


def _as_range(item: Argument, value: object) -> str:
    """A list of two numbers as the range that the argument takes; empty if it takes none."""
    if not (isinstance(value, tuple) and len(value) == 2 and all(map(is_number, value))):
        return ""
    try:
        item.kind.convert(Range(*value))
    except Mismatch:
        return ""
    return f"{value[0]}..{value[1]}"


def operator_of(layer: Layer, span: Span) -> Op:
    """The operator with all of its arguments. Raises a diagnostic for each missing or wrong one."""
    if not isinstance(layer.target, OperatorTarget):
        raise TypeError(f"{layer.name} isn't an operator")
    name, op, bound = layer.name, layer.target.op, dict(layer.arguments)
    if name == "linear":
        _refuse_inputs(signature(op), bound)
    fields, lacking, wrong = _converted_all(name, op, bound)
    if lacking is not None:
        missing = language.MissingArgument(
            span=span,
            callee=name,
            name=lacking.name,
            description=lacking.kind.description,
            call=fixes.completed(name, span, [lacking.name]),
            fix=fixes.missing_arguments(span, signature(op), bound),
        )
        raise NetlangError(missing, *wrong)
    if wrong:
        raise NetlangError(*wrong)
    return op(**fields)


def _converted_all(
    name: str, op: type[Op], bound: dict[str, BoundArgument]
) -> tuple[dict[str, Any], Argument | None, list[Diagnostic]]:
    """The arguments converted for an operator's fields, the first that is missing, and mistakes."""
    fields: dict[str, Any] = {}
    wrong: list[Diagnostic] = []
    arguments = _arguments(op)
    for key, given in bound.items():
        try:
            fields[key] = convert(name, arguments[key], given)
        except NetlangError as error:
            wrong += error.diagnostics
    lacking = next((item for item in _required(op) if item.name not in bound), None)
    return fields, lacking, wrong


def _refuse_inputs(items: tuple[Argument, ...], bound: dict[str, BoundArgument]) -> None:
    """Raise a diagnostic for `linear(64, 10)`, which gives the number of inputs as in PyTorch."""
    if "bias" not in bound or "out" not in bound:
        return
    value = bound["bias"].value
    if isinstance(value, bool) or not isinstance(value, int):
        return
    fix = fixes.without_inputs(bound["out"].span, bound["bias"].span)
    if fix is not None:
        raise NetlangError(
            language.BadArgument(
                span=bound["bias"].span,
                callee="linear",
                name="bias",
                expected=next(each.kind.description for each in items if each.name == "bias"),
                actual=f"{describe(value)}, a second number",
                fix=fix,
            )
        )


def argument_spans(layer: Layer) -> dict[str, Span]:
    """Where each argument was written, including a block's parameter defaults."""
    spans = {name: bound.span for name, bound in layer.arguments}
    if isinstance(layer.target, OperatorTarget):
        return spans
    for parameter in layer.target.definition.parameters:
        if parameter.default is not None:
            spans.setdefault(parameter.name, parameter.default.span)
    return spans
