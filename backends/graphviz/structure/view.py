"""A function as the diagram sees it: every step once, with the values that it really reads.

On exit, a repeated step appears once with its count, `identity` steps are skipped, and every
reference names an input of the function or the first occurrence of a step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from weakref import WeakKeyDictionary

from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Item, Node, Output, Ref
from netlang.ir.repeats import Repeats
from netlang.ir.types import TensorType, Types
from netlang.records import Record, replace

__all__ = ["RepeatGroup", "DrawnStep", "View", "in_training_only", "is_identity", "view_of"]


class RepeatGroup(Record):
    """A repeat of several steps. `depth` counts the scopes around it."""

    first: int
    count: int
    depth: int


class DrawnStep(Record):
    """One node, the values that it reads, its number of applications and the repeats around it."""

    number: int
    node: Node
    sources: tuple[Ref, ...]
    times: int
    groups: tuple[RepeatGroup, ...]


class View(Record):
    """The steps of a function and its outputs, in order."""

    inputs: Types
    steps: tuple[DrawnStep, ...]
    outputs: tuple[Output, ...]
    types: Mapping[int, Types]

    def type_of(self, ref: Ref) -> TensorType:
        """The type of a value."""
        kinds = self.inputs if ref.producer == INPUT else self.types[ref.producer]
        return kinds[ref.output]

    def input_types(self, step: DrawnStep) -> Types:
        """The types that a step reads."""
        return tuple(map(self.type_of, step.sources))


def is_identity(callee: Op | Function) -> bool:
    """Whether a step only passes its value on."""
    return isinstance(callee, Op) and callee.name == "identity"


_views: WeakKeyDictionary[Function, View] = WeakKeyDictionary()


def view_of(function: Function) -> View:
    """The view of one function, cached for the lifetime of the function."""
    if function not in _views:
        _views[function] = _view(function)
    return _views[function]


def in_training_only(view: View) -> View:
    """The view for the inside of an auxiliary step, whose steps aren't marked again."""
    steps = (replace(step, node=replace(step.node, auxiliary=True)) for step in view.steps)
    return replace(view, steps=tuple(steps))


def _view(function: Function) -> View:
    repeats = Repeats(function.items)
    steps = list(_walk(function.items, 0, 1, ()))
    resolved: dict[Ref, Ref] = {}

    def resolve(ref: Ref) -> Ref:
        place = Ref(repeats.folded(ref.producer), ref.output)
        return resolved.get(place, place)

    kept = []
    for step in steps:
        sources = tuple(map(resolve, step.node.inputs))
        if is_identity(step.node.callee) and sources:
            resolved[Ref(step.number)] = sources[0]
        else:
            kept.append(DrawnStep(step.number, step.node, sources, step.times, step.groups))
    outputs = tuple(Output(o.name, resolve(o.ref), o.auxiliary) for o in function.outputs)
    inputs = tuple(port.type for port in function.inputs)
    types = {step.number: step.node.types for step in kept}
    return View(inputs, tuple(kept), outputs, types)


def _walk(
    items: tuple[Item, ...], start: int, times: int, groups: tuple[RepeatGroup, ...]
) -> Iterator[DrawnStep]:
    number = start
    for item in items:
        if isinstance(item, Node):
            yield DrawnStep(number, item, (), times, groups)
            number += 1
            continue
        if len(item.items) == 1:
            yield from _walk(item.items, number, times * item.count, groups)
        else:
            group = RepeatGroup(number, item.count, item.depth)
            yield from _walk(item.items, number, times, (*groups, group))
        number += item.size * item.count
