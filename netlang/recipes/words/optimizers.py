"""Optimizers: the rules by which a step changes the weights.

Fields are the settings of the class of the same name in `torch.optim`, with its defaults.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, Literal, final

from netlang.ir.arguments import argument, between, choice, flag
from netlang.recipes.description import Description
from netlang.recipes.kinds import decay, decays, non_negative, positive

__all__ = [
    "ALL", "AdaDelta", "AdaGrad", "Adam", "AdamW", "Adamax", "Muon", "NAdam", "Optimizer",
    "RmsProp", "Sgd",
]  # fmt: skip

_BETAS = argument(decays, "decay of the mean of the gradient and of its square")
_EPS = argument(positive, "added to the denominator")
_L2 = argument(non_negative, "L2 penalty: this times the weight is added to the gradient")
_DECOUPLED = argument(non_negative, "share of the weights, times the rate, removed at each step")
_AMSGRAD = argument(flag, "never let the second moment fall: Reddi et al. 2018")
_MOMENTUM = argument(decay, "share of the last step kept")


@dataclass(frozen=True, kw_only=True)
class Optimizer(Description, ABC):
    """`lr` is the learning rate that the schedule multiplies."""

    lr: float = field(metadata=argument(positive, "learning rate"))

    @property
    @abstractmethod
    def weight_decay(self) -> float:
        """How much smaller weights get on their own: a field of each class."""


@final
@dataclass(frozen=True, kw_only=True)
class Sgd(Optimizer):
    """Stochastic gradient descent with momentum; Sutskever et al. 2013 for Nesterov's form."""

    name: ClassVar[str] = "sgd"

    momentum: float = field(default=0.0, metadata=_MOMENTUM)
    dampening: float = field(
        default=0.0, metadata=argument(decay, "share of the gradient kept out of the momentum")
    )
    weight_decay: float = field(default=0.0, metadata=_L2)
    nesterov: bool = field(default=False, metadata=argument(flag, "look ahead along the momentum"))


@final
@dataclass(frozen=True, kw_only=True)
class AdaGrad(Optimizer):
    """Steps that shrink with all gradients so far; Duchi, Hazan, Singer 2011."""

    name: ClassVar[str] = "adagrad"

    lr_decay: float = field(
        default=0.0, metadata=argument(non_negative, "the rate falls as 1 / (1 + lr_decay step)")
    )
    weight_decay: float = field(default=0.0, metadata=_L2)
    initial_accumulator_value: float = field(
        default=0.0, metadata=argument(non_negative, "what the sum of squares starts from")
    )
    eps: float = field(default=1e-10, metadata=_EPS)


@final
@dataclass(frozen=True, kw_only=True)
class RmsProp(Optimizer):
    """Steps divided by a running mean of the gradient's square; Hinton's lecture 6 of 2012."""

    name: ClassVar[str] = "rmsprop"

    alpha: float = field(default=0.99, metadata=argument(decay, "decay of the squared gradient"))
    eps: float = field(default=1e-8, metadata=_EPS)
    weight_decay: float = field(default=0.0, metadata=_L2)
    momentum: float = field(default=0.0, metadata=_MOMENTUM)
    centered: bool = field(
        default=False, metadata=argument(flag, "divide by the deviation: Graves 2013")
    )


@final
@dataclass(frozen=True, kw_only=True)
class AdaDelta(Optimizer):
    """Steps as large as the last ones; Zeiler 2012, arXiv:1212.5701, where `lr` is 1."""

    name: ClassVar[str] = "adadelta"

    rho: float = field(default=0.9, metadata=argument(decay, "decay of both running means"))
    eps: float = field(default=1e-6, metadata=_EPS)
    weight_decay: float = field(default=0.0, metadata=_L2)


@final
@dataclass(frozen=True, kw_only=True)
class Adam(Optimizer):
    """Adam, with the L2 penalty added to the gradient; Kingma, Ba 2014, arXiv:1412.6980."""

    name: ClassVar[str] = "adam"

    betas: tuple[float, float] = field(default=(0.9, 0.999), metadata=_BETAS)
    eps: float = field(default=1e-8, metadata=_EPS)
    weight_decay: float = field(default=0.0, metadata=_L2)
    amsgrad: bool = field(default=False, metadata=_AMSGRAD)


@final
@dataclass(frozen=True, kw_only=True)
class Adamax(Optimizer):
    """Adam with the largest gradient for the second moment; arXiv:1412.6980, section 7.1."""

    name: ClassVar[str] = "adamax"

    betas: tuple[float, float] = field(default=(0.9, 0.999), metadata=_BETAS)
    eps: float = field(default=1e-8, metadata=_EPS)
    weight_decay: float = field(default=0.0, metadata=_L2)


@final
@dataclass(frozen=True, kw_only=True)
class AdamW(Optimizer):
    """Adam with decoupled weight decay; Loshchilov, Hutter 2017, arXiv:1711.05101."""

    name: ClassVar[str] = "adamw"

    betas: tuple[float, float] = field(default=(0.9, 0.999), metadata=_BETAS)
    eps: float = field(default=1e-8, metadata=_EPS)
    weight_decay: float = field(default=0.01, metadata=_DECOUPLED)
    amsgrad: bool = field(default=False, metadata=_AMSGRAD)


@final
@dataclass(frozen=True, kw_only=True)
class NAdam(Optimizer):
    """Adam with Nesterov's momentum; Dozat 2016."""

    name: ClassVar[str] = "nadam"

    betas: tuple[float, float] = field(default=(0.9, 0.999), metadata=_BETAS)
    eps: float = field(default=1e-8, metadata=_EPS)
    weight_decay: float = field(default=0.0, metadata=_L2)
    momentum_decay: float = field(
        default=4e-3, metadata=argument(non_negative, "how the momentum rises with the steps")
    )
    decoupled_weight_decay: bool = field(
        default=False, metadata=argument(flag, "remove a share of the weights, as AdamW does")
    )


@final
@dataclass(frozen=True, kw_only=True)
class Muon(Optimizer):
    """Orthogonal steps for weight matrices, AdamW for all other weights; Jordan et al. 2024.

    Matrices are the weights with two axes of linear maps, attention and recurrent layers. Filters
    of convolutions, tables of embeddings, biases and norms go to AdamW, as the documentation of
    `torch.optim.Muon` says. The `adamw_` fields are its settings; the schedule and `rates` multiply
    both rates.
    """

    name: ClassVar[str] = "muon"

    weight_decay: float = field(default=0.1, metadata=_DECOUPLED)
    momentum: float = field(default=0.95, metadata=_MOMENTUM)
    nesterov: bool = field(default=True, metadata=argument(flag, "look ahead along the momentum"))
    ns_steps: int = field(
        default=5, metadata=argument(between(1, 99), "iterations of Newton and Schulz")
    )
    adjust: Literal["original", "match_rms_adamw"] = field(
        default="original",
        metadata=argument(
            choice("original", "match_rms_adamw"),
            "factor on the rate by shape: Jordan's, or Moonshot's, which fits rates of AdamW",
        ),
    )
    adamw_lr: float = field(default=3e-4, metadata=argument(positive, "learning rate of AdamW"))
    adamw_betas: tuple[float, float] = field(default=(0.9, 0.999), metadata=_BETAS)
    adamw_weight_decay: float = field(default=0.01, metadata=_DECOUPLED)


ALL: tuple[type[Description], ...] = (
    Sgd, AdaGrad, RmsProp, AdaDelta, Adam, Adamax, AdamW, NAdam, Muon,
)  # fmt: skip
