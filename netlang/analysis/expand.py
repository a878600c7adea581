"""A net as one flat list of steps: blocks inlined, every argument and shape known, with origins.

On exit, each step has its full path and reads only values of earlier steps. Module paths are full
as well, so two steps with the same module share its weights. Repeats are written out or, in nets of
more than `LONGEST` steps, become `ExpandedRepeat`s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, TypeAlias, final

from netlang.analysis.origins import CallContext, Origin, origins
from netlang.ir.length import Lengths, distinct_steps, too_many
from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Item, Node, Program, Ref, Repeat, expand
from netlang.ir.types import TensorType, Types
from netlang.records import ComparedInPart, Draft, Record, field, replace
from netlang.source import Span

__all__ = [
    "LONGEST", "Entry", "ExpandedStep", "Expansion", "ExpandedRepeat", "Tap", "ExpandedValue",
    "expand_program",
]  # fmt: skip

LONGEST = 10_000
MOST = 1_000_000


class ExpandedValue(ComparedInPart):
    """Output number `output` of the step at path `step`, or input number `output` of the net."""

    aside: ClassVar[tuple[str, ...]] = ("type",)

    step: str | None
    output: int
    type: TensorType


class ExpandedStep(Record):
    """One application of an operator in a flat net.

    `module` is the path that owns the weights, and `tied` has the keys of those that are other
    steps' weights too. `auxiliary` steps exist only in training.
    """

    path: str
    op: Op
    inputs: tuple[ExpandedValue, ...]
    types: Types
    module: str
    auxiliary: bool
    span: Span
    origins: Mapping[str, Origin]
    tied: Mapping[str, str]

    @property
    def reuses(self) -> bool:
        return self.module != self.path

    @property
    def input_types(self) -> Types:
        return tuple(value.type for value in self.inputs)


class ExpandedRepeat(Record):
    """A repeat: `entries` are those of the first of `count` times.

    Component number `component` of each path grows by `step` with each time. From the second time
    on, steps that read `carry_in` read `carry_out` of the previous time instead.
    """

    count: int
    component: int
    step: int
    carry_in: ExpandedValue
    carry_out: ExpandedValue
    entries: tuple[Entry, ...]


Entry: TypeAlias = ExpandedStep | ExpandedRepeat


class Tap(Record):
    """An output of the net."""

    name: str
    value: ExpandedValue
    auxiliary: bool


class Expansion(Record):
    """The whole net. `count` is the number of steps with repeats written out."""

    program: Program
    count: int
    entries: tuple[Entry, ...]
    outputs: tuple[Tap, ...]

    @property
    def has_repeats(self) -> bool:
        return any(isinstance(entry, ExpandedRepeat) for entry in self.entries)

    @property
    def steps(self) -> Iterator[ExpandedStep]:
        """The steps; those of repeats as of the first time."""
        return _steps(self.entries)


def _steps(entries: tuple[Entry, ...]) -> Iterator[ExpandedStep]:
    for entry in entries:
        if isinstance(entry, ExpandedRepeat):
            yield from _steps(entry.entries)
        else:
            yield entry


def expand_program(program: Program, *, with_origins: bool = True) -> Expansion:
    """The flattened net of a program. Raises `NetlangError` if it has too many steps.

    A text without comments doesn't need the origins of arguments, the dearest part.
    """
    net = program.net
    lengths = Lengths()
    written_out = lengths.steps(net)
    shorten = written_out > max(LONGEST, distinct_steps(net))
    if shorten and lengths.steps(net, once=True) > MOST:
        advice = "`netlang summary` and `explain` take blocks as a whole"
        raise too_many(program, lengths.steps(net, once=True), MOST, advice)
    inputs = tuple(ExpandedValue(None, index, port.type) for index, port in enumerate(net.inputs))
    context = CallContext(net, net.arguments, dict(program.written))
    later: list[str] | None = [] if shorten else None
    opened = _Opened(
        net, inputs, context, "", "", auxiliary=False, later=later, with_origins=with_origins
    )
    entries = tuple(opened.entries(net.items, 0))
    taps = tuple(Tap(o.name, opened.value(o.ref), o.auxiliary) for o in net.outputs)
    return Expansion(program, written_out, entries, taps)


Values: TypeAlias = tuple[ExpandedValue, ...]


@final
class _Opened(Draft):
    """One call of a function, with its values by node number.

    `later` collects the steps of last times from which values are taken; None means that repeats
    are written out.
    """

    function: Function
    inputs: Values
    context: CallContext
    prefix: str
    modules: str
    auxiliary: bool
    later: list[str] | None
    with_origins: bool
    values: dict[int, Values] = field(default_factory=dict)

    def value(self, ref: Ref) -> ExpandedValue:
        if ref.producer == INPUT:
            return self.inputs[ref.output]
        return self.values[ref.producer][ref.output]

    def entries(self, items: tuple[Item, ...], number: int) -> Iterator[Entry]:
        """The steps of `items`, the first of which is node `number`."""
        for item in items:
            if isinstance(item, Node):
                yield from self._node(item, number)
                number += 1
            elif self.later is not None:
                yield self._repeat(item, number, self.later)
                number += item.count * item.size
            else:
                for node in expand((item,)):
                    yield from self._node(node, number)
                    number += 1

    def _node(self, node: Node, number: int) -> Iterator[Entry]:
        inputs = tuple(self.value(ref) for ref in node.inputs)
        path, module = self.prefix + node.path, self.modules + node.module
        auxiliary = self.auxiliary or node.auxiliary
        if isinstance(node.callee, Function):
            inner = _Opened(
                node.callee, inputs, self.context.inner(node, node.callee),
                f"{path}.", f"{module}.",
                auxiliary=auxiliary, later=self.later, with_origins=self.with_origins,
            )  # fmt: skip
            yield from inner.entries(node.callee.items, 0)
            self.values[number] = tuple(inner.value(o.ref) for o in node.callee.outputs)
            return
        types = node.types
        self.values[number] = tuple(
            ExpandedValue(path, index, each) for index, each in enumerate(types)
        )
        origin = origins(node, node.callee, self.context) if self.with_origins else {}
        tied = {tie.name: f"{self.modules}{tie.module}.{tie.weight}" for tie in node.tied}
        yield ExpandedStep(
            path, node.callee, inputs, types, module, auxiliary, node.span, origin, tied
        )

    def _repeat(self, repeat: Repeat, number: int, later: list[str]) -> ExpandedRepeat:
        mark = len(later)
        carry_in = self.value(repeat.carry_in)
        entries = tuple(self.entries(repeat.items, number))
        carry_out = last = self.value(repeat.carry_out)
        component = self.prefix.count(".") + repeat.depth
        # A value that only passes through is the same every time.
        if carry_out.step in {*later[mark:], *(step.path for step in _steps(entries))}:
            last = _later(carry_out, component, (repeat.count - 1) * repeat.step)
            later.append(str(last.step))
        producer = repeat.carry_out.producer + (repeat.count - 1) * repeat.size
        self.values[producer] = (last,) * (repeat.carry_out.output + 1)
        return ExpandedRepeat(repeat.count, component, repeat.step, carry_in, carry_out, entries)


def _later(value: ExpandedValue, component: int, growth: int) -> ExpandedValue:
    """The same value with component `component` of its path increased by `growth`."""
    assert value.step is not None
    parts = value.step.split(".")
    parts[component] = str(int(parts[component]) + growth)
    return replace(value, step=".".join(parts))
