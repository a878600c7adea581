"""The models that torchvision publishes figures for, and how each of them is compared.

`torchvision_published.csv` has one row for each: parameters, 10^9 multiply-accumulates and the
image size that they hold for.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from netlang.analysis.facts import Facts
from netlang.elaborate import load_program
from netlang.ir.dims import evaluate
from netlang.ir.program import Program

__all__ = [
    "BATCH", "FEW", "LONG", "NAMES", "ROWS", "macs_of", "params_of", "program",
    "published_figures", "shape_of",
]  # fmt: skip

# Rows whose values are compared in the long run alone: they are another size of a net that is
# compared in every run, in width or depth. Keys, shapes and figures of all rows are, too.
LONG = {
    "convnext_base", "convnext_large", "convnext_small", "densenet161", "densenet169",
    "densenet201", "efficientnet_b1", "efficientnet_b2", "efficientnet_b3", "efficientnet_b4",
    "efficientnet_b5", "efficientnet_b6", "efficientnet_b7", "efficientnet_v2_l",
    "efficientnet_v2_m", "mnasnet0_75", "mnasnet1_0", "mnasnet1_3", "regnet_x_16gf",
    "regnet_x_1_6gf", "regnet_x_32gf", "regnet_x_3_2gf", "regnet_x_800mf", "regnet_x_8gf",
    "regnet_y_128gf", "regnet_y_16gf", "regnet_y_1_6gf", "regnet_y_32gf", "regnet_y_3_2gf",
    "regnet_y_800mf", "regnet_y_8gf", "resnet101", "resnet152", "resnet34", "resnext101_32x8d",
    "resnext101_64x4d", "shufflenet_v2_x1_0", "shufflenet_v2_x1_5", "shufflenet_v2_x2_0", "swin_b",
    "swin_s", "swin_v2_b", "swin_v2_s", "vgg11", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19",
    "vgg19_bn", "vit_b_16", "vit_h_14", "vit_l_16", "vit_l_32", "wide_resnet101_2",
    "wide_resnet50_2",
}  # fmt: skip

with (Path(__file__).parent / "torchvision_published.csv").open(encoding="utf-8") as file:
    ROWS = {row["model"]: row for row in csv.DictReader(file)}
NAMES = list(ROWS)

# Room for more than one place in every stage; the auxiliary head of inception_v3 needs it all.
SIZE, LARGE = 96, 299
NEEDS_LARGE = {"inception_v3"}
BATCH, FEW = 4, 2
# What every run of the tests does with: extents that are odd in some stage, and few images.
SHORT, LEAST = 72, 3


@cache
def program(name: str) -> Program:
    return load_program(name)


def shape_of(name: str, short: bool = False) -> tuple[int, ...]:
    """The images that values are compared on, at the net's own size if it takes no other.

    Of large images there are few; a short comparison has smaller ones, or one where it may.
    """
    size = LARGE if name in NEEDS_LARGE else SHORT if short else SIZE
    (image,) = program(name).net.inputs
    sizes = {each.name: size for each in program(name).sizes}
    many, few = (LEAST, 1) if short else (BATCH, FEW)
    batch = many if sizes and name not in NEEDS_LARGE else FEW if sizes else few
    return (batch, *(evaluate(extent, sizes) for extent in image.type.shape))


def _published(name: str) -> Program:
    """The net for images of the size that the published figures hold for."""
    (image,) = program(name).net.inputs
    size = int(ROWS[name]["image_size"])
    fixed = isinstance(image.type.shape[-1], int) and image.type.shape[-1] != size
    return program(f"{name}(size={size})" if fixed else name)


@cache
def macs_of(name: str) -> int:
    """Multiply-accumulates of one image of the size that the published figure holds for."""
    size = int(ROWS[name]["image_size"])
    found = _published(name)
    macs = Facts(found).value("macs", {each.name: size for each in found.sizes})
    assert isinstance(macs, int)
    return macs


@cache
def params_of(name: str) -> int:
    """Parameters as torchvision counts them.

    Its figure for inception_v3 includes the auxiliary head, that of googlenet doesn't.
    """
    facts = Facts(_published(name))
    return facts.params + (facts.auxiliary_params if name == "inception_v3" else 0)


def published_figures(name: str) -> tuple[int, str]:
    """Parameters, and 10^9 multiply-accumulates to three places."""
    return int(ROWS[name]["parameters"]), f"{float(ROWS[name]['gmacs']):.3f}"
