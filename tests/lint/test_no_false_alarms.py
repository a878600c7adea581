"""No warning in any file that somebody wrote on purpose: the library, the examples, the manual."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.diagnostics.diagnostic import Caution
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.render.text import render_text
from netlang.examine import examine_module
from netlang.modules.library import Library
from netlang.source import Source
from tests.docs.test_language import PAGE, examples
from tests.quality import ROOT

FILES = [
    path
    for folder in ("specs", "examples", "tests/elaborate/programs", "tests/recipes/good")
    for path in sorted((ROOT / folder).rglob("*.net"))
]
GOOD = [
    pytest.param(each.text, id=f"line{each.line}")
    for each in examples(PAGE.read_text(encoding="utf-8"))
    if not each.codes
]


def warned(source: Source, folder: Path | None) -> list[str]:
    """The warnings of a text, in words."""
    try:
        found = examine_module(Library().module(source, folder)).warnings
    except NetlangError:
        return []  # whether it is right is the matter of other tests
    assert all(isinstance(each, Caution) for each in found)
    return [render_text(each) for each in found]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files(path: Path) -> None:
    source = Source(path.name, path.read_text(encoding="utf-8"))
    assert warned(source, path.parent) == []


@pytest.mark.parametrize("text", GOOD)
def test_manual(text: str) -> None:
    assert warned(Source("manual.net", text), None) == []
