"""`curves.svg` and `curves.png`: loss, accuracy and learning rate of a run over its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from netlang.backends.torch.train.records.drawing import DARK, PALE, draw
from netlang.backends.torch.train.storage import Json

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_curves"]

_Panel: TypeAlias = Callable[["Axes", list[Mapping[str, Json]]], None]


def draw_curves(
    path: Path, records: Iterable[Mapping[str, Json]], title: str, turns: Sequence[str] = ()
) -> None:
    """Draw the records of a run, with the loss of each of the `turns`."""
    kept = list(records)
    panels: list[_Panel] = [partial(_draw_losses, turns=turns), _draw_rate]
    if any({"accuracy", "validation_accuracy"} & record.keys() for record in kept):
        panels.insert(1, _draw_accuracy)

    def fill(figure: Figure) -> None:
        for axes, panel in zip(figure.subplots(1, len(panels)), panels, strict=True):
            panel(axes, kept)
            axes.set_xlabel("step")
            axes.grid(alpha=0.3)
        figure.suptitle(title)

    draw(path, (5.0 * len(panels), 3.6), fill)


def _series(records: list[Mapping[str, Json]], key: str) -> tuple[list[float], list[float]]:
    steps, values = [], []
    for record in records:
        step, value = record.get("step"), record.get(key)
        if isinstance(step, int) and isinstance(value, int | float):
            steps.append(float(step))
            values.append(float(value))
    return steps, values


def _draw_losses(axes: Axes, records: list[Mapping[str, Json]], turns: Sequence[str]) -> None:
    train, held = _series(records, "loss"), _series(records, "validation_loss")
    axes.plot(*train, color=PALE, linewidth=0.8, label="all steps" if turns else "training")
    each = [_series(records, f"{name}_loss") for name in turns]
    for place, (name, curve) in enumerate(zip(turns, each, strict=True), 1):
        axes.plot(*curve, color=f"C{place % 10}", linewidth=0.8, label=name)
    if held[0]:
        axes.plot(*held, color=DARK, linewidth=1.5, label="validation")
    _mark(axes, _series(records, "test_loss"))
    if all(value > 0.0 for _, values in (train, held, *each) for value in values):
        _logarithmic(axes)
    axes.set_ylabel("loss")
    axes.legend(frameon=False)


def _logarithmic(axes: Axes) -> None:
    """A logarithmic axis with plain numbers, also between powers of ten if there are few."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_yscale("log")
    least, greatest = axes.get_ylim()
    if 10 * least <= greatest < 100 * least:
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    plain = FuncFormatter(lambda value, place: f"{value:g}")
    axes.yaxis.set_major_formatter(plain)
    axes.yaxis.set_minor_formatter(plain if greatest < 10 * least else NullFormatter())


def _draw_accuracy(axes: Axes, records: list[Mapping[str, Json]]) -> None:
    train, held, test = (
        (steps, [100.0 * value for value in values])
        for steps, values in (
            _series(records, f"{part}accuracy") for part in ("", "validation_", "test_")
        )
    )
    axes.plot(*train, color=PALE, linewidth=0.8, label="training")
    if held[0]:
        axes.plot(*held, color=DARK, linewidth=1.5, label="validation")
    _mark(axes, test)
    axes.set_ylabel("accuracy in %")
    axes.legend(frameon=False)


def _draw_rate(axes: Axes, records: list[Mapping[str, Json]]) -> None:
    axes.plot(*_series(records, "lr"), color=DARK)
    axes.set_ylabel("learning rate")
    axes.set_ylim(bottom=0.0)


def _mark(axes: Axes, point: tuple[list[float], list[float]]) -> None:
    """Mark the single evaluation of the test part."""
    if point[0]:
        axes.plot(*point, "o", color="black", label="test")
