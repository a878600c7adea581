"""A path in a script: one text for all scales at which a test sees an image."""

from __future__ import annotations

from dataclasses import replace
from typing import final

from netlang.backends.torch.augment.path import AugmentationPath, Way
from netlang.backends.torch.augment.stages import PlacedStep, RegionCut, Stage
from netlang.backends.torch.invocation import Invocation
from netlang.backends.torch.runtime.regions import resize_shorter

__all__ = ["several_sizes", "sides_of", "way_of"]


@final
class _Side(int):
    """The shorter side of an image at the current scale: the variable `side` in a script."""

    def __str__(self) -> str:
        return "side"

    __repr__ = __str__


def several_sizes(path: AugmentationPath) -> bool:
    """Whether an example, or different examples, come in several sizes."""
    return path.scales > 1 or (path.images and path.ragged)


def sides_of(path: AugmentationPath) -> tuple[int, ...]:
    """The shorter sides at the scales of a path that has several."""
    return tuple(_shortest(way)[_differing(path)] for way in path.ways)


def way_of(path: AugmentationPath) -> Way:
    """The way of a path; for several scales, the one that reads `side`, at the smallest."""
    if path.scales == 1:
        return path.ways[0]
    place, least = _differing(path), min(sides_of(path))

    def named(placed: PlacedStep) -> PlacedStep:
        if placed.step.call.function is not resize_shorter or placed.place != place:
            return placed
        call = Invocation(resize_shorter, {"shortest": _Side(least), "longest": _Side(least)})
        return replace(placed, step=replace(placed.step, call=call))

    def changed(stage: Stage) -> Stage:
        return RegionCut(tuple(map(named, stage.steps))) if isinstance(stage, RegionCut) else stage

    way = path.ways[0]
    return replace(way, front=tuple(map(changed, way.front)))


def _shortest(way: Way) -> dict[int, int]:
    """The shorter sides that the steps of a way ask for, by position."""
    steps = [each for stage in way.front if isinstance(stage, RegionCut) for each in stage.steps]
    resizing = [each for each in steps if each.step.call.function is resize_shorter]
    return {each.place: int(str(each.step.call.settings["shortest"])) for each in resizing}


def _differing(path: AugmentationPath) -> int:
    """The position of the step in which the scales of a path differ."""
    first, *others = map(_shortest, path.ways)
    return next(place for place in first if any(each[place] != first[place] for each in others))
