"""Decides where lines break: turns a file with its suites and paths into lines.

A line holds up to `LIMIT` characters after its indentation, so moving code into or out of a block
changes no break. What is too long is broken, in this order: a path before an arrow, a suite into
lines, a group into one line per item. Lines aren't broken at operators, and a call between them
stays whole.
"""

from __future__ import annotations

from netlang.syntax.format.docstring import docstring_lines
from netlang.syntax.format.groups import LIMIT, fits, write_flat, write_parts
from netlang.syntax.format.lines import INDENT, Lines
from netlang.syntax.format.read import Document
from netlang.syntax.format.tree import (
    FormattedSuite,
    Part,
    Segment,
    Statement,
    flat_width,
    has_operators,
    is_forced,
)
from netlang.syntax.format.words import Word

__all__ = ["lay_out"]


def lay_out(document: Document) -> list[str]:
    """The lines of a file."""
    done: list[str] = []
    long = document.doc is not None
    if document.doc:
        lines = Lines()
        lines.above(document.doc, blanks=False)
        _write_docstring(lines, document.doc)
        lines.end(0)
        done += lines.done
    for item in document.items:
        above, body = _item(item, bool(done))
        if done and "" not in above and (long or len(body) > 1):
            done.append("")
        long = len(body) > 1
        done += above
        done += body
    lines = Lines()
    lines.above(document.end, blanks=bool(done), closing=True)
    return done + lines.done


def _item(item: Statement, blanks: bool) -> tuple[list[str], list[str]]:
    """The comments above a definition, and its own lines."""
    lines = Lines()
    lines.above(item.first, blanks)
    own = len(lines.done)
    _write_statement(lines, item, INDENT)
    lines.end(0)
    return lines.done[:own], lines.done[own:]


def _write_docstring(lines: Lines, word: Word) -> None:
    lines.raw(docstring_lines(word.text))
    lines.behind(word)


# --- statements ----------------------------------------------------------------------------------


def _write_statement(lines: Lines, statement: Statement, margin: int) -> None:
    """Write a statement; its path continues at `margin`."""
    for segment in statement.segments:
        if segment.arrow:
            _write_arrow(lines, segment, segment.arrow, margin)
        _write_segment(lines, segment.parts)
    if statement.doc:
        lines.end(INDENT)
        lines.above(statement.doc, blanks=False)
        _write_docstring(lines, statement.doc)


def _write_arrow(lines: Lines, segment: Segment, arrow: Word, margin: int) -> None:
    if not segment.broken and lines.width + 4 + _first_width(segment.parts) <= LIMIT:
        lines.word(arrow)
        return
    lines.behind(arrow)
    lines.end(margin)
    lines.above(arrow, blanks=False)
    lines.text(arrow.text, False)


def _first_width(parts: list[Part]) -> int:
    """The width of a segment up to its first certain break."""
    opened = any(isinstance(part, FormattedSuite) and part.forced for part in parts)
    for place, part in enumerate(parts):
        if is_forced(part) or (opened and isinstance(part, FormattedSuite)):
            return flat_width(parts[:place]) + 2
    return flat_width(parts)


def _write_segment(lines: Lines, parts: list[Part]) -> None:
    if not isinstance(parts[-1], FormattedSuite):
        write_parts(lines, parts, 0, has_operators(parts))
    elif any(map(is_forced, parts)) or not fits(parts, lines.width, 0):
        _write_suites(lines, parts)
    else:
        for part in parts:
            write_flat(lines, part)


def _write_suites(lines: Lines, parts: list[Part]) -> None:
    """Write a segment whose suites are open: one, or those of an `if` and its `else`s."""
    head: list[Part] = []
    for part in parts:
        if isinstance(part, FormattedSuite):
            write_parts(lines, head, 2, has_operators(_condition(head)))
            _write_suite(lines, part)
            head = []
        else:
            head.append(part)


def _condition(head: list[Part]) -> list[Part]:
    """What follows `if`, `else if` or `for ... in`."""
    roles = [part.role for part in head if isinstance(part, Word)]
    if roles and roles[0] == "for":
        places = (i for i, part in enumerate(head) if isinstance(part, Word) and part.role == "in")
        return head[next(places) + 1 :]
    return head[sum(role in ("else", "if") for role in roles[:2]) :]


# --- suites --------------------------------------------------------------------------------------


def _write_suite(lines: Lines, suite: FormattedSuite) -> None:
    """Write a suite with one line per statement; its braces are on the lines around."""
    if not suite.forced and not suite.statements:
        write_flat(lines, suite)
        return
    margin = lines.indent
    lines.word(suite.open)
    if suite.doc:
        lines.end(margin + INDENT)
        lines.above(suite.doc, blanks=False)
        _write_docstring(lines, suite.doc)
    entries = [each for each in suite.statements if suite.recipe and not _is_section(each)]
    keys = [statement.first.width for statement in entries]
    begun = suite.doc is not None
    for statement in suite.statements:
        lines.end(margin + INDENT)
        lines.above(statement.first, blanks=begun)
        begun = True
        if suite.recipe and not _is_section(statement):
            _write_entry(lines, statement, max(keys) + 1)
        else:
            _write_statement(lines, statement, margin + 2 * INDENT)
    lines.end(margin + INDENT)
    lines.above(suite.close, blanks=begun, closing=True)
    lines.end(margin)
    lines.word(suite.close)


def _is_section(statement: Statement) -> bool:
    """Whether a statement of a recipe is a section, `step critic { ... }`."""
    return isinstance(statement.segments[0].parts[-1], FormattedSuite)


def _write_entry(lines: Lines, entry: Statement, width: int) -> None:
    """Write `key: value`, with a recipe's values aligned; a pipeline continues below its start."""
    first, *others = entry.segments
    key, colon, *value = first.parts
    write_flat(lines, key)
    write_flat(lines, colon)
    lines.pad(width)
    margin = lines.indent + width + 1
    _write_statement(lines, Statement([Segment(value), *others]), margin)
