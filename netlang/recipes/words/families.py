"""How torchvision initializes each family of nets, as rules.

Taken from its sources of version 0.28. Anything not listed starts as PyTorch's layers do, which is
also how operators start. AlexNet and ShuffleNetV2 have no rule.
"""

from __future__ import annotations

from collections.abc import Mapping

from netlang.recipes.words.initializations import (
    Constant,
    Initialization,
    KaimingNormal,
    KaimingUniform,
    NormalWeights,
    TruncatedNormal,
    XavierUniform,
)

__all__ = ["FAMILIES"]

_CONV, _LINEAR, _BIASES = ("conv",), ("linear",), ("biases",)

_FAN_OUT = KaimingNormal(mode="fan_out", of=_CONV)
_NO_BIAS = Constant(value=0.0, of=_BIASES)
_NO_LINEAR_BIAS = Constant(value=0.0, of=("linear_biases",))
_SMALL_HEAD = NormalWeights(std=0.01, of=_LINEAR)

# ResNet's initialization for the feature extractor; everything after it starts as in PyTorch.
_BACKBONE = (
    KaimingNormal(mode="fan_out", of=_CONV, below=("backbone",)),
    Constant(value=0.0, of=("conv_biases",), below=("backbone",)),
)

FAMILIES: Mapping[str, tuple[Initialization, ...]] = {
    "alexnet": (),
    "convnext": (
        TruncatedNormal(std=0.02),
        Constant(value=0.0, of=("conv_biases", "linear_biases")),
    ),
    "deeplabv3": _BACKBONE,
    "densenet": (KaimingNormal(of=_CONV), _NO_LINEAR_BIAS),
    "efficientnet": (
        _FAN_OUT,
        # U(-b, b) with b = out^-0.5.
        KaimingUniform(mode="fan_out", nonlinearity="leaky_relu", a=5**0.5, of=_LINEAR),
        _NO_BIAS,
    ),
    "faster_rcnn": (
        *_BACKBONE,
        KaimingUniform(nonlinearity="leaky_relu", a=1.0, of=_CONV, below=("backbone.fpn",)),
        NormalWeights(std=0.01, of=_CONV, below=("rpn",)),
        Constant(value=0.0, of=("conv_biases",), below=("rpn",)),
    ),
    "googlenet": (TruncatedNormal(std=0.01),),
    "inception_v3": (
        TruncatedNormal(std=0.1),
        TruncatedNormal(std=0.001, of=_LINEAR, below=("AuxLogits.fc",)),
    ),
    "maxvit": (NormalWeights(std=0.02), Constant(value=0.0, of=("conv_biases", "linear_biases"))),
    "mnasnet": (
        _FAN_OUT,
        KaimingUniform(mode="fan_out", nonlinearity="sigmoid", of=_LINEAR),
        _NO_BIAS,
    ),
    "mobilenet_v2": (_FAN_OUT, _SMALL_HEAD, _NO_BIAS),
    "mobilenet_v3": (_FAN_OUT, _SMALL_HEAD, _NO_BIAS),
    "regnet": (_FAN_OUT, _SMALL_HEAD, _NO_LINEAR_BIAS),
    "resnet": (_FAN_OUT,),
    "shufflenet_v2": (),
    "squeezenet": (
        KaimingUniform(of=_CONV),
        NormalWeights(std=0.01, of=_CONV, below=("classifier",)),
        _NO_BIAS,
    ),
    "ssd": (
        XavierUniform(of=_CONV),
        # VGG16's own layers; `extra.0` has the last of them and then two of SSD's.
        KaimingNormal(mode="fan_out", of=_CONV, below=("backbone.features", "backbone.extra.0")),
        XavierUniform(of=_CONV, below=("backbone.extra.0.7",)),
        _NO_BIAS,
    ),
    "swin": (TruncatedNormal(std=0.02, of=_LINEAR), _NO_LINEAR_BIAS),
    "vgg": (_FAN_OUT, _SMALL_HEAD, _NO_BIAS),
    "vit": (
        # N(0, 1 / fan_in) for the patches.
        KaimingNormal(nonlinearity="linear", of=_CONV),
        Constant(value=0.0, of=("conv_biases",)),
        XavierUniform(of=_LINEAR),
        NormalWeights(std=1e-6, of=("linear_biases",)),
        Constant(value=0.0, of=("linear", "linear_biases"), below=("heads.head",)),
    ),
}
