"""Pictures of the range test and of the layers, as .svg and .png."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from netlang.backends.pictures import draw_into
from netlang.backends.torch.train.records.drawing import DARK, PALE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["LayerDrawn", "RangeDrawn", "draw_layers", "draw_rates"]

_RED = "#b3261e"
_MOST_NAMES = 40


class LayerDrawn(Protocol):
    """What is drawn of a layer."""

    @property
    def label(self) -> str: ...
    @property
    def operator(self) -> str: ...
    @property
    def mean(self) -> float: ...
    @property
    def deviation(self) -> float: ...
    @property
    def gradient(self) -> float | None: ...
    @property
    def dead(self) -> float | None: ...
    @property
    def saturated(self) -> float | None: ...


class RangeDrawn(Protocol):
    """The loss of each step of a range test, as it was and smoothed, and the rate it suggests."""

    @property
    def rates(self) -> Sequence[float]: ...
    @property
    def losses(self) -> Sequence[float]: ...
    @property
    def smooth(self) -> Sequence[float]: ...
    @property
    def suggested(self) -> float | None: ...


def draw_rates(folder: Path | None, test: RangeDrawn, own: float) -> tuple[Path, ...]:
    """The losses of a range test over the rate, with the recipe's `own` rate and the suggestion."""
    smooth, suggested = test.smooth, test.suggested

    def fill(figure: Figure) -> None:
        axes = figure.subplots()
        axes.plot(test.rates, test.losses, color=PALE, linewidth=0.8, label="loss of a step")
        axes.plot(test.rates, smooth, color=DARK, linewidth=1.5, label="smoothed")
        _logarithmic(axes)
        top = max(smooth[0], min(max(smooth), 2 * smooth[0]))
        low = min(smooth)
        axes.set_ylim(low - 0.1 * (top - low), top + 0.1 * (top - low))
        axes.axvline(own, color="black", linestyle="--", linewidth=1.0, label="the recipe's rate")
        if suggested is not None:
            axes.axvline(suggested, color=_RED, linewidth=1.0, label="suggested")
        axes.set_xlabel("learning rate")
        axes.set_ylabel("loss")
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)

    return () if folder is None else draw_into(folder, "rates", (6.0, 3.8), fill)


def draw_layers(
    folder: Path | None, layers: Sequence[LayerDrawn], name: str = "layers"
) -> tuple[Path, ...]:
    """Activations, gradients and shares of dead and saturated units, one layer below the other."""

    def fill(figure: Figure) -> None:
        one, two, three = figure.subplots(1, 3, sharey=True)
        places = list(range(len(layers)))
        means = [each.mean for each in layers]
        spread = [each.deviation for each in layers]
        one.errorbar(means, places, xerr=spread, fmt="o", color=DARK, ecolor=PALE, markersize=3)
        one.set_xlabel("mean ± deviation of the values")
        known = [(each.gradient, place) for place, each in enumerate(layers) if each.gradient]
        if known:
            two.plot(*zip(*known, strict=True), "o-", color=DARK, markersize=3)
            _logarithmic(two)
        two.set_xlabel("length of the gradient")
        _draw_shares(three, layers)
        for axes in (one, two, three):
            axes.grid(alpha=0.3)
        names = [f"{each.label}: {each.operator}" for each in layers]
        every = -(-len(layers) // _MOST_NAMES)
        one.set_yticks(places[::every], names[::every])
        one.invert_yaxis()

    height = min(14.0, 1.6 + 0.22 * len(layers))
    return () if folder is None else draw_into(folder, name, (11.0, height), fill)


def _logarithmic(axes: Axes) -> None:
    """A logarithmic axis with plain numbers: formulas aren't read here."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    least, greatest = axes.get_xlim()
    if greatest < 100 * least:
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _draw_shares(axes: Axes, layers: Sequence[LayerDrawn]) -> None:
    for kind, color in (("dead", _RED), ("saturated", PALE)):
        shares = [each.dead if kind == "dead" else each.saturated for each in layers]
        known = [(place, share) for place, share in enumerate(shares) if share is not None]
        if known:
            axes.barh(
                [place for place, _ in known],
                [100 * share for _, share in known],
                color=color,
                height=0.6,
                label=kind,
            )
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of units in %")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False)
