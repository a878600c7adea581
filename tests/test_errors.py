"""Every error message, as pairs of files: `errors/**/x.net` must give exactly the text of `x.err`.

`NETLANG_UPDATE_GOLDEN=1 pytest tests/test_errors.py` writes the `.err` files anew: read the change.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netlang.diagnostics.core import Diagnostic, Edit
from netlang.diagnostics.render import render_text
from netlang.source import Source
from netlang.syntax.parser import parse
from tests.support import ERRORS, check_text

CASES = sorted(ERRORS.rglob("*.net"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ERRORS).with_suffix(""))


def apply_edits(text: str, edits: tuple[Edit, ...]) -> str:
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_message(path: Path) -> None:
    diagnostics = check_text(path)
    assert diagnostics, f"{path.name} has no error"
    text = "\n\n".join(render_text(diagnostic) for diagnostic in diagnostics) + "\n"
    golden = path.with_suffix(".err")
    if os.environ.get("NETLANG_UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def fixed(diagnostics: list[Diagnostic], source: Source) -> str:
    edits = [d.fix.edits for d in diagnostics if d.fix and d.fix.edits]
    return apply_edits(source.text, tuple(edit for group in edits for edit in group))


@pytest.mark.parametrize("path", sorted((ERRORS / "syntax").glob("*.net")), ids=name_of)
def test_fix_of_a_syntax_error_parses(path: Path) -> None:
    diagnostics = check_text(path)
    if not all(d.fix and d.fix.edits for d in diagnostics):
        pytest.skip("no mechanical fix")
    source = Source(path.name, path.read_text(encoding="utf-8"))
    parse(Source(path.name, fixed(diagnostics, source)))
