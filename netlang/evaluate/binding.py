"""Binds arguments to parameters: partial application, and operators from complete layers.

Positional arguments fill, in order, the parameters that the layer leaves open. A named argument may
also replace an earlier one, so ``conv3x3(64, pad=0)`` overrides a default.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import filterfalse
from operator import attrgetter
from typing import Any, TypeAlias

from netlang.advice.arguments import (
    activation_as_step,
    as_list,
    completed,
    converted,
    missing_arguments,
    without_inputs,
)
from netlang.advice.edits import without_arguments
from netlang.advice.nearest import replacement
from netlang.advice.numbers import as_argument
from netlang.diagnostics.diagnostic import Diagnostic, Fix, Note
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.language.values import (
    ArgumentTwice,
    BadArgument,
    MissingArgument,
    TooManyArguments,
    UnknownArgument,
)
from netlang.evaluate.lists import spread
from netlang.evaluate.values import (
    BoundArgument,
    FunctionValue,
    Layer,
    OperatorTarget,
    Value,
    describe,
    kind_of,
)
from netlang.ir.arguments import Argument, Keyword, Mismatch, signature
from netlang.ir.op import Op
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["argument_spans", "bind", "bound_arguments", "convert", "operator_of"]

Evaluate = Callable[[ast.Expr], Value]
Callee: TypeAlias = Layer | FunctionValue

_name_of: Callable[[ast.Parameter], str] = attrgetter("name")


def parameter_names(layer: Layer) -> tuple[str, ...]:
    """The parameters of what a layer applies, in positional order."""
    if isinstance(layer.target, OperatorTarget):
        return _argument_names(layer.target.op)
    return tuple(map(_name_of, layer.target.definition.parameters))


@cache
def _argument_names(op: type[Op]) -> tuple[str, ...]:
    return tuple(item.name for item in signature(op))


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
    """The arguments of a call by the parameters, `names`, that they are for, earlier ones too."""
    bound = dict(callee.arguments)
    open_names = list(filterfalse(bound.__contains__, names))
    here: dict[str, ast.Argument] = {}
    unknown: list[Diagnostic] = []
    for place, argument in enumerate(arguments):
        if isinstance(argument.value, ast.Spread):
            items = spread(argument.value, evaluate)
            if len(items) > len(open_names):
                raise _too_many(argument, callee, names, len(bound) + len(items))
            for item in items:
                name = open_names.pop(0)
                here[name] = argument
                bound[name] = BoundArgument(item, argument.value.span)
            continue
        if argument.name is not None and argument.name not in names:
            unknown.append(_unknown(callee, argument, names))
            continue
        name = _parameter(callee, arguments, place, names, open_names)
        if name in here:
            raise _twice(callee, arguments, place, name, here[name])
        here[name] = argument
        bound[name] = BoundArgument(evaluate(argument.value), argument.value.span)
    if unknown:
        raise NetlangError(*unknown)
    return bound


def _twice(
    layer: Callee, arguments: tuple[ast.Argument, ...], place: int, name: str, before: ast.Argument
) -> NetlangError:
    edit = without_arguments(arguments, place, place)
    same = arguments[place].value.span.text == before.value.span.text
    return NetlangError(
        ArgumentTwice(
            span=arguments[place].span,
            callee=layer.name,
            name=name,
            notes=(Note(before.span, f"`{name}` is given here"),),
            fix=Fix("remove one of them", (edit,), safe=same),
        )
    )


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
        fix = (
            _as_list(layer, arguments)
            or as_argument(layer.name, arguments)
            or _without_rest(layer, arguments, place, names)
        )
        raise _too_many(argument, layer, names, len(arguments) + len(layer.arguments), fix)
    if argument.name in open_names:
        open_names.remove(argument.name)
    return argument.name


def _too_many(
    argument: ast.Argument,
    layer: Callee,
    names: tuple[str, ...],
    given: int,
    fix: Fix | None = None,
) -> NetlangError:
    return NetlangError(
        TooManyArguments(
            span=argument.span,
            callee=layer.name,
            expected=_counted(len(names)),
            given=given,
            available=_listed(names),
            fix=fix,
        )
    )


def _without_rest(
    layer: Callee, arguments: tuple[ast.Argument, ...], place: int, names: tuple[str, ...]
) -> Fix | None:
    """Removes the arguments that are too many; None if a list may be among them."""
    if any(isinstance(each.value, ast.Spread) for each in arguments):
        return None
    last = max(index for index, each in enumerate(arguments) if each.name is None)
    edit = without_arguments(arguments, place, last)
    return Fix(f"remove it; `{layer.name}` takes {_listed(names)}", (edit,))


def _as_list(layer: Callee, arguments: tuple[ast.Argument, ...]) -> Fix | None:
    """The arguments as one list, if the operator takes exactly that."""
    if not isinstance(layer, Layer) or not isinstance(layer.target, OperatorTarget):
        return None
    items = signature(layer.target.op)
    return as_list(items[0], arguments, layer.name) if items and not layer.arguments else None


def _unknown(layer: Callee, argument: ast.Argument, names: tuple[str, ...]) -> Diagnostic:
    span, name = argument.name_span or argument.span, argument.name or ""
    target = layer.target if isinstance(layer, Layer) else None
    if isinstance(target, OperatorTarget) and name in target.op.weight_values:
        from netlang.diagnostics.language.given import WeightInLayer

        return WeightInLayer(span=argument.span, operator=layer.name, name=name)
    return UnknownArgument(
        span=span,
        callee=layer.name,
        name=name,
        available=_listed(names),
        fix=activation_as_step(argument) or replacement(name, names, span),
    )


def _counted(count: int) -> str:
    return {0: "no arguments", 1: "1 argument"}.get(count, f"{count} arguments")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "no arguments"


def convert(callee: str, item: Argument, bound: BoundArgument) -> object:
    """The argument converted for the field. Raises a diagnostic if its kind is wrong."""
    value = bound.value
    if isinstance(value, Layer) and not value.arguments and value.name in item.kind.keywords:
        value = Keyword(value.name)  # a word that names an operator as well: `approximate=tanh`
    try:
        return item.kind.convert(value)
    except Mismatch as mismatch:
        actual = str(mismatch) or f"{describe(bound.value)}, {kind_of(bound.value)}"
        raise NetlangError(
            BadArgument(
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
    spread = bound.span.text.startswith("*")
    return None if spread else converted(item, bound.value, bound.span)


def operator_of(layer: Layer, span: Span) -> Op:
    """The operator with all of its arguments. Raises a diagnostic for missing or wrong ones."""
    if not isinstance(layer.target, OperatorTarget):
        raise TypeError(f"{layer.name} isn't an operator")
    name, bound = layer.name, dict(layer.arguments)
    fields: dict[str, Any] = {}
    for item in signature(layer.target.op):
        given = bound.get(item.name)
        if given is not None:
            if name == "linear":
                _refuse_inputs(layer, item, bound)
            fields[item.name] = convert(name, item, given)
        elif item.required:
            raise NetlangError(
                MissingArgument(
                    span=span,
                    callee=name,
                    name=item.name,
                    description=item.kind.description,
                    call=completed(name, span, [item.name]),
                    fix=missing_arguments(span, signature(layer.target.op), bound),
                )
            )
    return layer.target.op(**fields)


def _refuse_inputs(layer: Layer, item: Argument, bound: dict[str, BoundArgument]) -> None:
    """Raise a diagnostic for `linear(64, 10)`, which gives the number of inputs as in PyTorch."""
    if item.name != "bias" or "out" not in bound:
        return
    fix = without_inputs(bound["out"].span, bound["bias"].span, bound["bias"].value)
    if fix is not None:
        raise NetlangError(
            BadArgument(
                span=bound["bias"].span,
                callee=layer.name,
                name=item.name,
                expected=item.kind.description,
                actual=f"{describe(bound['bias'].value)}, a second number",
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
