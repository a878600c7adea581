"""Ten operators with a wrong backward pass, as people write them, beside one that is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional as F

__all__ = ["RIGHT", "WRONG"]

Forward = Callable[..., Tensor]
Backward = Callable[..., tuple[Tensor | None, ...]]


def operator(forward: Forward, backward: Backward) -> Forward:
    """An operator; `backward` gets the gradient of the output and the inputs."""

    class Custom(Function):
        @staticmethod
        def forward(context: Any, *inputs: Tensor) -> Tensor:
            context.save_for_backward(*inputs)
            return forward(*inputs)

        @staticmethod
        def backward(context: Any, *gradients: Tensor) -> Any:
            found = backward(gradients[0], *context.saved_tensors)
            return found if len(found) > 1 else found[0]

    made: Forward = Custom.apply
    return made


def softmax_backward(gradient: Tensor, x: Tensor) -> tuple[Tensor]:
    y = x.softmax(1)
    return (y * gradient,)  # without the sum over the classes


def norm_backward(gradient: Tensor, x: Tensor) -> tuple[Tensor]:
    return (gradient / x.std(1, keepdim=True),)  # as if mean and deviation were constants


def norm(x: Tensor) -> Tensor:
    return (x - x.mean(1, keepdim=True)) / x.std(1, keepdim=True)


WRONG: dict[str, Forward] = {
    "relu that lets everything through": operator(torch.relu, lambda g, x: (g,)),
    "relu by the sign of the gradient": operator(torch.relu, lambda g, x: (g * (g > 0),)),
    "sigmoid without y": operator(torch.sigmoid, lambda g, x: (g * (1 - x.sigmoid()),)),
    "tanh without the square": operator(torch.tanh, lambda g, x: (g * (1 - x.tanh()),)),
    "square without its factor": operator(torch.square, lambda g, x: (g * x,)),
    "softmax element by element": operator(lambda x: x.softmax(1), softmax_backward),
    "norm of constants": operator(norm, norm_backward),
    "mean as a sum": operator(lambda x: x.mean(), lambda g, x: (g.expand_as(x),)),
    "product with itself": operator(lambda x: x * x.roll(1, 1), lambda g, x: (g * x.roll(1, 1),)),
    "silu one part in a thousand off": operator(
        F.silu,
        lambda g, x: (1.001 * g * (x.sigmoid() * (1 + x * (1 - x.sigmoid()))),),
    ),
}

RIGHT: dict[str, Forward] = {
    "relu": operator(torch.relu, lambda g, x: (g * (x > 0),)),
    "abs": operator(torch.abs, lambda g, x: (g * x.sign(),)),
    "sigmoid": operator(torch.sigmoid, lambda g, x: (g * x.sigmoid() * (1 - x.sigmoid()),)),
    "max": operator(torch.amax, lambda g, x: (g * (x == x.amax()),)),
}
