"""Draws the steps of a function, or of all functions of one variant at once, into a frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlang.backends.graphviz.labels.describe import Describer, label_of
from netlang.backends.graphviz.markup import TIMES
from netlang.backends.graphviz.sheets.elements import (
    Bracket,
    End,
    Frame,
    Junction,
    Link,
    Sheet,
    Stack,
    StackRow,
)
from netlang.backends.graphviz.sheets.plan import Plan
from netlang.backends.graphviz.sheets.rows import (
    columns_of,
    fold,
    stacks_of,
    without_repeated_shapes,
)
from netlang.backends.graphviz.structure.partition import (
    JUNCTIONS,
    ChainPart,
    RepeatPart,
    ScopePart,
    Wiring,
    is_junction,
    parts_of,
)  # fmt: skip
from netlang.backends.graphviz.structure.view import DrawnStep, in_training_only, view_of
from netlang.ir.program import INPUT, Function, Ref

__all__ = ["FunctionDrawing"]

_MOST_ROWS = 45


class FunctionDrawing:
    """One function of the drawing, with the elements that its inputs connect to."""

    def __init__(
        self,
        members: tuple[Function, ...],
        prefix: str,
        inputs: tuple[End, ...],
        sheet: Sheet,
        plan: Plan,
    ) -> None:
        self._prefix, self._inputs, self._sheet = prefix, inputs, sheet
        self._plan, self._names = plan, plan.names
        self._view = view_of(members[0])
        self._wiring = Wiring(self._view)
        self._describer = Describer(members, plan.variants, plan.sizes, prefix)
        self._ends: dict[int, tuple[End, ...]] = {}

    def mark_auxiliary(self) -> None:
        """Mark everything as auxiliary, since the step that it stands for is."""
        self._view = in_training_only(self._view)
        self._wiring = Wiring(self._view)

    def draw(self, frame: Frame) -> None:
        """Draws everything into `frame`."""
        self._arrange(self._view.steps, 0, 0, frame)

    def draw_as_stack(self, frame: Frame, title: str) -> bool:
        """Draws everything into `frame` as one box if it is one chain; returns whether it is."""
        steps = self._view.steps
        if not steps or not self._is_chain(steps, 0):
            return False
        self._stack(steps, self._rows(steps, 0), frame, title)
        return True

    def outputs(self) -> Iterator[End]:
        """The places where the outputs come from."""
        return (self._end(output.ref) for output in self._view.outputs)

    def _arrange(
        self, steps: tuple[DrawnStep, ...], scopes: int, repeats: int, frame: Frame
    ) -> None:
        for part in parts_of(steps, scopes, repeats):
            if isinstance(part, ChainPart):
                self._run(part.steps, scopes, frame)
            elif isinstance(part, ScopePart):
                self._scope(part, scopes, repeats, frame)
            else:
                self._repeated(part, scopes, repeats, frame)

    def _scope(self, part: ScopePart, scopes: int, repeats: int, frame: Frame) -> None:
        if part.name.isdigit():  # the number of an unlabelled repeat or block: nothing to show
            self._arrange(part.steps, scopes + 1, repeats, frame)
        elif self._is_chain(part.steps, repeats):
            self._stack(part.steps, self._rows(part.steps, scopes + 1), frame, part.name)
        else:
            path = ".".join(part.steps[0].node.path.split(".")[: scopes + 1])
            inner = self._frame(path, part.name, "", frame, part.steps)
            self._arrange(part.steps, scopes + 1, repeats, inner)

    def _repeated(self, part: RepeatPart, scopes: int, repeats: int, frame: Frame) -> None:
        times = part.group.count
        if self._is_chain(part.steps, repeats + 1):
            rows = tuple(self._describer.row(step, scopes) for step in part.steps)
            self._stack(part.steps, (Bracket(rows, times),), frame)
        else:
            path = f"{part.steps[0].node.path} repeat"
            inner = self._frame(path, f"{TIMES} {times}", "", frame, part.steps)
            self._arrange(part.steps, scopes, repeats + 1, inner)

    def _frame(
        self, path: str, title: str, note: str, outer: Frame, steps: Sequence[DrawnStep]
    ) -> Frame:
        auxiliary = all(step.node.auxiliary for step in steps)
        name = self._names.fresh(f"cluster {self._prefix}{path}")
        frame = Frame(name, title, note, auxiliary=auxiliary)
        outer.elements.append(frame)
        return frame

    def _run(self, steps: tuple[DrawnStep, ...], scopes: int, frame: Frame) -> None:
        chain: list[DrawnStep] = []
        for step in steps:
            if chain and not (self._is_row(step) and self._wiring.follows(chain[-1], step)):
                self._chain(chain, scopes, frame)
                chain = []
            if self._plan.opened(step):
                self._open(step, scopes, frame)
            elif is_junction(step):
                self._junction(step, frame)
            else:
                chain.append(step)
        if chain:
            self._chain(chain, scopes, frame)

    def _is_row(self, step: DrawnStep) -> bool:
        return not is_junction(step) and not self._plan.opened(step)

    def _is_chain(self, steps: Sequence[DrawnStep], repeats: int) -> bool:
        """Whether `steps` can be one box. `repeats` are the repeats that enclose all of them."""
        return all(
            len(step.groups) <= repeats and self._is_row(step) for step in steps
        ) and self._wiring.is_chain(steps)

    def _open(self, step: DrawnStep, scopes: int, frame: Frame) -> None:
        callee = self._plan.opened(step)
        assert callee is not None
        label = label_of(step.node, scopes)
        title = f"{label}: {callee.name}" if label else callee.name
        prefix = f"{self._prefix}{step.node.path}."
        ends = tuple(self._end(ref) for ref in step.sources)
        body = FunctionDrawing((callee,), prefix, ends, self._sheet, self._plan)
        if step.node.auxiliary:
            body.mark_auxiliary()
        if not body.draw_as_stack(frame, title):
            body.draw(self._frame(step.node.path, title, "", frame, (step,)))
        self._ends[step.number] = tuple(body.outputs())

    def _junction(self, step: DrawnStep, frame: Frame) -> None:
        node = step.node
        name = self._names.fresh(self._prefix + node.path)
        frame.elements.append(Junction(name, JUNCTIONS[node.callee.name], node.auxiliary))
        self._connect(step, name)
        self._ends[step.number] = (End(name),)

    def _rows(self, steps: Sequence[DrawnStep], scopes: int) -> tuple[StackRow | Bracket, ...]:
        return fold([self._describer.row(step, scopes) for step in steps])

    def _chain(self, chain: Sequence[DrawnStep], scopes: int, frame: Frame) -> None:
        """A box for each convolution, pool, block, ... and the steps after it, or one for all."""
        rows = self._rows(chain, scopes)
        position = 0
        for group in [rows] if self._plan.compact else stacks_of(rows):
            beside = ""
            for column in columns_of(group, _MOST_ROWS):
                steps = chain[position : position + sum(item.steps for item in column)]
                beside = self._stack(steps, column, frame, beside=beside)
                position += len(steps)

    def _stack(
        self,
        steps: Sequence[DrawnStep],
        rows: tuple[StackRow | Bracket, ...],
        frame: Frame,
        title: str = "",
        beside: str = "",
    ) -> str:
        first, last = steps[0], steps[-1]
        name = self._names.fresh(self._prefix + first.node.path)
        ports = self._ports(last)
        told = without_repeated_shapes(rows, self._describer.shape_of(first.sources))
        frame.elements.append(Stack(name, told, title, first.node.auxiliary, ports, beside))
        self._connect(first, name)
        self._ends[last.number] = tuple(
            End(name, f"o{index}" if ports else "") for index in range(len(last.node.types))
        )
        return name

    def _ports(self, step: DrawnStep) -> tuple[str, ...]:
        """The names of the outputs, if more than one is read."""
        if not self._wiring.has_several_outputs(step):
            return ()
        callee = step.node.callee
        if isinstance(callee, Function):
            return tuple(output.name for output in callee.outputs)
        return callee.output_names[: len(step.node.types)]

    def _connect(self, step: DrawnStep, name: str) -> None:
        for ref in step.sources:
            self._sheet.links.append(Link(self._end(ref), name, step.node.auxiliary))

    def _end(self, ref: Ref) -> End:
        if ref.producer == INPUT:
            return self._inputs[ref.output]
        return self._ends[ref.producer][ref.output]
