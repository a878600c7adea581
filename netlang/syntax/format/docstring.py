"""Formats docstrings without changing what they say."""

from __future__ import annotations

from netlang.syntax.literals import docstring_value

__all__ = ["docstring_lines"]

_QUOTES = '"""'


def docstring_lines(text: str) -> list[str]:
    """The lines of a docstring, without the indentation that all of them get.

    It begins right after its quotes, unless all lines after the first are indented: their
    indentation is relative only to a first line below the quotes.
    """
    lines = docstring_value(text).split("\n")
    if len(lines) > 1 and all(line[:1].isspace() for line in lines[1:] if line):
        return [_QUOTES, *lines, _QUOTES]
    apart = lines[-1].endswith('"')
    lines[0] = _QUOTES + lines[0]
    if apart:
        return [*lines, _QUOTES]
    lines[-1] += _QUOTES
    return lines
