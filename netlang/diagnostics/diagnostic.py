"""What a diagnostic is: a frozen class per error, with its texts as templates over its own fields.

Holds on exit: everything that a renderer needs (code, spans, chain, fix) is in the object, so that
text, JSON and SARIF can only say the same.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar, Literal, Self, TypeAlias, dataclass_transform

from netlang.source import Span

_LONGEST_TEXT = 400

__all__ = ["Caution", "Diagnostic", "Edit", "Fix", "Frame", "Label", "Severity"]

Severity: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Label:
    """A secondary span and what to know about it."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Frame:
    """One link of the chain that led to the error, innermost first.

    `what` says what was being built (``bottleneck(64)``), `path` the label path of the instance
    (``layer1.0``) or None for an import, `within` the net or block that it stands in.
    """

    span: Span
    what: str
    path: str | None = None
    within: str | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters of `span` by `text`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that makes the error go away; `safe` if it can be applied unseen."""

    description: str
    edits: tuple[Edit, ...] = ()
    safe: bool = False


@dataclass_transform(frozen_default=True, kw_only_default=True)
class _Deferred:
    """Subclasses are frozen, keyword-only dataclasses, made so when the first one is needed.

    There are hundreds of errors and a good program meets none of them: turning all of them into
    dataclasses at import would be a third of the start-up time.
    """

    def __new__(cls, **fields: object) -> Self:
        if "__dataclass_fields__" not in cls.__dict__:
            dataclass(frozen=True, kw_only=True)(cls)
        return super().__new__(cls)


class Diagnostic(_Deferred):
    """Base of every error a user can make.

    A subclass sets `code` and the templates, and adds the fields that they name. `title` is the
    one-line statement, `caption` stands beside the caret, `help` is the advice without a `fix`.
    `rows` are the lines of a table, where one line can't say it all.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    caption: ClassVar[str] = ""
    help: ClassVar[str] = ""

    span: Span | None
    notes: tuple[Label, ...] = ()
    chain: tuple[Frame, ...] = ()
    fix: Fix | None = None
    rows: tuple[str, ...] = ()
    severity: Severity = "error"

    def _filled(self, template: str) -> str:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return template.format(**{name: _clipped(value) for name, value in values.items()})

    @property
    def message(self) -> str:
        """The title with this error's values in it."""
        return self._filled(self.title)

    @property
    def caption_text(self) -> str:
        return self._filled(self.caption)

    @property
    def help_text(self) -> str:
        """The fix in words, or the general advice, or nothing."""
        return self.fix.description if self.fix else self._filled(self.help)


# The fields of the base must be known before those of the first error are added to them.
dataclass(frozen=True, kw_only=True)(Diagnostic)


class Caution(Diagnostic):
    """Base of every warning: the spec is legal, and probably not what was meant."""

    severity: Severity = "warning"


dataclass(frozen=True, kw_only=True)(Caution)


def _clipped(value: object) -> object:
    """A text of the user's that is too long to read is cut in the middle."""
    if not isinstance(value, str) or len(value) <= _LONGEST_TEXT:
        return value
    half = _LONGEST_TEXT // 2
    return f"{value[:half]} ... {value[-half:]}"
