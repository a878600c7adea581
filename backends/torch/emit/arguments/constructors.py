"""Constructors, and their arguments in an instance and at a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from netlang.backends.torch.emit.arguments.formulas import (
    Formula,
    Given,
    Variable,
    one_number,
    variables_in,
)
from netlang.backends.torch.emit.arguments.validity import Alternatives
from netlang.backends.torch.lowering import Lowered
from netlang.backends.torch.python.traverse import map_expression
from netlang.backends.torch.python.tree import Call, Expression, Operand, TheModule
from netlang.backends.torch.rewrite.class_sharing import CallSite, Variant
from netlang.ir.numbers.computed import Plain
from netlang.ir.numbers.provenance import InputOrigin, argument_of, is_row, origin_of
from netlang.ir.numbers.retracing import Retracing
from netlang.ir.program import Function, Node
from netlang.ir.types import Types
from netlang.records import replace

__all__ = [
    "ConstructorArgument", "Constructor", "application", "changed", "given", "short", "speaks_of",
    "without_defaults",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ConstructorArgument:
    """One argument of a variant's constructor.

    A list of numbers has a `length`; where it is `whole`, no item is read by itself, so that one
    number can stand for equal ones. `annotation` is its type, which `typed` finds. What is
    `computed` from others where it isn't given has no plain `default`.
    """

    variable: Variable
    name: str
    default: Given | None
    by_name: bool
    length: int = 0
    whole: bool = False
    annotation: str = "int"
    computed: Formula | None = None


@dataclass(eq=False)
class Constructor:
    """A variant with formulas for its numbers, and the arguments for which it `holds`."""

    variant: Variant
    class_name: str
    arguments: tuple[ConstructorArgument, ...]
    steps: tuple[Lowered, ...]
    # The values, in each instance, of arguments that no parameter of the block gives.
    extra: Mapping[Function, Mapping[Variable, Given]] = field(default_factory=dict)
    holds: Alternatives = ()


def given(callee: Constructor, site: CallSite) -> dict[Variable, Given]:
    """The values that a call passes for each argument, in the caller's terms."""
    node = site.node
    function = node.callee
    assert isinstance(function, Function)
    arguments, inputs = node.arguments, site.caller.input_types(node)
    terms = Retracing(arguments, tuple(each.shape for each in inputs))
    found: dict[Variable, Given] = {
        variable: (
            tuple(number_in(item, terms) for item in value)
            if isinstance(value, tuple)
            else number_in(value, terms)
        )
        for variable, value in callee.extra[function].items()
    }
    for argument in callee.arguments:
        variable = argument.variable
        if variable in found:
            continue
        value: object
        if isinstance(variable, InputOrigin):
            value = inputs[variable.index].shape[variable.axis]
        else:
            value = argument_of(arguments, variable.name)
        if not argument.length:
            value = one_number(value)
        elif not isinstance(value, tuple):
            value = (value,) * argument.length
        assert isinstance(value, int | float) or is_row(value)
        found[variable] = value
    return found


def number_in(value: Plain, terms: Retracing) -> Plain:
    """A number in other terms."""
    found = terms.number(value)
    assert isinstance(found, int | float)
    return found


def speaks_of(types: Types) -> set[Variable]:
    """The parameters and sizes from which the sizes of some types derive."""
    return {
        variable
        for type_ in types
        for size in type_.shape
        if (origin := origin_of(size)) is not None
        for variable in variables_in(origin)
    }


def application(node: Node) -> Expression:
    return Call(TheModule(), tuple(Operand(index) for index in range(len(node.inputs))))


def short(role: str) -> str:
    """A role as a suffix of an argument name."""
    return {"out_channels": "out", "out_features": "out", "kernel_size": "kernel"}.get(role, role)


def changed(step: Lowered, change: Callable[[Expression], Expression]) -> Lowered:
    """A step with every expression changed."""
    return replace(
        step,
        constructor=None if step.constructor is None else change(step.constructor),
        apply=change(step.apply),
        function=None if step.function is None else change(step.function),
    )


def without_defaults(step: Lowered) -> Lowered:
    """A step without the keyword arguments that have their default values."""
    return changed(step, _without_defaults)


def _without_defaults(part: Expression) -> Expression:
    def change(inner: Expression) -> Expression:
        if isinstance(inner, Call):
            kept = tuple(k for k in inner.keywords if k.default is None or k.value != k.default)
            return replace(inner, keywords=kept)
        return inner

    return map_expression(part, change)
