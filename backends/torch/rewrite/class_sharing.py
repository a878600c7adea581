"""Finds functions that can share a class.

A *variant* of a block consists of its instances whose steps are alike in everything but numbers. On
exit, every function belongs to one variant, which becomes one class; the numbers that differ become
arguments of its constructor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from netlang.backends.torch.diagnostics import NoLowering
from netlang.backends.torch.lowering import Lowered, Unsupported, lowered
from netlang.backends.torch.lowering.base import APPLIED
from netlang.backends.torch.python.traverse import blanked, map_expression, walk
from netlang.backends.torch.python.tree import (
    Expression,
    Number,
    PerAxis,
)
from netlang.diagnostics.errors import NetlangError
from netlang.ir.op import Op
from netlang.ir.program import Function, Node
from netlang.records import replace

__all__ = ["CallSite", "Variant", "Variants", "fill", "numbers_in"]


@dataclass(frozen=True, eq=False)
class CallSite:
    """A call of an instance of a variant: node `index` of `caller`."""

    caller: Function
    index: int

    @property
    def node(self) -> Node:
        return self.caller.nodes[self.index]


@dataclass(eq=False)
class Variant:
    """The instances of a block that share a class, and where they are called."""

    name: str
    instances: list[Function] = field(default_factory=list)
    sites: list[CallSite] = field(default_factory=list)

    @property
    def sample(self) -> Function:
        """An instance from which the structure can be read."""
        return self.instances[0]


@dataclass(frozen=True, slots=True)
class _Step:
    """An operator as PyTorch code, that code without its numbers, and the numbers."""

    lowered: Lowered
    shape: tuple[object, ...]
    numbers: tuple[Number, ...]


class Variants:
    """All variants of a net, callees before callers.

    The steps of functions that `before` also contains are reused from there.
    """

    def __init__(self, net: Function, before: Variants | None = None) -> None:
        self._of: dict[Function, Variant] = {}
        self._by_structure: dict[object, Variant] = {}
        self._steps: dict[Function, dict[int, _Step]] = {}
        self._before = before._steps if before is not None else {}
        self.net = self._visit(net)

    def __iter__(self) -> Iterator[Variant]:
        return iter(self._by_structure.values())

    def of(self, function: Function) -> Variant:
        return self._of[function]

    def step(self, function: Function, index: int) -> Lowered:
        """Operator node `index` of a function as PyTorch code, with its own numbers."""
        return self._steps[function][index].lowered

    def numbers(self, function: Function, index: int) -> tuple[Number, ...]:
        """The numbers of operator node `index` of a function, in the order of `numbers_in`."""
        return self._steps[function][index].numbers

    def places(self, variant: Variant) -> set[tuple[Variant, str]]:
        """Where the text calls a variant: pairs of the calling variant and the step's path."""
        return {(self._of[site.caller], site.node.path) for site in variant.sites}

    def _visit(self, function: Function) -> Variant:
        if function in self._of:
            return self._of[function]
        for node in function.nodes:
            if isinstance(node.callee, Function):
                self._visit(node.callee)
        self._steps[function] = self._before.get(function) or _steps(function)
        variant = self._by_structure.setdefault(self._structure(function), Variant(function.name))
        variant.instances.append(function)
        self._of[function] = variant
        for index, node in enumerate(function.nodes):
            if isinstance(node.callee, Function):
                self._of[node.callee].sites.append(CallSite(function, index))
        return variant

    def _structure(self, function: Function) -> object:
        """A key that is equal for functions that differ only in numbers."""
        steps = tuple(
            (
                node.path,
                node.module,
                node.inputs,
                node.auxiliary,
                node.tied,
                self._shape(function, index),
            )
            for index, node in enumerate(function.nodes)
        )
        ports = tuple((port.name, port.type.rank) for port in function.inputs)
        return (function.name, ports, steps, function.outputs)

    def _shape(self, function: Function, index: int) -> object:
        callee = function.nodes[index].callee
        if isinstance(callee, Function):
            return id(self._of[callee])
        return self._steps[function][index].shape


def _steps(function: Function) -> dict[int, _Step]:
    """The operators among the nodes of a function."""
    return {
        index: _step(_lowered(function, node, node.callee))
        for index, node in enumerate(function.nodes)
        if not isinstance(node.callee, Function)
    }


def _step(lowered: Lowered) -> _Step:
    apply = None if lowered.apply == APPLIED else lowered.apply
    return _Step(lowered, *blanked((lowered.constructor, apply, lowered.function)))


def _lowered(function: Function, node: Node, op: Op) -> Lowered:
    try:
        return lowered(op, function.input_types(node), node.types)
    except Unsupported as reason:
        raise NetlangError(
            NoLowering(span=node.span, operator=op.name, reason=str(reason))
        ) from None


def numbers_in(step: Lowered) -> Iterator[Number]:
    """The numbers of a step, in a fixed order."""
    for part in (step.constructor, step.apply, step.function):
        if part is not None:
            yield from (item for item in walk(part) if isinstance(item, Number))


def fill(step: Lowered, values: Iterator[Expression]) -> Lowered:
    """A step with its numbers replaced, in the order of `numbers_in`.

    One number stands for those of all axes where they are equal; others are still a `PerAxis`.
    """

    def change(part: Expression) -> Expression:
        if isinstance(part, Number):
            return next(values)
        if isinstance(part, PerAxis):
            same = all(item == part.items[0] for item in part.items)
            return part.items[0] if same else part
        return part

    return replace(
        step,
        constructor=None if step.constructor is None else map_expression(step.constructor, change),
        apply=map_expression(step.apply, change),
        function=None if step.function is None else map_expression(step.function, change),
    )
