"""Averaged weights: a model of the averages of another one's weights during training."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

__all__ = ["average", "averaged_pairs", "collecting", "trained_norms"]


def averaged_pairs(averaged: nn.Module, model: nn.Module) -> list[tuple[Tensor, Tensor]]:
    """Every parameter and buffer of an averaged model, once, paired with the model's own."""
    own, values = model.state_dict(keep_vars=True), averaged.state_dict(keep_vars=True)
    # A tied weight has several keys.
    different = {id(value): (value.detach(), own[key].detach()) for key, value in values.items()}
    return [*different.values()]


@torch.no_grad()
def average(pairs: list[tuple[Tensor, Tensor]], decay: float) -> None:
    """Move averages towards their paired values; whole numbers are copied."""
    floating = [(old, new) for old, new in pairs if old.is_floating_point()]
    if floating:
        old, new = zip(*floating, strict=True)
        torch._foreach_lerp_(old, new, 1.0 - decay)
    for counter, new_count in (pair for pair in pairs if not pair[0].is_floating_point()):
        counter.copy_(new_count)


def trained_norms(averaged: nn.Module, model: nn.Module) -> list[nn.modules.batchnorm._NormBase]:
    """The batch norms of an averaged model that aren't frozen in the model."""
    pairs = zip(averaged.modules(), model.modules(), strict=True)
    kind = nn.modules.batchnorm._NormBase
    return [new for new, own in pairs if isinstance(new, kind) and own.training]


def collecting(norms: list[nn.modules.batchnorm._NormBase], least: int) -> list[RemovableHandle]:
    """Let batch norms collect means over examples anew, until the handles are removed.

    Each call counts by its share in the examples so far; one of fewer than `least` doesn't. A norm
    that sees no examples, as one of an auxiliary output, keeps its statistics.
    """
    passed = dict.fromkeys(norms, 0)

    def count(norm: nn.modules.batchnorm._NormBase, inputs: tuple[Tensor, ...]) -> None:
        examples = len(inputs[0])
        norm.train(examples >= least)
        if norm.training:
            if not passed[norm]:
                norm.reset_running_stats()
            passed[norm] += examples
            # A synchronized norm would count an example once for each process.
            norm.momentum = 0.0
            remember(norm, inputs[0], examples / passed[norm])

    def remember(norm: nn.modules.batchnorm._NormBase, x: Tensor, share: float) -> None:
        assert norm.running_mean is not None
        assert norm.running_var is not None
        values = x.transpose(0, 1).flatten(1).to(norm.running_var.dtype)
        variance, mean = torch.var_mean(values, 1)
        norm.running_mean.lerp_(mean, share)
        norm.running_var.lerp_(variance, share)

    return [norm.register_forward_pre_hook(count) for norm in norms]
