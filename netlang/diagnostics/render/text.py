"""A diagnostic as terminal text for people.

On exit, no control character, escape sequence or text direction change of user text reaches the
terminal unescaped, and no line of source is wider than `WIDTH`.
"""

from __future__ import annotations

from netlang.diagnostics.diagnostic import ChainLink, Diagnostic, Note, Severity
from netlang.diagnostics.render.excerpt import Mark, window
from netlang.diagnostics.texts import visible
from netlang.source import Source

__all__ = ["render_text"]

LONGEST_CHAIN = 6
"""Links of a chain that are shown; of a longer one, half of them from each end."""

_BLUE, _BOLD, _PLAIN = "\x1b[1;34m", "\x1b[1m", "\x1b[0m"
_PAINT: dict[Severity, str] = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m"}
"""Red and yellow."""


def render_text(diagnostic: Diagnostic, color: bool = False) -> str:
    """The header, the marked lines of source, the chain that led there, and the help."""
    sections = _sections(diagnostic)
    numbers = [mark.line for marks in sections.values() for mark in marks]
    gutter = len(str(max(numbers, default=1)))
    lines = [_header(diagnostic, color)]
    lines.extend(f"{' ' * gutter}   {visible(row)}" for row in diagnostic.rows)
    paint = _PAINT[diagnostic.severity]
    for source, marks in sections.items():
        lines.extend(_section(source, marks, gutter, paint if color else ""))
    lines.extend(_note(text, gutter, color) for text in _chain(diagnostic.chain))
    if diagnostic.help_text:
        lines.append(_note(f"help: {visible(diagnostic.help_text)}", gutter, color))
    return "\n".join(lines)


def _paint(text: str, paint: str, color: bool) -> str:
    return f"{paint}{text}{_PLAIN}" if color and text else text


def _header(diagnostic: Diagnostic, color: bool) -> str:
    kind = _paint(f"{diagnostic.severity}[{diagnostic.code}]", _PAINT[diagnostic.severity], color)
    return f"{kind}{_paint(f': {visible(diagnostic.message)}', _BOLD, color)}"


def _sections(diagnostic: Diagnostic) -> dict[Source, list[Mark]]:
    """The marks by source: that of the diagnostic's own span first, each in line order."""
    if diagnostic.span is None:
        return {}
    primary = Note(diagnostic.span, diagnostic.caption_text)
    sections: dict[Source, list[Mark]] = {}
    for label in (primary, *diagnostic.notes):
        marks = sections.setdefault(label.span.source, [])
        marks.append(Mark.of(label.span, label.text, label is primary))
    return sections


def _section(source: Source, marks: list[Mark], gutter: int, paint: str) -> list[str]:
    """The lines of one file. `paint` is the colour of the main mark, "" for none."""
    color = bool(paint)
    first = marks[0]
    where = f"{visible(source.name)}:{first.line}:{first.column}"
    bar = _paint(f"{' ' * gutter} |", _BLUE, color)
    lines = [f"{_paint(' ' * gutter + '-->', _BLUE, color)} {where}", bar]
    marks = sorted(marks, key=lambda mark: (mark.line, not mark.primary, mark.column))
    shown = 0
    for mark in marks:
        on_line = [other for other in marks if other.line == mark.line]
        text, columns = window(source.line(mark.line), on_line)
        if mark.line != shown:
            shown = mark.line
            number = _paint(f"{mark.line:>{gutter}} |", _BLUE, color)
            lines.append(f"{number} {text}".rstrip())
        start, length = columns[on_line.index(mark)]
        line = (("^" if mark.primary else "-") * length + f" {visible(mark.text)}").rstrip()
        own = paint if mark.primary else _BLUE
        lines.append(f"{bar} {' ' * start}{_paint(line, own, color)}")
    return lines


def _note(text: str, gutter: int, color: bool) -> str:
    return f"{' ' * gutter} {_paint('=', _BLUE, color)} {text}"


def _chain(chain: tuple[ChainLink, ...]) -> list[str]:
    texts = [_frame(frame) for frame in chain]
    if len(texts) <= LONGEST_CHAIN:
        return texts
    half = LONGEST_CHAIN // 2
    between = len(texts) - 2 * half
    return [*texts[:half], f"... and {between} more between ...", *texts[-half:]]


def _frame(frame: ChainLink) -> str:
    place = f"{visible(frame.span.source.name)}:{frame.span.location.line}"
    if frame.path is None:
        return f"imported from {place}"
    named = f"`{visible(frame.path)}`: " if frame.path else ""
    within = f" in {visible(frame.within)}" if frame.within else ""
    return f"in {named}{visible(frame.what)}, from {place}{within}"
