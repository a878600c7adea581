"""Initializations: how the weights of convolutions and linear maps start.

They apply to the weights of convolutions, transposed convolutions and linear maps that a spec
leaves free; biases, normalisations and recurrent layers keep the start that their operator states.
"""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass, field
from typing import ClassVar, Literal, final

from netlang.ir.arguments import argument, choice
from netlang.recipes.description import Description
from netlang.recipes.kinds import positive

__all__ = [
    "ALL", "Initialization", "KaimingNormal", "KaimingUniform", "NormalWeights", "XavierNormal",
    "XavierUniform",
]  # fmt: skip

_MODE = argument(choice("fan_in", "fan_out"), "keep the variance forward, or that of the gradient")
_NONLINEARITY = argument(choice("relu", "linear"), "what follows the layer: a gain of 2^0.5 or 1")
_GAIN = argument(positive, "factor on the standard deviation")


@dataclass(frozen=True, kw_only=True)
class Initialization(Description, ABC):
    """How weights start."""


@final
@dataclass(frozen=True, kw_only=True)
class KaimingNormal(Initialization):
    """N(0, gain^2 / fan); He et al. 2015, arXiv:1502.01852."""

    name: ClassVar[str] = "kaiming_normal"

    mode: Literal["fan_in", "fan_out"] = field(default="fan_in", metadata=_MODE)
    nonlinearity: Literal["relu", "linear"] = field(default="relu", metadata=_NONLINEARITY)


@final
@dataclass(frozen=True, kw_only=True)
class KaimingUniform(Initialization):
    """U(-b, b) with b = gain (3 / fan)^0.5; He et al. 2015, arXiv:1502.01852."""

    name: ClassVar[str] = "kaiming_uniform"

    mode: Literal["fan_in", "fan_out"] = field(default="fan_in", metadata=_MODE)
    nonlinearity: Literal["relu", "linear"] = field(default="relu", metadata=_NONLINEARITY)


@final
@dataclass(frozen=True, kw_only=True)
class XavierNormal(Initialization):
    """N(0, 2 gain^2 / (fan_in + fan_out)); Glorot, Bengio 2010."""

    name: ClassVar[str] = "xavier_normal"

    gain: float = field(default=1.0, metadata=_GAIN)


@final
@dataclass(frozen=True, kw_only=True)
class XavierUniform(Initialization):
    """U(-b, b) with b = gain (6 / (fan_in + fan_out))^0.5; Glorot, Bengio 2010."""

    name: ClassVar[str] = "xavier_uniform"

    gain: float = field(default=1.0, metadata=_GAIN)


@final
@dataclass(frozen=True, kw_only=True)
class NormalWeights(Initialization):
    """N(0, std^2)."""

    name: ClassVar[str] = "normal"

    std: float = field(metadata=argument(positive, "standard deviation"))


ALL: tuple[type[Description], ...] = (
    KaimingNormal, KaimingUniform, XavierNormal, XavierUniform, NormalWeights,
)  # fmt: skip
