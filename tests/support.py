"""What tests share: reading `.net` files of the tests, and the diagnostics that they give."""

from __future__ import annotations

from pathlib import Path

from netlang.analysis.asserts import check_asserts
from netlang.diagnostics.core import Diagnostic, NetlangError
from netlang.elaborate import Library
from netlang.elaborate.check import check_definitions
from netlang.source import Source

__all__ = ["ERRORS", "check_text", "read_source"]

ERRORS = Path(__file__).parent / "errors"


def read_source(path: Path) -> Source:
    """The text of a test file under its bare name: messages don't depend on where it lies."""
    return Source(path.name, path.read_text(encoding="utf-8"))


def check_text(path: Path) -> list[Diagnostic]:
    """Every diagnostic of a file, [] for a good one."""
    try:
        module = Library().module(read_source(path), path.parent)
    except NetlangError as error:
        return list(error.diagnostics)
    checked = check_definitions(module)
    if checked.diagnostics:
        return checked.diagnostics
    return list(check_asserts(module, checked.programs))
