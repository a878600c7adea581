"""The receptive field: how much of the input one output element sees along each spatial axis.

From input to output, r grows by (extent - 1) j and the jump j, the distance in the input between
neighbouring elements, is multiplied by the stride; where paths meet, the largest r holds (Araujo,
Norris, Sim, Computing Receptive Fields of Convolutional Neural Networks, Distill 2019,
doi:10.23915/distill.00021, whose conventions these are). An operator that sees everything, such as
global pooling, adds nothing to r: the figure is the largest field that the windows reached, with a
flag that the output sees the whole input besides. Where a path that saw everything joins a local
one (squeeze and excitation), the local one goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from typing import TypeAlias

from netlang.analysis.flow import Flow
from netlang.diagnostics.core import InternalError
from netlang.ir.op import Everything, Op, Window
from netlang.ir.program import INPUT, Function, Item, Node, Ref, Repeat
from netlang.ir.types import TensorType, Types

__all__ = ["Axis", "Fields", "ReceptiveField", "Seen", "States", "merged"]

# A repeat whose field still grows unevenly after so many times sees every input of a real size.
LONGEST_TRANSIENT = 64


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """Input elements along each spatial axis; `everything`: the output sees the whole input."""

    axes: tuple[int, ...]
    everything: bool

    @property
    def figure(self) -> int | tuple[int, ...]:
        """One number if it holds for every axis, as arguments of operators are written."""
        return self.axes[0] if len(set(self.axes)) == 1 else self.axes

    def __str__(self) -> str:
        return "x".join(map(str, self.axes)) if len(set(self.axes)) > 1 else str(self.axes[0])


@dataclass(frozen=True, slots=True)
class Axis:
    """Size and jump of the field along one axis, in elements of the input."""

    size: Fraction = Fraction(1)
    jump: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Seen:
    """What an element of a value sees; no axes before the first window of a vector.

    While `local`, windows extend the field; after a global operator they have nothing to add.
    """

    axes: tuple[Axis, ...]
    local: bool = True
    everything: bool = False


# None for a value that doesn't come from the input, such as a learned tensor.
State: TypeAlias = Seen | None
States: TypeAlias = tuple[State, ...]


class Fields:
    """Receptive fields of functions: one walk for each function and alignment of its inputs."""

    def __init__(self) -> None:
        self._flows: dict[Function, Flow] = {}
        self._known: dict[tuple[Function, States], States] = {}

    def of(self, net: Function) -> ReceptiveField | None:
        """The field of a net's outputs; None if nothing in it has spatial axes."""
        inputs = tuple(_fresh(port.type) for port in net.inputs)
        outputs = zip(net.outputs, self._through(net, inputs), strict=True)
        seen = [s for output, s in outputs if s is not None and not output.auxiliary]
        rank = max((len(s.axes) for s in seen), default=0)
        if rank == 0:
            return None
        axes = _largest([s.axes for s in seen if len(s.axes) == rank])
        everything = any(s.everything for s in seen)
        return ReceptiveField(tuple(ceil(axis.size) for axis in axes), everything)

    def at(self, calls: Sequence[tuple[Function, int]]) -> States:
        """What the inputs of a step see: node `number` of each function calls the next one."""
        states = tuple(_fresh(port.type) for port in calls[0][0].inputs)
        for function, number in calls:
            states = _Walk(self, function, states).inputs_of(function.items, 0, number, {})
        return states

    def _through(self, function: Function, inputs: States) -> States:
        """The outputs of a function, computed for inputs moved to size 0 and jump 1."""
        origin = _origin(inputs)
        moved = tuple(_relative(state, origin) for state in inputs)
        if (function, moved) not in self._known:
            self._known[function, moved] = _Walk(self, function, moved).outputs()
        return tuple(_absolute(state, origin) for state in self._known[function, moved])

    def flow(self, function: Function) -> Flow:
        if function not in self._flows:
            self._flows[function] = Flow(function)
        return self._flows[function]

    def node(self, node: Node, inputs: States, types: Types) -> States:
        """The outputs of a node."""
        if isinstance(node.callee, Function):
            return self._through(node.callee, inputs)
        return tuple(_apply(node.callee, merged(inputs), types, out) for out in node.types)


class _Walk:
    """One function with its inputs: the state of every value, places standing for all times."""

    def __init__(self, fields: Fields, function: Function, inputs: States) -> None:
        self.fields = fields
        self.flow = fields.flow(function)
        self.inputs = inputs
        self.states: dict[int, States] = {}

    def outputs(self) -> States:
        self._run(self.flow.function.items, 0, {})
        return tuple(self._state(o.ref, {}) for o in self.flow.function.outputs)

    def _state(self, ref: Ref, carried: dict[Ref, State]) -> State:
        if ref in carried:
            return carried[ref]
        if ref.producer == INPUT:
            return self.inputs[ref.output]
        return self.states[self.flow.place(ref.producer)][ref.output]

    def _run(self, items: Iterable[Item], place: int, carried: dict[Ref, State]) -> None:
        """`carried` are the values that a repeat around hands from one time to the next."""
        for item in items:
            if isinstance(item, Repeat):
                self._repeat(item, carried)
                place += item.count * item.size
                continue
            inputs = tuple([self._state(ref, carried) for ref in item.inputs])
            self.states[place] = self.fields.node(item, inputs, self.flow.input_types(item))
            place += 1

    def _repeat(self, repeat: Repeat, carried: dict[Ref, State]) -> None:
        """Runs times until each adds the same, then goes straight to the last one."""
        state = self._state(repeat.carry_in, carried)
        for time in range(repeat.count):
            self._run(repeat.items, repeat.first, {**carried, repeat.carry_in: state})
            before, state = state, self._state(repeat.carry_out, {})
            left = repeat.count - 1 - time
            if left and time >= 1 and _is_steady(before, state):
                last = _ahead(before, state, left - 1)
                self._run(repeat.items, repeat.first, {**carried, repeat.carry_in: last})
                return
            if time == LONGEST_TRANSIENT and state:
                state = replace(state, local=False, everything=True)

    def inputs_of(
        self, items: Iterable[Item], place: int, number: int, carried: dict[Ref, State]
    ) -> States:
        """What the inputs of node `number` see, at its very time in the repeats around it."""
        for item in items:
            if isinstance(item, Node):
                if place == number:
                    return tuple(self._state(ref, carried) for ref in item.inputs)
                self._run((item,), place, carried)
                place += 1
            elif number < place + item.count * item.size:
                time, within = divmod(number - place, item.size)
                state = self._state(item.carry_in, carried)
                if time:
                    self._repeat(replace(item, count=time), carried)
                    state = self._state(item.carry_out, {})
                inner = {**carried, item.carry_in: state}
                return self.inputs_of(item.items, item.first, item.first + within, inner)
            else:
                self._repeat(item, carried)
                place += item.count * item.size
        raise InternalError(f"no node {number} in {self.flow.function!r}")


def _is_steady(before: State, after: State) -> bool:
    """Whether one more time will add what this one added: the jump stays, so windows add the same.

    Paths from outside the repeat can only be the largest in its first time, as r never falls.
    """
    if before is None or after is None:
        return before is after
    return (before.local, [a.jump for a in before.axes]) == (
        after.local,
        [a.jump for a in after.axes],
    )


def _ahead(before: State, after: State, times: int) -> State:
    """The state after so many more times."""
    if before is None or after is None:
        return after
    pairs = zip(before.axes, after.axes, strict=True)
    axes = tuple(Axis(new.size + times * (new.size - old.size), new.jump) for old, new in pairs)
    return replace(after, axes=axes)


def _fresh(type: TensorType) -> State:
    return Seen((Axis(),) * max(0, type.rank - 1))


def _apply(op: Op, seen: State, types: Types, output: TensorType) -> State:
    """What an element of an operator's output sees."""
    if seen is None:
        return None
    reach = op.reach(types)
    if isinstance(reach, Everything):
        return replace(seen, local=False, everything=True)
    if reach.extent and seen.local:
        seen = replace(seen, axes=_slid(seen.axes, reach))
    if seen.axes and len(seen.axes) != output.rank - 1:
        # Axes were merged or made (flatten, reshape): neighbours no longer lie side by side.
        return replace(seen, local=False, everything=True)
    return seen


def _slid(axes: tuple[Axis, ...], window: Window) -> tuple[Axis, ...]:
    found = axes or (Axis(),) * len(window.extent)
    if len(found) != len(window.extent):
        raise InternalError(f"a window of {len(window.extent)} axes on a field of {len(found)}")
    return tuple(
        axis
        if extent == stride == 1
        else Axis(axis.size + (extent - 1) * axis.jump, axis.jump * stride)
        for axis, extent, stride in zip(found, window.extent, window.stride, strict=True)
    )


def merged(states: States) -> State:
    """What an element sees that is made of one element of each value."""
    seen = [state for state in states if state is not None]
    if len(seen) < 2:
        return seen[0] if seen else None
    local = [s for s in seen if s.local] or seen
    rank = max(len(s.axes) for s in local)
    axes = _largest([s.axes for s in local if len(s.axes) == rank])
    return Seen(axes, any(s.local for s in seen), any(s.everything for s in seen))


def _largest(paths: Sequence[tuple[Axis, ...]]) -> tuple[Axis, ...]:
    """Axis by axis the largest size; a broadcast value's coarser jump gives way."""
    return tuple(
        Axis(max(a.size for a in along), min(a.jump for a in along))
        for along in zip(*paths, strict=True)
    )


def _origin(states: States) -> tuple[Axis, ...] | None:
    """The axes that other states are measured from, or None if they have none in common."""
    seen = [state.axes for state in states if state is not None]
    return seen[0] if seen and seen[0] and len({len(axes) for axes in seen}) == 1 else None


def _relative(state: State, origin: tuple[Axis, ...] | None) -> State:
    if state is None or origin is None:
        return state
    pairs = zip(state.axes, origin, strict=True)
    axes = tuple(Axis((a.size - o.size) / o.jump, a.jump / o.jump) for a, o in pairs)
    return replace(state, axes=axes)


def _absolute(state: State, origin: tuple[Axis, ...] | None) -> State:
    if state is None or origin is None or len(state.axes) != len(origin):
        return state
    pairs = zip(state.axes, origin, strict=True)
    axes = tuple(Axis(o.size + a.size * o.jump, a.jump * o.jump) for a, o in pairs)
    return replace(state, axes=axes)
