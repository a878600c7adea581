"""Optimizers: rules by which a step changes the weights.

Fields are the settings of the class of the same name in `torch.optim`, with its defaults.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal, final

from netlang.ir.arguments import argument, between, choice, flag
from netlang.recipes.description import Description
from netlang.recipes.kinds import decay, decays, non_negative, positive

__all__ = [
    "ALL", "AdaDelta", "AdaGrad", "Adam", "AdamW", "Adamax", "Muon", "NAdam", "Optimizer",
    "RmsProp", "Sgd",
]  # fmt: skip

_BETAS = (decays, "decay of the mean of the gradient and of its square")
_EPS = (positive, "added to the denominator")
_L2 = (non_negative, "L2 penalty: this times the weight is added to the gradient")
_DECOUPLED = (non_negative, "share of the weights, times the rate, removed at each step")
_AMSGRAD = (flag, "never let the second moment fall: Reddi et al. 2018")
_MOMENTUM = (decay, "share of the last step kept")


class Optimizer(Description):
    """`lr` is the learning rate that the schedule multiplies."""

    lr: float = argument(positive, "learning rate")

    @property
    @abstractmethod
    def weight_decay(self) -> float:
        """How strongly weights decay on their own: a field of each class."""


@final
class Sgd(Optimizer):
    """Stochastic gradient descent with momentum; Sutskever et al. 2013 for Nesterov's form."""

    name: ClassVar[str] = "sgd"

    momentum: float = argument(*_MOMENTUM, default=0.0)
    dampening: float = argument(
        decay, "share of the gradient kept out of the momentum", default=0.0
    )
    weight_decay: float = argument(*_L2, default=0.0)
    nesterov: bool = argument(flag, "look ahead along the momentum", default=False)


@final
class AdaGrad(Optimizer):
    """Steps that shrink with all gradients so far; Duchi, Hazan, Singer 2011."""

    name: ClassVar[str] = "adagrad"

    lr_decay: float = argument(
        non_negative, "the rate falls as 1 / (1 + lr_decay step)", default=0.0
    )
    weight_decay: float = argument(*_L2, default=0.0)
    initial_accumulator_value: float = argument(
        non_negative, "what the sum of squares starts from", default=0.0
    )
    eps: float = argument(*_EPS, default=1e-10)


@final
class RmsProp(Optimizer):
    """Steps divided by the running root mean square of the gradient; Hinton's lecture 6 of 2012."""

    name: ClassVar[str] = "rmsprop"

    alpha: float = argument(decay, "decay of the squared gradient", default=0.99)
    eps: float = argument(*_EPS, default=1e-8)
    weight_decay: float = argument(*_L2, default=0.0)
    momentum: float = argument(*_MOMENTUM, default=0.0)
    centered: bool = argument(flag, "divide by the deviation: Graves 2013", default=False)


@final
class AdaDelta(Optimizer):
    """Steps scaled by the recent steps; Zeiler 2012, arXiv:1212.5701, where `lr` is 1."""

    name: ClassVar[str] = "adadelta"

    rho: float = argument(decay, "decay of both running means", default=0.9)
    eps: float = argument(*_EPS, default=1e-6)
    weight_decay: float = argument(*_L2, default=0.0)


@final
class Adam(Optimizer):
    """Adam, with the L2 penalty added to the gradient; Kingma, Ba 2014, arXiv:1412.6980."""

    name: ClassVar[str] = "adam"

    betas: tuple[float, float] = argument(*_BETAS, default=(0.9, 0.999))
    eps: float = argument(*_EPS, default=1e-8)
    weight_decay: float = argument(*_L2, default=0.0)
    amsgrad: bool = argument(*_AMSGRAD, default=False)


@final
class Adamax(Optimizer):
    """Adam with the largest gradient for the second moment; arXiv:1412.6980, section 7.1."""

    name: ClassVar[str] = "adamax"

    betas: tuple[float, float] = argument(*_BETAS, default=(0.9, 0.999))
    eps: float = argument(*_EPS, default=1e-8)
    weight_decay: float = argument(*_L2, default=0.0)


@final
class AdamW(Optimizer):
    """Adam with decoupled weight decay; Loshchilov, Hutter 2017, arXiv:1711.05101."""

    name: ClassVar[str] = "adamw"

    betas: tuple[float, float] = argument(*_BETAS, default=(0.9, 0.999))
    eps: float = argument(*_EPS, default=1e-8)
    weight_decay: float = argument(*_DECOUPLED, default=0.01)
    amsgrad: bool = argument(*_AMSGRAD, default=False)


@final
class NAdam(Optimizer):
    """Adam with Nesterov's momentum; Dozat 2016."""

    name: ClassVar[str] = "nadam"

    betas: tuple[float, float] = argument(*_BETAS, default=(0.9, 0.999))
    eps: float = argument(*_EPS, default=1e-8)
    weight_decay: float = argument(*_L2, default=0.0)
    momentum_decay: float = argument(
        non_negative, "how the momentum rises with the steps", default=4e-3
    )
    decoupled_weight_decay: bool = argument(
        flag, "remove a share of the weights, as AdamW does", default=False
    )


@final
class Muon(Optimizer):
    """Orthogonal steps for weight matrices, AdamW for all other weights; Jordan et al. 2024.

    Matrices are the two-dimensional weights of linear maps, attention and recurrent layers. AdamW
    trains convolution filters, embedding tables, biases and norms, as the documentation of
    `torch.optim.Muon` says. The `adamw_` fields are its settings; the schedule and `rates` multiply
    both learning rates.
    """

    name: ClassVar[str] = "muon"

    weight_decay: float = argument(*_DECOUPLED, default=0.1)
    momentum: float = argument(*_MOMENTUM, default=0.95)
    nesterov: bool = argument(flag, "look ahead along the momentum", default=True)
    ns_steps: int = argument(between(1, 99), "iterations of Newton and Schulz", default=5)
    adjust: Literal["original", "match_rms_adamw"] = argument(
        choice("original", "match_rms_adamw"),
        "factor on the rate by shape: Jordan's, or Moonshot's, which fits rates of AdamW",
        default="original",
    )
    adamw_lr: float = argument(positive, "learning rate of AdamW", default=3e-4)
    adamw_betas: tuple[float, float] = argument(*_BETAS, default=(0.9, 0.999))
    adamw_weight_decay: float = argument(*_DECOUPLED, default=0.01)


ALL: tuple[type[Description], ...] = (
    Sgd, AdaGrad, RmsProp, AdaDelta, Adam, Adamax, AdamW, NAdam, Muon,
)  # fmt: skip
