"""Draws the tree of two nets: frames for scopes in which something differs, boxes for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlang.analysis.render.describe import describe
from netlang.backends.graphviz.differences.union import (
    Branch,
    Entry,
    Status,
    entries_of,
    union_of,
)
from netlang.backends.graphviz.dot.writer import write_dot
from netlang.backends.graphviz.markup import TIMES
from netlang.backends.graphviz.palette import ADDED, CHANGED, REMOVED, UNCHANGED
from netlang.backends.graphviz.sheets.elements import (
    End,
    Frame,
    Link,
    Pill,
    Sheet,
    Stack,
    StackRow,
)
from netlang.backends.graphviz.sheets.plan import PageNames
from netlang.diff import Difference
from netlang.diff.lines import argument_text
from netlang.diff.patterns import patterns
from netlang.diff.steps import NET_INPUT, Source
from netlang.ir.program import Function

__all__ = ["difference_dot"]

_FILLS = {
    Status.SAME: UNCHANGED, Status.ADDED: ADDED, Status.REMOVED: REMOVED, Status.CHANGED: CHANGED,
}  # fmt: skip
_NAMES = {
    Status.SAME: "as before", Status.ADDED: "added", Status.REMOVED: "removed",
    Status.CHANGED: "changed",
}  # fmt: skip
# Boxes that are drawn; beyond, what is left has one box.
_MOST_BOXES = 400
# Parts of a closed scope that are named.
_MOST_PARTS = 3


def difference_dot(difference: Difference) -> str:
    """The diagram of a difference as DOT text."""
    drawing = _Drawing(difference)
    name = " - ".join(difference.names)
    return write_dot(name, [[drawing.sheet(), _legend(drawing.states)]])


def _legend(states: set[Status]) -> Sheet:
    """What the colours and signs mean, those that occur."""
    frame = Frame("cluster legend", "legend", "what the colours mean")
    shown = [state for state in Status if state in states]
    rows = tuple(
        StackRow(
            f"legend {state.name}", "", f"{state.value} {_NAMES[state]}".strip(), "", _FILLS[state]
        )
        for state in shown
    )
    frame.elements.append(Stack("legend", rows))
    return Sheet(frame)


class _Drawing:
    """Draws one difference."""

    def __init__(self, difference: Difference) -> None:
        self._difference = difference
        self._names = PageNames()
        self._boxes: dict[int, str] = {}
        """The box of each entry, by its identity."""
        self._order: dict[str, int] = {}
        self.states: set[Status] = set()
        self._entries = entries_of(difference)
        self._of_before = {e.before: e for e in self._entries if e.before is not None}
        self._of_after = {e.after: e for e in self._entries if e.after is not None}
        self._readers: dict[int, set[int]] = {}
        for entry in self._entries:
            for source in self._sources(entry):
                self._readers.setdefault(id(source), set()).add(id(entry))

    def sheet(self) -> Sheet:
        one, other = self._difference.names
        frame = Frame(self._names.fresh("cluster net"), f"{one} → {other}")
        sheet = Sheet(frame)
        inputs = []
        for port in self._difference.after.inputs:
            pill = Pill(self._names.fresh(f"input {port.name}"), port.name, str(port.sized))
            frame.elements.append(pill)
            inputs.append(pill.id)
        self._branches(union_of(self._entries).children, frame)
        links: dict[Link, None] = {}
        for entry in self._entries:
            links.update(dict.fromkeys(self._links(entry, inputs)))
        for output in self._difference.after.outputs:
            pill = Pill(self._names.fresh(f"output {output.name}"), output.name, output=True)
            frame.elements.append(pill)
            tail = self._end(output.source, after=True, inputs=inputs)
            links[Link(End(tail), pill.id)] = None
        sheet.links.extend(links)
        return sheet

    # --- boxes ------------------------------------------------------------------------------

    def _branches(self, branches: Sequence[Branch], frame: Frame, times: int = 1) -> None:
        """Frames for what is open, and a box for each chain of the others.

        The frame around them stands for `times` scopes.
        """
        chain: list[Branch] = []
        for branch in branches:
            if branch.children and branch.state is None and len(self._order) < _MOST_BOXES:
                self._box(chain, frame, times)
                chain = []
                name = self._names.fresh(f"cluster {branch.paths[0]}")
                inner = Frame(name, *_title(branch, times))
                frame.elements.append(inner)
                self._branches(branch.children, inner, len(branch.paths))
                continue
            if chain and not self._follows(chain[-1], branch):
                self._box(chain, frame, times)
                chain = []
            chain.append(branch)
        self._box(chain, frame, times)

    def _follows(self, last: Branch, branch: Branch) -> bool:
        """Whether a branch reads nothing but the one before it, and is nothing but its reader."""
        removed = branch.state is Status.REMOVED
        if removed != (last.state is Status.REMOVED):
            return False
        ours = {id(entry) for entry in last.entries}
        first = branch.entries[0]
        read = {id(each) for each in self._sources(first)}
        if not read or not read <= ours:
            return False
        inside = {id(entry) for entry in branch.entries} | ours
        return all(self._readers.get(each, set()) <= inside for each in ours)

    def _box(self, chain: Sequence[Branch], frame: Frame, times: int) -> None:
        if not chain:
            return
        name = self._names.fresh(".".join(chain[0].paths[0]))
        rows = tuple(self._rows(chain, times))
        removed = all(branch.state is Status.REMOVED for branch in chain)
        frame.elements.append(Stack(name, rows, auxiliary=removed))
        self._order[name] = len(self._order)
        for branch in chain:
            for entry in branch.entries:
                self._boxes[id(entry)] = name

    def _rows(self, chain: Sequence[Branch], times: int) -> Iterator[StackRow]:
        """A row for each branch; unchanged ones in a row, if they are many, have one together."""
        start = 0
        while start < len(chain):
            end = start
            while end < len(chain) and chain[end].state is Status.SAME:
                end += 1
            if end - start > 3:
                yield self._row(chain[start], times)
                between = chain[start + 1 : end - 1]
                steps = sum(len(each.entries) // len(each.paths) for each in between)
                yield StackRow("", "", f"… {steps} steps", "", UNCHANGED)
                yield self._row(chain[end - 1], times)
                start = end
                continue
            yield self._row(chain[start], times)
            start += 1

    def _row(self, branch: Branch, times: int) -> StackRow:
        state = branch.state or Status.CHANGED
        self.states.add(state)
        text = self._text(branch)
        own = len(branch.paths) // times
        return StackRow(
            ".".join(branch.paths[0]), _label(branch), f"{state.value} {text}".strip(), "",
            _FILLS[state], max(own, 1),
        )  # fmt: skip

    def _text(self, branch: Branch) -> str:
        if branch.children:
            return self._of_scope(branch)
        names = sorted(branch.texts)
        text = names[0] if len(names) == 1 else names[0].partition("(")[0]
        columns = zip(*(entry.arguments for entry in branch.entries), strict=True)
        return ", ".join((text, *(argument_text(column) for column in columns)))

    def _block(self, branch: Branch) -> Function | None:
        """The block that a scope is, if it is one."""
        entry, level = branch.entries[0], len(branch.paths[0])
        if entry.after is not None:
            return self._difference.after.blocks.get(entry.parts[:level])
        assert entry.before is not None
        return self._difference.before.blocks.get(
            self._difference.before.steps[entry.before].parts[:level]
        )

    def _of_scope(self, branch: Branch) -> str:
        """What a closed scope is: its block, or what it is made of."""
        block = self._block(branch)
        if block is not None:
            return block.name if len(branch.paths) > 1 else describe(block)
        if len(branch.children) > _MOST_PARTS:
            return f"{len(branch.entries) // len(branch.paths)} steps"
        return " → ".join(self._text(child) for child in branch.children)

    # --- links ------------------------------------------------------------------------------

    def _sources(self, entry: Entry) -> list[Entry]:
        """The entries that an entry reads."""
        return [each for each, _ in self._read(entry) if each is not None]

    def _read(self, entry: Entry) -> Iterator[tuple[Entry | None, Source]]:
        if entry.after is not None:
            for source in self._difference.after.steps[entry.after].sources:
                yield self._of_after.get(source[0]), source
        elif entry.before is not None:
            for source in self._difference.before.steps[entry.before].sources:
                yield self._of_before.get(source[0]), source

    def _links(self, entry: Entry, inputs: Sequence[str]) -> Iterator[Link]:
        head = self._boxes[id(entry)]
        for source, (number, place) in self._read(entry):
            tail = self._boxes[id(source)] if source else None
            if number == NET_INPUT and place < len(inputs):
                yield Link(End(inputs[place]), head, entry.state is Status.REMOVED)
            elif tail is not None and self._order[tail] < self._order[head]:
                yield Link(End(tail), head, entry.state is Status.REMOVED)
        if entry.before is None or entry.after is None:
            return
        for number, _ in self._difference.before.steps[entry.before].sources:
            gone = self._of_before.get(number)
            if gone is not None and gone.after is None:
                tail = self._boxes[id(gone)]
                if self._order[tail] < self._order[head]:
                    yield Link(End(tail), head, True)

    def _end(self, source: Source, *, after: bool, inputs: Sequence[str]) -> str:
        number, place = source
        if number == NET_INPUT:
            return inputs[place]
        return self._boxes[id((self._of_after if after else self._of_before)[number])]


def _title(branch: Branch, times: int) -> tuple[str, str]:
    """The title and note of a frame, within one that stands for so many scopes."""
    title, count = ", ".join(patterns(branch.paths)[:2]), len(branch.paths)
    if count == times:
        return title, ""
    return (f"{title} {TIMES} {count}", "") if times == 1 else (title, f"{count} in all")


def _label(branch: Branch) -> str:
    """The last component of the paths of a branch, if its author chose it."""
    label = patterns([path[-1:] for path in branch.paths])[0]
    return "" if label[:1] in "{0123456789" and not branch.children else label
