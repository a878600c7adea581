"""The steps of a deployed net in order, with their paths, figures and what they read.

Steps are written out as long as there are few; in a larger net, all times of a repeat are one step,
whose path has a range: ``layers.{0..35}.attention``. Both nets of a comparison are treated alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from netlang.analysis.constraints import checked_sizes
from netlang.analysis.cost import Costs, Totals, at_sizes
from netlang.analysis.facts import Facts
from netlang.analysis.fields.figure import ReceptiveField
from netlang.analysis.flow import Flow, PlacedNode
from netlang.analysis.rows import LONGEST, folded_path
from netlang.ir.length import WRITABLE, distinct_steps, too_many
from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Program, Ref
from netlang.ir.types import TensorType, Types
from netlang.records import Record

__all__ = [
    "NET_INPUT",
    "Parts",
    "Source",
    "ComparedPort",
    "Step",
    "NetSteps",
    "is_long",
    "without_ranges",
    "steps_of",
]

NET_INPUT = -1
"""Where the number of a step would be, for what the net is given."""

Parts: TypeAlias = tuple[str, ...]
Source: TypeAlias = tuple[int, int]
"""The number of a step, or `NET_INPUT`, and which of its outputs."""


class Step(Record, eq=False, gc=False):
    """One operator at its place.

    `parts` are the components of its path, `module` is the path that owns the weights. Types are at
    the sizes of the comparison. `times` is more than 1 for a folded step, whose figures are those
    of all times. `owns` is false where another step counts the same weights.
    """

    parts: Parts
    module: str
    op: Op
    inputs: Types
    types: Types
    sources: tuple[Source, ...]
    times: int
    totals: Totals
    owns: bool
    tied: tuple[tuple[str, str], ...]

    @property
    def path(self) -> str:
        return ".".join(self.parts)


class ComparedPort(Record):
    """An input or output, its type as declared and at the sizes, and where an output comes from."""

    name: str
    type: TensorType
    sized: TensorType
    source: Source = (NET_INPUT, 0)


class NetSteps(Record, eq=False):
    """The steps of a net, the blocks that its scopes are, and where its outputs come from.

    `given` are the sizes that were asked for; the others are the net's defaults.
    """

    program: Program
    facts: Facts
    given: Mapping[str, int]
    steps: tuple[Step, ...]
    blocks: Mapping[Parts, Function]
    inputs: tuple[ComparedPort, ...]
    outputs: tuple[ComparedPort, ...]

    def path_of(self, source: Source) -> str:
        """The path of the step, or the name of the input, that a value is of."""
        number, index = source
        return self.inputs[index].name if number == NET_INPUT else self.steps[number].path

    @property
    def cost(self) -> Totals:
        """The figures of the whole net."""
        return self.facts.cost(self.given).deployed

    @property
    def field(self) -> ReceptiveField | None:
        return self.facts.field(self.given)


def without_ranges(parts: Parts) -> Parts:
    """A path in which no range says how often a step is applied."""
    return tuple(["{}" if part.startswith("{") else part for part in parts])


def is_long(program: Program, facts: Facts) -> bool:
    """Whether a net has too many steps to write them out."""
    return _count(facts.costs(), program.net, {}, fold=False) > LONGEST


def _count(costs: Costs, function: Function, known: dict[Function, int], *, fold: bool) -> int:
    """The steps of a function; with `fold`, those of a repeat count as of one time."""
    if function not in known:
        known[function] = sum(
            (1 if fold else step.times)
            * (
                _count(costs, step.node.callee, known, fold=fold)
                if isinstance(step.node.callee, Function)
                else 1
            )
            for step in costs.flow(function).deployed_steps()
        )
    return known[function]


def steps_of(program: Program, facts: Facts, sizes: Mapping[str, int], *, fold: bool) -> NetSteps:
    """The deployed steps of a program at some sizes.

    Raises `NetlangError` if there are too many of them, unless they are all written in the spec.
    """
    complete = checked_sizes(program, sizes)
    costs = facts.costs(sizes)
    count = _count(costs, program.net, {}, fold=fold)
    if count > max(WRITABLE, distinct_steps(program.net)):
        advice = "compare a block of it, or repeat less: `netlang summary` takes blocks as a whole"
        raise too_many(program, count, WRITABLE, advice)
    walk = _Walk(costs, at_sizes(complete), fold)
    net = program.net
    values = walk.function(
        net, _Site((), "", 1), tuple((NET_INPUT, n) for n in range(len(net.inputs)))
    )
    flow = walk.costs.flow(net)
    outputs = []
    for index, output in enumerate(net.outputs):
        if not output.auxiliary:
            type_ = flow.type_of(output.ref)
            outputs.append(ComparedPort(output.name, type_, walk.measured(type_), values[index]))
    inputs = [ComparedPort(port.name, port.type, walk.measured(port.type)) for port in net.inputs]
    steps = tuple(walk.steps)
    return NetSteps(program, facts, sizes, steps, walk.blocks, tuple(inputs), tuple(outputs))


class _Site(Record):
    """Where a function or step stands: its path, what its modules are below, and how often."""

    parts: Parts
    module: str
    times: int


class _Walk:
    """Collects the steps of one function after the other."""

    def __init__(
        self, costs: Costs, measured: Callable[[TensorType], TensorType], fold: bool
    ) -> None:
        self.costs = costs
        self.measured = measured
        self.steps: list[Step] = []
        self.blocks: dict[Parts, Function] = {}
        self._fold = fold
        self._owners: set[str] = set()
        self._known: dict[Types, Types] = {}

    def function(
        self, function: Function, site: _Site, inputs: tuple[Source, ...]
    ) -> dict[int, Source]:
        """Add a function's steps; returns where its deployed outputs come from, by index."""
        flow = self.costs.flow(function)
        folded = self._folded(flow)
        values = {Ref(INPUT, index): source for index, source in enumerate(inputs)}
        for number, placed, own in self._placed(flow):
            node, count = placed.node, site.times * (placed.times if self._fold else 1)
            read = tuple([values[ref] for ref in map(folded, node.inputs)])
            path, owner = (*site.parts, *own), site.module + node.module
            if isinstance(node.callee, Function):
                self.blocks[path] = node.callee
                found = self.function(node.callee, _Site(path, f"{owner}.", count), read)
                for index, source in found.items():
                    values[Ref(number, index)] = source
                continue
            for index in range(len(node.types)):
                values[Ref(number, index)] = (len(self.steps), index)
            self._add(flow, placed, _Site(path, site.module, count), read)
        return {
            index: values[folded(output.ref)]
            for index, output in enumerate(function.outputs)
            if not output.auxiliary
        }

    def _placed(self, flow: Flow) -> Iterator[tuple[int, PlacedNode, Parts]]:
        """Number, node and path of each step."""
        if self._fold:
            for step in flow.deployed_steps():
                yield step.place, step, folded_path(step)
            return
        for number, node in enumerate(flow.function.nodes):
            if not node.auxiliary:
                place = PlacedNode(flow.place(number), node, 1, ())
                yield number, place, tuple(node.path.split("."))

    def _folded(self, flow: Flow) -> Callable[[Ref], Ref]:
        if not self._fold:
            return lambda ref: ref
        return lambda ref: (
            ref if ref.producer == INPUT else Ref(flow.place(ref.producer), ref.output)
        )

    def _add(self, flow: Flow, placed: PlacedNode, site: _Site, read: tuple[Source, ...]) -> None:
        node, module = placed.node, site.module
        assert isinstance(node.callee, Op)
        owner = module + node.module
        owns = owner not in self._owners
        self._owners.add(owner)
        totals = self.costs.of_step(flow, placed)
        tied = tuple([(tie.name, f"{module}{tie.module}.{tie.weight}") for tie in node.tied])
        self.steps.append(
            Step(
                site.parts, owner, node.callee, self._at_sizes(flow.reads[placed.place]),
                self._at_sizes(node.types), read, site.times,
                totals if owns else totals.without_weights(), owns, tied,
            )
        )  # fmt: skip

    def _at_sizes(self, types: Types) -> Types:
        found = self._known.get(types)
        if found is None:
            found = self._known[types] = tuple(map(self.measured, types))
        return found
