"""Initial weights: each family against torchvision's fresh nets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp
from torch import Tensor

import netlang
from netlang.backends.torch import build
from netlang.backends.torch.recipes.initialize import initialize
from netlang.recipes.words.families import FAMILIES as RULES
from netlang.recipes.words.initializations import (
    FAMILIES,
    KaimingNormal,
    KaimingUniform,
    Torchvision,
)
from tests.analysis.oracles import torchvision_models
from tests.train.initialize.support import filled

NO_BACKBONE: dict[str, object] = {"weights_backbone": None}
DRAWN: dict[str, object] = {"init_weights": True}

# The spec, torchvision's name of the family, and what its constructor needs to be told.
NETS: dict[str, tuple[str, str, dict[str, object]]] = {
    "alexnet": ("alexnet:alexnet", "alexnet", {}),
    "convnext": ("convnext:convnext_tiny", "convnext", {}),
    "deeplabv3": (
        "deeplabv3:deeplabv3_mobilenet_v3_large",
        "deeplabv3",
        {"aux_loss": True, **NO_BACKBONE},
    ),
    "densenet": ("densenet:densenet121", "densenet", {}),
    "efficientnet": ("efficientnet:efficientnet_b0", "efficientnet", {}),
    "faster_rcnn": ("faster_rcnn:fasterrcnn_resnet50_fpn", "faster_rcnn", NO_BACKBONE),
    "googlenet": ("googlenet:googlenet", "googlenet", DRAWN),
    "inception_v3": ("inception_v3:inception_v3", "inception_v3", DRAWN),
    "maxvit": ("maxvit:maxvit_t", "maxvit", {}),
    "mnasnet": ("mnasnet:mnasnet0_5", "mnasnet", {}),
    "mobilenet_v2": ("mobilenet_v2:mobilenet_v2", "mobilenet_v2", {}),
    "mobilenet_v3": ("mobilenet_v3:mobilenet_v3_small", "mobilenet_v3", {}),
    "regnet": ("regnet:regnet_y_400mf", "regnet", {}),
    "resnet": ("resnet:resnet18", "resnet", {}),
    "shufflenet_v2": ("shufflenet_v2:shufflenet_v2_x0_5", "shufflenet_v2", {}),
    "squeezenet": ("squeezenet:squeezenet1_1", "squeezenet", {}),
    "ssd": ("ssd:ssd300_vgg16", "ssd", NO_BACKBONE),
    "swin": ("swin:swin_t", "swin", {}),
    "vgg": ("vgg:vgg11_bn", "vgg", {}),
    "vit": ("vit:vit_b_32", "vit", {}),
}
OTHERS: dict[str, tuple[str, str, dict[str, object]]] = {
    "wide_resnet50_2": ("wide_resnet:wide_resnet50_2", "resnet", {}),
    "resnext50_32x4d": ("resnext:resnext50_32x4d", "resnet", {}),
    "swin_v2_t": ("swin_v2:swin_v2_t", "swin", {}),
    "efficientnet_v2_s": ("efficientnet:efficientnet_v2_s", "efficientnet", {}),
    "deeplabv3_resnet50": (
        "deeplabv3:deeplabv3_resnet50",
        "deeplabv3",
        {"aux_loss": True, **NO_BACKBONE},
    ),
}


def constructor(name: str) -> Any:
    models = torchvision_models()
    for place in (models, models.segmentation, models.detection):
        if hasattr(place, name):
            return getattr(place, name)
    raise AssertionError(name)


def fresh(spec: str, family: str, seed: int) -> dict[str, Tensor]:
    """The weights of one of our nets before training."""
    program = netlang.load(spec).program
    torch.manual_seed(seed)
    model = build(program)
    initialize(model, (Torchvision(family=family),), program, seed)
    return {key: value.detach() for key, value in model.named_parameters()}


def some(tensor: Tensor) -> np.ndarray[Any, np.dtype[np.float32]]:
    """At most 20,000 elements, evenly spread."""
    flat = tensor.detach().flatten()
    return flat[:: max(1, len(flat) // 20_000)].numpy()


def compare(spec: str, family: str, settings: dict[str, object], seed: int) -> None:
    """Compare every weight with torchvision's by the test of Kolmogorov and Smirnov."""
    torch.manual_seed(100 + seed)
    made = constructor(spec.partition(":")[2])(weights=None, **settings)
    theirs = dict(made.named_parameters())
    ours = fresh(spec, family, seed)
    assert ours.keys() <= theirs.keys()
    for key in sorted(ours):
        mine, other = some(ours[key]), some(theirs[key])
        assert mine.size == other.size, key
        if np.ptp(other) == 0.0 or np.ptp(mine) == 0.0:
            np.testing.assert_array_equal(mine, other, key)
        else:
            assert ks_2samp(mine, other).pvalue > 1e-7, (key, mine.std(), other.std())


# Those whose fresh nets take a second or two.
SMALL = (
    "deeplabv3", "efficientnet", "googlenet", "mnasnet", "mobilenet_v2", "mobilenet_v3", "regnet",
    "resnet", "shufflenet_v2", "squeezenet",
)  # fmt: skip


@pytest.mark.parametrize("family", SMALL)
def test_families_start_as_torchvisions(family: str) -> None:
    compare(*NETS[family], seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize("family", NETS)
def test_all_families_and_more_seeds(family: str, seed: int) -> None:
    compare(*NETS[family], seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_their_relatives_too(name: str) -> None:
    compare(*OTHERS[name], seed=4)


def test_every_family_is_tried() -> None:
    assert set(NETS) == set(FAMILIES) == set(RULES)


def test_a_wrong_start_is_noticed() -> None:
    """The comparison tells a uniform start from a normal one of the same deviation."""
    normal, uniform = (filled(rule)["conv.weight"] for rule in (KaimingNormal(), KaimingUniform()))
    assert ks_2samp(some(normal), some(uniform)).pvalue < 1e-7
