"""The trials of a search as points with a score, for its pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import ceil, floor, isfinite, log10

from netlang.recipes.spaces.written import Dimension, Options
from netlang.recipes.words.spaces import NumberSpace
from netlang.searching.question import Question
from netlang.searching.trial import TrialResult
from netlang.targets.comparing import SearchAxis, SearchPoint, SearchPoints

__all__ = ["points_of"]

# Powers of ten that are written along an axis.
_MOST_DECADES = 6


def points_of(question: Question, ranked: Iterable[TrialResult]) -> SearchPoints:
    """What is drawn of a search whose results are `ranked`, the best first."""
    known = question.known
    shown = [each for each in ranked if not each.failed and isfinite(each.error)]
    accuracy = all(each.scores.get("validation accuracy") is not None for each in shown)
    score = "validation accuracy" if accuracy else question.score
    first = [each for key, each in sorted(known.results.items()) if key[1] == 0]
    whole = [each for each in first if not question.method.is_final(each.trial)] or first
    dimensions: dict[str, Dimension] = {}
    for trial in known.trials.values():
        dimensions |= {each.name: each for each in trial.dimensions if each.name not in dimensions}
    axes = tuple(SearchAxis(each.name, tuple(_ticks(each))) for each in dimensions.values())

    def points(results: Iterable[TrialResult]) -> Iterator[SearchPoint]:
        for each in results:
            value = each.scores.get(score)
            if value is not None and not each.failed:
                yield SearchPoint(known.trials[each.trial].positions(), value)

    return SearchPoints(axes, score, not accuracy, tuple(points(shown)), tuple(points(whole)))


def _ticks(dimension: Dimension) -> Iterator[tuple[float, str]]:
    """Positions along an axis with what they stand for."""
    space = dimension.space
    if isinstance(space, Options):
        for place, text in enumerate(space.texts):
            yield space.position(place), text.partition("(")[0]
        return
    yield 0.0, f"{space.low:.3g}"
    yield from _between(space)
    yield 1.0, f"{space.high:.3g}"


def _between(space: NumberSpace) -> Iterator[tuple[float, str]]:
    if not space.log:
        yield 0.5, f"{(space.low + space.high) / 2:.3g}"
        return
    decades = range(ceil(log10(space.low) + 0.2), floor(log10(space.high) - 0.2) + 1)
    if len(decades) <= _MOST_DECADES:
        yield from ((space.position(10.0**each), f"{10.0**each:.3g}") for each in decades)
