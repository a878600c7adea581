"""Statements in the making: lines of text, the current value, and what can be read by name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from netlang.ir.types import TensorType
from tests.campaigns.generator.draw import Draw
from tests.campaigns.generator.model import Keys, Labelled, Value
from tests.campaigns.generator.spec import Owner, Spec

__all__ = ["Body", "as_path", "indented"]

KEYWORDS = ("if", "for", "output", "block", "net", "in", "true")
# What emitted source calls its variables and modules, the most frequent first.
EMITTED = ("x", "y", "z", "out", "self", "torch", "nn", "functional", "weight", "shape")
_WORD = re.compile(r"[a-z]\w*")


def as_path(lines: list[str]) -> list[str]:
    """Statements as one step: in braces if they are several lines."""
    return lines if len(lines) == 1 else ["{", *indented(lines), "}"]


def indented(lines: list[str]) -> list[str]:
    """Lines inside braces."""
    return ["    " + line for line in lines]


@dataclass
class Body:
    """The inside of a net, block, scope, branch or loop.

    `loops` are the variables of the loops around it, `repeated` says that no label may stand here,
    `dead` that it is never elaborated. `pending` are lines that must stand before the statement
    that is being written. `marks` are all labels as they are written, with how they are read, and
    `began` is the line that the last statement begins at. `numbered` are the steps so far, for as
    long as they are `straight`: one after the other, each a step of its own.
    """

    spec: Spec
    owner: Owner
    current: tuple[Value, ...]
    labels: dict[str, Labelled] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    loops: tuple[str, ...] = ()
    repeated: bool = False
    dead: bool = False
    nested: int = 0
    joinable: bool = False
    pending: list[str] = field(default_factory=list)
    numbered: list[Keys] = field(default_factory=list)
    marks: dict[str, str] = field(default_factory=dict)
    began: int = 0
    straight: bool = True
    reads_here: bool = False

    @property
    def draw(self) -> Draw:
        return self.spec.draw

    @property
    def value(self) -> Value:
        """The one current value."""
        (value,) = self.current
        return value

    @property
    def is_top(self) -> bool:
        """Whether statements here are those of the net or block itself."""
        return not self.nested

    def child(self, **changes: object) -> Body:
        """A body inside this one, which reads its labels."""
        inner = replace(
            self, lines=[], labels=dict(self.labels), nested=self.nested + 1, joinable=False,
            pending=[], numbered=[],
        )  # fmt: skip
        return replace(inner, **changes)  # type: ignore[arg-type]  # fields of this class

    # --- text -------------------------------------------------------------------------------

    def line(self, text: str) -> None:
        """A statement of its own."""
        self.straight = False
        self._flush()
        self.began = len(self.lines)
        self.lines.append(text)
        self.joinable = False

    def lines_of(self, texts: list[str]) -> None:
        """A statement of several lines."""
        self.straight = False
        self._flush()
        self.began = len(self.lines)
        self.lines += texts
        self.joinable = False

    def tap(self, head: str, lines: list[str]) -> None:
        """`output name: path`."""
        first, *others = as_path(lines)
        self.lines_of([f"{head}: {first}", *others])

    def step(self, text: str, values: tuple[Value, ...], keys: Keys = None) -> None:
        """A step behind the current value, on the same line or the next.

        `keys` are the tensors that have its number before their names: none if it has a label.
        """
        if self.straight:
            self.numbered.append(keys)
        if self.joinable and not self.pending and self.draw.chance(0.45):
            if not self._marks_in(text):
                self._forget(
                    self._marks_in(self.lines[self.began]) | self._marks_in(self.lines[-1])
                )
            self.lines[-1] += f" -> {text}"
        else:
            self._flush()
            self.began = len(self.lines)
            self.lines.append(text)
        self.joinable = True
        self.current = values

    def _marks_in(self, line: str) -> set[str]:
        """The labels of a path, as they are read."""
        steps = [step.removeprefix("} -> ") for step in line.split(" -> ")]
        return {
            read for mark, read in self.marks.items() for s in steps if s.startswith(f"{mark}: ")
        }

    def _forget(self, labels: set[str]) -> None:
        """What can't be read any more, since its path goes on to a step without a label."""
        for read in labels:
            self.labels.pop(read, None)

    def hold(self) -> str:
        """The newest label, for one who will read it: its path ends here."""
        self.joinable = False
        return next(reversed(self.labels))

    def start(self, text: str, values: tuple[Value, ...]) -> None:
        """A path that starts at a value."""
        straight = self.straight and not text.startswith("(")
        self.line(text)
        self.straight = straight  # a value alone counts none, where a tuple has its join behind it
        self.joinable = True
        self.current = values

    def _flush(self) -> None:
        self.lines += self.pending
        self.pending.clear()

    # --- labels -----------------------------------------------------------------------------

    def new_label(self, plain: bool = False) -> tuple[str, str]:
        """A label as it is written and as it is read; `plain` ones are words."""
        mark, read = self._new_label(plain)
        self.marks[mark] = read
        return mark, read

    def _new_label(self, plain: bool) -> tuple[str, str]:
        spec, draw = self.spec, self.draw
        word = spec.name()
        if self.loops:
            spec.used("computed label")
            written = f"{word}_" + "".join(f"{{{variable}}}" for variable in self.loops)
            return written, written
        kind = 0 if plain else draw.whole(0, 9)
        if kind == 1:
            spec.used("dotted label")
            return f"{word}.0", f"{word}.0"
        if kind in (2, 3):
            spec.used("quoted label")
            quoted = f'"{word}-{draw.whole(0, 9)} b"'
            return quoted, quoted
        if kind in (4, 5):
            spec.used("computed label")
            computed = draw.pick((f"{word}_{{{draw.whole(0, 3)} + 1}}", f'"{word}-{{1}}"'))
            return computed, computed
        free = [k for k in KEYWORDS if k not in self.marks]
        if kind == 6 and free and self.is_top:
            spec.used("keyword label")
            chosen = draw.pick(free)
            return chosen, f'"{chosen}"'
        unused = [each for each in EMITTED if each not in self.marks]
        if kind in (7, 8) and unused:
            spec.used("label of emitted source")
            chosen = unused[0] if draw.chance(0.7) else draw.pick(unused)
            return chosen, chosen
        return word, word

    def words(self) -> list[tuple[str, TensorType]]:
        """Labels that expressions can read the sizes of."""
        found = [
            (name, labelled.values[0].type)
            for name, labelled in self.labels.items()
            if _WORD.fullmatch(name) and len(labelled.values) == 1
        ]
        entry = self.owner.entry
        if self.reads_here:
            found.append(("here", self.value.type))
        return [*found, *([("in", entry.type)] if entry and not self.owner.is_net else [])]
