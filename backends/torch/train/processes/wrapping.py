"""A model trained by several processes: each has a copy, and gradients are averaged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.parallel import DistributedDataParallel

from netlang.backends.torch.train.processes.batch_norm import shares_statistics
from netlang.backends.torch.train.world import World

__all__ = ["Sparing", "apart", "bare", "copies", "mean_statistics"]


@final
class Sparing(nn.Module):
    """Calls a model; without examples it returns zero, with zero gradients for each weight.

    A process whose slice of a batch is empty still takes part in the average, and what the net
    would compute from nothing, such as NaN, doesn't affect it.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, *inputs: Tensor) -> object:
        if len(inputs[0]):
            return self.model(*inputs)
        trained = [each for each in self.model.parameters() if each.requires_grad]
        return torch.stack([each.flatten()[:1].sum() * 0.0 for each in trained]).sum()


def copies(model: nn.Module, device: torch.device, *, all_used: bool) -> nn.Module:
    """The module to call in training, whose gradients are averaged over the processes.

    `all_used` says that every weight counts in the loss.
    """
    return DistributedDataParallel(
        model,
        device_ids=[device] if device.type == "cuda" else None,
        forward_sync_buffers=False,
        find_unused_parameters=not all_used,
        gradient_as_bucket_view=True,
    )


def bare(model: nn.Module) -> nn.Module:
    """The model without its training wrappers; its keys are the net's."""
    if isinstance(model, DistributedDataParallel):
        return bare(model.module)
    if isinstance(model, Sparing):
        return bare(model.model)
    inner = getattr(model, "_orig_mod", None)
    return bare(inner) if isinstance(inner, nn.Module) else model


def apart(model: nn.Module) -> AbstractContextManager[None]:
    """Inside, gradients accumulate in each process and aren't averaged yet."""
    return _unsynchronized(model) if isinstance(model, DistributedDataParallel) else nullcontext()


@contextmanager
def _unsynchronized(model: DistributedDataParallel) -> Iterator[None]:
    with model.no_sync():
        yield


@torch.no_grad()
def mean_statistics(world: World, model: nn.Module, averaged: nn.Module | None) -> None:
    """Give every process the mean of the batch norm statistics collected in each.

    These statistics are linear in the data, so it doesn't matter how often this is done. `averaged`
    is the model with averaged weights and statistics.
    """
    if world.size == 1:
        return
    collecting = {
        name
        for name, module in model.named_modules()
        if isinstance(module, _NormBase) and module.training and not shares_statistics(module)
    }
    for each in (model, averaged):
        for name, module in () if each is None else each.named_modules():
            if name in collecting:
                for buffer in module.buffers(recurse=False):
                    if buffer.is_floating_point():
                        buffer.copy_(world.sum(buffer) / world.size)
