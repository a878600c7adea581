"""The report of a check of a recipe, for people and as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from netlang.diagnostics.texts import visible
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["as_document", "lined_up", "shown"]

_NUMBER = re.compile(r"|none|-?[\d.,]+(e[+-]?\d+)?%?|-?inf|nan")


def shown(report: CheckReport) -> str:
    """A line on what was measured, the table, and the findings with their places."""
    lines = [f"{report.check}: {'not examined: ' if report.skipped else ''}{report.measured}"]
    lines += (f"    {line}" for line in lined_up(report.rows))
    if report.pictures:
        lines.append(f"    drawn in {', '.join(map(str, report.pictures))}")
    for symptom in report.symptoms:
        lines += _found(symptom)
    return "\n".join(map(visible, lines))


def lined_up(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns of names to the left, those of figures to the right."""
    if not rows:
        return
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    columns = zip(*rows[1:], strict=True)
    left = [not all(map(_NUMBER.fullmatch, column)) for column in columns]
    for row in rows:
        cells = (
            cell.ljust(width) if is_left else cell.rjust(width)
            for cell, width, is_left in zip(row, widths, left, strict=True)
        )
        yield "  ".join(cells).rstrip()


def _found(symptom: Symptom) -> Iterator[str]:
    kind = "wrong" if symptom.wrong else "note"
    yield f"  {kind}: {symptom.mistake}: {symptom.what}"
    if symptom.span is not None:
        place = symptom.span.location
        text = symptom.span.source.line(place.line).strip()
        yield f"   --> {symptom.span.source.name}:{place.line}:{place.column}: {text}"
    if symptom.advice:
        yield f"    = help: {symptom.advice}"


def as_document(reports: Iterable[CheckReport]) -> str:
    """One document with every check and finding; lines and columns count from 1."""
    all_of_them = list(reports)
    wrong = any(report.wrong for report in all_of_them)
    checks = [_as_data(report) for report in all_of_them]
    return json.dumps({"version": 1, "wrong": wrong, "checks": checks}, indent=2)


def _as_data(report: CheckReport) -> dict[str, object]:
    return {
        "check": report.check,
        "measured": report.measured,
        "skipped": report.skipped,
        "table": [list(row) for row in report.rows],
        "pictures": [str(path) for path in report.pictures],
        "findings": [_finding(symptom) for symptom in report.symptoms],
    }


def _finding(symptom: Symptom) -> dict[str, object]:
    span = symptom.span
    place = None if span is None else span.location
    return {
        "mistake": symptom.mistake,
        "wrong": symptom.wrong,
        "what": symptom.what,
        "file": None if span is None else span.source.name,
        "line": None if place is None else place.line,
        "column": None if place is None else place.column,
        "label": symptom.label or None,
        "help": symptom.advice,
    }
