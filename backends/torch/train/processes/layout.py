"""How the weights of a run lie in the processes that train it together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from netlang.backends.torch.train.processes.rows import Kept

__all__ = ["Layout", "Whole", "forget_gradients"]


def forget_gradients(optimizer: torch.optim.Optimizer) -> None:
    """What `zero_grad` does, without its note to the profiler, as dear as a small net's layer."""
    for group in optimizer.param_groups:
        for weight in group["params"]:
            weight.grad = None


class Layout(ABC):
    """Where the weights, their gradients and what an optimizer keeps of them are.

    An optimizer changes `weights`, which share their memory with those of the model.
    """

    sharded: bool

    @abstractmethod
    def weight(self, parameter: nn.Parameter) -> nn.Parameter:
        """What an optimizer changes of a parameter of the model: a plain tensor."""

    @abstractmethod
    def own(self, tensor: Tensor) -> Tensor:
        """What this process has of a tensor of the model, without its history."""

    @abstractmethod
    def kept(self, tensor: Tensor) -> Kept:
        """A tensor of the model as it goes into a file."""

    @abstractmethod
    def beside(self, weight: Tensor, value: Tensor) -> Kept:
        """What an optimizer keeps of `weight`, one that it changes, as it goes into a file."""

    @abstractmethod
    def clear(self, optimizer: torch.optim.Optimizer) -> None:
        """Forget the gradients."""

    @abstractmethod
    def collect(self) -> None:
        """After the backward passes of a step: give the gradients to what is changed by them."""

    @abstractmethod
    def bound(self, weights: list[nn.Parameter], norm: float) -> None:
        """Bound the norm of the gradient of all `weights` together."""


@final
class Whole(Layout):
    """Each process has all of it."""

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
        """They are there already."""

    def bound(self, weights: list[nn.Parameter], norm: float) -> None:
        clip_grad_norm_(weights, norm)
