"""Saliency: how much the score of a class changes with each pixel."""

from __future__ import annotations

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

__all__ = ["Saliency", "saliency"]


@final
class Saliency(NetView):
    name: ClassVar[str] = "saliency"
    title: ClassVar[str] = "Saliency"
    about: ClassVar[str] = (
        "Bright pixels are those whose change would change the score of the class most: the "
        "absolute gradient of the score by each pixel, of its channels the greatest. Simonyan, "
        "Vedaldi, Zisserman 2013, arXiv:1312.6034."
    )

    def look(self, subject: Subject) -> ViewSeen:
        heat = saliency(subject, subject.target)
        shown = subject.example.shown
        if not heat.any():
            return self.seen(f"the score of {subject.targeted} has no gradient by the input", ())

        def fill(figure: Figure) -> None:
            example = subject.example.name, shown
            draw_maps(figure, example, (subject.targeted, heat))

        place = [int(each) for each in torch.unravel_index(heat.argmax(), heat.shape)]
        return self.seen(
            f"{subject.targeted}; the gradient is greatest, {float(heat.max()):.3g}, at "
            f"place {', '.join(map(str, place))}",
            draw_into(subject.options.folder, "saliency", MAP_SIZE, fill),
        )


def saliency(subject: Subject, target: int) -> Tensor:
    """The greatest absolute gradient ``[*places]`` of a class's score by a place's channels."""
    first, *others = subject.example.inputs
    if not first.is_floating_point():
        raise LeftOut("the net's input is whole numbers")
    if subject.example.shown.dim() > 3:
        raise LeftOut("the net's input is neither an image nor a signal")
    first = first.detach().clone().requires_grad_()
    with torch.backends.cudnn.flags(enabled=False):
        _, outputs = subject.watched()((first, *others))
        score = subject.scores.scores(outputs)[0, target]
        if not score.requires_grad:
            raise LeftOut("no gradient reaches the input")
        (gradient,) = torch.autograd.grad(score, first)
    found = gradient[0].abs().float().cpu()
    return found if found.dim() == 1 else found.amax(0)
