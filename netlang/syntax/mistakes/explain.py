"""Turns the place where the parser stopped into a diagnostic.

Loaded only after an error; `netlang.syntax.recovery` finds the places.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from netlang.diagnostics.diagnostic import Diagnostic, Fix
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.files import FileTooLarge
from netlang.diagnostics.language.syntax import UnexpectedText
from netlang.records import replace
from netlang.source import Source
from netlang.syntax.lalr import Stuck
from netlang.syntax.limits import MAX_CHARACTERS, Mistake
from netlang.syntax.mistakes.arithmetic import ARITHMETIC
from netlang.syntax.mistakes.brackets import BRACKETS, UNCLOSED
from netlang.syntax.mistakes.choices import CHOICES
from netlang.syntax.mistakes.expected import states_before
from netlang.syntax.mistakes.habits import HABITS, pipe
from netlang.syntax.mistakes.misplaced import MISPLACED
from netlang.syntax.mistakes.numbers import NUMBERS
from netlang.syntax.mistakes.separators import SEPARATORS
from netlang.syntax.mistakes.spot import Explain, Spot
from netlang.syntax.mistakes.text import PROBLEMS
from netlang.syntax.mistakes.words import WORDS

__all__ = ["Mends", "diagnosed", "too_large"]

_EXPLAIN: tuple[Explain, ...] = (
    *MISPLACED,
    *BRACKETS,
    *ARITHMETIC,
    *WORDS,
    *CHOICES,
    *HABITS,
    *NUMBERS,
    *SEPARATORS,
    *UNCLOSED,
)

Mends: TypeAlias = Callable[[Source, int, Fix], bool]
"""Whether a fix lets the text be read past a place."""


def too_large(source: Source) -> NetlangError:
    size, limit = (f"{count:,} characters" for count in (len(source.text), MAX_CHARACTERS))
    return NetlangError(FileTooLarge(span=None, path=source.name, size=size, limit=limit))


def diagnosed(
    source: Source, error: Stuck | Mistake, spot: Spot | None, mends: Mends
) -> Diagnostic:
    """What is wrong where reading stopped; `spot` is the place, if it is in the text.

    A fix after which reading gets no further is dropped.
    """
    diagnostic = _explained(source, error, spot)
    if diagnostic.fix and not mends(source, _place(error), diagnostic.fix):
        return replace(diagnostic, fix=None)
    return diagnostic


def _place(error: Stuck | Mistake) -> int:
    return error.start if isinstance(error, Mistake) else error.tokens.starts[error.index]


def _explained(source: Source, error: Stuck | Mistake, spot: Spot | None) -> Diagnostic:
    if isinstance(error, Mistake):
        return PROBLEMS[error.kind](source, error.start, error.end)
    tokens, index = error.tokens, error.index
    if spot is not None and tokens.problem == "unknown" and spot.text() == "|":
        piped = pipe(spot)
        if piped:
            return piped
    if tokens.kinds[index] == "PROBLEM":
        return PROBLEMS[tokens.problem](source, tokens.starts[index], tokens.ends[index])
    if spot is None:
        spot = Spot(source, tokens, index, states_before(tokens.kinds, index, error.symbol))
    for explanation in _EXPLAIN:
        diagnostic = explanation(spot)
        if diagnostic:
            return diagnostic
    return UnexpectedText(span=spot.span(), found=spot.found, expected=spot.expected)
