"""The whole project is clean under ruff and ``mypy --strict``, and each exception says why."""

from tests.quality import format_errors, lint_errors, type_errors, unexplained_exceptions


def test_lint() -> None:
    assert lint_errors() == ""


def test_format() -> None:
    assert format_errors() == ""


def test_types() -> None:
    assert type_errors() == ""


def test_every_exception_says_why() -> None:
    assert unexplained_exceptions() == ""
