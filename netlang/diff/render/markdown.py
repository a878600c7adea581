"""A difference in Markdown, for a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.diagnostics.texts import visible
from netlang.diff.difference import Difference
from netlang.diff.figures import figures
from netlang.diff.lines import lines_of
from netlang.diff.render.text import MOST_LINES, SAME

__all__ = ["render_markdown"]

_SPECIAL = str.maketrans({each: f"\\{each}" for each in "\\`*_<|"})


def render_markdown(difference: Difference) -> str:
    """A heading, a list of what changed, and a table of the figures."""
    one, other = map(_code, difference.names)
    return "\n".join([f"### {one} → {other}", "", *_lines(difference), "", *_table(difference)])


def _lines(difference: Difference) -> Iterator[str]:
    if difference.same:
        yield f"{SAME}."
    lines = lines_of(difference)
    for line in lines[:MOST_LINES]:
        where = f" {_code(line.where)}:" if line.where else ""
        yield f"- **{line.verb}**{where} {_plain(line.what)}"
    if len(lines) > MOST_LINES:
        yield f"- and {len(lines) - MOST_LINES} more"


def _table(difference: Difference) -> Iterator[str]:
    yield "| | before | after | |"
    yield "|---|---:|---:|---|"
    for row in figures(difference):
        yield f"| {' | '.join(map(_plain, row))} |"


def _code(text: str) -> str:
    """A text as code. Nothing in it ends it: a label has no backtick, another text may."""
    return f"`{visible(text).replace('`', chr(39)).replace('|', '/')}`"


def _plain(text: str) -> str:
    return visible(text).translate(_SPECIAL)
