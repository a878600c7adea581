"""Optimizers: the rules by which a step changes the weights. Defaults are PyTorch's."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass, field
from typing import ClassVar, final

from netlang.ir.arguments import argument, flag
from netlang.recipes.description import Description
from netlang.recipes.kinds import decay, decays, non_negative, positive

__all__ = ["ALL", "Adam", "AdamW", "Optimizer", "RmsProp", "Sgd"]


@dataclass(frozen=True, kw_only=True)
class Optimizer(Description, ABC):
    """`lr` is the learning rate that the schedule starts from."""

    lr: float = field(metadata=argument(positive, "learning rate"))


@final
@dataclass(frozen=True, kw_only=True)
class Sgd(Optimizer):
    """Stochastic gradient descent with momentum; Sutskever et al. 2013 for Nesterov's form."""

    name: ClassVar[str] = "sgd"

    momentum: float = field(default=0.0, metadata=argument(decay, "share of the last step kept"))
    weight_decay: float = field(default=0.0, metadata=argument(non_negative, "L2 penalty"))
    nesterov: bool = field(default=False, metadata=argument(flag, "look ahead along the momentum"))


@final
@dataclass(frozen=True, kw_only=True)
class Adam(Optimizer):
    """Adam, with the L2 penalty added to the gradient; Kingma, Ba 2014, arXiv:1412.6980."""

    name: ClassVar[str] = "adam"

    betas: tuple[float, float] = field(
        default=(0.9, 0.999), metadata=argument(decays, "decay of the two moments")
    )
    eps: float = field(default=1e-8, metadata=argument(positive, "added to the denominator"))
    weight_decay: float = field(default=0.0, metadata=argument(non_negative, "L2 penalty"))


@final
@dataclass(frozen=True, kw_only=True)
class AdamW(Optimizer):
    """Adam with decoupled weight decay; Loshchilov, Hutter 2017, arXiv:1711.05101."""

    name: ClassVar[str] = "adamw"

    betas: tuple[float, float] = field(
        default=(0.9, 0.999), metadata=argument(decays, "decay of the two moments")
    )
    eps: float = field(default=1e-8, metadata=argument(positive, "added to the denominator"))
    weight_decay: float = field(
        default=0.01, metadata=argument(non_negative, "share of the weights removed at each step")
    )


@final
@dataclass(frozen=True, kw_only=True)
class RmsProp(Optimizer):
    """RMSprop; Hinton's lecture 6 of 2012."""

    name: ClassVar[str] = "rmsprop"

    alpha: float = field(default=0.99, metadata=argument(decay, "decay of the squared gradient"))
    eps: float = field(default=1e-8, metadata=argument(positive, "added to the denominator"))
    momentum: float = field(default=0.0, metadata=argument(decay, "share of the last step kept"))
    weight_decay: float = field(default=0.0, metadata=argument(non_negative, "L2 penalty"))


ALL: tuple[type[Description], ...] = (Sgd, Adam, AdamW, RmsProp)
