"""Reads words into the formatter's tree, in one pass.

On exit, no comment lies between a suite and its `else`; it has moved into the suite that follows,
where it can have a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import final

from netlang.records import Draft
from netlang.syntax.format.tree import FormattedSuite, Group, Item, Part, Segment, Statement
from netlang.syntax.format.words import OPERAND_ENDS, Comment, Word

__all__ = ["Document", "read"]

_CLOSERS = frozenset((")", "]", "COMPUTED }"))


@final
class Document(Draft):
    """A whole file; `end` carries the comments after the last item."""

    doc: Word | None
    items: list[Statement]
    end: Word


def read(words: Iterable[Word]) -> Document:
    return _Reader(iter(words)).document()


@final
class _Reader:
    """Takes words one by one; `word` is the next one, `role` that of the previous one."""

    def __init__(self, words: Iterator[Word]) -> None:
        self.words = words
        self.word = next(words)
        self.role = ""
        self.moved: tuple[Comment, ...] = ()
        """Comments that move from before an `else` into its suite."""

    def take(self) -> Word:
        word = self.word
        self.role = word.role
        if word.role != "$END":
            self.word = next(self.words)
        return word

    def document(self) -> Document:
        doc = self.take() if self.word.role == "DOC" else None
        items = []
        while self.word.role != "$END":
            items.append(self.statement(False))
        return Document(doc, items, self.word)

    # --- statements ---------------------------------------------------------------------------

    def statement(self, entry: bool) -> Statement:
        """The words up to the start of the next statement."""
        segments = [Segment()]
        parts = segments[0].parts
        kind = "" if entry else self.word.role
        while True:
            role = self.word.role
            if role == "{":
                parts.append(self.suite(entry or kind == "train"))
                if self.word.role not in ("->", "else"):
                    return Statement(segments)
            elif role == "->":
                segments.append(self.arrow())
                parts = segments[-1].parts
            elif role == "DOC":
                return Statement(segments, self.take())
            elif role in ("(", "[", "COMPUTED"):
                parts.append(self.group())
            elif role == "import":
                parts += [self.take(), self.names()]
            else:
                if role == "else" and isinstance(parts[-1], FormattedSuite):
                    self.moved, self.word.before = self.word.before, ()
                parts.append(self.take())
            if parts and self.word.starts:
                return Statement(segments)

    def arrow(self) -> Segment:
        """The start of a segment. A comment after the arrow belongs to the previous line."""
        word = self.take()
        return Segment([], word, word.broken or self.word.broken)

    def suite(self, recipe: bool) -> FormattedSuite:
        moved, self.moved = self.moved, ()
        brace = self.take()
        if moved:
            self.word.before = (*moved, *self.word.before)
        doc = self.take() if self.word.role == "DOC" else None
        statements = []
        while self.word.role != "}":
            statements.append(self.statement(recipe))
        return FormattedSuite(brace, doc, statements, self.take(), recipe)

    # --- groups -------------------------------------------------------------------------------

    def group(self) -> Group:
        called = self.role in OPERAND_ENDS
        open_ = self.take()
        items = self.items()
        close = self.take()
        comma = any(item.comma for item in items)
        if open_.role == "(" and called:
            kind = "call"
        elif open_.role == "[" and len(items) > 0 and (clauses := _clauses(items)):
            return Group("clauses", open_, clauses, close)
        elif comma or (open_.role == "[" and not called):
            kind = "list"
        else:
            kind = "closed"
        return Group(kind, open_, items, close)

    def items(self) -> list[Item]:
        items = []
        while self.word.role not in _CLOSERS:
            parts: list[Part] = []
            while self.word.role not in _CLOSERS and self.word.role != ",":
                nested = self.word.role in ("(", "[", "COMPUTED")
                parts.append(self.group() if nested else self.take())
            items.append(Item(parts, self.take() if self.word.role == "," else None))
        return items

    def names(self) -> Group:
        """The names in an import, with or without brackets."""
        if self.word.role == "(":
            open_ = self.take()
            return Group("names", open_, self.items(), self.take())
        items: list[Item] = []
        while not items or items[-1].comma:
            parts: list[Part] = [self.take()]
            while self.word.role != "," and not self.word.starts:
                parts.append(self.take())
            items.append(Item(parts, self.take() if self.word.role == "," else None))
        last = items[-1].parts[-1]
        close = Word(")", ")", False)
        assert isinstance(last, Word)
        close.after, last.after = last.after, None
        return Group("names", Word("(", "(", True), items, close)


def _clauses(items: list[Item]) -> list[Item]:
    """The element and the clauses of a comprehension, each begun by `for` or `if`; else nothing.

    The commas between the names of a `for` end none of them.
    """
    parts: list[Part] = []
    for item in items:
        parts += item.parts
        if item.comma:
            parts.append(item.comma)
    starts = [place for place, part in enumerate(parts) if _begins_clause(part)]
    loops = [place for place in starts if _role(parts[place]) == "for"]
    if not loops:
        return []
    starts = [0, *(place for place in starts if place >= loops[0]), len(parts)]
    return [Item(parts[start:end], None) for start, end in pairwise(starts)]


def _begins_clause(part: Part) -> bool:
    return _role(part) in ("for", "if")


def _role(part: Part) -> str:
    return part.role if isinstance(part, Word) else ""
