"""Diagnostics: a frozen class per error, with its texts as templates over its own fields.

The object contains everything that a renderer needs (code, spans, chain, fix), so that text, JSON
and SARIF always agree.
"""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias, dataclass_transform

from netlang.diagnostics.carried import Carried
from netlang.records import KeywordOnly, Record
from netlang.source import Span

_LONGEST_TEXT = 400

__all__ = ["Caution", "Diagnostic", "Edit", "Fix", "ChainLink", "Note", "Severity"]

Severity: TypeAlias = Literal["error", "warning"]


class Note(Record):
    """A secondary span and a remark on it."""

    span: Span
    text: str


class ChainLink(Record):
    """One link of the chain that led to the error, innermost first.

    `what` says what was being built (``bottleneck(64)``), `path` is the label path of the instance
    (``layer1.0``) or None for an import, and `within` is the net or block that contains it.
    """

    span: Span
    what: str
    path: str | None = None
    within: str | None = None


class Edit(Record):
    """Replaces the characters of `span` by `text`."""

    span: Span
    text: str


class Fix(Record):
    """A change that resolves the error; `safe` if it can be applied without review."""

    description: str
    edits: tuple[Edit, ...] = ()
    safe: bool = False


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Diagnostic(Record, metaclass=KeywordOnly):
    """Base of all errors that a user can make.

    A subclass sets `code` and the templates, and adds the fields that they name. `title` is the
    statement on one line, `caption` is shown beside the caret, `help` is the advice if there is no
    `fix`. `rows` are the lines of a table, if one line isn't enough.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    caption: ClassVar[str] = ""
    help: ClassVar[str] = ""

    span: Span | None
    notes: tuple[Note, ...] = ()
    chain: tuple[ChainLink, ...] = ()
    fix: Fix | None = None
    rows: tuple[str, ...] = ()
    severity: Severity = "error"

    def _filled(self, template: str) -> str:
        from netlang.diagnostics.templates import fields_of, filled

        return filled(template, {n: _clipped(getattr(self, n)) for n in fields_of(template)})

    @property
    def message(self) -> str:
        """The title with this error's values."""
        return self._filled(self.title)

    @property
    def caption_text(self) -> str:
        return self._filled(self.caption)

    @property
    def help_text(self) -> str:
        """The description of the fix, or the general advice, or nothing."""
        return self.fix.description if self.fix else self._filled(self.help)


class Caution(Diagnostic):
    """Base of all warnings: the spec is legal but probably not what was meant."""

    severity: Severity = "warning"


def _clipped(value: object) -> object:
    """A value in words; a user's text that is too long is shortened in the middle."""
    text = str(value) if isinstance(value, Carried) else value
    if not isinstance(text, str) or len(text) <= _LONGEST_TEXT:
        return text
    half = _LONGEST_TEXT // 2
    return f"{text[:half]} ... {text[-half:]}"
