"""Walks through a net from its inputs to its outputs: what every value reads.

A function is walked once, with each of its input axes as a source of its own; what a call reads is
composed of that and of what its inputs read. This is exact if offset and jump describe the inputs
completely. For other inputs (alternating places, joined axes) the function is walked once for each.
Repeats are walked until each time adds the same.

Both walk what is inside them again, and that what is inside it. Once that is `Again.too_often`, no
more is walked than the text holds: calls of functions that were walked, and repeats, read at most
everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from itertools import compress

from netlang.analysis.fields.again import Again
from netlang.analysis.fields.apply import applied
from netlang.analysis.fields.compose import composed, is_plain, told_along
from netlang.analysis.fields.elements.figures import Elements
from netlang.analysis.fields.figure import AxisField, ReceptiveField, axis_field
from netlang.analysis.fields.largest import Source, figure_of, larger, sources_of
from netlang.analysis.fields.state import Context, ReadState, States, fresh, unknown_state
from netlang.analysis.fields.steady import LONGEST_TRANSIENT, ahead, forgotten, is_steady
from netlang.analysis.flow import Flow, Flows
from netlang.diagnostics.errors import InternalError
from netlang.ir.dims import Dim, evaluate
from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Item, Node, Program, Ref, Repeat
from netlang.ir.reach import POINTWISE
from netlang.ir.types import Types
from netlang.records import replace

__all__ = ["FieldWalk", "Fields"]


class Fields:
    """Receptive fields of a net at some sizes, by default the program's default sizes."""

    def __init__(
        self,
        program: Program,
        sizes: Mapping[str, int] | None = None,
        *,
        fine: bool = False,
        flows: Flows | None = None,
    ) -> None:
        self.net = program.net
        self._sizes = {**program.defaults, **(sizes or {})}
        # A size as a number.
        self.number: Callable[[Dim], int] = cache(partial(evaluate, sizes=self._sizes))
        self._states: States | None = None
        self.sources = sources_of(self.net, self.number)
        self._every = range(len(self.sources.axes))
        self.context = Context(self.number, self.sources.extents, fine)
        self.inputs = self.sources.inputs
        together = self.sources.together
        self._functions = WalkedFunctions(self.context, flows or Flows(), together=together)
        self.walk = self.walk_of(self.net, self.inputs)

    def walk_of(self, function: Function, inputs: States) -> FieldWalk:
        """A walk through a function whose inputs read what is given, still to be gone."""
        return FieldWalk(self._functions, function, inputs, self.context)

    def states(self) -> States:
        """What the net's outputs read, computed once."""
        if self._states is None:
            self._states = self.walk.outputs()
        return self._states

    def of_net(self) -> dict[Source, AxisField]:
        """The largest field of the net's outputs along each axis."""
        return self._largest(self.outputs())

    def outputs(self) -> list[ReadState]:
        """What the deployed outputs read, without those that aren't made from inputs."""
        states = self.states()
        found = [states[number] for number in self._deployed()]
        return [state for state in found if state is not None]

    def _deployed(self) -> list[int]:
        return [n for n, output in enumerate(self.net.outputs) if not output.auxiliary]

    def counted(self, found: Mapping[Source, AxisField], borders: bool) -> dict[Source, AxisField]:
        """Fields with figures counted element by element in place of bounds."""
        return Elements(self.net, self.number, self._deployed()).instead(found, borders=borders)

    def figure(
        self, states: Sequence[ReadState | None], *, places: bool = True
    ) -> ReceptiveField | None:
        """The largest field of some values along each axis of the inputs with the most axes.

        Without `places`, `seen` isn't computed.
        """
        return figure_of(self.net, self._largest(states, places=places))

    def _largest(
        self, states: Sequence[ReadState | None], *, places: bool = True
    ) -> dict[Source, AxisField]:
        found: dict[Source, AxisField] = {}
        for state in filter(None, states):
            # Of very many sources most values read few.
            for number in compress(self._every, state.fields):
                source = self.sources.axes[number]
                axis = axis_field(state, number, self.context, places=places)
                found[source] = larger(found[source], axis) if source in found else axis
        return found

    def at(self, calls: Sequence[tuple[Function, int]]) -> States:
        """What the inputs of a step read: node `number` of each function calls the next one."""
        states = self.inputs
        for function, number in calls:
            states = self.walk_of(function, states).inputs_of(function.items, 0, number, {})
        return states


class WalkedFunctions:
    """What functions read of their inputs, each walked once for the same inputs.

    `together`: the sources are joined, so that a walk of a function alone wouldn't tell them apart.
    """

    def __init__(self, context: Context, flows: Flows, *, together: bool) -> None:
        self.again = Again()
        self._context = context
        self._flows = flows
        self._together = together
        self._known: dict[tuple[Function, States | None, tuple[object, ...]], States] = {}

    def through(self, function: Function, inputs: States, context: Context) -> States:
        """What the outputs of a function read, if its inputs read `inputs` of some sources.

        A function that is called once is walked once, for that call.
        """
        key = (function, inputs, context.extents)
        known = self._known.get(key)
        if known is None:
            if self.again.too_often and function in self.again.walked:
                types = map(self.flow(function).type_of, (out.ref for out in function.outputs))
                return tuple(unknown_state(type_, context) for type_ in types)
            several = function in self.again.called and not self._together
            if several and is_plain(inputs, function):
                sources = told_along(inputs)
                outputs = self._alone(function, sources)
                known = composed(outputs, sources, inputs, function, context)
            self.again.called.add(function)
            known = known or FieldWalk(self, function, inputs, context).outputs()
            self._known[key] = known
        return known

    def _alone(self, function: Function, sources: tuple[Source, ...]) -> States:
        """What the outputs read of the function's own inputs, along some of their axes."""
        key = (function, None, sources)
        if key not in self._known:
            types = tuple(port.type for port in function.inputs)
            extents = tuple(types[port].shape[axis] for port, axis in sources)
            context = Context(self._context.number, extents, self._context.fine)
            walk = FieldWalk(self, function, fresh(types, sources), context)
            self._known[key] = walk.outputs()
        return self._known[key]

    def flow(self, function: Function) -> Flow:
        """The places of a function."""
        return self._flows.of(function)


class FieldWalk:
    """One function with its inputs: the state of every value, by place."""

    def __init__(
        self, functions: WalkedFunctions, function: Function, inputs: States, context: Context
    ) -> None:
        self._functions = functions
        self.flow = functions.flow(function)
        self.inputs = inputs
        self.context = context
        self.states: dict[int, States] = {}
        self._again = functions.again.starts(function)
        # What the inputs of each place read.
        self.read: dict[int, States] = {}

    def outputs(self) -> States:
        self.run(self.flow.function.items, 0, {})
        return tuple(self._state(output.ref, {}) for output in self.flow.function.outputs)

    def _state(self, ref: Ref, carried: Mapping[Ref, ReadState | None]) -> ReadState | None:
        if carried and ref in carried:
            return carried[ref]
        if ref.producer == INPUT:
            return self.inputs[ref.output]
        known = self.states.get(ref.producer)
        if known is None:  # a later time of a repeat
            known = self.states[self.flow.place(ref.producer)]
        return known[ref.output]

    def run(
        self, items: Iterable[Item], place: int, carried: Mapping[Ref, ReadState | None]
    ) -> None:
        """Walks over `items`. `carried` are the values that an outer repeat passes on."""
        for item in items:
            if not isinstance(item, Node):
                self._repeat(item, carried)
                place += item.count * item.size
                continue
            if self._again or place in self.states:
                self._functions.again.nodes += 1
            inputs = tuple([self._state(ref, carried) for ref in item.inputs])
            self.read[place] = inputs
            self.states[place] = self.node(item, inputs, self.flow.reads[place])
            place += 1

    def node(self, node: Node, inputs: States, types: Types) -> States:
        """What the outputs of a node read, whose inputs have these types."""
        if type(node.callee) is Function:
            return self._functions.through(node.callee, inputs, self.context)
        return self._of_op(node.callee, inputs, types, node.types)

    def _of_op(self, op: Op, inputs: States, types: Types, outputs: Types) -> States:
        if not any(inputs):
            return (None,) * len(outputs)
        found: list[ReadState | None] = []
        for number, output in enumerate(outputs):
            reach = op.reach(types, number)
            if reach is POINTWISE:  # most operators, which look up no rule
                found.append(inputs[0])
            else:
                found.append(applied(reach, inputs, types, output, self.context))
        return tuple(found)

    def _repeat(self, repeat: Repeat, carried: Mapping[Ref, ReadState | None]) -> None:
        """Runs times until each adds the same, then jumps to the last one."""
        if self._functions.again.too_often:
            state = unknown_state(self.flow.type_of(repeat.carry_in), self.context)
            self.run(repeat.items, repeat.first, {**carried, repeat.carry_in: state})
            return
        states = [self._state(repeat.carry_in, carried)]
        self._functions.again.repeats(repeat.items)
        for time in range(repeat.count):
            self.run(repeat.items, repeat.first, {**carried, repeat.carry_in: states[-1]})
            states = [*states[-2:], self._state(repeat.carry_out, {})]
            left = repeat.count - 1 - time
            given_up = time == LONGEST_TRANSIENT or self._functions.again.too_often
            if left and (given_up or is_steady(states)):
                steady = not given_up
                last = ahead(states, left - 1) if steady else forgotten(states[-1], self.context)
                self.run(repeat.items, repeat.first, {**carried, repeat.carry_in: last})
                return

    def inputs_of(
        self,
        items: Iterable[Item],
        place: int,
        number: int,
        carried: Mapping[Ref, ReadState | None],
    ) -> States:
        """What the inputs of node `number` read, at its exact time in the repeats around it."""
        for item in items:
            if isinstance(item, Node):
                if place == number:
                    return tuple(self._state(ref, carried) for ref in item.inputs)
                self.run((item,), place, carried)
                place += 1
            elif number < place + item.count * item.size:
                time, inner_number = divmod(number - place, item.size)
                state = self._state(item.carry_in, carried)
                if time:
                    self._repeat(replace(item, count=time), carried)
                    state = self._state(item.carry_out, {})
                inner = {**carried, item.carry_in: state}
                return self.inputs_of(item.items, item.first, item.first + inner_number, inner)
            else:
                self._repeat(item, carried)
                place += item.count * item.size
        raise InternalError(f"no node {number} in {self.flow.function!r}")
