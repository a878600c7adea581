"""Operators and arguments in the terms of another function than the one in which they stood."""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from netlang.ir.numbers.provenance import (
    Applied,
    CallOrigin,
    InputOrigin,
    Traced,
    TracedFloat,
    origin_of,
)
from netlang.ir.numbers.retracing import Retracing
from netlang.ir.op import Op, Rejection
from netlang.ir.program import Function, Node
from netlang.ir.types import Types
from netlang.records import names_of, replace

__all__ = ["conditions_in", "op_in", "size_name", "types_of", "value_in"]


def op_in(op: Op, terms: Retracing) -> Op:
    """An operator whose numbers are expressed in other terms."""
    changes = {
        name: changed
        for name in names_of(op)
        if (changed := value_in(value := getattr(op, name), terms)) is not value
    }
    return replace(op, **changes) if changes else op


def value_in(value: object, terms: Retracing) -> object:
    """A value whose numbers are expressed in other terms."""
    if isinstance(value, Traced | TracedFloat):
        return terms.number(value)
    if isinstance(value, Applied):
        own = {name: value_in(each, terms) for name, each in value.numbers()}
        return value.with_numbers(own) if own else value
    if isinstance(value, tuple):
        items = tuple(value_in(item, terms) for item in value)
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value


def conditions_in(function: Function, terms: Retracing) -> tuple[CallOrigin, ...]:
    """What the steps of a function depend on, as far as other terms say anything of it."""
    found = (terms.origin(each) for each in function.decided)
    return tuple(each for each in found if isinstance(each, CallOrigin))


def types_of(node: Node, inputs: Types, terms: Retracing | None = None) -> Types:
    """The types of a step for other expressions of the same sizes as its inputs.

    Where they can't be inferred, they are those that the step has, in other `terms`.
    """
    if isinstance(node.callee, Function):
        within = Retracing(node.arguments, tuple(each.shape for each in inputs))
        shapes = [tuple(map(within.retrace, each.shape)) for each in node.callee.output_types]
    else:
        try:
            shapes = [each.shape for each in node.callee.infer(inputs).outputs]
        except Rejection:
            shapes = []
    if shapes != [each.shape for each in node.types]:
        if terms is None:
            return node.types
        shapes = [tuple(map(terms.retrace, each.shape)) for each in node.types]
    return tuple(each.with_shape(*shape) for each, shape in zip(node.types, shapes, strict=True))


def size_name(function: Function, size: InputOrigin) -> str:
    """What a size of an input is called: as in the text of a block, or of one that it goes on to.

    Without such a name it is that of the axis, of images whose channels come first.
    """
    if given := _given_names(function).get(size):
        return given
    port = function.inputs[size.index]
    prefix = "in" if len(function.inputs) == 1 else port.name
    return f"{prefix}_{_axis_name(size.axis, port.type.rank)}"


_GIVEN = WeakKeyDictionary[Function, Mapping[InputOrigin, str]]()


def _given_names(function: Function) -> Mapping[InputOrigin, str]:
    """The names in the text of a function; for other sizes, those in the blocks that it calls.

    An axis that was moved is called something else there.
    """
    if function in _GIVEN:
        return _GIVEN[function]
    found = dict(function.size_names)
    for node in function.nodes:
        if isinstance(node.callee, Function) and (inner := _given_names(node.callee)):
            taken = {*found.values(), *function.arguments}
            types = function.input_types(node)
            for size, name in inner.items():
                origin = origin_of(types[size.index].shape[size.axis])
                if not isinstance(origin, InputOrigin) or origin.axis != size.axis:
                    continue
                if name not in taken:
                    found.setdefault(origin, name)
    _GIVEN[function] = found
    return found


def _axis_name(axis: int, rank: int) -> str:
    """The name of a size. The last of two sizes is taken for features."""
    if axis == 0:
        return "channels" if rank > 1 else "features"
    names = {2: ("features",), 3: ("height", "width"), 4: ("depth", "height", "width")}
    return names[rank][axis - 1] if rank in names else f"size{axis}"
