"""The whole project is clean under ruff and ``mypy --strict``, and each exception says why."""

import re

from tests.quality import FOLDERS, ROOT, format_errors, lint_errors, type_errors

EXCEPTION = re.compile(r"# (?:type: ignore|noqa)")
REASONED = re.compile(r"# (?:type: ignore\[[a-z, -]+\]|noqa: [A-Z0-9, ]+?) {1,2}[#-] \S.*")


def test_lint() -> None:
    assert lint_errors() == ""


def test_format() -> None:
    assert format_errors() == ""


def test_types() -> None:
    assert type_errors() == ""


def test_every_exception_says_why() -> None:
    """What a checker is told to overlook is named, and followed by the reason."""
    lines = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    found = [line for line in lines if EXCEPTION.search(line)]
    assert len(found) > 20
    assert [line for line in found if not REASONED.search(line)] == []
