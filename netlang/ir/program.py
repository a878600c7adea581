"""The IR: functions that call operators and other functions.

A block with given arguments and input types is one `Function`, however often it is used; its uses
are `Node`s with this function as callee. After elaboration, every node comes after the nodes that
it reads, paths are unique within a function, and every type is known.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar, TypeAlias, final

from netlang.diagnostics.diagnostic import ChainLink
from netlang.ir.constraints import Constraint
from netlang.ir.numbers.provenance import CallOrigin, InputOrigin
from netlang.ir.op import Op
from netlang.ir.types import DType, TensorType, Types, float_type
from netlang.records import ComparedInPart, Record, replace
from netlang.source import Span

__all__ = [
    "INPUT",
    "NO_ARGUMENTS",
    "Condition",
    "Function",
    "Item",
    "Node",
    "Output",
    "Port",
    "Program",
    "Ref",
    "Repeat",
    "Size",
    "Tie",
]

INPUT = -1
NO_ARGUMENTS: Mapping[str, Any] = MappingProxyType({})


class Ref(Record, gc=False):
    """Output `output` of node number `producer`; for `INPUT`, input `output` of the function."""

    producer: int
    output: int = 0


class Tie(Record, gc=False):
    """Weight `name` of a step is weight `weight` of the step at `module`, in the same function."""

    name: str
    module: str
    weight: str


class Node(ComparedInPart, gc=False):
    """One application of an operator or function.

    `path` is the label path within the enclosing function and names the value. `module` is the path
    that owns the weights: the same, unless the step reuses another one. `auxiliary` nodes exist
    only in training. `types` has one type per output of the callee, including auxiliary ones.
    `arguments` are what a call passes for the function's parameters, in the caller's terms: the
    function is shared, and its own arguments are in the terms of its first caller. `written` says
    where each argument was written in a file; an operator's defaults have no place. `tied` says
    which weights are those of other steps, under keys of this step too.
    """

    aside: ClassVar[tuple[str, ...]] = ("arguments", "written")

    path: str
    callee: Op | Function
    inputs: tuple[Ref, ...]
    types: Types
    span: Span
    module: str
    auxiliary: bool = False
    arguments: Mapping[str, object] = NO_ARGUMENTS
    written: Mapping[str, Span] = NO_ARGUMENTS
    tied: tuple[Tie, ...] = ()

    @property
    def reuses(self) -> bool:
        """Whether the weights belong to another step."""
        return self.module != self.path


class Repeat(Record, gc=False):
    """`items` applied `count` >= 2 times in succession, each time with weights of its own.

    The items are those of the first time. From the second time on, nodes that read `carry_in` read
    `carry_out` of the previous time instead. Component number `depth` of each path (from 0) is a
    number that grows by `step` each time. `size` is the number of nodes of one time.
    """

    items: tuple[Item, ...]
    count: int
    carry_in: Ref
    carry_out: Ref
    depth: int
    step: int
    first: int
    size: int

    def expand(self) -> Iterator[Node]:
        """The nodes of all times, in order."""
        nodes = tuple(expand(self.items))
        for time in range(self.count):
            for node in nodes:
                yield self._at(time, node) if time else node

    def _at(self, time: int, node: Node) -> Node:
        inputs = tuple(self._moved(time, ref) for ref in node.inputs)
        path = self._renumbered(time, node.path)
        module = path if not node.reuses else node.module
        return replace(node, inputs=inputs, path=path, module=module)

    def _moved(self, time: int, ref: Ref) -> Ref:
        if ref == self.carry_in:
            return Ref(self.carry_out.producer + (time - 1) * self.size, self.carry_out.output)
        if ref.producer >= self.first:
            return Ref(ref.producer + time * self.size, ref.output)
        return ref

    def _renumbered(self, time: int, path: str) -> str:
        parts = path.split(".")
        parts[self.depth] = str(int(parts[self.depth]) + time * self.step)
        return ".".join(parts)


Item: TypeAlias = Node | Repeat


def expand(items: tuple[Item, ...]) -> Iterator[Node]:
    """The nodes of `items`, repeats written out."""
    for item in items:
        if isinstance(item, Repeat):
            yield from item.expand()
        else:
            yield item


def _firsts(items: tuple[Item, ...], first: int) -> tuple[int, ...]:
    """The number of the first node of each item."""
    found = []
    for item in items:
        found.append(first)
        first += 1 if isinstance(item, Node) else item.size * item.count
    return tuple(found)


def _node(items: tuple[Item, ...], firsts: tuple[int, ...], number: int) -> Node:
    """Node `number`; for a repeated node, its first occurrence. Repeats aren't written out."""
    place = bisect_right(firsts, number) - 1
    item = items[place]
    if isinstance(item, Node):
        return item
    behind = (number - firsts[place]) % item.size
    return _node(item.items, _firsts(item.items, 0), behind)


class Port(Record, gc=False):
    """An input of a function."""

    name: str
    type: TensorType


class Output(Record, gc=False):
    """An output of a function. An auxiliary one exists only in training."""

    name: str
    ref: Ref
    auxiliary: bool = False


@final
class Function(Record, eq=False, dict=True, weakref=True):
    """A block or net with given arguments and input types.

    `arguments` are the values of its parameters in order. Numbers in the operators and types of its
    nodes may be `Traced` to them. `pinned` names the parameters that also decided something other
    than such a number (a loop, a condition); another value of them needs another elaboration,
    unless the comparisons in `decided` are true for it too. `span` is its name in its definition,
    `extent` the whole definition. `size_names`: what its text calls sizes of its inputs.
    """

    name: str
    arguments: Mapping[str, object]
    inputs: tuple[Port, ...]
    items: tuple[Item, ...]
    outputs: tuple[Output, ...]
    span: Span
    doc: str | None = None
    pinned: frozenset[str] = frozenset()
    extent: Span | None = None
    decided: tuple[CallOrigin, ...] = ()
    size_names: tuple[tuple[InputOrigin, str], ...] = ()

    def __repr__(self) -> str:
        return f"<function {self.name} at {self.span}>"

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, repeats written out; `Ref.producer` counts these."""
        return tuple(expand(self.items))

    def type_of(self, ref: Ref) -> TensorType:
        """The type of a value of this function."""
        if ref.producer == INPUT:
            return self.inputs[ref.output].type
        return _node(self.items, self._firsts, ref.producer).types[ref.output]

    def node(self, number: int) -> Node:
        """Node `number`; for a repeated node, its first occurrence."""
        return _node(self.items, self._firsts, number)

    @cached_property
    def _firsts(self) -> tuple[int, ...]:
        return _firsts(self.items, 0)

    def input_types(self, node: Node) -> Types:
        """The types that `node` reads."""
        return tuple(self.type_of(ref) for ref in node.inputs)

    @cached_property
    def output_types(self) -> Types:
        return tuple(self.type_of(output.ref) for output in self.outputs)

    @property
    def named_types(self) -> dict[str, TensorType]:
        """The types of its outputs by their names."""
        names = (output.name for output in self.outputs)
        return dict(zip(names, self.output_types, strict=True))

    @property
    def deployed_names(self) -> tuple[str, ...]:
        """The names of the outputs that a call gives."""
        return tuple(output.name for output in self.outputs if not output.auxiliary)


class Size(Record):
    """A symbolic size of an input: its name, its default for reports, and its declaration."""

    name: str
    default: int
    span: Span


class Condition(Record, gc=False):
    """A constraint and the place in the spec that it comes from.

    An `auxiliary` one is needed only in training, by parts that the deployed net lacks.
    """

    constraint: Constraint
    span: Span
    chain: tuple[ChainLink, ...]
    auxiliary: bool = False


class Program(Record, eq=False, weakref=True):
    """An elaborated net, from which every analysis and backend starts.

    `written` says where the net's own arguments were written, including defaults. `alone` is None
    for a net; for a block by itself, it has the defaults of its parameters, in its own terms.
    """

    name: str
    net: Function
    sizes: tuple[Size, ...]
    conditions: tuple[Condition, ...]
    doc: str | None = None
    written: tuple[tuple[str, Span], ...] = ()
    alone: Mapping[str, object] | None = None

    @property
    def deployed_conditions(self) -> tuple[Condition, ...]:
        """The conditions on the sizes of the deployed network."""
        return tuple(condition for condition in self.conditions if not condition.auxiliary)

    @property
    def floats(self) -> DType:
        """The floating-point type of the net's computation: that of its inputs, or float32.

        Learned tensors and everything computed from them have this type.
        """
        return float_type(port.type for port in self.net.inputs) or DType.FLOAT32

    @property
    def defaults(self) -> dict[str, int]:
        """Every symbol with its default size; the batch ``N`` is 1."""
        return {"N": 1, **{size.name: size.default for size in self.sizes}}
