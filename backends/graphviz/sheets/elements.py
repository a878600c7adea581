"""The elements of a diagram, independent of DOT."""

from __future__ import annotations

from typing import TypeAlias

from netlang.records import Draft, Record, field

__all__ = [
    "Bracket",
    "Element",
    "End",
    "Frame",
    "Junction",
    "Link",
    "Pill",
    "StackRow",
    "Sheet",
    "Stack",
]


class StackRow(Record):
    """One step in a stack: its label, caption, output shape and number of applications.

    `key` is its full path and so the name of the value. A heavy row opens a box of its own. `block`
    names the block that is called, if any. `steps` counts the steps of the function that the row
    stands for.
    """

    key: str
    label: str
    caption: str
    shape: str
    fill: str
    times: int = 1
    heavy: bool = False
    block: str = ""
    steps: int = 1

    def alike(self, other: StackRow) -> bool:
        """Whether both rows could be one row applied twice."""
        return (self.label, self.caption) == (other.label, other.caption)


class Bracket(Record):
    """Rows applied `times` times in succession; the function spells out `written` of these."""

    rows: tuple[StackRow, ...]
    times: int
    written: int = 1

    @property
    def steps(self) -> int:
        """How many steps of the function the bracket stands for."""
        return self.written * sum(row.steps for row in self.rows)


class Stack(Record):
    """A chain of steps in one box.

    `ports` name the outputs of the last step where several are used. A chain too long for one box
    continues the box named in `beside`.
    """

    id: str
    rows: tuple[StackRow | Bracket, ...]
    title: str = ""
    auxiliary: bool = False
    ports: tuple[str, ...] = ()
    beside: str = ""

    @property
    def height(self) -> int:
        """Lines of text."""
        lines = sum(len(row.rows) if isinstance(row, Bracket) else 1 for row in self.rows)
        return lines + bool(self.title) + bool(self.ports)


class Junction(Record):
    """An elementwise merge, drawn as a small circle."""

    id: str
    symbol: str
    auxiliary: bool = False


class Pill(Record):
    """An input or output."""

    id: str
    name: str
    shape: str = ""
    output: bool = False
    auxiliary: bool = False


class Frame(Draft):
    """A named group of elements: a scope, a block drawn in place, or a repeat."""

    id: str
    title: str
    note: str = ""
    elements: list[Element] = field(default_factory=list)
    auxiliary: bool = False


Element: TypeAlias = Stack | Junction | Pill | Frame


class End(Record):
    """Where a link starts: an element, and the port if it has several outputs."""

    id: str
    port: str = ""


class Link(Record):
    tail: End
    head: str
    auxiliary: bool = False


class Sheet(Draft):
    """One connected drawing: the net or the inside of one block."""

    root: Frame
    links: list[Link] = field(default_factory=list)

    def nodes(self) -> list[Stack | Junction | Pill]:
        """All elements except frames, in order."""
        found: list[Stack | Junction | Pill] = []
        waiting: list[Element] = [self.root]
        while waiting:
            element = waiting.pop(0)
            if isinstance(element, Frame):
                waiting[:0] = element.elements
            else:
                found.append(element)
        return found
