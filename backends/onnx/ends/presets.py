"""How torchvision prepares images for its weights of the bundled nets.

Most resize the shorter side to 256, bilinearly, and take the central 224 x 224; the others stand
here. A net has the preset of its first weights for the net's own size; weights with another one are
known by the digits of their hash in the name of their file. `torchvision.models.get_model_weights`
has all of it, which a test compares.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import final

from netlang.recipes.words.normalizations import Imagenet
from netlang.records import Record, replace

__all__ = ["Preset", "preset_for"]

_HASH = re.compile(r"-([0-9a-f]{8,10})\.(?:pth|pt|safetensors)$")


@final
class Preset(Record):
    """The shorter side, the sides of the central part, and how pixels are computed and normalized.

    `weights` are those of torchvision; None for nets and sizes that it has no weights of.
    """

    resize: int
    crop: tuple[int, int]
    cubic: bool = False
    subtract: tuple[float, ...] = Imagenet.mean
    divide: tuple[float, ...] = Imagenet.std
    weights: str | None = None


def preset_for(net: str, file: str | None, sides: tuple[int, int]) -> Preset:
    """The preset for a net with weights from a file, both by name.

    `sides` are the height and width of the net's input, which nets without one are prepared for.
    """
    found = _HASH.search(file or "")
    of_file = _OF_FILES.get(found.group(1)) if found else None
    if of_file is not None and of_file[0] == net:
        _, weights, crop, resize, cubic = of_file
        return _preset(f"{net}, {weights}", crop, resize, cubic)
    if net in _USUAL:
        return _preset(f"{net}, {_V1}", 224, 256)
    if net in _OF_NETS:
        weights, crop, resize, cubic, middle = _OF_NETS[net]
        return _preset(f"{net}, {weights}", crop, resize, cubic, middle)
    return Preset(round(max(sides) * 256 / 224), sides)


def _preset(weights: str, crop: int, resize: int, cubic: bool = False, middle: float = 0) -> Preset:
    """With `middle`, it and a deviation of as much are those of all channels."""
    found = Preset(resize, (crop, crop), cubic, weights=weights)
    return replace(found, subtract=(middle,) * 3, divide=(middle,) * 3) if middle else found


_V1, _V2 = "IMAGENET1K_V1", "IMAGENET1K_V2"
_E2E, _LINEAR = "IMAGENET1K_SWAG_E2E_V1", "IMAGENET1K_SWAG_LINEAR_V1"
_CUBIC = True

_USUAL = frozenset(
    (
        "alexnet", "densenet121", "densenet161", "densenet169", "densenet201", "mnasnet0_5",
        "mnasnet1_0", "mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small", "regnet_x_16gf",
        "regnet_x_1_6gf", "regnet_x_32gf", "regnet_x_3_2gf", "regnet_x_400mf", "regnet_x_800mf",
        "regnet_x_8gf", "regnet_y_16gf", "regnet_y_1_6gf", "regnet_y_32gf", "regnet_y_3_2gf",
        "regnet_y_400mf", "regnet_y_800mf", "regnet_y_8gf", "resnet101", "resnet152", "resnet18",
        "resnet34", "resnet50", "resnext101_32x8d", "resnext50_32x4d", "shufflenet_v2_x0_5",
        "shufflenet_v2_x1_0", "squeezenet1_0", "squeezenet1_1", "vgg11", "vgg11_bn", "vgg13",
        "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn", "vit_b_16", "vit_b_32", "vit_l_32",
        "wide_resnet101_2", "wide_resnet50_2",
    )
)  # fmt: skip
"""Nets whose first weights take 224 of 256."""

# Weights, crop, shorter side, whether bicubic, middle of the values.
_OF_NETS: Mapping[str, tuple[str, int, int, bool, float]] = {
    "convnext_base": (_V1, 224, 232, False, 0.0),
    "convnext_large": (_V1, 224, 232, False, 0.0),
    "convnext_small": (_V1, 224, 230, False, 0.0),
    "convnext_tiny": (_V1, 224, 236, False, 0.0),
    "efficientnet_b0": (_V1, 224, 256, _CUBIC, 0.0),
    "efficientnet_b1": (_V1, 240, 256, _CUBIC, 0.0),
    "efficientnet_b2": (_V1, 288, 288, _CUBIC, 0.0),
    "efficientnet_b3": (_V1, 300, 320, _CUBIC, 0.0),
    "efficientnet_b4": (_V1, 380, 384, _CUBIC, 0.0),
    "efficientnet_b5": (_V1, 456, 456, _CUBIC, 0.0),
    "efficientnet_b6": (_V1, 528, 528, _CUBIC, 0.0),
    "efficientnet_b7": (_V1, 600, 600, _CUBIC, 0.0),
    "efficientnet_v2_l": (_V1, 480, 480, _CUBIC, 0.5),
    "efficientnet_v2_m": (_V1, 480, 480, False, 0.0),
    "efficientnet_v2_s": (_V1, 384, 384, False, 0.0),
    "googlenet": (_V1, 224, 256, False, 0.5),
    "inception_v3": (_V1, 299, 342, False, 0.5),
    "maxvit_t": (_V1, 224, 224, _CUBIC, 0.0),
    "mnasnet0_75": (_V1, 224, 232, False, 0.0),
    "mnasnet1_3": (_V1, 224, 232, False, 0.0),
    "regnet_y_128gf": (_LINEAR, 224, 224, _CUBIC, 0.0),
    "resnext101_64x4d": (_V1, 224, 232, False, 0.0),
    "shufflenet_v2_x1_5": (_V1, 224, 232, False, 0.0),
    "shufflenet_v2_x2_0": (_V1, 224, 232, False, 0.0),
    "swin_b": (_V1, 224, 238, _CUBIC, 0.0),
    "swin_s": (_V1, 224, 246, _CUBIC, 0.0),
    "swin_t": (_V1, 224, 232, _CUBIC, 0.0),
    "swin_v2_b": (_V1, 256, 272, _CUBIC, 0.0),
    "swin_v2_s": (_V1, 256, 260, _CUBIC, 0.0),
    "swin_v2_t": (_V1, 256, 260, _CUBIC, 0.0),
    "vit_h_14": (_LINEAR, 224, 224, _CUBIC, 0.0),
    "vit_l_16": (_V1, 224, 242, False, 0.0),
}

# By hash: the net, and the same.
_OF_FILES: Mapping[str, tuple[str, str, int, int, bool]] = {
    "c27df63c": ("efficientnet_b1", _V2, 240, 255, False),
    "7ebf99e0": ("mobilenet_v2", _V2, 224, 232, False),
    "5c1a4163": ("mobilenet_v3_large", _V2, 224, 232, False),
    "ba3796d7": ("regnet_x_16gf", _V2, 224, 232, False),
    "a12f2b72": ("regnet_x_1_6gf", _V2, 224, 232, False),
    "6eb8fdc6": ("regnet_x_32gf", _V2, 224, 232, False),
    "7071aa85": ("regnet_x_3_2gf", _V2, 224, 232, False),
    "62229a5f": ("regnet_x_400mf", _V2, 224, 232, False),
    "94a99ebd": ("regnet_x_800mf", _V2, 224, 232, False),
    "2b70d774": ("regnet_x_8gf", _V2, 224, 232, False),
    "c8ce3e52": ("regnet_y_128gf", _E2E, 384, 384, _CUBIC),
    "3e4a00f9": ("regnet_y_16gf", _V2, 224, 232, False),
    "f3ec0043": ("regnet_y_16gf", _LINEAR, 224, 224, _CUBIC),
    "43afe44d": ("regnet_y_16gf", _E2E, 384, 384, _CUBIC),
    "0d7bc02a": ("regnet_y_1_6gf", _V2, 224, 232, False),
    "8db6d4b5": ("regnet_y_32gf", _V2, 224, 232, False),
    "e1583746": ("regnet_y_32gf", _LINEAR, 224, 224, _CUBIC),
    "04fdfa75": ("regnet_y_32gf", _E2E, 384, 384, _CUBIC),
    "9180c971": ("regnet_y_3_2gf", _V2, 224, 232, False),
    "e6988f5f": ("regnet_y_400mf", _V2, 224, 232, False),
    "58fc7688": ("regnet_y_800mf", _V2, 224, 232, False),
    "dc2b1b54": ("regnet_y_8gf", _V2, 224, 232, False),
    "cd907fc2": ("resnet101", _V2, 224, 232, False),
    "f82ba261": ("resnet152", _V2, 224, 232, False),
    "11ad3fa6": ("resnet50", _V2, 224, 232, False),
    "110c445d": ("resnext101_32x8d", _V2, 224, 232, False),
    "1a0047aa": ("resnext50_32x4d", _V2, 224, 232, False),
    "4e70ced5": ("vit_b_16", _LINEAR, 224, 224, _CUBIC),
    "9ac1b537": ("vit_b_16", _E2E, 384, 384, _CUBIC),
    "80465313": ("vit_h_14", _E2E, 518, 518, _CUBIC),
    "4d563306": ("vit_l_16", _LINEAR, 224, 224, _CUBIC),
    "4f3808c9": ("vit_l_16", _E2E, 512, 512, _CUBIC),
    "d733dc28": ("wide_resnet101_2", _V2, 224, 232, False),
    "9ba9bcbe": ("wide_resnet50_2", _V2, 224, 232, False),
}
