"""Optimizers of recipes as those of `torch.optim`, with their parameter groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import singledispatch
from itertools import chain
from typing import final

import torch
from torch import nn

from netlang.backends.torch.invocation import Invocation, Setting
from netlang.backends.torch.recipes.eager import eager
from netlang.backends.torch.runtime.groups import parameter_groups
from netlang.backends.torch.runtime.muon import MuonAndAdamW
from netlang.diagnostics.errors import InternalError
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.optimizers import (
    AdaDelta,
    AdaGrad,
    Adam,
    Adamax,
    AdamW,
    Muon,
    NAdam,
    Optimizer,
    RmsProp,
    Sgd,
)

__all__ = ["Optimization", "lower_optimizer", "optimization_for"]

# Devices with kernels that change all weights in one go. They round otherwise than a loop over the
# weights does, by the last bit, as the same setting of PyTorch does.
_FUSED = ("cpu", "cuda", "mps")


@final
@dataclass(frozen=True)
class Optimization:
    """An optimizer and its groups; without groups it treats all parameters alike."""

    optimizer: Invocation
    groups: tuple[Invocation, ...] = ()

    def build(
        self,
        model: nn.Module,
        weight: Callable[[nn.Parameter], nn.Parameter] | None = None,
        *,
        trained: bool = False,
    ) -> torch.optim.Optimizer:
        """The optimizer of a model whose frozen parameters are marked.

        `weight` maps each parameter to the tensor to optimize, if that is a different one. If it is
        for the `trained` ones alone, it has no others.
        """
        call = replace(self.optimizer, function=eager(self.optimizer.function))
        lists = [groups(model) for groups in self.groups]
        lists = lists or [[{"params": list(model.parameters())}]]
        for group in chain(*lists) if trained else ():
            group["params"] = [each for each in group["params"] if each.requires_grad]
        if weight is not None:
            for group in chain(*lists):
                group["params"] = [weight(parameter) for parameter in group["params"]]
        made: torch.optim.Optimizer = call(*lists)
        return made

    def source(
        self, weights: str = "model.parameters()", below: tuple[str, ...] = (), **texts: str
    ) -> str:
        """The source text for a script, with expressions for some of the optimizer's settings.

        `weights` is the expression of all of them; groups are of those of `model`, or `below` some
        labels.
        """
        only: dict[str, Setting] = {"below": below} if below else {}
        given = (replace(each, settings={**each.settings, **only}) for each in self.groups)
        groups = [each.source("model") for each in given]
        return self.optimizer.source(*(groups or [weights]), **texts)

    @property
    def invocations(self) -> tuple[Invocation, ...]:
        """Every call in it."""
        return (*self.groups, self.optimizer)


def optimization_for(recipe: Recipe, device: torch.device) -> Optimization:
    """The optimization of a recipe's net on a device."""
    wanted = recipe.optimizer
    optimizer = lower_optimizer(wanted, device.type)
    shared: dict[str, Setting] = {"no_decay": recipe.no_decay, "rates": recipe.rates}
    if isinstance(wanted, Muon):
        return Optimization(
            optimizer,
            (
                _groups(wanted.lr, wanted.weight_decay, {**shared, "matrices": True}),
                _groups(wanted.adamw_lr, wanted.adamw_weight_decay, {**shared, "matrices": False}),
            ),
        )
    if not recipe.no_decay and not recipe.rates:
        return Optimization(optimizer)
    return Optimization(optimizer, (_groups(wanted.lr, wanted.weight_decay, shared),))


def _groups(lr: float, weight_decay: float, rest: Mapping[str, Setting]) -> Invocation:
    return Invocation(parameter_groups, {"lr": lr, "weight_decay": weight_decay, **rest})


@singledispatch
def lower_optimizer(wanted: Optimizer, device: str) -> Invocation:
    """The class of `torch.optim` for a word, to be called on parameters or groups of them."""
    raise InternalError(f"no rule builds the optimizer {wanted.name}")


@lower_optimizer.register
def _(wanted: Sgd, device: str) -> Invocation:
    settings: dict[str, Setting] = {
        "lr": wanted.lr,
        "momentum": wanted.momentum,
        "dampening": wanted.dampening,
        "weight_decay": wanted.weight_decay,
        "nesterov": wanted.nesterov,
    }
    return Invocation(torch.optim.SGD, settings | _fused(device))


@lower_optimizer.register
def _(wanted: AdaGrad, device: str) -> Invocation:
    settings: dict[str, Setting] = {
        "lr": wanted.lr,
        "lr_decay": wanted.lr_decay,
        "weight_decay": wanted.weight_decay,
        "initial_accumulator_value": wanted.initial_accumulator_value,
        "eps": wanted.eps,
    }
    return Invocation(torch.optim.Adagrad, settings | _fused(device, ("cpu",)))


@lower_optimizer.register
def _(wanted: RmsProp, device: str) -> Invocation:
    settings: dict[str, Setting] = {
        "lr": wanted.lr,
        "alpha": wanted.alpha,
        "eps": wanted.eps,
        "weight_decay": wanted.weight_decay,
        "momentum": wanted.momentum,
        "centered": wanted.centered,
    }
    return Invocation(torch.optim.RMSprop, settings)


@lower_optimizer.register
def _(wanted: AdaDelta, device: str) -> Invocation:
    settings: dict[str, Setting] = {
        "lr": wanted.lr,
        "rho": wanted.rho,
        "eps": wanted.eps,
        "weight_decay": wanted.weight_decay,
    }
    return Invocation(torch.optim.Adadelta, settings)


@lower_optimizer.register(Adam)
@lower_optimizer.register(AdamW)
def _(wanted: Adam | AdamW, device: str) -> Invocation:
    cls = torch.optim.Adam if isinstance(wanted, Adam) else torch.optim.AdamW
    return Invocation(cls, _adam(wanted) | {"amsgrad": wanted.amsgrad} | _fused(device))


@lower_optimizer.register
def _(wanted: Adamax, device: str) -> Invocation:
    return Invocation(torch.optim.Adamax, _adam(wanted))


@lower_optimizer.register
def _(wanted: NAdam, device: str) -> Invocation:
    settings: dict[str, Setting] = {
        "momentum_decay": wanted.momentum_decay,
        "decoupled_weight_decay": wanted.decoupled_weight_decay,
    }
    return Invocation(torch.optim.NAdam, _adam(wanted) | settings)


@lower_optimizer.register
def _(wanted: Muon, device: str) -> Invocation:
    settings: dict[str, Setting] = {
        "momentum": wanted.momentum,
        "nesterov": wanted.nesterov,
        "ns_steps": wanted.ns_steps,
        "adjust_lr_fn": wanted.adjust,
        "betas": wanted.adamw_betas,
    }
    return Invocation(MuonAndAdamW, settings | _fused(device))


def _adam(wanted: Adam | AdamW | Adamax | NAdam) -> dict[str, Setting]:
    return {
        "lr": wanted.lr,
        "betas": wanted.betas,
        "eps": wanted.eps,
        "weight_decay": wanted.weight_decay,
    }


def _fused(device: str, among: tuple[str, ...] = _FUSED) -> dict[str, Setting]:
    return {"fused": True} if device in among else {}
