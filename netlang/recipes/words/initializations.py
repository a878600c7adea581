"""Initializations: how weights start, one rule after the other.

A rule draws new weights of some kinds (`of`), in the whole net or below some labels; a later rule
overrides an earlier one. Weights without a rule start as their operator states, and weights that a
spec fixes keep their values.
"""

from __future__ import annotations

from typing import ClassVar, Literal, final

from netlang.ir.arguments import argument, choice, number
from netlang.recipes.description import Description
from netlang.recipes.kinds import labels, positive, words

__all__ = [
    "ALL", "FAMILIES", "Constant", "Initialization", "KaimingNormal", "KaimingUniform",
    "NormalWeights", "Orthogonal", "InitializationRule", "Torchvision", "TruncatedNormal",
    "XavierNormal", "XavierUniform", "ZeroLastNorm",
]  # fmt: skip

# Layers whose weights have the axes that fans are counted along, and other weights. Linear maps are
# also those inside the attention in windows; `attention` is that of `multi_head_attention`.
MATRICES = ("conv", "linear", "recurrent", "attention", "embedding")
OTHERS = ("norms", "biases", "conv_biases", "linear_biases")

FAMILIES = (
    "alexnet", "convnext", "deeplabv3", "densenet", "efficientnet", "faster_rcnn", "googlenet",
    "inception_v3", "maxvit", "mnasnet", "mobilenet_v2", "mobilenet_v3", "regnet", "resnet",
    "shufflenet_v2", "squeezenet", "ssd", "swin", "vgg", "vit",
)  # fmt: skip

Of = tuple[str, ...]

_BELOW = (labels, "labels of the parts that it is for; the whole net without")
_MODE = (choice("fan_in", "fan_out"), "keep the variance forward, or that of the gradient")
_NONLINEARITY = (
    choice("relu", "leaky_relu", "linear", "sigmoid", "tanh", "selu"),
    "what follows the layer: its gain as PyTorch has it",
)
_SLOPE = (number, "slope of `leaky_relu` below 0")
_GAIN = (positive, "factor on the standard deviation")
_STD = (positive, "standard deviation")
_MATRICES = (words(*MATRICES), "kinds of layers whose weights are drawn")
_ANY = (words(*MATRICES, *OTHERS), "kinds of layers whose weights are drawn, or of weights")
_LAYERS: Of = ("conv", "linear")


class Initialization(Description):
    """How weights start."""


class InitializationRule(Initialization):
    """Draws the weights of some kinds, below some labels.

    Both are fields of each class, at the end of its signature.
    """

    of: Of
    below: tuple[str, ...]


@final
class KaimingNormal(InitializationRule):
    """N(0, gain^2 / fan); He et al. 2015, arXiv:1502.01852."""

    name: ClassVar[str] = "kaiming_normal"

    mode: Literal["fan_in", "fan_out"] = argument(*_MODE, default="fan_in")
    nonlinearity: str = argument(*_NONLINEARITY, default="relu")
    a: float = argument(*_SLOPE, default=0.0)
    of: Of = argument(*_MATRICES, default=_LAYERS)
    below: tuple[str, ...] = argument(*_BELOW, default=())


@final
class KaimingUniform(InitializationRule):
    """U(-b, b) with b = gain (3 / fan)^0.5; He et al. 2015, arXiv:1502.01852."""

    name: ClassVar[str] = "kaiming_uniform"

    mode: Literal["fan_in", "fan_out"] = argument(*_MODE, default="fan_in")
    nonlinearity: str = argument(*_NONLINEARITY, default="relu")
    a: float = argument(*_SLOPE, default=0.0)
    of: Of = argument(*_MATRICES, default=_LAYERS)
    below: tuple[str, ...] = argument(*_BELOW, default=())


@final
class XavierNormal(InitializationRule):
    """N(0, 2 gain^2 / (fan_in + fan_out)); Glorot, Bengio 2010."""

    name: ClassVar[str] = "xavier_normal"

    gain: float = argument(*_GAIN, default=1.0)
    of: Of = argument(*_MATRICES, default=_LAYERS)
    below: tuple[str, ...] = argument(*_BELOW, default=())


@final
class XavierUniform(InitializationRule):
    """U(-b, b) with b = gain (6 / (fan_in + fan_out))^0.5; Glorot, Bengio 2010."""

    name: ClassVar[str] = "xavier_uniform"

    gain: float = argument(*_GAIN, default=1.0)
    of: Of = argument(*_MATRICES, default=_LAYERS)
    below: tuple[str, ...] = argument(*_BELOW, default=())


@final
class Orthogonal(InitializationRule):
    """A matrix with orthogonal rows or columns, over all axes but the first; Saxe et al. 2013."""

    name: ClassVar[str] = "orthogonal"

    gain: float = argument(positive, "factor on the matrix", default=1.0)
    of: Of = argument(*_MATRICES, default=_LAYERS)
    below: tuple[str, ...] = argument(*_BELOW, default=())


@final
class NormalWeights(InitializationRule):
    """N(mean, std^2)."""

    name: ClassVar[str] = "normal"

    std: float = argument(*_STD)
    mean: float = argument(number, "mean", default=0.0)
    of: Of = argument(*_ANY, default=_LAYERS)
    below: tuple[str, ...] = argument(*_BELOW, default=())


@final
class TruncatedNormal(InitializationRule):
    """N(mean, std^2), drawn again where it is beyond `cut` from 0."""

    name: ClassVar[str] = "truncated_normal"

    std: float = argument(*_STD)
    mean: float = argument(number, "mean", default=0.0)
    cut: float = argument(positive, "the largest size", default=2.0)
    of: Of = argument(*_ANY, default=_LAYERS)
    below: tuple[str, ...] = argument(*_BELOW, default=())


@final
class Constant(InitializationRule):
    """Every element `value`."""

    name: ClassVar[str] = "constant"

    value: float = argument(number, "what every element is")
    of: Of = argument(*_ANY, default=_LAYERS)
    below: tuple[str, ...] = argument(*_BELOW, default=())


@final
class ZeroLastNorm(Initialization):
    """0 for the factors of the norm that ends a residual branch; Goyal et al. 2017, section 5.1.

    A branch is an input of `add`, except the shortcut, which is the input with the fewest layers.
    """

    name: ClassVar[str] = "zero_last_norm"


@final
class Torchvision(Initialization):
    """The start that torchvision gives a family: a new net has the same distribution as theirs.

    `resnet` includes ResNeXt and wide ResNets, `swin` both versions.
    """

    name: ClassVar[str] = "torchvision"

    family: str = argument(choice(*FAMILIES), "family, by torchvision's module")


ALL: tuple[type[Description], ...] = (
    KaimingNormal, KaimingUniform, XavierNormal, XavierUniform, Orthogonal, NormalWeights,
    TruncatedNormal, Constant, ZeroLastNorm, Torchvision,
)  # fmt: skip
