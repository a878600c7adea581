"""The examples of a data set that a channel answers most, and where in them it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, final

import torch
from torch import Tensor

from netlang.backends.pictures import draw_into
from netlang.backends.torch.look.choice import MapStep, map_steps, spread
from netlang.backends.torch.look.drawing import draw_input, mark, titled
from netlang.backends.torch.look.subject import Subject
from netlang.backends.torch.look.views.field import window
from netlang.backends.torch.look.views.view import NetView
from netlang.targets.looking import ViewSeen

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ChannelMaxima", "Strongest", "channel_maxima"]

_STEPS, _CHANNELS, _EXAMPLES = 3, 4, 6
_EVERY = 20


@final
@dataclass(frozen=True, eq=False)
class ChannelMaxima:
    """The greatest value of each channel of a step in each example, ``[n, C]``, and its place.

    `places` are numbers of places, row by row, ``[n, C]``; the place is the first of equals.
    """

    step: MapStep
    values: Tensor
    places: Tensor

    def strongest(self, channel: int, most: int) -> list[int]:
        """The examples with the greatest values of a channel."""
        order = self.values[:, channel].argsort(descending=True, stable=True)
        return [int(each) for each in order[:most]]

    def channels(self, most: int) -> list[int]:
        """The channels with the greatest values of all, in their order."""
        order = self.values.amax(0).argsort(descending=True, stable=True)[:most]
        return sorted(int(each) for each in order)

    def place(self, example: int, channel: int) -> tuple[int, ...]:
        """Where a channel has its greatest value in an example."""
        found = torch.unravel_index(self.places[example, channel], self.step.sizes)
        return tuple(int(each) for each in found)


@final
class Strongest(NetView):
    name: ClassVar[str] = "strongest"
    title: ClassVar[str] = "Maximal activations"
    about: ClassVar[str] = (
        "The examples of the data in which a channel has its greatest values: what it has learned "
        "to find. The frame is the receptive field of the element with the value above it. A row "
        "is a channel; the channels with the greatest values of all are shown. Zeiler, Fergus "
        "2013, arXiv:1311.2901, figure 2. Without --step, there are three steps."
    )

    def look(self, subject: Subject) -> ViewSeen:
        steps = spread(map_steps(subject, len(subject.flat.net.nodes)), _STEPS)
        found = channel_maxima(subject, steps)
        pictures: tuple[Path, ...] = ()
        rows = [("step", "channel", "greatest", "mean", "examples above half")]
        for number, maxima in enumerate(found):
            channels = maxima.channels(_CHANNELS)
            for channel in channels:
                values = maxima.values[:, channel]
                most = float(values.max())
                above = int((values > most / 2).sum())
                figures = (f"{most:.3g}", f"{float(values.mean()):.3g}", str(above))
                rows.append((maxima.step.title, str(channel), *figures))
            name = f"strongest_{number + 1}"
            pictures += _drawn(subject, maxima, channels, name)
        about = f"{len(found[0].values):,} examples of the {subject.options.split} part"
        return self.seen(about, pictures, tuple(rows))


@torch.no_grad()
def channel_maxima(subject: Subject, steps: Sequence[MapStep]) -> list[ChannelMaxima]:
    """The maxima over all places of some steps in the examples of the sample."""
    net = subject.watched(*(step.ref for step in steps))
    values: list[list[Tensor]] = [[] for _ in steps]
    places: list[list[Tensor]] = [[] for _ in steps]
    for count, inputs in enumerate(subject.batches()):
        if count % _EVERY == _EVERY - 1:
            subject.say(f"looked at {sum(map(len, values[0])):,} examples")
        made, _ = net(inputs)
        for number, (step, value) in enumerate(zip(steps, made, strict=True)):
            flat = value.permute(step.order).reshape(len(value), step.channels, -1)
            most, place = flat.float().max(2)
            values[number].append(most.cpu())
            places[number].append(place.cpu())
    return [
        ChannelMaxima(step, torch.cat(most), torch.cat(place))
        for step, most, place in zip(steps, values, places, strict=True)
    ]


def _drawn(
    subject: Subject, maxima: ChannelMaxima, channels: Sequence[int], name: str
) -> tuple[Path, ...]:
    examples = [maxima.strongest(channel, _EXAMPLES) for channel in channels]
    numbers = sorted({each for own in examples for each in own})
    shown = dict(zip(numbers, subject.shown(numbers), strict=True))

    def fill(figure: Figure) -> None:
        figure.suptitle(maxima.step.title, fontsize=9.0)
        places = figure.subplots(len(channels), len(examples[0]), squeeze=False)
        for row, channel, own in zip(places, channels, examples, strict=True):
            for axes, example in zip(row, own, strict=True):
                draw_input(axes, shown[example])
                windows = window(maxima.step, maxima.place(example, channel))
                if windows is not None:
                    mark(axes, windows)
                label = subject.label(subject.sample.examples, example)
                value = f"{float(maxima.values[example, channel]):.3g}"
                titled(axes, f"{value} ({label})" if label else value, 7.0)
            row[0].set_ylabel(f"channel {channel}", fontsize=7.0)

    signal = next(iter(shown.values())).dim() == 2
    height = 1.0 if signal else 1.45
    return draw_into(subject.options.folder, name, (8.4, 0.5 + height * len(channels)), fill)
