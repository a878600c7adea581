"""The layout of a run's weights in the processes that train it together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from netlang.backends.torch.train.processes.rows import Kept

__all__ = ["WeightLayout", "Whole", "forget_gradients", "optimized", "untied"]


def optimized(optimizer: torch.optim.Optimizer) -> list[nn.Parameter]:
    """What an optimizer changes, in the order in which its state counts them."""
    return [weight for group in optimizer.param_groups for weight in group["params"]]


def untied(model: nn.Module) -> dict[str, Tensor]:
    """The weights and buffers of a model by key; a tied weight has its first key alone."""
    own, known = model.state_dict(), set[int]()
    for key, value in model.state_dict(keep_vars=True).items():
        if id(value) in known:
            del own[key]
        known.add(id(value))
    return own


def forget_gradients(optimizer: torch.optim.Optimizer) -> None:
    """Like `zero_grad`, without its note to the profiler, which costs as much as a small layer."""
    for weight in optimized(optimizer):
        weight.grad = None


class WeightLayout(ABC):
    """Where the weights, their gradients and the optimizer's tensors are stored.

    An optimizer changes `weights`, which share memory with those of the model.
    """

    sharded: bool

    @abstractmethod
    def weight(self, parameter: nn.Parameter) -> nn.Parameter:
        """The plain tensor that an optimizer changes for a parameter of the model."""

    @abstractmethod
    def own(self, tensor: Tensor) -> Tensor:
        """This process's part of a tensor of the model, detached."""

    @abstractmethod
    def kept(self, tensor: Tensor) -> Kept:
        """A tensor of the model in the form in which it is saved."""

    @abstractmethod
    def beside(self, weight: Tensor, value: Tensor) -> Kept:
        """A tensor that an optimizer keeps for `weight`, in the form in which it is saved."""

    @abstractmethod
    def clear(self, optimizer: torch.optim.Optimizer) -> None:
        """Clear the gradients."""

    @abstractmethod
    def collect(self) -> None:
        """After the backward passes of a step, pass the gradients to the optimizer's tensors."""

    @abstractmethod
    def bound(self, weights: list[nn.Parameter], norm: float) -> None:
        """Clip the norm of the gradient of all `weights` together."""


@final
class Whole(WeightLayout):
    """Each process has all weights."""

    sharded = False

    def weight(self, parameter: nn.Parameter) -> nn.Parameter:
        return parameter

    def own(self, tensor: Tensor) -> Tensor:
        return tensor.detach()

    def kept(self, tensor: Tensor) -> Kept:
        return tensor

    def beside(self, weight: Tensor, value: Tensor) -> Kept:
        return value

    def clear(self, optimizer: torch.optim.Optimizer) -> None:
        forget_gradients(optimizer)

    def collect(self) -> None:
        """The gradients are in place already."""

    def bound(self, weights: list[nn.Parameter], norm: float) -> None:
        clip_grad_norm_(weights, norm)
