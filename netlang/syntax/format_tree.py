"""What the formatter lays out: words in groups, groups in statements, statements in suites.

This tree keeps what the syntax tree leaves out (spelling, parentheses, comments, breaks) and knows
nothing of what the words mean. On exit every part knows its text on one line, `flat`, and whether
something in it keeps it from standing on one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeAlias, final

from netlang.syntax.format_words import OPERATORS, Comment, Word

__all__ = ["Group", "Item", "Part", "Segment", "Statement", "Suite", "comments_of", "flat_text"]


@final
@dataclass(slots=True)
class Item:
    """One item of a group, with the comma behind it."""

    parts: list[Part]
    comma: Word | None

    @property
    def comments(self) -> Iterator[Comment]:
        yield from chain.from_iterable(map(comments_of, self.parts))
        if self.comma:
            yield from comments_of(self.comma)


@final
@dataclass(slots=True)
class Group:
    """Something in brackets.

    `kind` is `list`, `call` (arguments or parameters), `names` (of an import, where the brackets are
    left out on one line), or `closed` for what is never opened by itself: an index, the computed
    part of a name, parentheses that only group.
    """

    kind: str
    open: Word
    items: list[Item]
    close: Word
    flat: str = ""
    comments: tuple[Comment, ...] = ()
    """All comments between the brackets."""
    forced: bool = False
    """Whether it can't stand on one line: a comment or the author's comma at the end is in it."""

    def __post_init__(self) -> None:
        self.comments = tuple(self._comments())
        inner = [part for item in self.items for part in item.parts if isinstance(part, Group)]
        self.forced = self.open.role != "COMPUTED" and (
            any(group.forced for group in inner) or (self.opens and (self.ends_in_comma or bool(self.comments)))
        )
        if not self.forced:
            self.flat = self._flat()

    @property
    def opens(self) -> bool:
        return self.kind != "closed"

    @property
    def single_tuple(self) -> bool:
        """`(a,)`, where the comma makes the tuple."""
        return self.kind == "list" and self.open.text == "(" and len(self.items) == 1

    @property
    def ends_in_comma(self) -> bool:
        return bool(self.items) and self.items[-1].comma is not None and not self.single_tuple

    @property
    def spaced(self) -> bool:
        return self.open.spaced

    def _comments(self) -> Iterator[Comment]:
        if self.open.after:
            yield self.open.after
        for item in self.items:
            yield from item.comments
        yield from self.close.before

    def _flat(self) -> str:
        text = ", ".join(flat_text(item.parts) for item in self.items)
        if self.kind == "names":
            return text
        comma = "," if self.single_tuple else ""
        return f"{self.open.text}{text}{comma}{self.close.text}"


@final
@dataclass(slots=True)
class Segment:
    """What stands between two arrows of a path; anything else is one segment without an arrow.

    `broken` says that the author began a line here.
    """

    parts: list[Part] = field(default_factory=list)
    arrow: Word | None = None
    broken: bool = False


@final
@dataclass(slots=True)
class Statement:
    """`doc` is the docstring behind it: that of a net which is another one, called."""

    segments: list[Segment]
    doc: Word | None = None

    @property
    def first(self) -> Word:
        part = self.segments[0].parts[0]
        return part if isinstance(part, Word) else part.open

    @property
    def open(self) -> bool:
        """Whether it can't stand on one line."""
        parts = (part for segment in self.segments for part in segment.parts)
        return (
            self.doc is not None
            or any(segment.broken for segment in self.segments)
            or any(_is_open(part) for part in parts)
        )

    @property
    def flat(self) -> str:
        return " -> ".join(flat_text(segment.parts) for segment in self.segments)

    @property
    def comments(self) -> Iterator[Comment]:
        for segment in self.segments:
            if segment.arrow:
                yield from comments_of(segment.arrow)
            yield from chain.from_iterable(map(comments_of, segment.parts))


@final
@dataclass(slots=True)
class Suite:
    """Something in braces; `recipe` says that its statements are the entries of a recipe."""

    open_brace: Word
    doc: Word | None
    statements: list[Statement]
    close: Word
    recipe: bool
    flat: str = ""
    forced: bool = False
    """Whether it stands on several lines: it was written so, or holds what needs it."""

    def __post_init__(self) -> None:
        self.forced = self._forced()
        if not self.forced:
            inner = "; ".join(statement.flat for statement in self.statements)
            self.flat = f"{{ {inner} }}" if inner else "{}"

    @property
    def open(self) -> Word:
        return self.open_brace

    @property
    def spaced(self) -> bool:
        return self.open_brace.spaced

    def _forced(self) -> bool:
        if self.doc or self.open_brace.after or self.close.before:
            return True
        if not self.statements:
            return False
        return self.close.broken or any(
            statement.first.broken or statement.open or any(statement.comments)
            for statement in self.statements
        )


Part: TypeAlias = Word | Group | Suite


def _is_open(part: Part) -> bool:
    return not isinstance(part, Word) and part.forced


def comments_of(part: Part) -> tuple[Comment, ...]:
    """Every comment of a part that stands on one line."""
    if isinstance(part, Word):
        return (*part.before, part.after) if part.after else part.before
    inner = part.comments if isinstance(part, Group) else ()
    behind = (part.close.after,) if part.close.after else ()
    return (*part.open.before, *inner, *behind)


def flat_text(parts: Iterable[Part]) -> str:
    """Parts side by side on one line."""
    return "".join(f" {part.flat}" if part.spaced else part.flat for part in parts).lstrip(" ")


def has_operators(parts: Iterable[Part]) -> bool:
    """Whether parts are operands and operators: no place to break a line."""
    return any(isinstance(part, Word) and part.role in OPERATORS for part in parts)
