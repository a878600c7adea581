"""What the views draw with: images and signals, and maps over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

import torch
from torch import Tensor
from torch.nn import functional as F

from netlang.backends.torch.train.records.drawing import DARK
from netlang.diagnostics.texts import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

__all__ = [
    "MAP_SIZE",
    "RED",
    "bare",
    "draw_input",
    "draw_maps",
    "mark",
    "titled",
    "upsampled",
]

RED = "#b3261e"
MAP_SIZE = (10.4, 3.4)
_LINES = 4


def titled(axes: Axes, text: str, size: float = 8.0, longest: int = 44) -> None:
    """A short title above some axes; the text may come from a file."""
    text = visible(text)
    axes.set_title(text if len(text) <= longest else f"{text[: longest - 1]}…", fontsize=size)


def bare(axes: Axes) -> None:
    """No ticks, but a frame."""
    axes.set_xticks([])
    axes.set_yticks([])


def draw_input(axes: Axes, shown: Tensor) -> None:
    """An image ``[C, H, W]`` in 0..1 or any range, or a signal ``[C, L]``."""
    bare(axes)
    if shown.dim() == 2:
        for channel in shown[:_LINES]:
            axes.plot(channel.numpy(), color=DARK, linewidth=1.0)
        axes.set_xlim(-0.5, shown.shape[1] - 0.5)
        return
    pixels = shown if len(shown) == 3 else shown.mean(0, keepdim=True)
    low, high = float(pixels.min()), float(pixels.max())
    if low < 0.0 or high > 1.0:
        pixels = (pixels - low) / max(high - low, 1e-12)
    if len(pixels) == 3:
        axes.imshow(pixels.permute(1, 2, 0).numpy())
    else:
        axes.imshow(pixels[0].numpy(), cmap="gray", vmin=0.0, vmax=max(1e-12, float(pixels.max())))


def draw_maps(
    figure: Figure, example: tuple[str, Tensor], map: tuple[str, Tensor], *, signed: bool = False
) -> None:
    """An example beside its map ``[*places]``, and the map over it; each with its title.

    What is 0 has the first colour, or the middle one of a `signed` map, and doesn't hide the image.
    A signal has its map behind it.
    """
    (name, shown), (title, heat) = example, map
    if heat.dim() == 1:
        axes = figure.subplots()
        draw_input(axes, shown)
        titled(axes, f"{name}; {title}", longest=100)
        figure.colorbar(_behind(axes, heat, signed), ax=axes, shrink=0.8)
        return
    one, two, three = figure.subplots(1, 3)
    draw_input(one, shown)
    titled(one, name)
    found = two.imshow(heat.numpy(), **_scale(heat, signed))
    bare(two)
    titled(two, title)
    figure.colorbar(found, ax=two, shrink=0.7)
    draw_input(three, shown.mean(0, keepdim=True))
    share = heat.abs() / max(float(heat.abs().max()), 1e-12)
    three.imshow(heat.numpy(), alpha=(0.75 * share).numpy(), **_scale(heat, signed))


def _behind(axes: Axes, heat: Tensor, signed: bool) -> AxesImage:
    """A map behind a signal that is drawn."""
    low, high = axes.get_ylim()
    ends = (-0.5, len(heat) - 0.5, low, high)
    found = axes.imshow(
        heat[None].numpy(), extent=ends, aspect="auto", alpha=0.75, **_scale(heat, signed)
    )
    axes.set_ylim(low, high)
    return found


class _Scale(TypedDict):
    cmap: str
    vmin: float
    vmax: float


def _scale(heat: Tensor, signed: bool) -> _Scale:
    most = max(float(heat.abs().max()), 1e-12)
    colors = "RdBu_r" if signed else "inferno" if heat.dim() == 2 else "Reds"
    return _Scale(cmap=colors, vmin=-most if signed else 0.0, vmax=most)


def mark(axes: Axes, windows: Sequence[tuple[int, int]], color: str = RED) -> None:
    """A frame around a part of an image, or a band behind a part of a signal."""
    from matplotlib.patches import Rectangle

    if len(windows) == 1:
        ((low, high),) = windows
        axes.axvspan(low - 0.5, high + 0.5, color=color, alpha=0.18)
        return
    (top, bottom), (left, right) = windows
    place = (left - 0.5, top - 0.5)
    frame = Rectangle(
        place, right - left + 1, bottom - top + 1, fill=False, color=color, linewidth=1.4
    )
    axes.add_patch(frame)


def upsampled(heat: Tensor, places: Sequence[int]) -> Tensor:
    """A map at the size of the input, by (bi)linear interpolation between centres of places."""
    kind = "linear" if heat.dim() == 1 else "bilinear"
    found: Tensor = F.interpolate(heat[None, None], tuple(places), mode=kind, align_corners=False)
    return found[0, 0].to(torch.float32)
