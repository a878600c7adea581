"""Applies the edits of fixes to a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netlang.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netlang.source import Source

__all__ = ["apply_edits", "compatible", "fits"]


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with every edit applied; the edits must not overlap."""
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def fits(fix: Fix | None, source: Source) -> bool:
    """Whether a fix changes something, and only in `source`."""
    if fix is None or not fix.edits:
        return False
    return all(edit.span.source is source for edit in fix.edits)


def compatible(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics, in order, whose fixes touch nothing that an earlier fix touches."""
    chosen: list[Diagnostic] = []
    taken: list[Edit] = []
    for diagnostic in diagnostics:
        edits = diagnostic.fix.edits if diagnostic.fix else ()
        if not any(_clash(edit, taken) for edit in edits):
            chosen.append(diagnostic)
            taken += edits
    return chosen


def _clash(edit: Edit, taken: Sequence[Edit]) -> bool:
    """Whether an edit overlaps or touches one of those taken."""
    return any(
        edit.span.source is other.span.source
        and edit.span.start <= other.span.end
        and other.span.start <= edit.span.end
        for other in taken
    )
