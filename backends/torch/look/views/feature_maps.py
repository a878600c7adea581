"""Feature maps by step: what each of some steps makes of the image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, final

import torch
from torch import Tensor

from netlang.backends.pictures import draw_into
from netlang.backends.torch.look.choice import MapStep, map_steps
from netlang.backends.torch.look.drawing import bare, draw_input, titled
from netlang.backends.torch.look.subject import Subject
from netlang.backends.torch.look.views.view import NetView
from netlang.targets.looking import ViewSeen

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

__all__ = ["FeatureMaps", "liveliest"]

_STEPS, _CHANNELS = 6, 8


@final
class FeatureMaps(NetView):
    name: ClassVar[str] = "maps"
    title: ClassVar[str] = "Feature maps by step"
    about: ClassVar[str] = (
        "What steps make of the image, from the first to the last. Of each step, the channels that "
        "vary most over the image are shown, each scaled by itself from its least value (dark) to "
        "its greatest (bright). Without --step, it is the last step of each size of map. Of a "
        "signal, a row is a channel, and all channels of a step share one scale."
    )

    def look(self, subject: Subject) -> ViewSeen:
        steps = map_steps(subject, _STEPS)
        net = subject.watched(*(step.ref for step in steps))
        with torch.no_grad():
            values, _ = net(subject.example.inputs)
        ordered = [
            value.permute(step.order)[0].float().cpu().reshape(step.channels, *step.sizes)
            for step, value in zip(steps, values, strict=True)
        ]
        rows: list[tuple[str, ...]] = []
        heads = ("step", "channels", "places", "least", "mean", "greatest")
        for step, value in zip(steps, ordered, strict=True):
            ends = (value.min(), value.mean(), value.max())
            places = " x ".join(map(str, step.sizes))
            rows.append(
                (step.title, str(step.channels), places, *(f"{float(each):.3g}" for each in ends))
            )
        pictures = _drawn(subject, steps, ordered)
        return self.seen(
            "1 step" if len(steps) == 1 else f"{len(steps)} steps", pictures, (heads, *rows)
        )


def liveliest(value: Tensor, most: int) -> list[int]:
    """The channels of ``[C, *places]`` that vary most over the places, in their order."""
    spread = value.flatten(1).var(1, unbiased=False)
    order = spread.argsort(descending=True, stable=True)[:most]
    return sorted(order.tolist())


def _drawn(
    subject: Subject, steps: Sequence[MapStep], values: Sequence[Tensor]
) -> tuple[Path, ...]:
    shown = subject.example.shown
    if shown.dim() == 2:
        return draw_into(
            subject.options.folder, "maps", (8.0, 1.2 + 1.4 * len(steps)),
            lambda figure: _signals(figure, shown, steps, values),
        )  # fmt: skip

    def fill(figure: Figure) -> None:
        parts = figure.subfigures(len(steps), 1, squeeze=False)[:, 0]
        for part, step, value in zip(parts, steps, values, strict=True):
            _row(part, step, value)

    return draw_into(subject.options.folder, "maps", (9.6, 1.6 * len(steps)), fill)


def _row(figure: SubFigure, step: MapStep, value: Tensor) -> None:
    figure.suptitle(step.title, fontsize=9.0, x=0.01, ha="left")
    for axes, channel in zip(
        figure.subplots(1, _CHANNELS, squeeze=False)[0], liveliest(value, _CHANNELS), strict=False
    ):
        axes.imshow(value[channel].numpy(), cmap="viridis")
        titled(axes, str(channel), 7.0)
    for axes in figure.axes:
        bare(axes)
        axes.set_frame_on(bool(axes.images))


def _signals(
    figure: Figure, shown: Tensor, steps: Sequence[MapStep], values: Sequence[Tensor]
) -> None:
    first, *others = figure.subplots(len(steps) + 1, 1)
    draw_input(first, shown)
    titled(first, "the input")
    for axes, step, value in zip(others, steps, values, strict=True):
        found = axes.imshow(value.numpy(), cmap="viridis", aspect="auto", interpolation="nearest")
        titled(axes, step.title)
        axes.set_ylabel("channel", fontsize=7.0)
        axes.set_xticks([])
        figure.colorbar(found, ax=axes)
