"""Constructors, and their arguments in an instance and at a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from netlang.backends.torch.emit.formulas import Variable, plain, scalar, variables_in
from netlang.backends.torch.lowering import Lowered
from netlang.backends.torch.python.traverse import map_expression
from netlang.backends.torch.python.tree import Call, Expression, NumberValue, Operand, TheModule
from netlang.backends.torch.rewrite.class_sharing import CallSite, Variant
from netlang.ir.program import Function, Node
from netlang.ir.provenance import InputOrigin, ParameterOrigin, origin_of
from netlang.ir.types import Types
from netlang.records import replace

__all__ = [
    "ConstructorArgument", "Constructor", "application", "axis_name", "environment_of", "given",
    "short", "speaks_of", "without_defaults",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ConstructorArgument:
    """One argument of a variant's constructor."""

    variable: Variable
    name: str
    is_float: bool
    default: NumberValue | None
    by_name: bool


@dataclass(eq=False)
class Constructor:
    """A variant with formulas for its numbers."""

    variant: Variant
    class_name: str
    arguments: tuple[ConstructorArgument, ...]
    steps: tuple[Lowered, ...]
    # The values, in each instance, of arguments that no parameter of the block gives.
    extra: Mapping[Function, Mapping[Variable, NumberValue]] = field(default_factory=dict)


def environment_of(function: Function) -> dict[Variable, NumberValue]:
    """The values of a function's parameters and input sizes, as plain numbers."""
    found: dict[Variable, NumberValue] = {}
    for name, value in function.arguments.items():
        number = scalar(value)
        if number is not None:
            found[ParameterOrigin(name)] = plain(number)
    for index, port in enumerate(function.inputs):
        for axis, size in enumerate(port.type.shape):
            if isinstance(size, int):
                found[InputOrigin(index, axis)] = int(size)
    return found


def given(callee: Constructor, site: CallSite) -> dict[Variable, NumberValue]:
    """The values that a call passes for each argument, in the caller's terms."""
    node = site.node
    function = node.callee
    assert isinstance(function, Function)
    arguments, inputs = node.arguments, site.caller.input_types(node)
    found: dict[Variable, NumberValue] = dict(callee.extra[function])
    for argument in callee.arguments:
        variable = argument.variable
        value: object = found.get(variable)
        if isinstance(variable, InputOrigin):
            value = inputs[variable.index].shape[variable.axis]
        elif value is None:
            value = scalar(arguments[variable.name])
        assert isinstance(value, int | float)
        found[variable] = value
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


def axis_name(axis: int, rank: int) -> str:
    """The constructor's name for a size. The last of two sizes is taken for features."""
    if axis == 0:
        return "channels" if rank > 1 else "features"
    names = {2: ("features",), 3: ("height", "width"), 4: ("depth", "height", "width")}
    return names[rank][axis - 1] if rank in names else f"size{axis}"


def short(role: str) -> str:
    """A role as a suffix of an argument name."""
    return {"out_channels": "out", "out_features": "out", "kernel_size": "kernel"}.get(role, role)


def without_defaults(step: Lowered) -> Lowered:
    """A step without the keyword arguments that have their default values."""
    return replace(
        step,
        constructor=None if step.constructor is None else _without_defaults(step.constructor),
        apply=_without_defaults(step.apply),
        function=None if step.function is None else _without_defaults(step.function),
    )


def _without_defaults(part: Expression) -> Expression:
    def change(inner: Expression) -> Expression:
        if isinstance(inner, Call):
            kept = tuple(k for k in inner.keywords if k.default is None or k.value != k.default)
            return replace(inner, keywords=kept)
        return inner

    return map_expression(part, change)
