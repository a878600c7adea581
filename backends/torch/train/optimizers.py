"""Optimizers of recipes as those of `torch.optim`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

import torch
from torch import nn

from netlang.diagnostics.core import InternalError
from netlang.recipes.words.optimizers import Adam, AdamW, Optimizer, RmsProp, Sgd

__all__ = ["optimizer_for"]

Parameters = Iterable[nn.Parameter]


@singledispatch
def optimizer_for(wanted: Optimizer, parameters: Parameters) -> torch.optim.Optimizer:
    """PyTorch's optimizer of that kind over `parameters`."""
    raise InternalError(f"no rule builds the optimizer {wanted.name}")


@optimizer_for.register
def _(wanted: Sgd, parameters: Parameters) -> torch.optim.Optimizer:
    return torch.optim.SGD(
        parameters,
        lr=wanted.lr,
        momentum=wanted.momentum,
        weight_decay=wanted.weight_decay,
        nesterov=wanted.nesterov,
    )


@optimizer_for.register
def _(wanted: Adam, parameters: Parameters) -> torch.optim.Optimizer:
    return torch.optim.Adam(
        parameters,
        lr=wanted.lr,
        betas=wanted.betas,
        eps=wanted.eps,
        weight_decay=wanted.weight_decay,
    )


@optimizer_for.register
def _(wanted: AdamW, parameters: Parameters) -> torch.optim.Optimizer:
    return torch.optim.AdamW(
        parameters,
        lr=wanted.lr,
        betas=wanted.betas,
        eps=wanted.eps,
        weight_decay=wanted.weight_decay,
    )


@optimizer_for.register
def _(wanted: RmsProp, parameters: Parameters) -> torch.optim.Optimizer:
    return torch.optim.RMSprop(
        parameters,
        lr=wanted.lr,
        alpha=wanted.alpha,
        eps=wanted.eps,
        momentum=wanted.momentum,
        weight_decay=wanted.weight_decay,
    )
