"""Batch normalization over the slices of all processes, on any device.

PyTorch's own `SyncBatchNorm` works only on GPUs and is used there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import final

import torch
from torch import Tensor, distributed, nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

__all__ = ["SharedBatchNorm", "share_batch_norms", "shares_statistics"]


def share_batch_norms(model: nn.Module, device: torch.device) -> nn.Module:
    """The model with batch norms that use the batches of all processes, and the same weights."""
    if device.type == "cuda":
        converted = nn.SyncBatchNorm.convert_sync_batchnorm(model)
        assert isinstance(converted, nn.Module)
        return converted
    if isinstance(model, _BatchNorm):
        return SharedBatchNorm.of(model)
    for name, child in model.named_children():
        setattr(model, name, share_batch_norms(child, device))
    return model


def shares_statistics(module: nn.Module) -> bool:
    """Whether a module has the same statistics in all processes at every moment."""
    return isinstance(module, SharedBatchNorm | nn.SyncBatchNorm)


@final
class SharedBatchNorm(_BatchNorm):
    """``[B, C, ...]`` normalized by each channel's mean and variance over all processes.

    Slices may differ in size or be empty. The gradient flows through both statistics.
    """

    @classmethod
    def of(cls, module: _BatchNorm) -> SharedBatchNorm:
        """A shared batch norm with the weights, statistics and settings of a batch norm."""
        made = cls(
            module.num_features, module.eps, module.momentum, module.affine,
            module.track_running_stats,
        )  # fmt: skip
        for name, parameter in module.named_parameters(recurse=False):
            setattr(made, name, parameter)
        for name, buffer in module.named_buffers(recurse=False):
            setattr(made, name, buffer)
        return made.train(module.training)

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() < 2:
            raise ValueError(f"expected at least 2 dimensions, got {input.dim()}")

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        if not self.training and self.running_mean is not None:
            return F.batch_norm(
                input, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        count, mean, variance = self._statistics(input)
        if self.training and self.track_running_stats:
            self._remember(count, mean.detach(), variance.detach())
        scale = (variance + self.eps).rsqrt()
        scale = scale if self.weight is None else scale * self.weight
        shift = -mean * scale
        shift = shift if self.bias is None else shift + self.bias
        shape = (1, -1) + (1,) * (input.dim() - 2)
        return input * scale.reshape(shape) + shift.reshape(shape)

    def _statistics(self, input: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The number of values per channel, their mean and variance, over all processes.

        The variance is the mean of squared distances, which is accurate even for large means.
        """
        channels = input.transpose(0, 1).flatten(1)
        own = torch.tensor([channels.shape[1]], dtype=input.dtype, device=input.device)
        *_, count = (found := _sum(torch.cat([channels.sum(1), own])))
        mean = found[:-1] / count.detach()
        squares = _sum((channels - mean[:, None]).square().sum(1))
        return count.detach(), mean, squares / count.detach()

    @torch.no_grad()
    def _remember(self, count: Tensor, mean: Tensor, variance: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        part = self.momentum
        if part is None:
            part = 1.0 / float(self.num_batches_tracked)
        self.running_mean.lerp_(mean, part)
        self.running_var.lerp_(variance * (count / (count - 1.0)), part)


class _Sum(torch.autograd.Function):
    """The sum over all processes; its gradient is the sum of theirs."""

    @staticmethod
    def forward(ctx: object, values: Tensor) -> Tensor:
        total = values.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        # As a step of its own, so that a gradient penalty can follow the gradient.
        return _sum(gradient)


_sum: Callable[[Tensor], Tensor] = _Sum.apply
