"""The formatter's tree: words in groups, groups in statements, statements in suites.

It keeps what the syntax tree omits (spelling, parentheses, comments, breaks) and knows nothing of
the meaning of words. On exit, every part knows its width on one line, and whether something keeps
it from fitting on one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TypeAlias, final

from netlang.records import Draft, field
from netlang.syntax.format.words import OPERATORS, Comment, Word

__all__ = [
    "Group", "Item", "Part", "Segment", "Statement", "FormattedSuite", "comments_of", "flat_text",
    "flat_width", "has_operators", "is_forced",
]  # fmt: skip


@final
class Item(Draft):
    """One item of a group, with the comma after it."""

    parts: list[Part]
    comma: Word | None

    @property
    def first(self) -> Word:
        return _first(self.parts[0])

    @property
    def comments(self) -> Iterator[Comment]:
        yield from chain.from_iterable(map(comments_of, self.parts))
        if self.comma:
            yield from comments_of(self.comma)


@final
class Group(Draft):
    """Something in brackets.

    `kind` is `list`, `call` (arguments or parameters), `names` (of an import, whose brackets are
    omitted on one line), `clauses` (a comprehension: its element and its clauses, without commas),
    or `closed` for groups that are never opened on their own: an index, the computed part of a
    name, parentheses that only group.
    """

    kind: str
    open: Word
    items: list[Item]
    close: Word
    width: int = 0
    comments: tuple[Comment, ...] = ()
    """All comments between the brackets."""
    forced: bool = False
    """Whether it can't be on one line: it contains a comment or the author's trailing comma."""

    def __post_init__(self) -> None:
        self.comments = tuple(self._comments())
        self.forced = self.open.role != "COMPUTED" and self._forced()
        between = len(self.separator)
        inner = sum(flat_width(item.parts) + between for item in self.items)
        self.width = (
            max(0, inner - between) + (0 if self.kind == "names" else 2) + self.single_tuple
        )

    @property
    def separator(self) -> str:
        """What stands between two items on one line."""
        return " " if self.kind == "clauses" else ", "

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

    @property
    def flat(self) -> str:
        text = self.separator.join(flat_text(item.parts) for item in self.items)
        if self.kind == "names":
            return text
        comma = "," if self.single_tuple else ""
        return f"{self.open.text}{text}{comma}{self.close.text}"

    def _comments(self) -> Iterator[Comment]:
        if self.open.after:
            yield self.open.after
        for item in self.items:
            yield from item.comments
        yield from self.close.before

    def _forced(self) -> bool:
        if self.kind != "closed" and (self.ends_in_comma or self.comments):
            return True
        return any(is_forced(part) for item in self.items for part in item.parts)


@final
class Segment(Draft):
    """The text between two arrows of a path; anything else is one segment without an arrow.

    `broken` says that the author began a line here.
    """

    parts: list[Part] = field(default_factory=list)
    arrow: Word | None = None
    broken: bool = False

    @property
    def comments(self) -> Iterator[Comment]:
        if self.arrow:
            yield from comments_of(self.arrow)
        yield from chain.from_iterable(map(comments_of, self.parts))

    @property
    def forced(self) -> bool:
        return self.broken or any(map(is_forced, self.parts))


@final
class Statement(Draft):
    """`doc` is the docstring after it, for a net defined as a call of another."""

    segments: list[Segment]
    doc: Word | None = None

    @property
    def first(self) -> Word:
        return _first(self.segments[0].parts[0])

    @property
    def forced(self) -> bool:
        return self.doc is not None or any(segment.forced for segment in self.segments)

    @property
    def flat(self) -> str:
        return " -> ".join(flat_text(segment.parts) for segment in self.segments)

    @property
    def width(self) -> int:
        return sum(flat_width(segment.parts) + 4 for segment in self.segments) - 4

    @property
    def comments(self) -> Iterator[Comment]:
        return chain.from_iterable(segment.comments for segment in self.segments)


@final
class FormattedSuite(Draft):
    """Statements in braces; `recipe` says that they are the entries of a recipe."""

    open: Word
    doc: Word | None
    statements: list[Statement]
    close: Word
    recipe: bool
    width: int = 0
    forced: bool = False
    """Whether it is on several lines: it was written so, or something in it needs that."""

    def __post_init__(self) -> None:
        self.forced = self._forced()
        self.width = sum(statement.width + 2 for statement in self.statements) + 2

    @property
    def spaced(self) -> bool:
        return self.open.spaced

    @property
    def flat(self) -> str:
        inner = "; ".join(statement.flat for statement in self.statements)
        return f"{{ {inner} }}" if inner else "{}"

    def _forced(self) -> bool:
        if self.doc or self.open.after or self.close.before:
            return True
        if self.close.broken and self.statements:
            return True
        return any(
            statement.first.broken or statement.forced or any(statement.comments)
            for statement in self.statements
        )


Part: TypeAlias = Word | Group | FormattedSuite


def is_forced(part: Part) -> bool:
    """Whether a part can't be on one line."""
    return not isinstance(part, Word) and part.forced


def _first(part: Part) -> Word:
    return part if isinstance(part, Word) else part.open


def comments_of(part: Part) -> tuple[Comment, ...]:
    """The comments of a part that is on one line."""
    if isinstance(part, Word):
        return (*part.before, part.after) if part.after else part.before
    inner = part.comments if isinstance(part, Group) else ()
    behind = (part.close.after,) if part.close.after else ()
    return (*part.open.before, *inner, *behind)


def flat_text(parts: Sequence[Part]) -> str:
    """Parts on one line, as text."""
    return "".join(f" {part.flat}" if part.spaced else part.flat for part in parts).lstrip(" ")


def flat_width(parts: Sequence[Part]) -> int:
    """The length of `flat_text`."""
    return sum(part.width + part.spaced for part in parts) - (bool(parts) and parts[0].spaced)


def has_operators(parts: Sequence[Part]) -> bool:
    """Whether parts are operands and operators."""
    return any(isinstance(part, Word) and part.role in OPERATORS for part in parts)
