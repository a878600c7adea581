"""A diagnostic as plain data, and several of them as one JSON document.

On exit, every value is a string, number, boolean, list or mapping. Everything in the terminal text
is here too, and the order is that of the diagnostics. Lines and columns count from 1, offsets from
0, in characters; ends are exclusive.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TypeAlias

from netlang.diagnostics.diagnostic import ChainLink, Diagnostic, Edit, Fix, Note
from netlang.source import Source, Span

__all__ = ["Data", "as_data", "instance_path", "render_json"]

Data: TypeAlias = "str | int | bool | list[Data] | dict[str, Data] | None"


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """One document, ``{"version": 1, "diagnostics": [...]}``, in lines that can be compared."""
    document: dict[str, Data] = {"version": 1, "diagnostics": [as_data(d) for d in diagnostics]}
    return json.dumps(document, indent=2)


def as_data(diagnostic: Diagnostic) -> dict[str, Data]:
    """Everything about one error or warning."""
    span = diagnostic.span
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "file": span.source.name if span else None,
        "span": _span(span) if span else None,
        "caption": diagnostic.caption_text,
        "rows": list(diagnostic.rows),
        "notes": [_label(label) for label in diagnostic.notes],
        "path": instance_path(diagnostic.chain),
        "chain": [_frame(frame) for frame in diagnostic.chain],
        "help": diagnostic.help_text,
        "fix": _fix(diagnostic.fix) if diagnostic.fix and diagnostic.fix.edits else None,
    }


def instance_path(chain: tuple[ChainLink, ...]) -> str | None:
    """The full label path of the instance with the error, from the net down."""
    return ".".join(frame.path for frame in reversed(chain) if frame.path) or None


def _span(span: Span) -> dict[str, Data]:
    return {"start": _place(span.source, span.start), "end": _place(span.source, span.end)}


def _place(source: Source, offset: int) -> dict[str, Data]:
    where = source.location(offset)
    return {"line": where.line, "column": where.column, "offset": offset}


def _label(label: Note) -> dict[str, Data]:
    return {"text": label.text, "file": label.span.source.name, "span": _span(label.span)}


def _frame(frame: ChainLink) -> dict[str, Data]:
    return {
        "what": frame.what,
        "path": frame.path,
        "within": frame.within,
        "file": frame.span.source.name,
        "span": _span(frame.span),
    }


def _fix(fix: Fix) -> dict[str, Data]:
    edits: list[Data] = [_edit(edit) for edit in fix.edits]
    return {"description": fix.description, "safe": fix.safe, "edits": edits}


def _edit(edit: Edit) -> dict[str, Data]:
    return {"file": edit.span.source.name, "span": _span(edit.span), "text": edit.text}
