"""Occlusion: how much less probable a class is while a part of the image is hidden."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, ClassVar, final

import torch
from torch import Tensor

from netlang.backends.pictures import draw_into
from netlang.backends.torch.look.drawing import MAP_SIZE, draw_maps
from netlang.backends.torch.look.subject import LeftOut, Subject
from netlang.backends.torch.look.views.view import NetView
from netlang.targets.looking import ViewSeen

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Occlusion", "occlusion", "patches"]

_AT_ONCE = 64


@final
class Occlusion(NetView):
    name: ClassVar[str] = "occlusion"
    title: ClassVar[str] = "Occlusion"
    about: ClassVar[str] = (
        "Where hiding a part of the input costs the class probability (red) or gives it some "
        "(blue). A patch of the input's mean in each channel slides over it; each pixel shows the "
        "mean loss over the patches that hide it. Zeiler, Fergus 2013, arXiv:1311.2901."
    )

    def look(self, subject: Subject) -> ViewSeen:
        shown = subject.example.shown
        if shown.dim() > 3:
            raise LeftOut("the net's input is neither an image nor a signal")
        sides, steps = patches(shown.shape[1:])
        heat = occlusion(subject, subject.target, sides, steps)

        def fill(figure: Figure) -> None:
            example = subject.example.name, shown
            draw_maps(figure, example, (subject.targeted, heat), signed=True)

        size, step = (" x ".join(map(str, each)) for each in (sides, steps))
        return self.seen(
            f"{subject.targeted}; a patch of {size}, moved by {step}, costs it up to "
            f"{100 * max(0.0, float(heat.max())):.2g} points",
            draw_into(subject.options.folder, "occlusion", MAP_SIZE, fill),
        )


def patches(places: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The sides of the patch, a quarter of the input but 3 at least, and a quarter as its moves."""
    sides = tuple(min(place, max(3, round(place / 4))) for place in places)
    return sides, tuple(max(1, side // 4) for side in sides)


@torch.no_grad()
def occlusion(subject: Subject, target: int, sides: Sequence[int], steps: Sequence[int]) -> Tensor:
    """The mean loss of probability ``[*places]`` over the patches that hide a place."""
    first, *others = subject.example.inputs
    vector = first.dim() == 2
    whole = first[:, None] if vector else first
    gray = whole.float().mean(tuple(range(2, whole.dim())), keepdim=True).to(whole.dtype)
    places = whole.shape[2:]
    starts = [_starts(*each) for each in zip(places, sides, steps, strict=True)]
    regions = [
        tuple(slice(at, at + side) for at, side in zip(start, sides, strict=True))
        for start in product(*starts)
    ]
    net = subject.watched()
    total, count = torch.zeros(places), torch.zeros(places)
    before = float(subject.shares[target])
    for begin in range(0, len(regions), _AT_ONCE):
        some = regions[begin : begin + _AT_ONCE]
        hidden = whole.repeat(len(some), *(1,) * (whole.dim() - 1))
        for one, region in zip(hidden, some, strict=True):
            one[(slice(None), *region)] = gray[0]
        given = hidden[:, 0] if vector else hidden
        _, outputs = net((given, *(each.repeat_interleave(len(some), 0) for each in others)))
        left = subject.scores.shares(outputs)[:, target].double().cpu()
        for share, region in zip(left.tolist(), some, strict=True):
            total[region] += before - share
            count[region] += 1
    return total / count


def _starts(place: int, side: int, step: int) -> list[int]:
    """Where patches begin along an axis: the last one ends with it."""
    last = place - side
    return sorted({*range(0, last + 1, step), last})
