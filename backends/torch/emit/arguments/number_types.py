"""The types of a constructor's arguments: floats where one may be given, else whole numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from netlang.backends.torch.emit.arguments.constructors import (
    Constructor,
    ConstructorArgument,
    given,
)
from netlang.backends.torch.emit.arguments.formulas import (
    Given,
    Variable,
    is_arithmetic,
    variables_in,
)
from netlang.backends.torch.emit.arguments.rows import environment_of, rows_of
from netlang.backends.torch.rewrite.class_sharing import CallSite, Variant, Variants
from netlang.ir.numbers.provenance import traced_in
from netlang.ir.op import Op
from netlang.records import names_of

__all__ = ["typed"]


def typed(
    constructor: Constructor, variants: Variants, callees: Mapping[Variant, Constructor]
) -> Constructor:
    """A constructor whose arguments have types; those of its `callees` have theirs.

    The number 1 is a float for an operator that takes any number, unless another one takes whole
    numbers alone, or it is a count in a formula such as ``0.2 * index / 16``. So are all numbers of
    an argument of which one isn't whole.
    """
    variant = constructor.variant
    rows = rows_of(variant)
    values = [
        {**environment_of(function, rows), **constructor.extra[function]}
        for function in variant.instances
    ]
    uses = list(_uses(variant, variants, callees))
    floats = {variable for variable, is_float in uses if is_float}
    floats -= {variable for variable, is_float in uses if not is_float}
    arguments = tuple(
        _typed(each, [value[each.variable] for value in values], each.variable in floats)
        for each in constructor.arguments
    )
    return replace(constructor, arguments=arguments)


def _uses(
    variant: Variant, variants: Variants, callees: Mapping[Variant, Constructor]
) -> Iterator[tuple[Variable, bool]]:
    """What the steps of a variant read, and whether as a float."""
    for function in variant.instances:
        for index, node in enumerate(function.nodes):
            read: list[tuple[object, ConstructorArgument | None]]
            if isinstance(node.callee, Op):
                read = [(getattr(node.callee, name), None) for name in names_of(node.callee)]
            else:
                callee = callees[variants.of(node.callee)]
                passed = given(callee, CallSite(function, index))
                read = [(passed[each.variable], each) for each in callee.arguments]
            for value, argument in read:
                for number in traced_in(value):
                    is_float = (
                        isinstance(number, float)
                        if argument is None
                        else argument.annotation == "float"
                    )
                    if not is_float or is_arithmetic(number.origin):
                        yield from ((each, is_float) for each in variables_in(number.origin))


def _typed(
    argument: ConstructorArgument, values: list[Given], as_float: bool
) -> ConstructorArgument:
    """An argument with its type, by what it is in each instance."""
    rows = [value for value in values if isinstance(value, tuple)]
    if not argument.length:
        return replace(argument, annotation=_of_numbers(values, as_float))
    items = [_of_numbers(list(column), as_float) for column in zip(*rows, strict=True)]
    row = f"tuple[{', '.join(items)}]"
    if not argument.whole:
        return replace(argument, annotation=row)
    one = "float" if "float" in items else "int"
    return replace(argument, annotation=f"{one} | {row}")


def _of_numbers(values: list[Given], as_float: bool) -> str:
    return "float" if as_float or any(isinstance(value, float) for value in values) else "int"
