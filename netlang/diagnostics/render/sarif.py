"""Diagnostics as a SARIF 2.1.0 log, the format of editors and code hosts.

Each result names its rule and agrees with the other formats. Notes are related locations, the chain
of instantiations is one code flow that ends at the error, and the fix is a change of the file.
Columns count characters, as the log declares.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from netlang.diagnostics.catalogue import rule
from netlang.diagnostics.diagnostic import ChainLink, Diagnostic, Edit, Fix, Severity
from netlang.diagnostics.render.data import Data, instance_path
from netlang.source import Span

__all__ = ["render_sarif"]

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def render_sarif(diagnostics: Iterable[Diagnostic], version: str) -> str:
    """One log with one run of the tool. `version` is that of the compiler."""
    found = tuple(diagnostics)
    codes = sorted({diagnostic.code for diagnostic in found})
    driver: dict[str, Data] = {
        "name": "netlang",
        "version": version,
        "rules": [_rule(code) for code in codes],
    }
    run: dict[str, Data] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, codes) for diagnostic in found],
    }
    log: dict[str, Data] = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2)


def _rule(code: str) -> Data:
    """What `netlang rule` says about a code."""
    found = rule(code)
    described: dict[str, Data] = {"id": code, "defaultConfiguration": {"level": _level(code)}}
    if found is not None:
        described |= {
            "shortDescription": {"text": found.title},
            "fullDescription": {"text": found.text},
            "help": {"text": found.plain, "markdown": found.markdown},
        }
    return described


def _level(code: str) -> Severity:
    """The default level of a rule (without `check --strict`)."""
    return "warning" if code.startswith("W") else "error"


def _result(diagnostic: Diagnostic, codes: Sequence[str]) -> Data:
    result: dict[str, Data] = {
        "ruleId": diagnostic.code,
        "ruleIndex": codes.index(diagnostic.code),
        "level": diagnostic.severity,
        "message": {"text": _message(diagnostic)},
    }
    if diagnostic.span:
        result["locations"] = [_main_location(diagnostic, diagnostic.span)]
    if diagnostic.notes:
        result["relatedLocations"] = [
            _location(note.span, note.text, number) for number, note in enumerate(diagnostic.notes)
        ]
    if diagnostic.chain:
        result["codeFlows"] = [_flow(diagnostic)]
    if diagnostic.fix and diagnostic.fix.edits:
        result["fixes"] = [_fix(diagnostic.fix)]
    safe = bool(diagnostic.fix and diagnostic.fix.edits and diagnostic.fix.safe)
    result["properties"] = {"help": diagnostic.help_text, "fixIsSafe": safe}
    return result


def _message(diagnostic: Diagnostic) -> str:
    """The statement, its table if there is one, and the advice: viewers show little else."""
    lines = [diagnostic.message, *diagnostic.rows]
    if diagnostic.help_text:
        lines.append(f"help: {diagnostic.help_text}")
    return "\n".join(lines)


def _main_location(diagnostic: Diagnostic, span: Span) -> Data:
    location = _location(span, diagnostic.caption_text)
    path = instance_path(diagnostic.chain)
    if path:
        location["logicalLocations"] = [{"fullyQualifiedName": path}]
    return location


def _location(span: Span, text: str = "", number: int | None = None) -> dict[str, Data]:
    physical: dict[str, Data] = {
        "artifactLocation": {"uri": _uri(span.source.name)},
        "region": _region(span),
    }
    location: dict[str, Data] = {} if number is None else {"id": number}
    location["physicalLocation"] = physical
    if text:
        location["message"] = {"text": text}
    return location


def _region(span: Span, *, snippet: bool = True) -> dict[str, Data]:
    start, end = span.location, span.source.location(span.end)
    region: dict[str, Data] = {
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "charOffset": span.start,
        "charLength": span.end - span.start,
    }
    if snippet:
        region["snippet"] = {"text": span.text}
    return region


def _flow(diagnostic: Diagnostic) -> Data:
    """The path from the net inwards, in the order in which the compiler reached the error."""
    steps: list[Data] = [
        {"location": _location(frame.span, _step(frame))} for frame in reversed(diagnostic.chain)
    ]
    if diagnostic.span:
        steps.append({"location": _location(diagnostic.span, diagnostic.message)})
    return {"threadFlows": [{"locations": steps}]}


def _step(frame: ChainLink) -> str:
    if frame.path is None:
        return "imported from here"
    named = f"`{frame.path}`: " if frame.path else ""
    within = f", in {frame.within}" if frame.within else ""
    return f"{named}{frame.what}{within}"


def _fix(fix: Fix) -> Data:
    """The edits by file, in the order of the text."""
    names = dict.fromkeys(edit.span.source.name for edit in fix.edits)
    changes: list[Data] = [
        {
            "artifactLocation": {"uri": _uri(name)},
            "replacements": [_replacement(edit) for edit in _of(name, fix.edits)],
        }
        for name in names
    ]
    return {"description": {"text": fix.description}, "artifactChanges": changes}


def _of(name: str, edits: tuple[Edit, ...]) -> list[Edit]:
    own = [edit for edit in edits if edit.span.source.name == name]
    return sorted(own, key=lambda edit: edit.span.start)


def _replacement(edit: Edit) -> Data:
    replacement: dict[str, Data] = {"deletedRegion": _region(edit.span, snippet=False)}
    if edit.text:
        replacement["insertedContent"] = {"text": edit.text}
    return replacement


def _uri(name: str) -> str:
    """A file as a reference: relative as it was named, or absolute."""
    path = quote(name.replace("\\", "/"))
    return f"file://{path}" if path.startswith("/") else path
