"""The normal form of a program: equal for nets of the same steps, keys and values.

It leaves out what changes neither: blocks, the labels of steps without weights, steps that do
nothing, the order of steps that don't read each other and of two values that are added, and how a
window is written: ``3`` or ``3x3``, ``pad=same`` or ``pad=1``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeAlias, final

from netlang.ir.op import Op
from netlang.ir.program import INPUT, Node, Program, Ref
from netlang.ir.types import Types
from netlang.ops.dropout import Dropout, StochasticDepth
from netlang.ops.identity import Identity
from netlang.ops.merge import Add, Max, Min, Mul
from netlang.ops.spatial import extents, padding, per_axis
from netlang.passes.flat import flattened
from netlang.records import Draft, Record, field, names_of

__all__ = ["NormalForm", "Forms", "PlacedStep"]

PlacedStep: TypeAlias = tuple[Op, str, Types, Types]
"""An operator, the path of its weights, the types that it reads, and those that it gives."""


@final
class NormalForm(Record):
    """What a program computes: numbers of the values that it gives and of all of its steps.

    Forms made by the same `Forms` are equal if the programs are.
    """

    outputs: tuple[tuple[str, int], ...]
    numbers: Counter[int]
    steps: tuple[PlacedStep, ...]

    def is_same(self, other: NormalForm) -> bool:
        """Whether two programs are equal."""
        return self.outputs == other.outputs and self.numbers == other.numbers

    def facts(self) -> Counter[object]:
        """What is known of each step by itself, by which programs are more or less alike."""
        found = Counter[object]()
        for op, owner, read, given in self.steps:
            found[type(op), owner] += 1
            found[type(op), owner, given] += 1
            found.update((type(op), owner, *each) for each in _fields(op, read, given))
        return found


@final
class Forms(Draft, eq=False):
    """Makes normal forms. Values that are computed alike have the same number."""

    known: dict[object, int] = field(default_factory=dict)

    def of(self, program: Program) -> NormalForm:
        """The normal form of a program."""
        net = flattened(program).program.net
        values = {
            Ref(INPUT, place): self._number(("input", place, port.type))
            for place, port in enumerate(net.inputs)
        }
        numbers = Counter[int]()
        steps: list[PlacedStep] = []
        for place, node in enumerate(net.nodes):
            op, read = node.callee, net.input_types(node)
            assert isinstance(op, Op)
            if _is_idle(op):
                values[Ref(place)] = values[node.inputs[0]]
                continue
            owner = node.module if op.weights(read) else ""
            number = self._step(node, op, owner, read, values)
            numbers[number] += 1
            steps.append((op, owner, read, node.types))
            for port in range(len(node.types)):
                values[Ref(place, port)] = self._number((number, port))
        outputs = tuple((each.name, values[each.ref]) for each in net.outputs)
        return NormalForm(outputs, numbers, tuple(steps))

    def _step(self, node: Node, op: Op, owner: str, read: Types, values: Mapping[Ref, int]) -> int:
        inputs = [values[ref] for ref in node.inputs]
        if isinstance(op, Add | Max | Min | Mul) and len(inputs) == 2:
            inputs.sort()
        ties = tuple((tie.name, tie.module, tie.weight) for tie in node.tied)
        fields = tuple(_fields(op, read, node.types))
        return self._number((type(op), fields, owner, ties, node.types, tuple(inputs)))

    def _number(self, how: object) -> int:
        return self.known.setdefault(how, len(self.known))


def _is_idle(op: Op) -> bool:
    """Whether a step gives what it reads, in training too."""
    return isinstance(op, Identity) or (isinstance(op, Dropout | StochasticDepth) and not op.p)


def _fields(op: Op, read: Types, given: Types) -> Iterator[tuple[str, object]]:
    """The arguments of a step, those of windows for each axis."""
    names = names_of(op)
    # Windows are of the map that a step reads, but `fold` makes one of columns.
    rank = max(each.rank for each in (*read[:1], *given[:1])) - 1
    windows = "kernel" in names and rank > 0
    for name in names:
        value = getattr(op, name)
        if windows and name in ("kernel", "stride", "dilation") and value is not None:
            value = per_axis(value, rank)
        elif windows and name == "pad":
            kernel, spacing = (getattr(op, each, 1) for each in ("kernel", "dilation"))
            value = padding(value, extents(per_axis(kernel, rank), per_axis(spacing, rank)))
        yield name, value
