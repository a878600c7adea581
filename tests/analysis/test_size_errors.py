"""Messages about sizes that a net can't run at, as pairs of files: `x.net` at its default sizes.

`NETLANG_UPDATE_GOLDEN=1 pytest tests/analysis/test_size_errors.py` writes the `.err` files anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netlang.analysis.constraints import solve
from netlang.diagnostics.render import render_text
from netlang.elaborate import load_program

CASES = sorted((Path(__file__).parent / "errors").glob("*.net"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_message(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    program = load_program(path.name)
    found = solve(program).check(program.defaults)
    text = "\n\n".join(render_text(error) for error in found) + "\n"
    golden = path.with_suffix(".err")
    if os.environ.get("NETLANG_UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
