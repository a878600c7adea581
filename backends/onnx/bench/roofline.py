"""The roofline picture of a net: which steps wait for arithmetic, and which for memory.

Williams, Waterman, Patterson. Roofline: An Insightful Visual Performance Model for Multicore
Architectures. 2009.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log10
from pathlib import Path
from typing import TYPE_CHECKING

from netlang.atomic import end_of_links, replace_file
from netlang.backends.pictures import svg_and_png
from netlang.targets import needs
from netlang.targets.timing import LayerTime, LayerTimes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_roofline"]

_NAMED = 8
"""How many of the steps that take longest have their names in the picture."""
_WIDE, _HIGH = 0.6, 0.1
"""Powers of ten that a name covers."""


def draw_roofline(path: Path, times: LayerTimes) -> None:
    """Write the picture as .svg: MACs a second over MACs a byte, and what the machine allows."""
    with needs("data"):
        svg, _ = svg_and_png((8.0, 5.0), lambda figure: _fill(figure.subplots(), times))
    replace_file(end_of_links(path), svg, flushed=False)


def _fill(axes: Axes, times: LayerTimes) -> None:
    steps = [step for step in times.steps if step.macs and step.traffic and step.seconds]
    whole = sum(step.seconds for step in times.steps)
    intensity = [step.macs / step.traffic for step in steps]
    speed = [step.macs / step.seconds / 1e9 for step in steps]
    areas = [20.0 + 2000.0 * step.seconds / whole for step in steps]
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.scatter(intensity, speed, s=areas, color="#1f4e8c", alpha=0.5, linewidths=0)
    longest = sorted(range(len(steps)), key=lambda place: -steps[place].seconds)[:_NAMED]
    for place in _apart(longest, intensity, speed):
        axes.annotate(
            steps[place].step, (intensity[place], speed[place]),
            xytext=(6, 6), textcoords="offset points", fontsize=8,
        )  # fmt: skip
    _roof(axes, steps, times)
    axes.set_xlabel("MACs a byte of inputs, weights and results")
    axes.set_ylabel("billion MACs a second")
    axes.set_title(f"{times.name} {times.inputs}: areas are shares of the time")
    axes.grid(alpha=0.3)


def _apart(places: list[int], xs: list[float], ys: list[float]) -> Iterator[int]:
    """Those of the places whose names don't cover those before them."""
    named: list[tuple[float, float]] = []
    for place in places:
        x, y = log10(xs[place]), log10(ys[place])
        if not any(abs(x - left) < _WIDE and abs(y - low) < _HIGH for left, low in named):
            named.append((x, y))
            yield place


def _roof(axes: Axes, steps: list[LayerTime], times: LayerTimes) -> None:
    """The least of what memory and arithmetic allow."""
    ridge = times.peak / times.bandwidth
    ends = [ridge, *(step.macs / step.traffic for step in steps)]
    left, right = min(ends) / 2, max(ends) * 2
    xs = [left, ridge, right]
    ys = [min(times.peak, x * times.bandwidth) / 1e9 for x in xs]
    axes.plot(xs, ys, color="black", linewidth=1.0)
    label = f"{times.peak / 1e9:.0f} billion MACs a second"
    axes.annotate(label, (right, ys[2]), xytext=(-4, 4), textcoords="offset points", ha="right")
    label = f"{times.bandwidth / 1e9:.1f} GB a second, copied by one thread"
    axes.annotate(
        label, (left, ys[0]), xytext=(8, 0), textcoords="offset points", va="center", fontsize=8
    )
