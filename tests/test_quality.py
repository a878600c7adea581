"""The whole project is clean under ruff and ``mypy --strict``."""

from tests.quality import format_errors, lint_errors, type_errors


def test_lint() -> None:
    assert lint_errors() == ""


def test_format() -> None:
    assert format_errors() == ""


def test_types() -> None:
    assert type_errors() == ""
