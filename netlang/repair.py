"""Applies the safe fixes of a file, for `netlang check --fix`.

On exit, only fixes marked as safe were applied, only to the file itself, until none was left. The
file is written atomically and keeps its line ends.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import final

from netlang.atomic import replace_file
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.edits import apply_edits, compatible, fits
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.files import WriteFailed
from netlang.examine import examine_module
from netlang.modules.files import read
from netlang.modules.library import Library
from netlang.records import Record
from netlang.source import Source

__all__ = ["Repaired", "repair_file", "repair_text"]


@final
class Repaired(Record):
    """A text after its safe fixes, and the diagnostics that they fixed, in order."""

    text: str
    applied: tuple[Diagnostic, ...]


def repair_file(path: Path) -> tuple[Diagnostic, ...]:
    """Apply the safe fixes to a file; returns what was fixed. Raises `NetlangError`."""
    source = read(path)
    repaired = repair_text(source, path.parent)
    if repaired.applied:
        _write(path.resolve(), repaired.text)
    return repaired.applied


def repair_text(source: Source, folder: Path | None) -> Repaired:
    """Apply the safe fixes to a text in `folder`."""
    applied: list[Diagnostic] = []
    seen = {source.text}
    while fixable := compatible(_fixable(source, folder)):
        edits = [edit for each in fixable if each.fix for edit in each.fix.edits]
        text = apply_edits(source.text, edits)
        if text in seen:
            break
        seen.add(text)
        applied += fixable
        source = Source(source.name, text)
    return Repaired(source.text, tuple(applied))


def _fixable(source: Source, folder: Path | None) -> Iterator[Diagnostic]:
    """The errors of a text that have a safe fix."""
    try:
        found = examine_module(Library().module(source, folder)).diagnostics
    except NetlangError as error:
        found = error.diagnostics
    for diagnostic in found:
        if diagnostic.fix and diagnostic.fix.safe and fits(diagnostic.fix, source):
            yield diagnostic


def _write(path: Path, text: str) -> None:
    """Replace a file, keeping its line ends."""
    try:
        if b"\r\n" in path.read_bytes():
            text = text.replace("\n", "\r\n")
        replace_file(path, text.encode("utf-8"), stat.S_IMODE(path.stat().st_mode))
    except OSError as error:
        raise NetlangError(WriteFailed.of(path, error)) from error
