"""Grad-CAM: where the evidence for a class is, as a late step sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

import torch
from torch import Tensor

from netlang.backends.pictures import draw_into
from netlang.backends.torch.look.choice import MapStep, last_map
from netlang.backends.torch.look.drawing import MAP_SIZE, draw_maps, upsampled
from netlang.backends.torch.look.subject import LeftOut, Subject
from netlang.backends.torch.look.views.view import NetView
from netlang.targets.looking import ViewSeen

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["GradCam", "grad_cam"]


@final
class GradCam(NetView):
    name: ClassVar[str] = "gradcam"
    title: ClassVar[str] = "Grad-CAM"
    about: ClassVar[str] = (
        "Bright places speak for the class. Each channel of the step is weighted by the mean, over "
        "the places, of the gradient of the class's score by it; what the weighted sum of the "
        "channels has above 0 is shown, interpolated to the size of the input. Selvaraju et al. "
        "2017, arXiv:1610.02391. Without --step, it is the last step whose output is a map."
    )

    def look(self, subject: Subject) -> ViewSeen:
        step = last_map(subject)
        heat = grad_cam(subject, step, subject.target)
        shown = subject.example.shown
        if not heat.any():
            return self.seen(f"nothing in {step.title} speaks for {subject.targeted}", ())
        whole = upsampled(heat, shown.shape[1:])

        def fill(figure: Figure) -> None:
            example = subject.example.name, shown
            draw_maps(figure, example, (step.title, whole))

        places = " x ".join(map(str, step.sizes))
        return self.seen(
            f"{subject.targeted}, by {step.title} with {places} places",
            draw_into(subject.options.folder, "gradcam", MAP_SIZE, fill),
        )


def grad_cam(subject: Subject, step: MapStep, target: int) -> Tensor:
    """The map of a class ``[*places]`` at the size of the step's output."""
    net = subject.watched(step.ref)
    first, *others = subject.example.inputs
    if not first.is_floating_point():
        raise LeftOut("the net's input is whole numbers")
    with torch.backends.cudnn.flags(enabled=False):
        (value,), outputs = net((first.clone().requires_grad_(), *others))
        score = subject.scores.scores(outputs)[0, target]
        if not value.requires_grad or not score.requires_grad:
            raise LeftOut(f"no gradient reaches `{step.node.path}`")
        (gradient,) = torch.autograd.grad(score, value, allow_unused=True)
    if gradient is None:
        raise LeftOut(f"the scores don't depend on `{step.node.path}`")
    channels = _ordered(value.detach(), step), _ordered(gradient, step)
    maps, slopes = (each.float().cpu() for each in channels)
    weights = slopes.flatten(1).mean(1)
    return torch.einsum("c,c...->...", weights, maps).relu()


def _ordered(value: Tensor, step: MapStep) -> Tensor:
    """``[C, *places]`` of the only example."""
    return value.permute(step.order)[0].reshape(step.channels, *step.sizes)
