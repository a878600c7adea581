"""Decides which groups of a line are opened, and writes them."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.syntax.format.lines import INDENT, Lines
from netlang.syntax.format.tree import (
    Group,
    Item,
    Part,
    flat_width,
    has_operators,
    is_forced,
)
from netlang.syntax.format.words import Word

__all__ = ["LIMIT", "fits", "write_flat", "write_parts"]

LIMIT = 100
"""Characters of a line after its indentation."""


def write_flat(lines: Lines, part: Part) -> None:
    """Write a part on the current line; its comments are queued."""
    if isinstance(part, Word):
        lines.word(part)
        return
    if lines.width:
        lines.comments(part.open.before)
    lines.text(part.flat, part.spaced)
    if isinstance(part, Group):
        lines.comments(part.comments)
    lines.behind(part.close)


def write_parts(lines: Lines, parts: Sequence[Part], reserve: int, operators: bool) -> None:
    """Write words and groups, opening those groups that must be.

    `reserve` is the width of what follows; `operators` says that operators separate the parts.
    """
    _write(lines, parts, _chosen(parts, lines.width, reserve, operators))


def _write(lines: Lines, parts: Sequence[Part], chosen: set[int]) -> None:
    for place, part in enumerate(parts):
        if place in chosen and isinstance(part, Group):
            _write_open(lines, part)
        else:
            write_flat(lines, part)


def _chosen(parts: Sequence[Part], column: int, reserve: int, operators: bool) -> set[int]:
    """The indices of the groups to open: those that can't stay on a line, then the widest."""
    chosen = {place for place, part in enumerate(parts) if is_forced(part)}
    stretches = []
    start = 0
    for stop in sorted(chosen):
        stretches.append((start, stop, column, 1 + parts[stop].spaced))
        start, column = stop + 1, 1
    stretches.append((start, len(parts), column, reserve))
    while stretches:
        start, stop, column, reserve = stretches.pop()
        if fits(parts[start:stop], column, reserve):
            continue
        widths = [
            (part.width, place)
            for place, part in enumerate(parts[start:stop], start)
            if _may_open(part, operators)
        ]
        if widths:
            _, widest = max(widths)
            chosen.add(widest)
            bracket = 1 + parts[widest].spaced
            stretches += [(start, widest, column, bracket), (widest + 1, stop, 1, reserve)]
    return chosen


def fits(parts: Sequence[Part], column: int, reserve: int) -> bool:
    """Whether parts and what follows them fit on a line with `column` characters already taken."""
    space = bool(parts) and column > 0 and parts[0].spaced
    return column + space + flat_width(parts) + reserve <= LIMIT


def _may_open(part: Part, operators: bool) -> bool:
    if not isinstance(part, Group) or not part.items:
        return False
    return part.kind in ("list", "names", "clauses") or (part.kind == "call" and not operators)


def _write_open(lines: Lines, group: Group) -> None:
    """Write a group on several lines: one per item, each with a trailing comma."""
    margin = lines.indent
    inner = None if group.kind == "closed" else _inner(group)
    if inner or group.kind == "closed":
        _write_around(lines, group, inner)
        return
    lines.word(group.open)
    for number, item in enumerate(group.items):
        lines.end(margin + INDENT)
        lines.above(item.first, blanks=number > 0)
        _write_item(lines, item, group.kind != "clauses")
    lines.end(margin + INDENT)
    lines.above(group.close, blanks=bool(group.items), closing=True)
    lines.end(margin)
    lines.word(group.close)


def _write_item(lines: Lines, item: Item, commas: bool) -> None:
    write_parts(lines, item.parts, 1, has_operators(item.parts))
    if item.comma:
        lines.word(item.comma)
    elif commas:
        lines.text(",", False)


def _inner(group: Group) -> Group | None:
    """The single group that opens in place of this one, as in `net([` and `], classes=10)`.

    It is at the end of a single item, or it is the only list among several items.
    """
    ends = [item.parts[-1] for item in group.items]
    inner = [end for end in ends if isinstance(end, Group) and end.forced]
    if not inner and len(ends) > 1:
        inner = [end for end in ends if isinstance(end, Group) and end.kind == "list"]
    inner = inner or [end for end in ends if isinstance(end, Group)]
    if len(inner) != 1 or group.kind in ("names", "clauses") or group.ends_in_comma:
        return None
    only = inner[0]
    others = (part for item in group.items for part in item.parts if part is not only)
    if len(group.comments) > len(only.comments) or any(map(is_forced, others)):
        return None
    if len(ends) > 1 and (only.kind != "list" or group.width - only.width > LIMIT):
        return None
    parts = next(item.parts for item in group.items if item.parts[-1] is only)
    return only if _may_open(only, has_operators(parts)) else None


def _write_around(lines: Lines, group: Group, inner: Group | None) -> None:
    """Write a group on the lines of what opens inside it: `inner`, or whatever must."""
    lines.word(group.open)
    for item in group.items:
        for part in item.parts:
            if isinstance(part, Group) and (part is inner or part.forced):
                _write_open(lines, part)
            else:
                write_flat(lines, part)
        if item.comma and (item is not group.items[-1] or group.single_tuple):
            lines.word(item.comma)
    lines.comments(group.close.before)
    lines.word(group.close)
