"""Limits many diagnostics: each mistake is shown once, and no more than anybody would read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, TypeAlias

from netlang.diagnostics.diagnostic import Diagnostic
from netlang.source import Span

__all__ = ["MOST_ERRORS", "Mistaken", "MoreErrors", "distinct", "limited", "mistaken"]

Mistaken: TypeAlias = tuple[str, Span | None, str]

MOST_ERRORS = 100
"""Errors that are shown; of more, only how many there are."""


class MoreErrors(Diagnostic):
    """Errors and warnings that are not shown because too many precede them.

    `count` is how many, `warnings` how many of them are warnings.
    """

    code: ClassVar[str] = "E0127"
    title: ClassVar[str] = "and {count:,} more {what} not shown"
    help: ClassVar[str] = "mend those above, then check again"

    count: int
    what: str = "errors"
    warnings: int = 0


def mistaken(diagnostic: Diagnostic) -> Mistaken:
    """What diagnostics of the same mistake share when it was found in different ways."""
    return diagnostic.code, diagnostic.span, diagnostic.message


def distinct(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each mistake once, even if it was found in several ways."""
    first: dict[Mistaken, Diagnostic] = {}
    for each in found:
        first.setdefault(mistaken(each), each)
    return tuple(first.values())


def limited(found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The first `MOST_ERRORS` diagnostics, and the number of the remaining ones.

    If there are too many, no warning displaces an error.
    """
    plain = [each for each in found if not isinstance(each, MoreErrors)]
    counted = [each for each in found if isinstance(each, MoreErrors)]
    if not counted and len(plain) <= MOST_ERRORS:
        return tuple(plain)
    plain.sort(key=lambda each: each.severity != "error")
    return (*plain[:MOST_ERRORS], _more(counted, plain[MOST_ERRORS:]))


def _more(counted: Sequence[MoreErrors], hidden: Sequence[Diagnostic]) -> MoreErrors:
    """The record for those that were counted before, and those that are hidden now."""
    count = sum(each.count for each in counted) + len(hidden)
    warnings = sum(each.warnings for each in counted)
    warnings += sum(each.severity == "warning" for each in hidden)
    counts = {"error": count - warnings, "warning": warnings}
    nouns = [f"{noun}{'s' * (number != 1)}" for noun, number in counts.items() if number]
    return MoreErrors(
        span=None,
        count=count,
        what=" and ".join(nouns),
        warnings=warnings,
        severity="error" if count > warnings else "warning",
    )
