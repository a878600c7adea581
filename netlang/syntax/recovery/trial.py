"""Tries fixes: whether the text can be read further with one."""

from __future__ import annotations

from typing import final

from netlang.diagnostics.diagnostic import Fix
from netlang.diagnostics.edits import apply_edits
from netlang.records import Record
from netlang.source import Source
from netlang.syntax.lalr import load_tables
from netlang.syntax.lexer import Lexer
from netlang.syntax.mistakes.expected import advance

__all__ = ["Trial"]

_BATCH = 100


_LONGEST = 50_000
"""The most characters of a text that is read again from its start to try a fix."""


@final
class Trial(Record):
    """The start of the statement with the mistake: the stack there, and the character.

    `depth` is the number of open braces; `separated` says whether a separator is on top of the
    stack.
    """

    states: tuple[int, ...]
    depth: int
    start: int
    separated: bool

    def mends(self, source: Source, place: int, fix: Fix) -> bool:
        """Whether reading gets past `place` with a fix."""
        first = min(edit.span.start for edit in fix.edits)
        text = apply_edits(source.text, fix.edits)
        behind = place + len(text) - len(source.text)
        if first >= self.start:
            begun = _Beginning(self.start, self.states, self.depth, "{")
            return _stop(text, begun, behind) > behind
        if not source.text[first : self.start].strip():
            states = self.states[:-1] if self.separated else self.states
            return _stop(text, _Beginning(first, states, self.depth, ")"), behind) > behind
        if len(text) > _LONGEST:
            return False
        stop = _stop(text, _Beginning(0, (load_tables().starts["file"],)), behind)
        return stop < first or stop > behind  # before the fix there is another mistake


class _Beginning(Record):
    """Where reading begins: the stack there, the open braces, and what kind of token is before."""

    start: int
    states: tuple[int, ...]
    depth: int = 0
    before: str = ""


def _stop(text: str, begun: _Beginning, behind: int) -> int:
    """Where reading stops, or a place after `behind` if it gets there."""
    tables, states = load_tables(), list(begun.states)
    lexer = Lexer(tables.words, text, begun.start, len(text))
    lexer.brackets = ["{"] * begun.depth
    lexer.before = begun.before if begun.start else ""
    tokens, index = lexer.tokens, 0
    while True:
        while index + 1 >= len(tokens.kinds) and not lexer.done:
            lexer.read(_BATCH)
        at = tokens.starts[index]
        if not advance(tables, states, tokens.kinds[index]):
            return at
        if at >= behind:
            return behind + 1
        index += 1
