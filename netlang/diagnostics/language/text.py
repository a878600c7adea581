"""Errors in characters, strings and numbers, and texts beyond the limits: E0101 to E0129, E0905.

`netlang.syntax.mistakes.text` decides which error it is.
"""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "BadNumber",
    "NestingTooDeep",
    "NumberTooLong",
    "ArgumentLimit",
    "UnclosedDocstring",
    "UnclosedString",
    "UnknownCharacter",
    "UnknownEscape",
    "WrongQuotes",
]


class UnclosedString(Diagnostic):
    """A string doesn't end on the line on which it begins."""

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


class NestingTooDeep(Diagnostic):
    code: ClassVar[str] = "E0112"
    title: ClassVar[str] = "this is nested more than {limit} levels deep"
    caption: ClassVar[str] = "{what}"
    help: ClassVar[str] = "name inner parts: a constant for a value, a block for steps"

    limit: int
    what: str


class ArgumentLimit(Diagnostic):
    code: ClassVar[str] = "E0905"
    title: ClassVar[str] = "a definition or call has more than {limit:,} parameters or arguments"
    caption: ClassVar[str] = "this is one too many"
    help: ClassVar[str] = "put many values in one list: a parameter can be one"

    limit: int


class UnknownEscape(Diagnostic):
    code: ClassVar[str] = "E0120"
    title: ClassVar[str] = "`{found}` is not an escape"
    help: ClassVar[str] = (
        'a string knows `\\"`, `\\\\`, `\\n` and `\\t`; a backslash itself is `\\\\`'
    )

    found: str
