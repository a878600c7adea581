"""Errors in characters, strings and numbers, and texts beyond the limits: among E0101 to E0129.

`netlang.syntax.mistakes.text` decides which one it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, TypeAlias

from netlang.diagnostics.core import Diagnostic
from netlang.source import Span

__all__ = [
    "MOST_ERRORS",
    "BadNumber",
    "Mistaken",
    "MoreErrors",
    "NestingTooDeep",
    "NumberTooLong",
    "SpecTooLarge",
    "UnclosedDocstring",
    "UnclosedString",
    "UnknownCharacter",
    "UnknownEscape",
    "WrongQuotes",
    "distinct",
    "limited",
    "mistaken",
]

Mistaken: TypeAlias = tuple[str, Span | None, str]

MOST_ERRORS = 100
"""Errors that are shown; of more, only how many there are."""


class UnclosedString(Diagnostic):
    """A string ends on the line that it begins on."""

    code: ClassVar[str] = "E0104"
    title: ClassVar[str] = "the string is not closed"
    caption: ClassVar[str] = 'no `"` follows on this line'
    help: ClassVar[str] = 'close it with `"`'


class UnclosedDocstring(Diagnostic):
    code: ClassVar[str] = "E0105"
    title: ClassVar[str] = "the docstring is not closed"
    caption: ClassVar[str] = 'no `"""` follows in the file'
    help: ClassVar[str] = 'close it with `"""`'


class UnknownCharacter(Diagnostic):
    code: ClassVar[str] = "E0107"
    title: ClassVar[str] = "the character `{character}` ({codepoint}) has no meaning here"
    help: ClassVar[str] = "remove it"

    character: str
    codepoint: str


class WrongQuotes(Diagnostic):
    code: ClassVar[str] = "E0108"
    title: ClassVar[str] = "strings stand in double quotes"
    caption: ClassVar[str] = "`{found}` opens no string"
    help: ClassVar[str] = 'write `"..."`'

    found: str


class BadNumber(Diagnostic):
    code: ClassVar[str] = "E0109"
    title: ClassVar[str] = "`{found}` is neither a number nor a name"
    help: ClassVar[str] = (
        "a number is `64`, `600_000`, `1e-3`, `0.5` or `14M` (suffixes k, M, G, T), dims are "
        "`3x3`, and a name begins with a letter"
    )

    found: str


class NumberTooLong(Diagnostic):
    code: ClassVar[str] = "E0110"
    title: ClassVar[str] = "the number is too {what}"
    caption: ClassVar[str] = "{reason}"
    help: ClassVar[str] = "no size or setting of a net needs such a number"

    what: str
    reason: str


class SpecTooLarge(Diagnostic):
    code: ClassVar[str] = "E0111"
    title: ClassVar[str] = "`{name}` is too large: {size:,} characters, at most {limit:,} are read"
    help: ClassVar[str] = "write repeated layers with `repeat`, `for` or a block"

    name: str
    size: int
    limit: int


class NestingTooDeep(Diagnostic):
    code: ClassVar[str] = "E0112"
    title: ClassVar[str] = "this is nested more than {limit} levels deep"
    caption: ClassVar[str] = "{what}"
    help: ClassVar[str] = "name inner parts: a constant for a value, a block for steps"

    limit: int
    what: str


class UnknownEscape(Diagnostic):
    code: ClassVar[str] = "E0120"
    title: ClassVar[str] = "`{found}` is not an escape"
    help: ClassVar[str] = (
        'a string knows `\\"`, `\\\\`, `\\n` and `\\t`; a backslash itself is `\\\\`'
    )

    found: str


class MoreErrors(Diagnostic):
    """Errors and warnings that are not shown, because there are so many before them.

    `count` is how many, `warnings` how many of them are warnings.
    """

    code: ClassVar[str] = "E0127"
    title: ClassVar[str] = "and {count:,} more {what} not shown"
    help: ClassVar[str] = "mend those above, then check again"

    count: int
    what: str = "errors"
    warnings: int = 0


def mistaken(diagnostic: Diagnostic) -> Mistaken:
    """What two diagnostics of the same mistake share, though it was reached on two ways."""
    return diagnostic.code, diagnostic.span, diagnostic.message


def distinct(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each mistake once, where the same one was reached on several ways."""
    first: dict[Mistaken, Diagnostic] = {}
    for each in found:
        first.setdefault(mistaken(each), each)
    return tuple(first.values())


def limited(found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The first `MOST_ERRORS` diagnostics, and how many there are besides.

    Where there are too many, no warning takes the place of an error.
    """
    plain = [each for each in found if not isinstance(each, MoreErrors)]
    counted = [each for each in found if isinstance(each, MoreErrors)]
    if not counted and len(plain) <= MOST_ERRORS:
        return tuple(plain)
    plain.sort(key=lambda each: each.severity != "error")
    return (*plain[:MOST_ERRORS], _more(counted, plain[MOST_ERRORS:]))


def _more(counted: Sequence[MoreErrors], hidden: Sequence[Diagnostic]) -> MoreErrors:
    """What stands for those that were counted before, and for those that are hidden now."""
    count = sum(each.count for each in counted) + len(hidden)
    warnings = sum(each.warnings for each in counted)
    warnings += sum(each.severity == "warning" for each in hidden)
    counts = {"error": count - warnings, "warning": warnings}
    nouns = [f"{noun}{'s' * (number != 1)}" for noun, number in counts.items() if number]
    return MoreErrors(
        span=None,
        count=count,
        what=" and ".join(nouns),
        warnings=warnings,
        severity="error" if count > warnings else "warning",
    )
