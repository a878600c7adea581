"""Where to continue after a mistake: line breaks, braces and indentation, without any grammar.

Each search is one pass over the text, from the statement with the mistake to the place found.
"""

from __future__ import annotations

import re
from typing import final

from netlang.records import Record
from netlang.syntax.limits import MAX_DEPTH

__all__ = [
    "ResumePoint",
    "body_of",
    "definition_behind",
    "is_definition",
    "left_margin",
    "next_definition",
    "statement_behind",
]

_PIECE = re.compile(r'"""[\s\S]*?"""|"(?:[^"\\\n]++|\\.)*+"?|#[^\n]*|[\n()\[\]{};]')
_BLANK = re.compile(r"(?:[ \t\r]*+(?:#[^\n]*+)?\n)*+")
_INDENTATION = re.compile(r"[ \t]*")
_ENDS_LINE = re.compile(r"[ \t\r]*(?:#[^\n]*)?(?:\n|\Z)")
_DEFINITION = re.compile(
    r"^(?:inline[ \t]+block|block|net|train|from)[ \t]+[A-Za-z_]", re.MULTILINE
)
_AT_MARGIN = re.compile(r"^[^\s#)\]}\-]", re.MULTILINE)
_TAB = 4


@final
class ResumePoint(Record):
    """Where reading continues: at a `line`, the `{` of a `body`, a `}`, or the `end`.

    `deep` is a place inside so many brackets that only the next definition is certain. Before a
    body, `unclosed` are the brackets that were opened and close only after it.
    """

    start: int
    kind: str
    unclosed: str = ""


def is_definition(text: str, start: int) -> bool:
    """Whether a definition begins there, at the start of its line."""
    return _DEFINITION.match(text, start) is not None


def left_margin(text: str, place: int) -> int:
    """The indentation of the line of a place, in columns."""
    start = text.rfind("\n", 0, place) + 1
    found = _INDENTATION.match(text, start, place)
    return len(found[0].expandtabs(_TAB)) if found else 0


def next_definition(text: str, place: int) -> ResumePoint:
    """The next line after a place that isn't indented and closes nothing."""
    found = _AT_MARGIN.search(text, place + 1)
    return ResumePoint(found.start(), "line") if found else ResumePoint(len(text), "end")


def definition_behind(text: str, place: int) -> int:
    """The start of the next definition after a place, or the end of the text."""
    found = _DEFINITION.search(text, place + 1)
    return found.start() if found else len(text)


def body_of(text: str, start: int, margin: int) -> ResumePoint | None:
    """The `{` opened by a heading that ends at `start`, on its line or the continuation lines."""
    place = _Search(text, margin, any_brace=True).behind(start)
    return place if place.kind == "body" else None


def statement_behind(text: str, start: int, margin: int, *, bodies: bool = True) -> ResumePoint:
    """The end of the statement around `start`, which begins on a line with this indentation.

    Without `bodies`, the statement has none, such as an entry of a recipe: a brace is a bracket.
    """
    return _Search(text, margin, bodies=bodies).behind(start)


@final
class _Search:
    """One pass over the text; `open` are the brackets opened so far."""

    def __init__(
        self, text: str, margin: int, *, any_brace: bool = False, bodies: bool = True
    ) -> None:
        self.text = text
        self.margin = margin
        self.any_brace = any_brace
        self.bodies = bodies
        self.open: list[str] = []

    def behind(self, start: int) -> ResumePoint:
        for match in _PIECE.finditer(self.text, start):
            found = self._piece(match[0], match.start())
            if found is not None:
                return found
            if len(self.open) > MAX_DEPTH:
                return ResumePoint(match.start(), "deep")
        return ResumePoint(len(self.text), "end")

    def _piece(self, piece: str, start: int) -> ResumePoint | None:
        if piece == "\n":
            return self._line(start + 1)
        if piece == "{":
            if self.any_brace or (self.bodies and _ENDS_LINE.match(self.text, start + 1)):
                return ResumePoint(
                    start, "body", "".join(each for each in self.open if each in "([")
                )
            glued = self.text[start - 1 : start].strip(" \t\n(,")
            self.open.append("in a name" if glued else piece)
        elif piece == "}":
            return self._close(start)
        elif piece in ("(", "["):
            self.open.append(piece)
        elif piece in (")", "]"):
            if self.open and self.open[-1] in "([":
                self.open.pop()
        elif piece == ";" and not self.open:
            return ResumePoint(start + 1, "line")
        return None

    def _close(self, start: int) -> ResumePoint | None:
        """A `}`: of a brace opened during the search, or of the suite around the statement."""
        if self.open and self.open[-1] == "in a name":
            self.open.pop()
            return None
        if "{" not in self.open:
            return ResumePoint(start, "}")
        while self.open.pop() != "{":
            pass
        return None

    def _line(self, start: int) -> ResumePoint | None:
        """The next line that isn't blank: a new statement, or the continuation of this one."""
        blank = _BLANK.match(self.text, start)
        begin = blank.end() if blank else start
        indentation = _INDENTATION.match(self.text, begin)
        first = indentation.end() if indentation else begin
        if first >= len(self.text):
            return ResumePoint(len(self.text), "end")
        while self.open and self.open[-1] == "in a name":
            self.open.pop()
        character = self.text[first]
        if character in ")]" or self.text.startswith("->", first):
            return None
        if character == "}" and "{" in self.open:
            return None
        if self.open and character != "}" and left_margin(self.text, first) > self.margin:
            return None
        if character == "{" and self.bodies:
            return ResumePoint(first, "body")
        return ResumePoint(first, "}" if character == "}" else "line")
