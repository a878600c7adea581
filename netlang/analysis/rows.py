"""The rows of a summary: operators as leaves, blocks and scopes above them, by label path.

A repeat is either written out or *folded* into one set of rows whose figures are those of all
times: component ``{0..35}`` of a path stands for 0 to 35, ``{0..105:3}`` for every third of them,
and ``{2..5}+{0..12:6}``, from nested repeats, for every sum of one of each. Nets with more leaves
than `LONGEST` and than distinct nodes are always folded. If that is not enough, they are cut at the
greatest depth that is; then a block is one row. Either way, the figures of all leaves add up to the
net's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from math import prod
from typing import ClassVar, TypeAlias

from netlang.analysis.cost import Costs, Totals, total
from netlang.analysis.fields.figure import ReceptiveField
from netlang.analysis.flow import Flow, PlacedNode
from netlang.ir.length import distinct_steps
from netlang.ir.op import Op
from netlang.ir.program import Function, Node, Repeat
from netlang.ir.types import Types
from netlang.records import ComparedInPart, Record, replace
from netlang.source import Span

__all__ = ["LONGEST", "Row", "Tied", "deployed_rows", "folded_path", "scope_rows", "tied_of"]

LONGEST = 10_000

# How many levels of rows are wanted; None for all of them.
Depth = int | None
# Names of weights and the keys of the tensors that they are: `weight` and `wte.weight`.
Tied: TypeAlias = tuple[tuple[str, str], ...]


def tied_of(node: Node) -> Tied:
    """The weights of a step that are those of others in its function."""
    return tuple((tie.name, f"{tie.module}.{tie.weight}") for tie in node.tied)


class Row(ComparedInPart):
    """An operator, a block or a scope, with the figures of everything in it.

    `callee` is None for a scope, which has no `inputs` of its own. `times` is how often a folded
    row is applied; its figures are those of all times. `depth` is the number of rows above it. A
    leaf has no rows below it: an operator, or a block or scope that was cut. `span` is where the
    step was written; for a scope, its first step. `tied` has the weights that are those of other
    steps. A summary adds the receptive field of the row's output; if it is folded, that of the last
    time, and the `last` callee if that differs in the rate of something that only training does.
    """

    aside: ClassVar[tuple[str, ...]] = ("receptive_field", "last")

    path: str
    callee: Op | Function | None
    inputs: Types
    types: Types
    totals: Totals
    times: int
    depth: int
    is_leaf: bool
    span: Span
    tied: Tied = ()
    receptive_field: ReceptiveField | None = None
    last: Op | Function | None = None

    @property
    def kind(self) -> str:
        """The operator's or block's name in the language; empty for a scope."""
        return self.callee.name if self.callee else ""


class _Entry(Record):
    """One application of a node, at one time or, if its repeats are folded, at all times."""

    parts: tuple[str, ...]
    node: Node
    inputs: Types
    totals: Totals
    repeats: tuple[Repeat, ...]
    owns_weights: bool

    @property
    def times(self) -> int:
        return prod(repeat.count for repeat in self.repeats)


def deployed_rows(
    costs: Costs, net: Function, *, fold: bool, depth: Depth = None, in_order: bool = False
) -> tuple[Row, ...]:
    """The rows of a deployed net, parents before their children.

    A scope that is left and entered again is one row, unless the rows must be `in_order`.
    """
    counter = _Counter(costs)
    limit = max(LONGEST, distinct_steps(net))
    if not fold and counter.leaves(net, False, None) > limit:
        fold = True
    if fold and counter.leaves(net, True, None) > limit:
        fitting = counter.fitting_depth(net, limit)
        depth = fitting if depth is None else min(depth, fitting)
    return _Writer(costs, fold, in_order).rows(net, depth)


def scope_rows(
    costs: Costs, function: Function, first: tuple[str, ...], label: tuple[str, ...]
) -> tuple[Row, ...]:
    """The rows of a scope of a function, folded, parents before their children.

    `label` is the scope's path and `first` that in the first time of the repeats around it. Steps
    that exist only in training have rows as well.
    """
    outputs = tuple(replace(output, auxiliary=False) for output in function.outputs)
    writer = _Writer(costs, fold=True)
    entries = list(writer.within(costs.flow(replace(function, outputs=outputs)), first, label))
    rows = writer.grouped(entries, len(label), None)
    return tuple(replace(row, depth=row.depth - len(label)) for row in rows)


def _less(depth: Depth, levels: int) -> Depth:
    return None if depth is None else depth - levels


class _Counter:
    """Counts the leaves of a listing, once for each function."""

    def __init__(self, costs: Costs) -> None:
        self._costs = costs
        self._known: dict[tuple[Function, bool, Depth], int] = {}

    def leaves(self, function: Function, fold: bool, depth: Depth) -> int:
        """The number of leaves; at a limited depth, at least as many as there are."""
        key = (function, fold, depth)
        if key not in self._known:
            self._known[key] = sum(
                (1 if fold else step.times) * self._of_step(step.node, fold, depth)
                for step in self._costs.flow(function).deployed_steps()
            )
        return self._known[key]

    def _of_step(self, node: Node, fold: bool, depth: Depth) -> int:
        inner = _less(depth, node.path.count(".") + 1)
        if isinstance(node.callee, Function) and (inner is None or inner > 0):
            return self.leaves(node.callee, fold, inner)
        return 1

    def fitting_depth(self, net: Function, limit: int) -> int:
        """The greatest depth, at least 1, at which a folded listing is short enough."""
        depth = 1
        while self.leaves(net, True, depth + 1) <= limit:
            depth += 1
        return depth


class _Writer:
    """Makes the rows of functions relative to their call, once for each function and depth."""

    def __init__(self, costs: Costs, fold: bool, in_order: bool = False) -> None:
        self._costs = costs
        self._fold = fold
        self._in_order = in_order
        self._known: dict[tuple[Function, Depth], tuple[Row, ...]] = {}

    def rows(self, function: Function, depth: Depth) -> tuple[Row, ...]:
        key = (function, depth)
        if key not in self._known:
            entries = list(self._entries(self._costs.flow(function)))
            self._known[key] = tuple(self.grouped(entries, 0, depth))
        return self._known[key]

    def _entries(self, flow: Flow) -> Iterator[_Entry]:
        owned = dict(self._figures(flow))
        if self._fold:
            for place, (figures, owns) in owned.items():
                step = flow.steps[place]
                totals = total([(step.times, figures)])
                inputs = flow.reads[place]
                yield _Entry(folded_path(step), step.node, inputs, totals, step.repeats, owns)
            return
        for number, node in enumerate(flow.function.nodes):
            place = flow.place(number)
            if place in owned:
                figures, owns = owned[place]
                inputs = flow.reads[place]
                yield _Entry(tuple(node.path.split(".")), node, inputs, figures, (), owns)

    def within(
        self, flow: Flow, first: tuple[str, ...], label: tuple[str, ...]
    ) -> Iterator[_Entry]:
        """One time of a scope; the repeats around it don't count."""
        length = len(first)
        for place, (figures, owns) in self._figures(flow):
            step = flow.steps[place]
            if tuple(step.node.path.split("."))[:length] != first:
                continue
            repeats = tuple(repeat for repeat in step.repeats if repeat.depth >= length)
            inner = replace(step, repeats=repeats)
            parts = (*label, *folded_path(inner)[length:])
            totals = total([(prod(repeat.count for repeat in repeats), figures)])
            yield _Entry(parts, step.node, flow.reads[place], totals, repeats, owns)

    def _figures(self, flow: Flow) -> Iterator[tuple[int, tuple[Totals, bool]]]:
        """The figures of every deployed place, and whether weights count there."""
        owners: set[str] = set()
        for step in flow.deployed_steps():
            figures = self._costs.of_step(flow, step)
            owns = step.node.module not in owners
            owners.add(step.node.module)
            yield step.place, (figures if owns else figures.without_weights(), owns)

    def grouped(self, entries: Iterable[_Entry], level: int, depth: Depth) -> Iterator[Row]:
        """The rows of entries whose first `level` parts agree."""
        for parts, same in self._alike(entries, level):
            if len(same) == 1 and len(same[0].parts) <= level + 1:
                yield from self._step(same[0], level, depth)
                continue
            cut = depth is not None and level + 1 >= depth
            yield _scope(same, ".".join(parts), level, cut)
            if not cut:
                yield from self.grouped(same, level + 1, depth)

    def _alike(
        self, entries: Iterable[_Entry], level: int
    ) -> Iterator[tuple[tuple[str, ...], list[_Entry]]]:
        """The entries grouped by their first parts, each group at its first entry's place."""
        if self._in_order:
            for parts, group in groupby(entries, key=lambda entry: entry.parts[: level + 1]):
                yield parts, list(group)
            return
        found: dict[tuple[str, ...], list[_Entry]] = {}
        for entry in entries:
            found.setdefault(entry.parts[: level + 1], []).append(entry)
        yield from found.items()

    def _step(self, entry: _Entry, level: int, depth: Depth) -> Iterator[Row]:
        path, node = ".".join(entry.parts), entry.node
        rows: tuple[Row, ...] = ()
        inner = _less(depth, level + 1)
        if isinstance(node.callee, Function) and (inner is None or inner > 0):
            rows = self.rows(node.callee, inner)
        yield Row(
            path, node.callee, entry.inputs, node.types, entry.totals, entry.times, level,
            not rows, node.span, tied_of(node),
        )  # fmt: skip
        for row in rows:
            yield _placed(row, path, level + 1, entry)


def _scope(entries: Sequence[_Entry], path: str, level: int, cut: bool) -> Row:
    totals = total((1, entry.totals) for entry in entries)
    repeats = entries[0].repeats
    times = prod(repeat.count for repeat in repeats if repeat.depth <= level)
    types, span = entries[-1].node.types, entries[0].node.span
    return Row(path, None, (), types, totals, times, level, cut, span)


def _placed(row: Row, path: str, depth: int, call: _Entry) -> Row:
    """A row of a callee as a row of its caller."""
    totals = row.totals if call.owns_weights else row.totals.without_weights()
    if call.times > 1:
        totals = total([(call.times, totals)])
    return replace(
        row,
        path=f"{path}.{row.path}",
        tied=tuple((name, f"{path}.{weight}") for name, weight in row.tied),
        totals=totals,
        times=row.times * call.times,
        depth=row.depth + depth,
    )


def folded_path(step: PlacedNode) -> tuple[str, ...]:
    """The path with a range for each number that repeats increment."""
    parts = step.node.path.split(".")
    innermost_first = step.repeats[::-1]
    for depth in {repeat.depth for repeat in step.repeats}:
        ranges = []
        first = int(parts[depth])
        for repeat in (repeat for repeat in innermost_first if repeat.depth == depth):
            stride = "" if repeat.step == 1 else f":{repeat.step}"
            last = first + (repeat.count - 1) * repeat.step
            ranges.append(f"{{{first}..{last}{stride}}}")
            first = 0
        parts[depth] = "+".join(ranges)
    return tuple(parts)
