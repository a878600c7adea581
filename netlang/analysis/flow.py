"""Where values of a function come from, without writing its repeats out.

All times of a repeat count as one. A *place* is the number of a node as of the first time, so there
are as many places as nodes that the author's blocks distinguish, and work on places depends on the
block and not on its number of repetitions.
"""

from __future__ import annotations

from math import prod

from netlang.ir.program import INPUT, Function, Item, Node, Ref, Repeat
from netlang.ir.repeats import Repeats
from netlang.ir.types import TensorType, Types
from netlang.records import Record

__all__ = ["Flow", "Flows", "PlacedNode"]


class PlacedNode(Record, gc=False):
    """A node, its place, its number of applications, and the repeats around it."""

    place: int
    node: Node
    times: int
    repeats: tuple[Repeat, ...]

    @property
    def sources(self) -> tuple[Ref, ...]:
        """What the node reads at any time."""
        if not self.repeats:
            return self.node.inputs
        later = (r.carry_out for r in self.repeats for ref in self.node.inputs if ref == r.carry_in)
        return (*self.node.inputs, *later)


class Flow:
    """The places of a function, by number and in order."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.steps: dict[int, PlacedNode] = {}
        # The types that the node at each place reads.
        self.reads: dict[int, Types] = {}
        self._repeats = Repeats(function.items)
        self._collect(function.items, 0, ())

    def _collect(self, items: tuple[Item, ...], place: int, repeats: tuple[Repeat, ...]) -> None:
        times = prod(repeat.count for repeat in repeats)
        for item in items:
            if isinstance(item, Node):
                self.steps[place] = PlacedNode(place, item, times, repeats)
                self.reads[place] = self.input_types(item)
                place += 1
            else:
                self._collect(item.items, place, (*repeats, item))
                place += item.count * item.size

    def place(self, producer: int) -> int:
        """The place of node number `producer`: that of its first time in every repeat around it."""
        return producer if producer in self.steps else self._repeats.folded(producer)

    def type_of(self, ref: Ref) -> TensorType:
        """The type of a value."""
        if ref.producer == INPUT:
            return self.function.inputs[ref.output].type
        return self.steps[self.place(ref.producer)].node.types[ref.output]

    def input_types(self, node: Node) -> Types:
        """The types that a node reads."""
        return tuple([self.type_of(ref) for ref in node.inputs])

    def deployed_steps(self) -> list[PlacedNode]:
        """The steps of the deployed network, which some output needs that isn't auxiliary."""
        return [step for step in self.steps.values() if not step.node.auxiliary]

    def auxiliary_steps(self) -> list[PlacedNode]:
        """The steps that exist only in training, in order."""
        return [step for step in self.steps.values() if step.node.auxiliary]


class Flows:
    """The places of each function of a program, found once for all who ask."""

    def __init__(self) -> None:
        self._known: dict[Function, Flow] = {}

    def of(self, function: Function) -> Flow:
        """The places of a function."""
        flow = self._known.get(function)
        if flow is None:
            flow = self._known[function] = Flow(function)
        return flow
