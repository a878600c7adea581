"""The receptive field of every row of a summary, by the row's path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from netlang.analysis.fields.figure import ReceptiveField
from netlang.analysis.fields.state import ReadState, States
from netlang.analysis.fields.walk import Fields
from netlang.analysis.rows import Row, folded_path
from netlang.ir.program import INPUT, Function, Node, Ref
from netlang.records import Draft, field

__all__ = ["with_fields"]

_Found: TypeAlias = dict[str, ReadState | None]


def with_fields(
    fields: Fields, rows: Sequence[Row], whole: ReceptiveField | None = None
) -> Mapping[str, ReceptiveField]:
    """The field of each row's output: of a scope's last step, or of the last time if folded.

    Values that aren't made from the input have none. `whole` is the net's own field.
    """
    folded = any(row.times > 1 for row in rows)
    levels = max((row.depth for row in rows), default=0) + 1
    states = _Paths(fields, folded).of(fields.net, fields.inputs, levels)
    found: dict[str, ReceptiveField] = {}
    made = fields.outputs()
    kept: dict[ReadState, ReceptiveField | None] = {made[0]: whole} if len(made) == 1 else {}
    for row in rows:
        state = states.get(row.path)
        if state is None:
            continue
        if state not in kept:
            kept[state] = fields.figure([state], places=False)
        if (figure := kept[state]) is not None:
            found[row.path] = figure
    return found


class _Paths(Draft):
    """What the steps of functions read, by path; each function once for the same inputs.

    `levels` are the components that a path has at most: nothing deeper has a row.
    """

    fields: Fields
    folded: bool
    _known: dict[tuple[Function, States, int], _Found] = field(default_factory=dict)

    def of(self, function: Function, inputs: States, levels: int) -> _Found:
        key = (function, inputs, levels)
        if key not in self._known:
            walk = self._folded if self.folded else self._written_out
            self._known[key] = walk(function, inputs, levels)
        return self._known[key]

    def _folded(self, function: Function, inputs: States, levels: int) -> _Found:
        walk = self.fields.walk
        if function is not self.fields.net:
            walk = self.fields.walk_of(function, inputs)
            walk.outputs()
        found: _Found = {}
        for place, step in walk.flow.steps.items():
            path = folded_path(step)
            found |= self._of_step(path, step.node, walk.read[place], walk.states[place], levels)
        return found

    def _written_out(self, function: Function, inputs: States, levels: int) -> _Found:
        walk = self.fields.walk_of(function, inputs)
        states: list[States] = []
        found: _Found = {}
        for node in function.nodes:
            read = tuple([_state(states, inputs, ref) for ref in node.inputs])
            states.append(walk.node(node, read, walk.flow.input_types(node)))
            path = tuple(node.path.split("."))
            found |= self._of_step(path, node, read, states[-1], levels)
        return found

    def _of_step(
        self, path: tuple[str, ...], node: Node, read: States, made: States, levels: int
    ) -> _Found:
        found: _Found = {}
        outer = ".".join(path)
        if isinstance(node.callee, Function) and (below := levels - len(path)) > 0:
            for inner, state in self.of(node.callee, read, below).items():
                found[f"{outer}.{inner}"] = state
        for length in range(1, len(path) + 1):
            found[".".join(path[:length])] = made[0]
        return found


def _state(states: Sequence[States], inputs: States, ref: Ref) -> ReadState | None:
    if ref.producer == INPUT:
        return inputs[ref.output]
    return states[ref.producer][ref.output]
