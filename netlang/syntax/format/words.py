"""Tokens with their surroundings: comments, blank lines and breaks, and their spacing.

On entry, the text follows the grammar. On exit, every comment belongs to one word: a comment at the
end of a line to the last word of that line, one on its own line to the next word. The separators
between statements are gone; the breaks around words say where they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

from netlang.records import Draft
from netlang.syntax.lexer import Tokens

__all__ = ["OPERAND_ENDS", "OPERATORS", "Comment", "Word", "words"]

OPERATORS = frozenset((
    "+", "-", "NEG", "*", "/", "//", "%", "**", "..", "==", "!=", "<", "<=", ">", ">=", "in", "and",
    "or", "not", "if", "else",
))  # fmt: skip
"""Roles of the words that make an expression of operands; `if` only where no suite follows."""

OPERAND_ENDS = frozenset((
    "NAME", "NUMBER", "STRING", "DIMS", "true", "false", "IN", "here", ")", "]", "COMPUTED }",
))  # fmt: skip
"""Roles of the words after which `(` calls, `[` takes an item and `-` subtracts."""

_GLUED_BEHIND = frozenset(("", "(", "[", "COMPUTED", ".", "..", "NEG", "SPREAD"))
_GLUED_BEFORE = frozenset((")", "]", "COMPUTED }", ",", ".", "..", ":"))
_LABEL_ENDS = frozenset(("NAME", "NUMBER", "STRING", "DIMS", "COMPUTED }"))
_OPENERS = frozenset(("(", "[", "{", "COMPUTED"))
_CLOSES = frozenset(("}", "$END"))
_STATEMENT_ENDS = frozenset(("SEP", "DOC", "{"))


@final
class Comment(Draft):
    """`gap` is the distance from the text before it; 0 for a comment on its own line."""

    text: str
    gap: int
    blank: bool
    """Whether a blank line precedes it."""


@final
class Word(Draft):
    """A token. `role` is its kind, but distinguishes the two meanings of `-`, `*`, `in` and `}`.

    `spaced` says that a space precedes it unless it begins its line.
    """

    role: str
    text: str
    spaced: bool
    starts: bool = False
    """Whether no statement continues here: one begins, or the suite or the file ends."""
    broken: bool = False
    """Whether a line break precedes it."""
    blank: bool = False
    """Whether a blank line directly precedes it."""
    before: tuple[Comment, ...] = ()
    after: Comment | None = None

    @property
    def flat(self) -> str:
        return self.text

    @property
    def width(self) -> int:
        return len(self.text)


def words(text: str, tokens: Tokens) -> Iterator[Word]:
    """The words of a text, up to `$END`. Each is complete when it is yielded."""
    roles = _Roles()
    last: Word | None = None
    end = 0
    separated = False
    for kind, start, stop in zip(tokens.kinds, tokens.starts, tokens.ends, strict=True):
        role, spaced = roles.next(kind, text[start:stop])
        if kind == "SEP":
            separated = True
            continue
        word = Word(role, text[start:stop], spaced, separated or role in _CLOSES)
        separated = False
        gap = text[end:start]
        if "\n" in gap or "#" in gap:
            _attach(gap, last, word)
        if last is not None:
            yield last
        last, end = word, stop
    assert last is not None
    yield last


def _attach(gap: str, last: Word | None, word: Word) -> None:
    """Attaches the comments and blank lines between two words to these."""
    first, *lines = gap.split("\n")
    if last is None:
        lines = [first, *lines]
    elif "#" in first:
        last.after = _comment(first)
    word.broken = bool(lines)
    own: list[Comment] = []
    blank = False
    behind = len(lines) - (word.role != "$END")
    for line in lines[:behind]:
        if "#" in line:
            own.append(Comment(line[line.index("#") :].rstrip(), 0, blank))
        blank = not line.strip()
    word.before, word.blank = tuple(own), blank


def _comment(line: str) -> Comment:
    """The comment at the end of a line; `line` is the text after the last word."""
    space, hash_, text = line.partition("#")
    gap = len(space.expandtabs(4)) - len(space.rstrip())
    return Comment(f"{hash_}{text}".rstrip(), max(2, gap), False)


@final
class _Roles:
    """Follows the kinds of a text's tokens: the role of each, and whether it gets a space."""

    def __init__(self) -> None:
        self.before = ""
        self.point_of_number = False
        """Whether a whole number and a point come before, which a digit would make one number."""
        self.is_whole = False
        """Whether the word before is a whole number that isn't behind a point."""
        self.brackets: list[str] = []

    def next(self, kind: str, text: str) -> tuple[str, bool]:
        role = self._role(kind)
        spaced = self._spaced(role)
        if kind in _OPENERS:
            self.brackets.append(kind)
        self.point_of_number = role == "." and self.is_whole
        self.is_whole = role == "NUMBER" and self.before != "." and "." not in text
        self.before = "" if role in _STATEMENT_ENDS else role
        return role, spaced

    def _role(self, kind: str) -> str:
        if kind in (")", "]", "}"):
            opened = self.brackets.pop()
            return "COMPUTED }" if opened == "COMPUTED" else kind
        if kind == "-" and self.before not in OPERAND_ENDS:
            return "NEG"
        if kind == "in" and self.before not in OPERAND_ENDS:
            return "IN"
        if kind == "*" and self.before not in OPERAND_ENDS:
            return "SPREAD"
        return kind

    def _spaced(self, role: str) -> bool:
        before = self.before
        if self.point_of_number and role == "NUMBER":
            return True
        if before in _GLUED_BEHIND or role in _GLUED_BEFORE:
            return False
        if "=" in (role, before) or before == ":":
            return not self.brackets or self.brackets[-1] == "{"
        if role in ("(", "["):
            return before not in OPERAND_ENDS
        if role == "COMPUTED":
            return before not in _LABEL_ENDS
        return not (before == "COMPUTED }" and role in ("NAME", "NUMBER"))
