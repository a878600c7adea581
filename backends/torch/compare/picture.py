"""Curves of several runs in one picture: the mean and the range of the runs of each recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from netlang.backends.pictures import draw_into
from netlang.backends.torch.compare.reading import RunRead

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_runs"]

_COLUMNS = {"loss": "training loss", "validation_loss": "validation loss",
            "validation_accuracy": "validation accuracy in %"}  # fmt: skip
_LONGEST_TITLE = 60


def draw_runs(folder: Path, groups: Mapping[str, Sequence[RunRead]]) -> tuple[Path, ...]:
    """`runs.svg` and `runs.png`. Raises `NetlangError` if they can't be written."""
    runs = [run for each in groups.values() for run in each]
    columns = [name for name in _COLUMNS if any(run.curve(name) for run in runs)]

    def fill(figure: Figure) -> None:
        lines: dict[object, Artist] = {}
        for axes, column in zip(np.ravel(figure.subplots(1, len(columns))), columns, strict=True):
            for place, (title, each) in enumerate(groups.items(), 1):
                _draw(axes, column, f"recipe {place}: {title}", each, f"C{(place - 1) % 10}")
            axes.set_xlabel("step")
            axes.set_ylabel(_COLUMNS[column])
            axes.grid(alpha=0.3)
            # A recipe without validation is in the first axes alone.
            lines |= {line.get_label(): line for line in axes.get_lines()}
        figure.legend(handles=lines.values(), loc="outside lower center", frameon=False)

    height = 3.6 + 0.2 * len(groups)
    return draw_into(folder, "runs", (5.0 * max(1, len(columns)), height), fill) if columns else ()


def _draw(axes: Axes, column: str, title: str, runs: Sequence[RunRead], color: str) -> None:
    """The mean of the runs at the steps that all of them have, and the range around it."""
    factor = 100.0 if column.endswith("accuracy") else 1.0
    curves = [run.curve(column) for run in runs]
    steps = sorted(set.intersection(*({*curve} for curve in curves)))
    if not steps:
        return
    values = factor * np.array([[curve[step] for step in steps] for curve in curves])
    count = f", {len(runs)} runs" if len(runs) > 1 else ""
    short = title if len(title) <= _LONGEST_TITLE else f"{title[:_LONGEST_TITLE]}..."
    axes.plot(steps, values.mean(0), color=color, linewidth=1.5, label=f"{short}{count}")
    if len(runs) > 1:
        axes.fill_between(steps, values.min(0), values.max(0), color=color, alpha=0.2, linewidth=0)
