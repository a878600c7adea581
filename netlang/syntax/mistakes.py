"""From the place where the parser stopped to the diagnostics that explain it.

Loaded only when an error has occurred. One error doesn't hide those in later definitions: after it,
reading goes on at the next line that begins with `block`, `net`, `train` or `from`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from netlang.diagnostics.core import Diagnostic, Fix, NetlangError
from netlang.diagnostics.syntax import UnexpectedText
from netlang.diagnostics.text import SpecTooLarge
from netlang.source import Source
from netlang.syntax.expected import states_before
from netlang.syntax.limits import MAX_CHARACTERS, Mistake
from netlang.syntax.mistake_brackets import BRACKETS, UNCLOSED
from netlang.syntax.mistake_habits import HABITS
from netlang.syntax.mistake_separators import SEPARATORS
from netlang.syntax.mistake_text import PROBLEMS
from netlang.syntax.mistake_words import WORDS
from netlang.syntax.parser import Stuck, parse_part
from netlang.syntax.spot import Explain, Spot

__all__ = ["MOST_ERRORS", "explain", "too_large"]

MOST_ERRORS = 20
"""Diagnostics of one file; whoever has more begins with these."""

_DEFINITION = re.compile(r"^(?:block|net|train|from)[ \t]+[A-Za-z_]", re.MULTILINE)

_EXPLAIN: tuple[Explain, ...] = (*BRACKETS, *WORDS, *HABITS, *SEPARATORS, *UNCLOSED)


def too_large(source: Source) -> NetlangError:
    size = len(source.text)
    name = source.name
    return NetlangError(SpecTooLarge(span=None, name=name, size=size, limit=MAX_CHARACTERS))


def explain(source: Source, first: Stuck | Mistake) -> NetlangError:
    """The first error, and one for each later definition that has its own."""
    diagnostics = [_diagnostic(source, first)]
    at = _definition_behind(source, _place(first))
    while at < len(source.text) and len(diagnostics) < MOST_ERRORS:
        end = _definition_behind(source, at)
        try:
            parse_part(source, "file", at, end)
        except (Stuck, Mistake) as later:
            diagnostics.append(_diagnostic(source, later))
        at = end
    return NetlangError(*diagnostics)


def _place(error: Stuck | Mistake) -> int:
    return error.start if isinstance(error, Mistake) else error.tokens.starts[error.index]


def _definition_behind(source: Source, place: int) -> int:
    """Where the next definition begins, or the end of the text."""
    match = _DEFINITION.search(source.text, place + 1)
    return match.start() if match else len(source.text)


def _diagnostic(source: Source, error: Stuck | Mistake) -> Diagnostic:
    diagnostic = _explained(source, error)
    if diagnostic.fix and not _mends(source, _place(error), diagnostic.fix):
        return replace(diagnostic, fix=None)
    return diagnostic


def _mends(source: Source, place: int, fix: Fix) -> bool:
    """Whether the definition parses with a fix, or at least fails only further on."""
    starts = [edit.span.start for edit in fix.edits]
    before = [match.start() for match in _DEFINITION.finditer(source.text, 0, min(starts) + 1)]
    start, end = before[-1] if before else 0, _definition_behind(source, place)
    text = source.text
    for edit in sorted(fix.edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    grown = len(text) - len(source.text)
    try:
        parse_part(Source(source.name, text), "file", start, end + grown)
    except (Stuck, Mistake) as still:
        return _place(still) > place + grown
    return True


def _explained(source: Source, error: Stuck | Mistake) -> Diagnostic:
    if isinstance(error, Mistake):
        return PROBLEMS[error.kind](source, error.start, error.end)
    tokens, index = error.tokens, error.index
    if tokens.kinds[index] == "PROBLEM":
        return PROBLEMS[tokens.problem](source, tokens.starts[index], tokens.ends[index])
    spot = Spot(source, tokens, index, states_before(tokens.kinds, index, error.symbol))
    for explanation in _EXPLAIN:
        diagnostic = explanation(spot)
        if diagnostic:
            return diagnostic
    return UnexpectedText(span=spot.span(), found=spot.found, expected=spot.expected)
