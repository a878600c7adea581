"""Pictures of a search: its trials as lines through their values, and which values matter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netlang.backends.pictures import draw_into
from netlang.targets.comparing import SearchPoint, SearchPoints

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_search", "importances"]

# Fewer trials than these say nothing of which value matters.
_ENOUGH = 8
_ABSENT = -1.0
_REPEATS, _TREES = 10, 100
_LONGEST = 24
_BEST = "crimson"


def draw_search(points: SearchPoints, folder: Path) -> tuple[Path, ...]:
    """`parallel.svg`, `importance.svg` and the same as `.png`."""
    width = 1.6 + 1.5 * (len(points.axes) + 1)
    files = draw_into(folder, "parallel", (width, 4.0), lambda figure: _parallel(figure, points))
    found = importances(points)
    if found:
        height = 1.2 + 0.35 * len(found)
        files += draw_into(
            folder, "importance", (6.0, height), lambda figure: _importance(figure, found, points)
        )
    return files


def importances(points: SearchPoints) -> dict[str, tuple[float, float]]:
    """How much worse a random forest tells the scores when the values of an axis are shuffled.

    The mean and deviation for each axis (Breiman 2001, Random Forests, section 10), as shares of
    the sum of all means. None for few trials, or where no axis tells anything.
    """
    if len(points.alike) < _ENOUGH or len(points.axes) < 2:
        return {}
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance

    rows = [[p.positions.get(axis.name, _ABSENT) for axis in points.axes] for p in points.alike]
    values, scores = np.array(rows), np.array([each.score for each in points.alike])
    forest = RandomForestRegressor(_TREES, random_state=0).fit(values, scores)
    found = permutation_importance(forest, values, scores, n_repeats=_REPEATS, random_state=0)
    means = np.maximum(found["importances_mean"], 0.0)
    total = means.sum()
    if not total:
        return {}
    means, apart = means / total, found["importances_std"] / total
    return {
        axis.name: (float(mean), float(std))
        for axis, mean, std in zip(points.axes, means, apart, strict=True)
    }


def _parallel(figure: Figure, points: SearchPoints) -> None:
    """A vertical axis for each dimension, the score on the last; the best trial stands out."""
    axes = figure.add_subplot()
    scores = np.array([each.score for each in points.trials])
    heights = _heights(scores)
    last = len(points.axes)
    for each, height in reversed([*zip(points.trials, heights, strict=True)]):
        places, values = _line(each, points, float(height))
        best = each is points.trials[0]
        goodness = 1.0 - height if points.error else height
        for part in range(len(places) - 1):
            axes.plot(
                places[part : part + 2],
                values[part : part + 2],
                color=_BEST if best else _color(float(goodness)),
                linewidth=2.2 if best else 1.0,
                alpha=1.0 if best else 0.7,
                marker="o" if best else None,
                markersize=4,
                # Past an axis that the trial hasn't.
                linestyle="-" if places[part + 1] == places[part] + 1 else ":",
            )
    for place, axis in enumerate(points.axes):
        _scale(axes, place, axis.ticks)
    low, high = scores.min(), scores.max()
    ends = [(0.0, low), (0.5, low / 2 + high / 2), (1.0, high)] if high > low else [(0.5, low)]
    _scale(axes, last, tuple((height, f"{score:.3g}") for height, score in ends))
    names = [_cut(each.name) for each in points.axes] + [points.score]
    axes.set_xticks(range(last + 1), names)
    axes.tick_params(axis="x", length=0, pad=8)
    axes.set(xlim=(-0.15, last + 0.45), ylim=(-0.04, 1.04), yticks=[])
    for side in axes.spines.values():
        side.set_visible(False)


def _heights(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = scores.min(), scores.max()
    # Halves, since the difference of large scores may be infinite.
    apart = high / 2 - low / 2
    return (scores / 2 - low / 2) / apart if apart > 0 else np.full_like(scores, 0.5)


def _line(each: SearchPoint, points: SearchPoints, height: float) -> tuple[list[int], list[float]]:
    """The line of a trial, past the axes that it hasn't."""
    found = [
        (place, each.positions[axis.name])
        for place, axis in enumerate(points.axes)
        if axis.name in each.positions
    ]
    found.append((len(points.axes), height))
    return [place for place, _ in found], [value for _, value in found]


def _color(goodness: float) -> tuple[float, float, float, float]:
    from matplotlib import colormaps

    red, green, blue, opacity = colormaps["viridis_r"](0.05 + 0.9 * goodness)
    return (red, green, blue, opacity)


def _scale(axes: Axes, place: int, ticks: tuple[tuple[float, str], ...]) -> None:
    axes.axvline(place, color="black", linewidth=0.8)
    for height, text in ticks:
        axes.plot([place, place + 0.03], [height, height], color="black", linewidth=0.8)
        axes.text(
            place + 0.05,
            height,
            _cut(text),
            fontsize=8,
            va="center",
            bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 0.5},
        )


def _importance(
    figure: Figure, found: dict[str, tuple[float, float]], points: SearchPoints
) -> None:
    """A bar for each dimension, the most important on top."""
    axes = figure.add_subplot()
    order = sorted(found, key=lambda name: found[name][0])
    means, apart = ([found[name][part] for name in order] for part in (0, 1))
    axes.barh([_cut(name) for name in order], means, xerr=apart, color="C0", height=0.7)
    axes.set_xlim(left=0.0)
    axes.set_xlabel(f"share of what matters for the {points.score}")
    axes.grid(alpha=0.3, axis="x")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
