"""Decides how a sheet is laid out: how tall it gets, and whether it is drawn as a U.

All lengths are estimates in points, good enough to choose between a few arrangements; Graphviz does
the placing.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from netlang.backends.graphviz.sheets.elements import Junction, Link, Pill, Sheet, Stack
from netlang.records import Record

__all__ = ["Nested", "height_of", "long_links", "nested_skips"]

_LINE, _PADDING, _GAP, _CIRCLE, _PILL = 17, 6, 24, 20, 20


class Nested(Record):
    """Nested skip connections.

    `levels` pairs the nodes that each connection joins; `climbing` holds the nodes from the bottom
    of the U upwards.
    """

    levels: tuple[tuple[str, str], ...]
    climbing: frozenset[str]


def height_of(sheet: Sheet) -> int:
    """The height of a sheet laid out from top to bottom: its longest path, in points."""
    return max(_distances(sheet, _GAP).values(), default=0)


def long_links(sheet: Sheet) -> list[Link]:
    """Skip connections: links into a merge that bypass the boxes between the same two nodes."""
    ranks = _distances(sheet, None)
    uses = Counter(link.tail for link in sheet.links)
    merges = {node.id for node in sheet.nodes() if isinstance(node, Junction)}
    return [
        link
        for link in dict.fromkeys(sheet.links)
        if uses[link.tail] > 1
        and link.head in merges
        and ranks[link.head] > ranks[link.tail.id] + 1
    ]


def _distances(sheet: Sheet, gap: int | None) -> dict[str, int]:
    """The longest path from each node to the end, in points; without a gap, in nodes."""
    own = {node.id: 1 if gap is None else _height(node) for node in sheet.nodes()}
    total = dict(own)
    readers: dict[str, list[str]] = {}
    for link in sheet.links:
        readers.setdefault(link.head, []).append(link.tail.id)
    for name, height in own.items():  # links only point forward in this order
        before = [total[tail] + (gap or 0) for tail in readers.get(name, []) if tail in total]
        total[name] = height + max(before, default=0)
    return total


def _height(node: Stack | Junction | Pill) -> int:
    if isinstance(node, Stack):
        return node.height * _LINE + _PADDING
    return _PILL if isinstance(node, Pill) else _CIRCLE


def nested_skips(sheet: Sheet) -> Nested | None:
    """The U that a sheet forms if it is one path with at least two nested skips."""
    names = [node.id for node in sheet.nodes()]
    if len(sheet.root.elements) != len(names):
        return None
    place = {name: index for index, name in enumerate(names)}
    pairs = {(place[link.tail.id], place[link.head]) for link in sheet.links}
    if any((index, index + 1) not in pairs for index in range(len(names) - 1)):
        return None
    skips = sorted((tail, head) for tail, head in pairs if head > tail + 1)
    nested = all(outer[0] < inner[0] and inner[1] < outer[1] for outer, inner in pairwise(skips))
    if len(skips) < 2 or not nested:
        return None
    bottom = skips[-1][0] + 1
    return Nested(
        tuple((names[tail], names[head]) for tail, head in skips), frozenset(names[bottom + 1 :])
    )
