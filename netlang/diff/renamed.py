"""Which names changed, in a few lines: the same change of many paths is said once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlang.diff.difference import Difference, StepChange
from netlang.diff.line import ToldLine
from netlang.diff.patterns import pattern, skeleton
from netlang.diff.steps import Parts, Step
from netlang.diff.tree import is_automatic

__all__ = ["renamed_lines"]

_MOST = 3


def renamed_lines(difference: Difference) -> Iterator[ToldLine]:
    """Lines on names that the author chose, and on the keys of weights, that are others now.

    A number that moves because of a step before it is told only where weights have it in their key.
    """
    named: dict[tuple[object, object], list[StepChange]] = {}
    numbered: list[StepChange] = []
    for change in difference.changes:
        before, after = difference.pair(change)
        if not change.renamed:
            continue
        if _names(before.parts) != _names(after.parts):
            old, new = _changed(before.parts, after.parts)
            named.setdefault((skeleton(old), skeleton(new)), []).append(change)
        elif _weights(after) and before.module != after.module:
            numbered.append(change)
    yield from _named(difference, list(named.values()))
    if numbered:
        yield _numbered(difference, numbered)


def _names(parts: Parts) -> Parts:
    return tuple(part for part in parts if not is_automatic(part))


def _weights(step: Step) -> bool:
    return bool(step.op.weights(step.inputs))


def _changed(before: Parts, after: Parts) -> tuple[Parts, Parts]:
    """Two paths without the end that they have in common."""
    same = 0
    shorter = min(len(before), len(after))
    while same < shorter - 1 and before[-1 - same] == after[-1 - same]:
        same += 1
    return before[: len(before) - same], after[: len(after) - same]


def _named(difference: Difference, groups: Sequence[list[StepChange]]) -> Iterator[ToldLine]:
    for group in groups:
        pairs = [_changed(*(step.parts for step in difference.pair(each))) for each in group]
        old = pattern(list(dict.fromkeys(one for one, _ in pairs)))
        new = pattern(list(dict.fromkeys(other for _, other in pairs)))
        steps = f"{len(group)} steps" if len(group) > 1 else "1 step"
        yield ToldLine("renamed", f"{old} -> {new}", steps, tuple(each.other for each in group))


def _numbered(difference: Difference, group: Sequence[StepChange]) -> ToldLine:
    pairs = [tuple(step.module for step in difference.pair(each)) for each in group]
    shown = [f"{old} -> {new}" for old, new in pairs]
    if len(shown) > _MOST:
        shown = [*shown[: _MOST - 1], "...", shown[-1]]
    steps = f"{len(group)} steps" if len(group) > 1 else "1 step"
    return ToldLine(
        "renamed", ", ".join(shown), f"keys of {steps}", tuple(each.other for each in group)
    )
