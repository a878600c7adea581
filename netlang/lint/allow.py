"""Comments that silence warnings: ``# allow W0202``, possibly with several codes and a remark.

A comment applies to the statement that begins or ends on its line; on a line of its own, to the
next statement. For a definition, it applies to the head, up to the brace. So the formatter can't
separate it from its statement.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, final

from netlang import advice as fixes
from netlang import diagnostics
from netlang.diagnostics.diagnostic import Caution, Diagnostic, Edit, Fix
from netlang.records import Draft, field
from netlang.source import Source, Span
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk

if TYPE_CHECKING:
    from netlang.modules.library import Module

__all__ = ["Allow", "Allowances", "nothing", "wrong"]

_CODE = r"[A-Za-z]\d+"
_ALLOW = rf"#[ \t]*allow[ \t]+({_CODE}(?:[ \t]*,[ \t]*{_CODE})*)\b"

_DEFINITIONS = (ast.BlockDef, ast.NetDef)
_STATEMENTS = (
    ast.FromImport, ast.NetAlias, ast.Path, ast.Output, ast.Auxiliary, ast.Input, ast.Constant,
    ast.FunctionDef,
    ast.If, ast.For, ast.Repeat, ast.Assert, ast.Entry, ast.Section, ast.TrainDef, *_DEFINITIONS,
)  # fmt: skip


@final
class Allow(Draft, eq=False):
    """One code in a comment: its place, the line it applies to, whether it silenced anything."""

    name: str
    span: Span
    comment: Span
    place: int
    line: int
    used: bool = False


@final
class _Statement(Draft):
    """A statement with its first and last character, and the statement around it."""

    start: int
    end: int
    around: _Statement | None
    allows: list[Allow] = field(default_factory=list)


@final
class Allowances:
    """The comments of one file."""

    def __init__(self, module: Module) -> None:
        self.allows = list(_read(module.source))
        self._by_line: dict[int, list[Allow]] = defaultdict(list)
        for allow in self.allows:
            self._by_line[allow.line].append(allow)
        self._statements = list(self._placed(module.file)) if self.allows else []
        self._starts = [statement.start for statement in self._statements]

    def silences(self, code: str, span: Span) -> bool:
        """Whether a comment silences warnings with a code at `span`."""
        if not self.allows:
            return False
        lines = range(span.location.line, span.source.location(span.end).line + 1)
        candidates = [allow for line in lines for allow in self._by_line.get(line, ())]
        place = bisect_right(self._starts, span.start) - 1
        statement = self._statements[place] if place >= 0 else None
        while statement is not None:
            if span.start < statement.end:
                candidates += statement.allows
            statement = statement.around
        found = [allow for allow in candidates if allow.name == code]
        for allow in found:
            allow.used = True
        return bool(found)

    def _placed(self, file: ast.File) -> Iterator[_Statement]:
        """The statements in the order of the text, with the comments that apply to them."""
        lines = sorted(self._by_line)
        around: _Statement | None = None
        for node in walk(file):
            if not isinstance(node, _STATEMENTS):
                continue
            while around is not None and around.end <= node.span.start:
                around = around.around
            around = _Statement(node.span.start, _end(node), around)
            for line in self._about(node, lines):
                around.allows += self._by_line[line]
            yield around

    def _about(self, node: ast.Node, lines: list[int]) -> Iterator[int]:
        """The lines with comments that apply to a statement."""
        source = node.span.source
        first, last = node.span.location.line, source.location(_end(node)).line
        if _has_suite(node):
            yield from (line for line in {first, last} if line in self._by_line)
        else:
            yield from lines[bisect_left(lines, first) : bisect_right(lines, last)]


def _has_suite(node: ast.Node) -> bool:
    """Whether a statement contains other statements, which have lines of their own."""
    if isinstance(node, (ast.If, ast.For, ast.Repeat)):
        return True
    if isinstance(node, (ast.Output, ast.Auxiliary)) and node.path is not None:
        return _has_suite(node.path)
    return isinstance(node, ast.Path) and any(
        isinstance(action, ast.Scope) or (isinstance(action, ast.Apply) and action.body is not None)
        for action in (step.action for step in node.steps)
    )


def _end(node: ast.Node) -> int:
    """The end of a statement; for a definition, where its body begins."""
    if isinstance(node, _DEFINITIONS):
        return node.body.span.start
    if isinstance(node, ast.TrainDef):
        return node.entries[0].span.start if node.entries else node.span.end
    return node.span.end


def _read(source: Source) -> Iterator[Allow]:
    """The codes in the comments of a text."""
    text = source.text
    if "allow" not in text:
        return
    starts: list[int] = []
    ends: list[int] = []
    for match in re.finditer(_ALLOW, text):
        if not starts:
            from netlang.syntax.format.same import tokens_of

            tokens = tokens_of(text)
            starts, ends = list(tokens.starts), list(tokens.ends)
        following = bisect_left(starts, match.start())
        begin = text.rfind("\n", 0, match.start()) + 1
        end = ends[following - 1] if following else 0
        if end > match.start() or "#" in text[max(begin, end) : match.start()]:
            continue  # in a string, or in the middle of a comment
        alone = not text[begin : match.start()].strip()
        place = starts[following] if alone else match.start()
        line = 0 if alone and text[place : place + 1] in ("}", "") else source.location(place).line
        comment = _comment(source, begin if alone else end, match.start())
        for piece in re.compile(_CODE).finditer(text, match.start(1), match.end(1)):
            span = Span(source, piece.start(), piece.end())
            yield Allow(piece.group(), span, comment, place, line)


def _comment(source: Source, start: int, hash_: int) -> Span:
    """A comment with the line, or the space before it, that is removed with it."""
    end = source.text.find("\n", hash_)
    end = len(source.text) if end < 0 else end
    alone = start == 0 or source.text[start - 1] == "\n"
    return Span(source, start, min(end + alone, len(source.text)))


def wrong(allow: Allow, known: tuple[str, ...]) -> Diagnostic | None:
    """What is wrong with a code, whatever it silences."""
    if allow.name in known:
        if allow.name.startswith("W"):
            return None
        return diagnostics.NotAWarning(span=allow.span, name=allow.name, fix=_removed(allow))
    warnings = [code for code in known if code.startswith("W")]
    fix = fixes.replacement(allow.name.upper(), warnings, allow.span)
    return diagnostics.UnknownWarning(span=allow.span, name=allow.name, fix=fix)


def nothing(allow: Allow) -> Caution:
    """The warning about a comment that silences nothing."""
    return diagnostics.NothingAllowed(span=allow.span, name=allow.name, fix=_removed(allow))


def _removed(allow: Allow) -> Fix | None:
    """Removes the comment, if it contains nothing else."""
    text = allow.comment.text.strip().lstrip("#").split(None, 1)
    if len(text) < 2 or text[1].strip() != allow.name:
        return None
    return Fix("remove it", (Edit(allow.comment, ""),))
