"""Steps that take turns: whose weights are trained, and their gradients in several processes."""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.distributed as dist
from torch import nn

from netlang.backends.torch.runtime.kinds import is_below

__all__ = ["mean_gradients", "train_only", "trained_below"]


def trained_below(model: nn.Module, labels: tuple[str, ...]) -> list[nn.Parameter]:
    """The weights below some labels, without frozen ones."""
    named = model.named_parameters()
    return [each for key, each in named if each.requires_grad and is_below(key, labels)]


def train_only(weights: Iterable[nn.Parameter], players: Iterable[Iterable[nn.Parameter]]) -> None:
    """Compute gradients for these weights, and for no others of the players."""
    for player in players:
        for weight in player:
            weight.requires_grad_(False)
    for weight in weights:
        weight.requires_grad_()


@torch.no_grad()
def mean_gradients(weights: Iterable[nn.Parameter], processes: int) -> None:
    """Replace the gradients by their means over all processes."""
    gradients = [each.grad for each in weights if each.grad is not None]
    if processes == 1 or not gradients:
        return
    sums = torch.cat([each.flatten() for each in gradients])
    dist.all_reduce(sums)
    parts = sums.split([each.numel() for each in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient) / processes)
