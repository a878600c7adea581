"""Numbers of a scope that are taken before its steps are counted that far.

A label may be a number (`features.5`), and a folded repeat numbers steps that nobody elaborates.
Neither may take a number that the other has.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import final

from netlang.elaborate.function.labelled import LabelPath
from netlang.ir.repeats import step_number
from netlang.source import Span

__all__ = ["TakenNumbers"]


def _start(folded: tuple[range, Span]) -> int:
    return folded[0].start


def _number(labelled: tuple[int, Span]) -> int:
    return labelled[0]


@final
class TakenNumbers:
    """The numbers of folded repeats, and those of labels ahead of the count, in order."""

    def __init__(self) -> None:
        self._folded: dict[LabelPath, list[tuple[range, Span]]] = {}
        self._ahead: dict[LabelPath, list[tuple[int, Span]]] = {}

    def label(self, scope: LabelPath, number: int, span: Span) -> None:
        """Note a step or scope whose label is a number that the count hasn't come to."""
        insort(self._ahead.setdefault(scope, []), (number, span), key=_number)

    def fold(self, scope: LabelPath, numbers: range, span: Span) -> None:
        """Note the numbers that a folded repeat has after its first time; they grow in a scope."""
        self._folded.setdefault(scope, []).append((numbers, span))

    def of_repeat(self, path: LabelPath) -> Span | None:
        """The folded repeat one of whose steps, or scopes of steps, has this path."""
        if self._folded:
            for depth, part in enumerate(path):
                folded = self._folded.get(path[:depth])
                if folded and (number := step_number(part)) is not None:
                    place = bisect_right(folded, number, key=_start) - 1
                    if place >= 0 and number in folded[place][0]:
                        return folded[place][1]
        return None

    def of_label(self, scope: LabelPath, numbers: range) -> tuple[int, Span] | None:
        """The first label in a scope that is one of some numbers, and its place."""
        ahead = self._ahead.get(scope, [])
        place = bisect_left(ahead, numbers.start, key=_number)
        return ahead[place] if place < len(ahead) and ahead[place][0] in numbers else None
