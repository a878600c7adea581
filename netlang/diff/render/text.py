"""A difference in words: what changed, then the figures before and after."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.diagnostics.texts import visible
from netlang.diff.difference import Difference
from netlang.diff.figures import figures
from netlang.diff.lines import lines_of

__all__ = ["MOST_LINES", "SAME", "render_text"]

SAME = "no difference: the same steps under the same names, with the same sizes"
MOST_LINES = 24


def render_text(difference: Difference) -> str:
    """The differences in a few lines, and the figures of both nets."""
    title = visible(" -> ".join(difference.names))
    return "\n".join([title, "", *_lines(difference), "", *_figures(difference)])


def _lines(difference: Difference) -> Iterator[str]:
    lines = lines_of(difference)
    if difference.same:
        yield SAME
        return
    for line in lines[:MOST_LINES]:
        where = f"{line.where}: " if line.where else ""
        yield visible(f"{line.verb:<8} {where}{line.what}")
    if len(lines) > MOST_LINES:
        yield f"... and {len(lines) - MOST_LINES} more: --steps and --json have all"


def _figures(difference: Difference) -> Iterator[str]:
    rows = [("", "before", "after", ""), *figures(difference)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for name, before, after, change in rows:
        yield f"{name:<{widths[0]}}  {before:>{widths[1]}}  {after:>{widths[2]}}  {change}".rstrip()
