"""Turns a function into a sheet: boxes for chains, circles for merges, frames for scopes.

The function may stand for several of one form (`Reader`), whose structure is the same. On exit every
link starts at an element of the sheet and ends at one, and every name is unique on the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from netlang.backends.graphviz.captions import block_caption, operator_caption
from netlang.backends.graphviz.elements import (
    End, Frame, Junction, Link, Pill, Row, Sheet, Stack,
)  # fmt: skip
from netlang.backends.graphviz.forms import Form, Forms
from netlang.backends.graphviz.markup import name_of
from netlang.backends.graphviz.palette import fill_of
from netlang.backends.graphviz.partition import (
    JUNCTIONS, Repeated, Run, Scope, Wiring, is_heavy, is_junction, parts_of,
)  # fmt: skip
from netlang.backends.graphviz.rows import fold, without_repeated_shapes
from netlang.backends.graphviz.values import Reader, type_text
from netlang.backends.graphviz.view import Step, view_of
from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Node, Ref

__all__ = ["Names", "Plan", "block_sheet", "net_sheet"]


@dataclass(frozen=True)
class Plan:
    """What holds for all sheets of a page."""

    forms: Forms
    sizes: Mapping[str, int]
    depth: int | None

    def shows(self, form: Form) -> bool:
        """Whether the inside of a block is drawn at all."""
        return self.depth is None or form.level <= self.depth

    def opens(self, step: Step) -> bool:
        """Whether a call is drawn as its inside, in place: a block that is used once."""
        callee = step.node.callee
        return (
            isinstance(callee, Function)
            and self.forms.is_single(callee)
            and self.shows(self.forms.of(callee))
        )


@dataclass
class Names:
    """Hands out every name of the page once."""

    taken: set[str] = field(default_factory=set)

    def fresh(self, text: str) -> str:
        name = base = name_of(text)[:200]
        number = 1
        while name in self.taken:
            number += 1
            name = f"{base}~{number}"
        self.taken.add(name)
        return name


def net_sheet(net: Function, plan: Plan, names: Names, compact: bool) -> Sheet:
    """The net itself, from its inputs to its outputs."""
    return _sheet((net,), "", Frame("", ""), plan, names, compact)


def block_sheet(form: Form, plan: Plan, names: Names, compact: bool) -> Sheet:
    """The inside of a block."""
    count = f"used {form.uses} times" if form.uses > 1 else ""
    frame = Frame(names.fresh(f"cluster block {form.title}"), form.title, count)
    return _sheet(form.members, f"{form.title}: ", frame, plan, names, compact)


def _sheet(
    members: tuple[Function, ...],
    prefix: str,
    frame: Frame,
    plan: Plan,
    names: Names,
    compact: bool,
) -> Sheet:
    sheet = Sheet(frame)
    model = members[0]
    ends = []
    for index, port in enumerate(model.inputs):
        kinds = {type_text(member.inputs[index].type, plan.sizes) for member in members}
        shape = kinds.pop() if len(kinds) == 1 else ""
        pill = Pill(names.fresh(f"{prefix}input {port.name}"), port.name, shape)
        frame.elements.append(pill)
        ends.append(End(pill.id))
    body = _Body(members, prefix, tuple(ends), sheet, plan, names, compact)
    body.draw(frame)
    for output, end in zip(model.outputs, body.outputs(), strict=True):
        name = names.fresh(f"{prefix}output {output.name}")
        frame.elements.append(Pill(name, output.name, "", True, output.auxiliary))
        sheet.links.append(Link(end, name, output.auxiliary))
    return sheet


class _Body:
    """Draws the steps of a function, or of several of one form at once."""

    def __init__(
        self,
        members: tuple[Function, ...],
        prefix: str,
        inputs: tuple[End, ...],
        sheet: Sheet,
        plan: Plan,
        names: Names,
        compact: bool,
    ) -> None:
        self._prefix, self._inputs, self._sheet = prefix, inputs, sheet
        self._plan, self._names, self._compact = plan, names, compact
        self._members = members
        self._reader = Reader(members)
        self._views = [view_of(member) for member in members]
        self._wiring = Wiring(self._views[0])
        steps = zip(*(view.steps for view in self._views), strict=True)
        self._siblings = {group[0].number: tuple(step.node for step in group) for group in steps}
        self._ends: dict[int, tuple[End, ...]] = {}
        self._read = {ref for step in self._views[0].steps for ref in step.sources}
        self._read.update(output.ref for output in self._views[0].outputs)

    def draw(self, frame: Frame) -> None:
        """Draws everything into `frame`."""
        self._arrange(self._views[0].steps, 0, 0, frame)

    def outputs(self) -> Iterator[End]:
        """Where the outputs come from."""
        return (self._end(output.ref) for output in self._views[0].outputs)

    def _arrange(self, steps: tuple[Step, ...], scopes: int, repeats: int, frame: Frame) -> None:
        for part in parts_of(steps, scopes, repeats):
            if isinstance(part, Run):
                self._run(part.steps, scopes, frame)
            elif isinstance(part, Scope):
                self._scope(part, scopes, repeats, frame, len(steps) == len(part.steps))
            else:
                self._repeated(part, scopes, repeats, frame)

    def _scope(
        self, part: Scope, scopes: int, repeats: int, frame: Frame, everything: bool
    ) -> None:
        deeper = any(len(step.groups) > repeats for step in part.steps)
        if not deeper and self._wiring.is_chain(part.steps, self._is_row):
            self._stack(part.steps, scopes + 1, frame, part.name)
        elif everything and part.name.isdigit():
            self._arrange(part.steps, scopes + 1, repeats, frame)
        else:
            path = ".".join(part.steps[0].node.path.split(".")[: scopes + 1])
            inner = self._frame(path, part.name, "", frame, part.steps)
            self._arrange(part.steps, scopes + 1, repeats, inner)

    def _repeated(self, part: Repeated, scopes: int, repeats: int, frame: Frame) -> None:
        deeper = any(len(step.groups) > repeats + 1 for step in part.steps)
        if not deeper and self._wiring.is_chain(part.steps, self._is_row):
            self._stack(part.steps, scopes, frame, "", part.group.count)
        else:
            path = f"{part.steps[0].node.path} repeat"
            note = f"× {part.group.count}"
            inner = self._frame(path, "repeat", note, frame, part.steps)
            self._arrange(part.steps, scopes, repeats + 1, inner)

    def _frame(
        self, path: str, title: str, note: str, outer: Frame, steps: tuple[Step, ...]
    ) -> Frame:
        auxiliary = all(step.node.auxiliary for step in steps)
        name = self._names.fresh(f"cluster {self._prefix}{path}")
        frame = Frame(name, title, note, auxiliary=auxiliary)
        outer.elements.append(frame)
        return frame

    def _run(self, steps: tuple[Step, ...], scopes: int, frame: Frame) -> None:
        chain: list[Step] = []
        for step in steps:
            if chain and not self._joins(chain, step):
                self._stack(tuple(chain), scopes, frame)
                chain = []
            if self._plan.opens(step):
                self._open(step, scopes, frame)
            elif is_junction(step):
                self._junction(step, scopes, frame)
            else:
                chain.append(step)
        if chain:
            self._stack(tuple(chain), scopes, frame)

    def _is_row(self, step: Step) -> bool:
        return not is_junction(step) and not self._plan.opens(step)

    def _joins(self, chain: list[Step], step: Step) -> bool:
        """Whether `step` goes into the same box as the steps before it."""
        if not self._is_row(step) or not self._wiring.follows(chain[-1], step):
            return False
        if self._compact or not is_heavy(step):
            return True
        heavy = [before for before in chain if is_heavy(before)]
        return not heavy or all(_same_block(before, step) for before in chain)

    def _open(self, step: Step, scopes: int, frame: Frame) -> None:
        callee = step.node.callee
        assert isinstance(callee, Function)
        label = self._label(step.node, scopes)
        title = f"{label}: {callee.name}" if label else callee.name
        inner = self._frame(step.node.path, title, _times(step.times), frame, (step,))
        ends = tuple(self._end(ref) for ref in step.sources)
        prefix = f"{self._prefix}{step.node.path}."
        body = _Body(
            (callee,), prefix, ends, self._sheet, self._plan, self._names, self._compact
        )
        body.draw(inner)
        self._ends[step.number] = tuple(body.outputs())

    def _junction(self, step: Step, scopes: int, frame: Frame) -> None:
        callee = step.node.callee
        assert isinstance(callee, Op)
        name = self._names.fresh(self._prefix + step.node.path)
        label = self._label(step.node, scopes)
        frame.elements.append(Junction(name, JUNCTIONS[callee.name], label, step.node.auxiliary))
        self._connect(step, name)
        self._ends[step.number] = (End(name),)

    def _stack(
        self,
        steps: tuple[Step, ...],
        scopes: int,
        frame: Frame,
        title: str = "",
        times: int = 1,
    ) -> None:
        first, last = steps[0], steps[-1]
        name = self._names.fresh(self._prefix + first.node.path)
        ports = self._ports(last)
        rows = fold([self._row(step, scopes) for step in steps])
        rows = without_repeated_shapes(rows, self._shape_before(first))
        note = f"{title} {_times(times)}".strip()
        frame.elements.append(Stack(name, rows, note, first.node.auxiliary, ports))
        self._connect(first, name)
        self._ends[last.number] = tuple(
            End(name, f"o{index}" if ports else "") for index in range(len(last.node.types))
        )

    def _ports(self, step: Step) -> tuple[str, ...]:
        """The names of the outputs, if more than one of them is read."""
        kinds = range(len(step.node.types))
        if sum(Ref(step.number, index) in self._read for index in kinds) < 2:
            return ()
        callee = step.node.callee
        if isinstance(callee, Function):
            return tuple(output.name for output in callee.outputs)
        return callee.output_names

    def _connect(self, step: Step, name: str) -> None:
        for ref in step.sources:
            self._sheet.links.append(Link(self._end(ref), name, step.node.auxiliary))

    def _end(self, ref: Ref) -> End:
        if ref.producer == INPUT:
            return self._inputs[ref.output]
        return self._ends[ref.producer][ref.output]

    def _row(self, step: Step, scopes: int) -> Row:
        node = step.node
        return Row(
            key=self._prefix + node.path,
            label=self._label(node, scopes),
            caption=self._caption(step),
            shape=self._shape(step),
            fill=fill_of(node.callee),
            times=step.times,
            heavy=is_heavy(step),
        )

    def _caption(self, step: Step) -> str:
        node, siblings = step.node, self._siblings[step.number]
        kinds = self._members[0].input_types(node)
        rank = max(kinds[0].rank - 1, 0) if kinds else 0
        text = self._call(siblings, rank)
        return f"{text} (weights of {node.module})" if node.reuses else text

    def _call(self, siblings: tuple[Node, ...], rank: int) -> str:
        ops = tuple(node.callee for node in siblings if isinstance(node.callee, Op))
        if ops:
            return operator_caption(ops, rank, self._reader)
        callees = tuple(node.callee for node in siblings if isinstance(node.callee, Function))
        forms = self._plan.forms
        titles = {forms.of(callee).title for callee in callees}
        title = titles.pop() if len(titles) == 1 else callees[0].name
        return block_caption(title, callees, forms.told[callees[0].name], rank, self._reader)

    def _label(self, node: Node, scopes: int) -> str:
        names = node.path.split(".")[scopes:]
        while names and names[-1].isdigit():
            names.pop()
        label = ".".join(names)
        return "" if label == node.callee.name else label

    def _shape(self, step: Step) -> str:
        kinds = {type_text(node.types[0], self._plan.sizes) for node in self._siblings[step.number]}
        return kinds.pop() if len(kinds) == 1 else ""

    def _shape_before(self, step: Step) -> str:
        if len(step.sources) != 1:
            return ""
        kinds = {
            type_text(member.type_of(node.inputs[0]), self._plan.sizes)
            for member, node in zip(self._members, self._siblings[step.number], strict=True)
        }
        return kinds.pop() if len(kinds) == 1 else ""


def _same_block(one: Step, two: Step) -> bool:
    left, right = one.node.callee, two.node.callee
    return isinstance(left, Function) and isinstance(right, Function) and left.name == right.name


def _times(times: int) -> str:
    return f"× {times}" if times > 1 else ""
