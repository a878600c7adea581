"""Parameters, work and memory, computed once per function and summed by multiplicity.

`Costs` walks over the places of a function, so a block that is repeated a million times costs as
much time as one that is applied once. The caller decides what becomes of a dim (`measure`): it
stays symbolic, which makes every figure a formula in the sizes, or gets its value at given sizes.
The figures of a function are cached by its identity for the lifetime of the `Costs` object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from operator import mul

from netlang.analysis.flow import Flow, Flows, PlacedNode
from netlang.ir.dims import Dim, evaluate
from netlang.ir.op import Op
from netlang.ir.program import Function
from netlang.ir.types import TensorType, Types
from netlang.records import Record, replace, values_of

__all__ = ["NOTHING", "Costs", "FunctionCost", "Totals", "at_sizes", "formula", "total"]


class Totals(Record, gc=False):
    """Figures of a set of steps.

    `trainable` and `frozen` count the elements of parameters, `buffers` those of running statistics
    and other state. `macs` and `other` are as in `netlang.ir.op.Cost`. `memory` is the number of
    bytes of all operator outputs, including those of identities and views.
    """

    trainable: int = 0
    frozen: int = 0
    buffers: int = 0
    macs: Dim = 0
    other: Dim = 0
    memory: Dim = 0

    @property
    def params(self) -> int:
        return self.trainable + self.frozen

    def without_weights(self) -> Totals:
        """The same work with weights that are counted elsewhere."""
        return replace(self, trainable=0, frozen=0, buffers=0)


NOTHING = Totals()


class FunctionCost(Record, gc=False):
    """The figures of a function as deployed, and those of the parts that exist only in training."""

    deployed: Totals
    auxiliary: Totals

    @property
    def everything(self) -> Totals:
        return total([(1, self.deployed), (1, self.auxiliary)])


def total(parts: Iterable[tuple[int, Totals]]) -> Totals:
    """The sum of figures, each multiplied by its count.

    Steps that are alike share their figures, which are added once: a net has few different ones.
    """
    counts: dict[int, int] = {}
    distinct: dict[int, Totals] = {}
    for count, figures in parts:
        key = id(figures)
        if key in distinct:
            counts[key] += count
        else:
            distinct[key], counts[key] = figures, count
    if not distinct:
        return NOTHING
    times = list(counts.values())
    columns = zip(*map(values_of, distinct.values()), strict=True)
    trainable, frozen, buffers, macs, other, memory = columns
    return Totals(
        _number(times, trainable),
        _number(times, frozen),
        _number(times, buffers),
        _sum(times, macs),
        _sum(times, other),
        _sum(times, memory),
    )


def _number(times: Sequence[int], numbers: Sequence[int]) -> int:
    return sum(map(mul, times, numbers))


def _sum(times: Sequence[int], dims: Sequence[Dim]) -> Dim:
    """The sum of formulas. Equal ones are counted first, since adding is what takes time."""
    if {*map(type, dims)} == {int}:
        numbers: int = sum(map(mul, times, dims))
        return numbers
    counts = dict.fromkeys(dims, 0)
    for count, dim in zip(times, dims, strict=True):
        counts[dim] += count
    return sum(dim * count for dim, count in counts.items())


def _bytes(types: Types) -> Dim:
    """How many bytes values of these types take."""
    if len(types) == 1:  # most operators have one output
        return types[0].elements * types[0].dtype.size
    return _sum([y.dtype.size for y in types], [y.elements for y in types])


def formula(type: TensorType) -> TensorType:
    """Leaves the sizes of a type symbolic, so that figures are formulas."""
    return type


def at_sizes(sizes: Mapping[str, int]) -> Callable[[TensorType], TensorType]:
    """Types at the given sizes, including the batch `N`, so that figures are numbers."""

    number = cache(partial(evaluate, sizes=sizes))

    def measured(type: TensorType) -> TensorType:
        batch = None if type.batch is None else number(type.batch)
        return TensorType(tuple([int(number(size)) for size in type.shape]), type.dtype, batch)

    return cache(measured)


class Costs:
    """Figures of functions and their steps, for types as converted by `measure`."""

    def __init__(
        self,
        measure: Callable[[TensorType], TensorType],
        only: str | None = None,
        sizes: Mapping[str, int] | None = None,
        flows: Flows | None = None,
    ) -> None:
        """`only` names the single formula that is wanted, since adding up the others takes time.

        With `sizes`, figures are numbers even if an operator's argument is a size of the input.
        `flows` are the program's, if others have computed them too.
        """
        self._measure = measure
        self._only = only
        self._sizes = sizes
        self._functions: dict[Function, FunctionCost] = {}
        self._operators: dict[tuple[Op, Types, tuple[str, ...]], Totals] = {}
        self.flows = flows or Flows()

    def flow(self, function: Function) -> Flow:
        """The places of a function."""
        return self.flows.of(function)

    def of(self, function: Function) -> FunctionCost:
        """The figures of one application of a function, including its own weights."""
        if function not in self._functions:
            self._functions[function] = self._sum(self.flow(function))
        return self._functions[function]

    def of_step(self, flow: Flow, step: PlacedNode) -> Totals:
        """The figures of one application, including weights even if the step reuses them."""
        node = step.node
        if type(node.callee) is Function:
            cost = self.of(node.callee)
            return cost.everything if node.auxiliary else cost.deployed
        types = flow.reads[step.place]
        tied = tuple([tie.name for tie in node.tied]) if node.tied else ()
        key = (node.callee, types, tied)
        known = self._operators.get(key)
        if known is None:
            inputs, outputs = map(self._measure, types), map(self._measure, node.types)
            known = self._of_operator(node.callee, tuple(inputs), tuple(outputs), tied)
            self._operators[key] = known
        return known

    def _of_operator(self, op: Op, inputs: Types, outputs: Types, tied: tuple[str, ...]) -> Totals:
        """The figures of one application; a tied weight counts where it is a step's own."""
        cost = op.cost(inputs)
        trainable = frozen = buffers = 0
        for weight in op.weights(inputs):
            if weight.name in tied:
                continue
            if weight.buffer:
                buffers += weight.elements
            elif weight.trainable:
                trainable += weight.elements
            else:
                frozen += weight.elements
        return Totals(
            trainable,
            frozen,
            buffers,
            self._figure(cost.macs) if self._only in (None, "macs") else 0,
            self._figure(cost.other) if self._only in (None, "other") else 0,
            _bytes(outputs) if self._only in (None, "memory") else 0,
        )

    def _figure(self, figure: Dim) -> Dim:
        if self._sizes is None or isinstance(figure, int):
            return figure
        return evaluate(figure, self._sizes)

    def _sum(self, flow: Flow) -> FunctionCost:
        owners: set[str] = set()
        steps = flow.deployed_steps()
        deployed = total(self._parts(flow, steps, owners))
        auxiliary = list(self._parts(flow, flow.auxiliary_steps(), owners))
        inner = self._auxiliary_of_callees(steps)
        return FunctionCost(deployed, total([*auxiliary, *inner]))

    def _auxiliary_of_callees(self, steps: Iterable[PlacedNode]) -> Iterable[tuple[int, Totals]]:
        for step in steps:
            callee = step.node.callee
            if type(callee) is Function:
                inner = self.of(callee).auxiliary
                if inner is not NOTHING:
                    yield step.times, inner.without_weights() if step.node.reuses else inner

    def _parts(
        self, flow: Flow, steps: Iterable[PlacedNode], owners: set[str]
    ) -> Iterable[tuple[int, Totals]]:
        """The figures of every step; weights count at the first step that applies them."""
        for step in steps:
            figures = self.of_step(flow, step)
            module = step.node.module
            yield step.times, figures.without_weights() if module in owners else figures
            owners.add(module)
