"""Errors in the order of words: among E0101 to E0129.

`netlang.syntax.mistakes` decides which error it is. Expectations are named as on the language page:
a step, a value, a line break; never by a terminal of the grammar.
"""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "BodyExpected",
    "ColonForEquals",
    "DocstringMisplaced",
    "EqualsForColon",
    "ForeignComment",
    "ForeignWord",
    "KeywordAsName",
    "LabelText",
    "LineBreakInside",
    "MissingClosing",
    "MissingComma",
    "MissingSeparator",
    "MissingSpaceBeforeBrace",
    "StatementMisplaced",
    "UnexpectedText",
    "UnknownDefinition",
    "UnmatchedClosing",
]


class UnexpectedText(Diagnostic):
    """No rule allows this text here, and nothing more specific is known."""

    code: ClassVar[str] = "E0101"
    title: ClassVar[str] = "{found} can't stand here"
    caption: ClassVar[str] = "expected {expected}"
    help: ClassVar[str] = "{advice}"

    found: str
    expected: str
    advice: str = ""


class MissingClosing(Diagnostic):
    """A bracket isn't closed where it should be; a note points at it."""

    code: ClassVar[str] = "E0102"
    title: ClassVar[str] = "`{opening}` is never closed"
    caption: ClassVar[str] = "expected `{closing}` before {found}"
    help: ClassVar[str] = "close it with `{closing}`"

    opening: str
    closing: str
    found: str


class UnmatchedClosing(Diagnostic):
    """A closing bracket without an open one, or of the wrong kind."""

    code: ClassVar[str] = "E0103"
    title: ClassVar[str] = "`{closing}` closes nothing"
    caption: ClassVar[str] = "{reason}"
    help: ClassVar[str] = "remove it"

    closing: str
    reason: str = "no bracket is open here"


class MissingSpaceBeforeBrace(Diagnostic):
    """`concat{` would begin a computed name."""

    code: ClassVar[str] = "E0106"
    title: ClassVar[str] = "a body needs a space before its `{{`"
    caption: ClassVar[str] = "without one, the brace opens a computed name such as `down{{i}}`"
    help: ClassVar[str] = "put a space before `{{`"


class KeywordAsName(Diagnostic):
    code: ClassVar[str] = "E0113"
    title: ClassVar[str] = "`{word}` is a word of the language and can't be a name"
    caption: ClassVar[str] = "expected {expected}"
    help: ClassVar[str] = "choose another name, such as `{word}_`"

    word: str
    expected: str


class MissingSeparator(Diagnostic):
    code: ClassVar[str] = "E0114"
    title: ClassVar[str] = "{found} follows on the same line with nothing between"
    caption: ClassVar[str] = "{expected}"
    help: ClassVar[str] = "begin a new line"

    found: str
    expected: str


class MissingComma(Diagnostic):
    code: ClassVar[str] = "E0115"
    title: ClassVar[str] = "a comma is missing before {found}"
    caption: ClassVar[str] = "expected `,` or `{closing}`"
    help: ClassVar[str] = "put a `,` between them"

    found: str
    closing: str


class EqualsForColon(Diagnostic):
    code: ClassVar[str] = "E0116"
    title: ClassVar[str] = "{what} is followed by `:`, not by `=`"
    caption: ClassVar[str] = "`=` makes a compile-time constant or names an argument"
    help: ClassVar[str] = "write `:`"

    what: str


class ColonForEquals(Diagnostic):
    code: ClassVar[str] = "E0117"
    title: ClassVar[str] = "{what} takes `=`, not `:`"
    caption: ClassVar[str] = "`:` follows a label"
    help: ClassVar[str] = "write `=`"

    what: str


class ForeignWord(Diagnostic):
    """A keyword or operator of another language."""

    code: ClassVar[str] = "E0118"
    title: ClassVar[str] = "`{found}` is not part of this language"
    help: ClassVar[str] = "{instead}"

    found: str
    instead: str


class ForeignComment(Diagnostic):
    code: ClassVar[str] = "E0119"
    title: ClassVar[str] = "a comment begins with `#`, not with `{found}`"
    help: ClassVar[str] = "write `#`"

    found: str


class LabelText(Diagnostic):
    """A label in a form that isn't allowed."""

    code: ClassVar[str] = "E0121"
    title: ClassVar[str] = "this can't be a label: {reason}"
    help: ClassVar[str] = (
        'a label is `layer1`, `layer{{i}}`, `inner_blocks.{{i}}.0` or quoted, `"block1-{{j}}"`'
    )

    reason: str


class BodyExpected(Diagnostic):
    code: ClassVar[str] = "E0122"
    title: ClassVar[str] = "{what} needs its body in braces, begun on the same line"
    caption: ClassVar[str] = "expected `{{` before {found}"
    help: ClassVar[str] = "write `{what_text} {{ ... }}`"

    what: str
    what_text: str
    found: str


class DocstringMisplaced(Diagnostic):
    code: ClassVar[str] = "E0123"
    title: ClassVar[str] = "a docstring can't stand here"
    caption: ClassVar[str] = "it opens a file, or the body of a block, a net or a recipe"
    help: ClassVar[str] = "make it a comment: begin its lines with `#`"


class StatementMisplaced(Diagnostic):
    code: ClassVar[str] = "E0124"
    title: ClassVar[str] = "{what} can't stand {where}"
    caption: ClassVar[str] = "{reason}"
    help: ClassVar[str] = "{advice}"

    what: str
    where: str
    reason: str = ""
    advice: str = ""


class UnknownDefinition(Diagnostic):
    code: ClassVar[str] = "E0125"
    title: ClassVar[str] = "`{word}` begins nothing that a file can hold"
    caption: ClassVar[str] = "expected `block`, `net`, `train`, `from`, `assert` or `name = value`"

    word: str


class LineBreakInside(Diagnostic):
    code: ClassVar[str] = "E0126"
    title: ClassVar[str] = "the line ends in the middle of {what}"
    caption: ClassVar[str] = "expected {expected}"
    help: ClassVar[str] = (
        "go on after it; a value may run over several lines inside `( )`, and a line that begins "
        "with `->` continues a path"
    )

    what: str
    expected: str
