"""Numbers of a scope that are taken before its steps are counted that far.

A label may be a number (`features.5`), and a folded repeat numbers steps that nobody elaborates.
Neither may take a number that the other has.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import final

from netlang.elaborate.function.labelled import LabelPath
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

    def label(self, path: LabelPath, counted: int, span: Span) -> None:
        """Note the path of a step or scope if it is a number that isn't `counted` yet."""
        last = path[-1]
        if last.isascii() and last.isdigit() and int(last) >= counted:
            insort(self._ahead.setdefault(path[:-1], []), (int(last), span), key=_number)

    def fold(self, scope: LabelPath, numbers: range, span: Span) -> None:
        """Note the numbers that a folded repeat has after its first time; they grow in a scope."""
        self._folded.setdefault(scope, []).append((numbers, span))

    def of_repeat(self, path: LabelPath) -> Span | None:
        """The folded repeat one of whose steps, or scopes of steps, has this path."""
        if self._folded:
            for depth, number in enumerate(path):
                folded = self._folded.get(path[:depth])
                if folded and number.isascii() and number.isdigit():
                    place = bisect_right(folded, int(number), key=_start) - 1
                    if place >= 0 and int(number) in folded[place][0]:
                        return folded[place][1]
        return None

    def of_label(self, scope: LabelPath, numbers: range) -> tuple[int, Span] | None:
        """The first label in a scope that is one of some numbers, and its place."""
        ahead = self._ahead.get(scope, [])
        place = bisect_left(ahead, numbers.start, key=_number)
        return ahead[place] if place < len(ahead) and ahead[place][0] in numbers else None
