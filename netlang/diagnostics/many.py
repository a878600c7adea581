"""Limits many diagnostics: each mistake is shown once, and no more than anybody would read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, final

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = ["MOST_COUNTED", "MOST_ERRORS", "MoreErrors", "Reported", "distinct", "limited"]

MOST_ERRORS = 100
"""The number of errors that are shown; further ones are only counted."""


MOST_COUNTED = 1_000
"""The number of errors after which the rest of a net isn't checked."""


class MoreErrors(Diagnostic):
    """Errors and warnings that are not shown because too many precede them.

    `count` is how many, `warnings` how many of them are warnings. There may be more unless the
    check was `complete`.
    """

    code: ClassVar[str] = "E0127"
    title: ClassVar[str] = "and {least}{count:,} more {what} not shown"
    unchecked: ClassVar[str] = "too many errors: the rest is not checked"
    help: ClassVar[str] = "mend those above, then check again"

    count: int
    what: str = "errors"
    warnings: int = 0
    complete: bool = True

    @classmethod
    def unseen(cls) -> MoreErrors:
        """The record for errors, if any, in what is no longer checked."""
        return cls(span=None, count=0, complete=False)

    @property
    def least(self) -> str:
        """What precedes the count if there may be more."""
        return "" if self.complete else "at least "

    @property
    def message(self) -> str:
        """How many aren't shown; if none is known, that the rest wasn't checked."""
        return self._filled(self.title if self.count else self.unchecked)


@final
class Reported:
    """The mistakes reported so far, since the same one may be found in several ways.

    Two diagnostics are one mistake if code, place and message are the same. Messages are made only
    if the rest is.
    """

    def __init__(self) -> None:
        self._first: dict[tuple[object, ...], Diagnostic] = {}
        self._messages: dict[tuple[object, ...], set[str]] = {}

    def is_new(self, diagnostic: Diagnostic, *reached: object) -> bool:
        """Whether a mistake hasn't been reported yet; marks it as reported.

        Mistakes that were `reached` in different ways are different.
        """
        # By text: a word of the command line may have been read more than once.
        span = diagnostic.span
        source = span and (span.source.name, span.source.text)
        key = (diagnostic.code, source, span and (span.start, span.end), *reached)
        if key not in self._first:
            self._first[key] = diagnostic
            return True
        messages = self._messages.get(key)
        if messages is None:
            messages = self._messages[key] = {self._first[key].message}
        known = len(messages)
        messages.add(diagnostic.message)
        return len(messages) > known


def distinct(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each mistake once, where the same one was reached on several ways."""
    return tuple(filter(Reported().is_new, found))


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
        complete=all(each.complete for each in counted),
        warnings=warnings,
        severity="warning" if 0 < count == warnings else "error",
    )
