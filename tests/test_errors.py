"""Every error and warning, as pairs of files: `errors/**/x.net` must give the text of `x.err`.

`NETLANG_UPDATE_GOLDEN=1 pytest tests/test_errors.py` writes the `.err` files anew: read the change.
What lies in a folder `parts` is imported by other files.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from netlang.diagnostics.diagnostic import Diagnostic, Fix
from netlang.diagnostics.edits import apply_edits, compatible
from netlang.diagnostics.render.text import render_text
from tests.errors_of_the_project import all_errors
from tests.quality import ROOT
from tests.support import ERRORS, check_text

RECIPES = ROOT / "tests" / "recipes" / "errors"
CASES = sorted(
    path
    for folder in (ERRORS, RECIPES)
    for path in folder.rglob("*.net")
    if "parts" not in path.parts
)
CODE = re.compile(r"\b[EW][0-9]{4}\b")
# A fix may bring to light what its mistake has hidden: `test_several_mistakes` follows those.
ONE_KIND = [path for path in CASES if path.parent.name not in ("several", "cases")]

# Codes that neither a pair nor another test names, and why.
NAMED_NOWHERE = {
    "E0217": "the bundled library has no name twice: a test of the library sees to that"
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT / "tests").with_suffix(""))


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_message(path: Path) -> None:
    diagnostics = check_text(path)
    assert diagnostics, f"{path.name} has no error"
    text = "\n\n".join(render_text(diagnostic) for diagnostic in diagnostics) + "\n"
    golden = path.with_suffix(".err")
    if os.environ.get("NETLANG_UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ONE_KIND, ids=name_of)
def test_each_fix_leaves_fewer_errors(path: Path, tmp_path: Path) -> None:
    before = check_text(path)
    fixes = [each.fix for each in before if each.fix and each.fix.edits]
    for number, fix in enumerate(fixes):
        after = told(applied([fix], path, tmp_path / str(number)), before)
        assert len(after) < len(before), render_text(after[0])


@pytest.mark.parametrize("path", ONE_KIND, ids=name_of)
def test_all_fixes_together(path: Path, tmp_path: Path) -> None:
    before = check_text(path)
    fixed = [each for each in before if each.fix and each.fix.edits]
    together = [each.fix for each in compatible(fixed) if each.fix]
    after = told(applied(together, path, tmp_path / "fixed"), before)
    assert len(after) <= len(before) - len(together), render_text(after[0])


def told(path: Path, before: list[Diagnostic]) -> list[Diagnostic]:
    """What is left to say; errors alone if there were errors, since they come before warnings."""
    errors = any(each.severity == "error" for each in before)
    return [each for each in check_text(path) if each.severity == "error" or not errors]


def applied(fixes: list[Fix], path: Path, folder: Path) -> Path:
    """The file after fixes, in a copy of its folder: they may change what it imports."""
    folder.mkdir()
    shutil.copy(path, folder)
    if "imports" in path.parts:
        shutil.copytree(path.parent / "parts", folder / "parts")
    for name in ("cycle_a.net", "cycle_b.net"):
        if path.name.startswith("cycle"):
            shutil.copy(path.parent / name, folder)
    edits = [edit for fix in fixes for edit in fix.edits]
    for name in {edit.span.source.name for edit in edits}:
        own = [edit for edit in edits if edit.span.source.name == name]
        text = apply_edits((folder / name).read_text(encoding="utf-8"), own)
        (folder / name).write_text(text, encoding="utf-8")
    return folder / path.name


def test_codes_are_unique() -> None:
    codes = [each.code for each in all_errors()]
    assert len(codes) == len(set(codes))


def test_every_code_has_a_pair_or_another_test() -> None:
    """What is no matter of a spec's text, such as files, runs and packages, is tested by itself."""
    shown = {
        line.split("[")[1].split("]")[0]
        for path in CASES
        for line in path.with_suffix(".err").read_text(encoding="utf-8").splitlines()
        if line.startswith(("error[", "warning["))
    }
    others = (path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__))
    tested = {code for path in others for code in CODE.findall(path.read_text(encoding="utf-8"))}
    codes = {each.code for each in all_errors()}
    assert codes - shown - tested == set(NAMED_NOWHERE)
    assert len(CASES) >= 150


def test_messages_do_not_depend_on_hashing() -> None:
    said = {_said(seed) for seed in ("0", "77")}
    assert len(said) == 1


def _said(seed: str) -> str:
    """All errors of the elaborator's cases, in a process with its own hash seed."""
    files = [str(path) for path in CASES if path.parent.name in ("elaborate", "shapes", "sizes")]
    done = subprocess.run(
        [sys.executable, "-m", "netlang", "check", "--format", "json", *files],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == ""
    return done.stdout
