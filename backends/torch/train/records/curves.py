"""`curves.svg`: loss and accuracy of a run over its steps."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from netlang.backends.torch.train.storage import Json, write_text
from netlang.targets import needs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_curves", "require_drawing"]


def require_drawing() -> None:
    """Raise `NetlangError` before a run rather than after it where Matplotlib isn't installed.

    It isn't loaded: that would delay the first step.
    """
    with needs("data"):
        if find_spec("matplotlib") is None:
            raise ModuleNotFoundError(name="matplotlib")


def draw_curves(path: Path, records: Iterable[Mapping[str, Json]], title: str) -> None:
    """Draw the records of a run."""
    # The figure's own canvas: no window system is touched and no global state kept.
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    kept = list(records)
    with rc_context({"svg.hashsalt": "netlang", "svg.fonttype": "none"}):
        figure = Figure(figsize=(10.0, 3.6), layout="constrained")
        canvas = FigureCanvasSVG(figure)
        scored = any("validation_accuracy" in record for record in kept)
        axes = figure.subplots(1, 2 if scored else 1, squeeze=False)[0]
        _draw_losses(axes[0], kept)
        if scored:
            _draw_accuracy(axes[1], kept)
        figure.suptitle(title)
        text = io.StringIO()
        canvas.print_svg(text, metadata={"Date": None})  # type: ignore[no-untyped-call]
    write_text(path, text.getvalue())


def _series(records: list[Mapping[str, Json]], key: str) -> tuple[list[float], list[float]]:
    steps, values = [], []
    for record in records:
        step, value = record.get("step"), record.get(key)
        if isinstance(step, int) and isinstance(value, int | float):
            steps.append(float(step))
            values.append(float(value))
    return steps, values


def _draw_losses(axes: Axes, records: list[Mapping[str, Json]]) -> None:
    train, held = _series(records, "loss"), _series(records, "validation_loss")
    axes.plot(*train, color="#9ab6d6", linewidth=0.8, label="training")
    if held[0]:
        axes.plot(*held, color="#1f4e8c", linewidth=1.5, label="validation")
    if all(value > 0.0 for value in (*train[1], *held[1])):
        axes.set_yscale("log")
    axes.set(xlabel="step", ylabel="loss")
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)


def _draw_accuracy(axes: Axes, records: list[Mapping[str, Json]]) -> None:
    steps, values = _series(records, "validation_accuracy")
    percent = [100.0 * value for value in values]
    axes.plot(steps, percent, color="#1f4e8c", linewidth=1.5)
    axes.set(xlabel="step", ylabel="validation accuracy in %")
    axes.grid(alpha=0.3)
