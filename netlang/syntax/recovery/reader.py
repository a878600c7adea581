"""Reads a text with mistakes to its end.

The parser's own automaton is followed token by token. If no rule allows the next token, the
statement around it is given up: the stack goes back to where it began, an `Unread` node takes its
place, and reading continues at the next statement (`places`), or at the braces that the statement
opens. So a mistake hides nothing but its own statement, and costs no more than reading that twice.
What is nested too deeply is given up as a whole, with the rest of its definition, so the stack
stays small. After `MOST_COUNTED` mistakes, each further one ends its definition.

On exit, every mistake was found, apart from some after the first `MOST_COUNTED`. The first
`MOST_ERRORS` are explained, and the tree has everything that could be read.
"""

from __future__ import annotations

import re
from typing import cast, final

from netlang.diagnostics.diagnostic import Diagnostic, Fix
from netlang.diagnostics.errors import InternalError
from netlang.diagnostics.language.text import NestingTooDeep
from netlang.diagnostics.many import MOST_COUNTED, MOST_ERRORS, MoreErrors
from netlang.records import no_collection
from netlang.source import Source
from netlang.syntax.ast import File
from netlang.syntax.broken_text import BrokenText
from netlang.syntax.lalr import Stuck
from netlang.syntax.limits import MAX_DEPTH, MAX_SYMBOLS, Mistake
from netlang.syntax.mistakes.explain import Mends, diagnosed
from netlang.syntax.mistakes.spot import Spot
from netlang.syntax.recovery.automaton import Automaton
from netlang.syntax.recovery.given_up import Remains
from netlang.syntax.recovery.places import (
    ResumePoint,
    body_of,
    definition_behind,
    is_definition,
    left_margin,
    next_definition,
    statement_behind,
)
from netlang.syntax.recovery.repaired import Torn, repaired
from netlang.syntax.recovery.trial import Trial

__all__ = ["read_on"]

_HEADING = re.compile(
    r"(?!from\b)(?:[a-z]+[ \t]+(?=(?:block|net|train)[ \t]+\w))?([A-Za-z_]\w*)[ \t]+([A-Za-z_]\w*)"
)
_LOOKED_AT = 8
"""Tokens after a mistake that explanations may inspect."""


def _no_fix(source: Source, place: int, fix: Fix) -> bool:
    return False


def _is_deep(error: Stuck | Mistake) -> bool:
    """Whether a statement was read completely but is nested too deeply."""
    return isinstance(error, Mistake) and error.kind == "too_deep"


def read_on(source: Source) -> BrokenText:
    """Everything that is wrong with a text that doesn't parse."""
    reader = _Reader(source)
    with no_collection():
        file = reader.read()
    if reader.more:
        reader.diagnostics.append(
            MoreErrors(span=None, count=reader.more, complete=reader.complete)
        )
    return BrokenText(file, *reader.diagnostics)


@final
class _Reader:
    """A text while it is read: the mistakes found, and where reading continued."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.automaton = Automaton(source)
        self.diagnostics: list[Diagnostic] = []
        self.more = 0
        self.complete = True
        """Whether each definition was read to its end."""
        self.mistakes = 0
        self.torn = Torn()
        self.remains = Remains()
        self.unbraced = False
        """Whether the current definition has no braces, which was reported."""
        self.reread = len(self.text)
        """How many characters may still be read again."""

    def read(self) -> File:
        automaton = self.automaton
        index = 0
        while True:
            kind = automaton.kind(index)
            try:
                if not automaton.accepts(kind):
                    raise Stuck(automaton.tokens, index, "file")
                automaton.stacks.take(index, kind)
            except (Stuck, Mistake) as error:
                index = self._recover(error, index)
                continue
            if kind == "$END":
                return repaired(cast(File, automaton.stacks.values[0]), self.torn)
            index += 1

    # --- mistakes ---------------------------------------------------------------------------

    def _recover(self, error: Stuck | Mistake, index: int) -> int:
        """Report a mistake and continue after it; returns the number of the next token to read."""
        self.mistakes += 1
        if self.mistakes > len(self.text) + _LOOKED_AT:
            raise InternalError("reading on after a mistake comes to no end")
        automaton = self.automaton
        place = automaton.beginning()
        first = automaton.first_token(place, index)
        starts = automaton.tokens.starts
        start = starts[first]
        end = self._definition_inside(first, index)
        if end is None and automaton.tokens.kinds[index] == "$END":
            end = len(self.text)
        if end is None and self.more >= MOST_COUNTED - MOST_ERRORS:
            self.complete = False
            end = definition_behind(self.text, starts[index])
        if end is not None and automaton.rule_at(place) != "block_def":
            if not self.unbraced:
                self._tell(error, index, (place, start))
            return self._close_all(place, first, end)
        at = error.start if isinstance(error, Mistake) else error.tokens.starts[error.index]
        if end is not None and end > start:
            at = end
        if not self.remains.takes(automaton.tokens.kinds[index], first):
            self._tell(error, index, (place, start))
            if _is_deep(error) and automaton.tokens.kinds[index - 1] == "}":
                behind = automaton.tokens.ends[index - 1]
                there = statement_behind(self.text, behind, left_margin(self.text, start))
                return self._give_up(place, first, start, there)
            if automaton.ends_in_body(place):
                del automaton.tokens.kinds[index:], starts[index:], automaton.tokens.ends[index:]
                if self._separated(at):
                    return self._go_on(automaton.beginning(), index + 1, at, at)
        return self._go_on(place, first, start, at)

    def _separated(self, at: int) -> bool:
        """End the statement that was read; returns False if it turns out to be wrong."""
        try:
            self.automaton.separate(at)
        except Mistake as error:
            self._tell(error)
            return False
        return True

    def _trial(self, place: int, start: int) -> Trial:
        """What tries fixes of the statement that begins at a place of the stack."""
        automaton = self.automaton
        depth = len(automaton.unclosed()) - len(automaton.unclosed(place))
        states = tuple(automaton.stacks.states[: place + 1])
        return Trial(states, depth, start, automaton.separated(place))

    def _tell(
        self, error: Stuck | Mistake, index: int = 0, statement: tuple[int, int] | None = None
    ) -> None:
        """Tell a mistake in a `statement`, given by its place in the stack and its start."""
        if len(self.diagnostics) >= MOST_ERRORS:
            self.more += 1
            return
        automaton = self.automaton
        spot = None
        if isinstance(error, Stuck) and error.tokens is automaton.tokens:
            automaton.look_ahead(index + _LOOKED_AT)
            around = tuple(automaton.unclosed())
            spot = Spot(self.source, automaton.tokens, index, list(automaton.stacks.states), around)
        mends: Mends = self._trial(*statement).mends if statement else _no_fix
        self.diagnostics.append(diagnosed(self.source, error, spot, mends))

    # --- going on ---------------------------------------------------------------------------

    def _go_on(self, place: int, first: int, start: int, at: int) -> int:
        """Give up the statement from `start` on, which has a mistake at `at`."""
        if self.automaton.rule_at(place) == "block_def":
            return self._go_on_in_file(place, first, start, at)
        inside = self.automaton.unclosed(place) and self.reread > 0
        margin = left_margin(self.text, start)
        bodies = self.automaton.rule_at(place) != "entry"
        there = statement_behind(self.text, start if inside else at, margin, bodies=bodies)
        if there.start <= start:
            there = statement_behind(self.text, start + 1, margin, bodies=bodies)
        self.reread -= max(0, at - there.start)
        return self._give_up(place, first, start, there)

    def _give_up(self, place: int, first: int, start: int, there: ResumePoint) -> int:
        automaton = self.automaton
        if first == len(automaton.tokens.kinds):
            automaton.tokens.kinds.append("UNREAD")
            automaton.tokens.starts.append(start)
            automaton.tokens.ends.append(start)
        automaton.give_up(place, first, there.start)
        depth = len(automaton.unclosed())
        deep = depth + (there.kind == "body") > MAX_DEPTH
        if deep or there.kind == "deep" or len(automaton.stacks.states) > MAX_SYMBOLS:
            return self._close_all(place, first, definition_behind(self.text, there.start))
        if there.kind in ("line", "body"):
            automaton.separate(there.start)
        if there.kind != "body":
            return automaton.lex(there.start, depth)
        self.remains.enter(len(automaton.tokens.kinds), there)
        return self._enter(there.start, depth)

    def _enter(self, brace: int, depth: int) -> int:
        """Continue inside the braces that open there, whatever else they might mean."""
        self.automaton.feed("{", brace, brace + 1)
        return self.automaton.lex(brace + 1, depth + 1)

    # --- definitions ------------------------------------------------------------------------

    def _go_on_in_file(self, place: int, first: int, start: int, at: int) -> int:
        """Continue after a mistake outside of all braces."""
        margin = left_margin(self.text, start)
        kind = self.torn.kind_of(self.automaton.before(place))
        if margin and kind and not self.text[start - 1 : start].strip():
            return self._continue(place, first, start, kind)
        heading = _HEADING.match(self.text, start)
        if heading is not None:
            body = body_of(self.text, heading.end(), margin)
            if body is not None and body.start >= at:
                return self._head(place, first, heading, body)
            line = statement_behind(self.text, heading.end(), margin)
            known = heading[1] in ("block", "net", "train")
            if known and line.kind == "line" and left_margin(self.text, line.start):
                self.unbraced = True
                return self._head(place, first, heading, line)
        return self._give_up(place, first, start, next_definition(self.text, max(start, at - 1)))

    def _head(self, place: int, first: int, heading: re.Match[str], body: ResumePoint) -> int:
        """A definition with a wrong heading but a valid body: continue with the body."""
        automaton = self.automaton
        automaton.go_back(place, first)
        kind = heading[1] if heading[1] in ("net", "train") else "block"
        automaton.feed(kind, *heading.span(1))
        automaton.feed("NAME", *heading.span(2))
        self.torn.unknown[heading.start(2)] = automaton.unread(heading.start(), body.start)
        if body.kind == "body":
            return self._enter(body.start, 0)
        automaton.feed("{", body.start, body.start)
        return automaton.lex(body.start, 1)

    def _continue(self, place: int, first: int, start: int, kind: str) -> int:
        """Treat a statement outside of all braces as part of the last definition, closed early."""
        automaton = self.automaton
        automaton.go_back(place, first)
        for each in (kind, "NAME", "{"):
            automaton.feed(each, start, start)
        self.torn.continued.add(start)
        return automaton.lex(start, 1)

    # --- braces that are missing ------------------------------------------------------------

    def _definition_inside(self, first: int, index: int) -> int | None:
        """Where a definition begins among the tokens of a statement."""
        starts = self.automaton.tokens.starts[first : index + 1]
        return next((start for start in starts if is_definition(self.text, start)), None)

    def _close_all(self, place: int, first: int, end: int) -> int:
        """Close every brace at the end of the file or at the next definition."""
        automaton = self.automaton
        self.unbraced = False
        self.remains.forget_brackets()
        automaton.give_up(place, first, end)
        name = automaton.tokens.starts[automaton.definition()]
        self.torn.unknown.setdefault(name, automaton.unread(name, name))
        for _ in automaton.unclosed():
            self._close(end)
        if end < len(self.text):
            automaton.separate(end)
        return automaton.lex(end, 0)

    def _close(self, end: int) -> None:
        """Close a brace; the statement before it is given up if it is nested too deeply."""
        automaton = self.automaton
        try:
            automaton.close(end)
        except Mistake as error:
            if not self._told_deep(automaton.tokens.starts[automaton.definition()]):
                self._tell(error)
            place = automaton.beginning()
            automaton.give_up(place, automaton.stacks.firsts[place], end)
            automaton.close(end)

    def _told_deep(self, start: int) -> bool:
        """Whether the last mistake is a nesting after `start` that is too deep."""
        last = self.diagnostics[-1] if self.diagnostics else None
        return (
            isinstance(last, NestingTooDeep) and last.span is not None and last.span.start > start
        )
