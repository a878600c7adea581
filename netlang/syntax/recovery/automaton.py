"""The parser's automaton for recovery: its stack can go back, and tokens are read on demand.

A statement that is given up leaves no tokens except a single one of the kind `UNREAD`, and brackets
that the text lacks are inserted as empty tokens. So the tokens are balanced wherever reading
continues, and looking back over them only finds valid text.
"""

from __future__ import annotations

import re
from typing import final

from netlang.source import Source, Span
from netlang.syntax.ast import Unread
from netlang.syntax.construct.builder import Builder
from netlang.syntax.lalr import ParserStacks, load_tables, parse_expression
from netlang.syntax.lexer import Lexer, Tokens
from netlang.syntax.mistakes.expected import can_follow

__all__ = ["Automaton"]

_FIRST_BATCH, _BATCH = 4, 200
"""Tokens that are made at a time, twice as many each time: what follows the next
mistake is made again."""

_WORD = re.compile(r"[A-Za-z_]\w*\{?")
_LONGEST = 20_000
"""Characters of a statement in which words are searched."""

_LISTS = {"repeat": "path", "entry": "entry", "block_def": "constant"}
"""Rules at which a list of statements, entries or definitions continues; what ends an item."""

_OPENERS = frozenset(("(", "[", "{", "COMPUTED"))
_CLOSERS = frozenset((")", "]", "}"))


@final
class Automaton:
    """A text being read. A place in the stack is the number of symbols below it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.tables = load_tables()
        self.tokens = Tokens()
        self.stacks = ParserStacks(
            self.tables, Builder(source, self.tokens, parse_expression), "file"
        )
        self.stacks.states.append(self.tables.starts["file"])
        self._rules: dict[int, str] = {}
        self.lex(int(source.text.startswith("\ufeff")), 0)

    # --- tokens -----------------------------------------------------------------------------

    def lex(self, start: int, depth: int) -> int:
        """Read the tokens from `start` on again, inside `depth` braces; the first one's number."""
        self.lexer = Lexer(self.tables.words, self.text, start, len(self.text))
        self.lexer.tokens = self.tokens
        self.lexer.brackets = ["{"] * depth
        self.lexer.before = "{" if self.tokens.kinds else ""
        self.tokens.problem = ""
        self._batch = _FIRST_BATCH
        return len(self.tokens.kinds)

    def kind(self, index: int) -> str:
        """The kind of a token. The last token read may be taken back by the next."""
        self.look_ahead(index + 1)
        return self.tokens.kinds[index]

    def look_ahead(self, index: int) -> None:
        """Read the tokens up to a number, if there are that many."""
        while index >= len(self.tokens.kinds) and not self.lexer.done:
            self.lexer.read(self._batch)
            self._batch = min(2 * self._batch, _BATCH)

    def feed(self, kind: str, start: int, end: int) -> None:
        """Follow a token that the text lacks or has elsewhere."""
        self._add(kind, start, end)
        self.stacks.take(len(self.tokens.kinds) - 1, kind)

    def close(self, end: int) -> None:
        """Follow a brace that closes what is open."""
        self._add("}", end, end)
        self.stacks.take(len(self.tokens.kinds) - 1, "}", closing=True)

    def separate(self, start: int) -> None:
        """Begin another statement, with a separator that the lexer may not take back."""
        self.feed("SEP", start, start)
        self.tokens.kinds[-1] = "UNREAD"

    def _add(self, kind: str, start: int, end: int) -> None:
        self.tokens.kinds.append(kind)
        self.tokens.starts.append(start)
        self.tokens.ends.append(end)

    def _kind_of(self, value: object) -> str:
        """The kind of a token on the stack; "" for anything else."""
        return self.tokens.kinds[value] if isinstance(value, int) else ""

    # --- the stack --------------------------------------------------------------------------

    def accepts(self, kind: str) -> bool:
        return can_follow(self.stacks.states, kind)

    def unclosed(self, place: int = 0) -> list[int]:
        """The tokens that opened the surrounding brackets, outermost first, from a place on."""
        opened, kinds = list[int](), self.tokens.kinds
        for value in self.stacks.values[place:]:
            if not isinstance(value, int):
                continue
            kind = kinds[value]
            if kind in _OPENERS:
                opened.append(value)
            elif kind in _CLOSERS and opened:
                opened.pop()
        return opened

    def beginning(self) -> int:
        """The place where the current statement, entry or definition begins."""
        depth = 0
        for place in range(len(self.stacks.states) - 1, 0, -1):
            if not depth and self.rule_at(place):
                return place
            kind = self._kind_of(self.stacks.values[place - 1])
            depth += (kind in _CLOSERS) - (kind in _OPENERS and depth > 0)
        return 0

    def rule_at(self, place: int) -> str:
        """The rule of what can begin at a place of the stack; "" if nothing can."""
        state = self.stacks.states[place]
        if state not in self._rules:
            gotos = self.tables.gotos[state]
            self._rules[state] = next((rule for rule in _LISTS if rule in gotos), "")
        return self._rules[state]

    def separated(self, place: int) -> bool:
        """Whether a separator precedes a place."""
        return place > 0 and self._kind_of(self.stacks.values[place - 1]) in ("SEP", "UNREAD")

    def first_token(self, place: int, index: int) -> int:
        """The first token of what was read from a place on; `index` if nothing was."""
        return self.stacks.firsts[place] if len(self.stacks.values) > place else index

    def ends_in_body(self, place: int) -> bool:
        """Whether what was read from a place on is complete and ends in a brace.

        Short ones don't count: `layer {1}: relu` isn't a step with a body.
        """
        values = self.stacks.values
        if len(values) <= place or self._kind_of(values[-1]) != "}" or not self.accepts("SEP"):
            return False
        start, end = self.tokens.starts[self.stacks.firsts[place]], self.tokens.starts[values[-1]]
        return self.rule_at(place) == "block_def" or "\n" in self.text[start:end]

    def go_back(self, place: int, first: int) -> None:
        """Forget what was read from a place on, which begins with token `first`."""
        stacks, tokens = self.stacks, self.tokens
        del stacks.states[place + 1 :], stacks.values[place:], stacks.firsts[place:]
        stacks.forget(place)
        del tokens.kinds[first:], tokens.starts[first:], tokens.ends[first:]

    def give_up(self, place: int, first: int, end: int) -> None:
        """Replace a statement that ends at `end` by an `Unread` node."""
        start = min(self.tokens.starts[first], end)
        rule = _LISTS[self.rule_at(place)]
        self.go_back(place, first)
        self._add("UNREAD", start, end)
        stacks = self.stacks
        stacks.states.append(self.tables.gotos[stacks.states[-1]][rule])
        stacks.values.append(self.unread(start, end))
        stacks.firsts.append(first)

    def unread(self, start: int, end: int) -> Unread:
        """A node for text of which nothing is known, not even the names in it."""
        words = _WORD.findall(self.text, start, min(end, start + _LONGEST))
        words += [f"{word}_" for word in words if word in self.tables.words.keywords]
        return Unread(Span(self.source, start, end), tuple(dict.fromkeys(words)))

    def before(self, place: int) -> object:
        """The node before a place of a list; None if there is none."""
        value = self.stacks.values[place - 2] if place >= 2 else None
        return value[-1] if isinstance(value, list) and value else value

    def definition(self) -> int:
        """The token with the name of the current definition."""
        tokens = (value for value in self.stacks.values if isinstance(value, int))
        return next(token for token in tokens if self.tokens.kinds[token] == "NAME")
