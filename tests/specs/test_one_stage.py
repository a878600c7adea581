"""RetinaNet and FCOS beside torchvision's modules."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from netlang.analysis.facts import Facts
from tests.analysis.oracles import torchvision_models
from tests.oracle import pictures, settle
from tests.specs.compared import agree, differ, keys, keys_of, program, with_weights

# Odd, so that the maps of the pyramid don't double.
SHAPE = (1, 3, 97, 129)
# 10^9 multiply-accumulates that torchvision publishes.
PUBLISHED = {"retinanet_resnet50_fpn": 151.54, "fcos_resnet50_fpn": 128.207}


class Said(nn.Module):
    """What the head of torchvision's model says of the pyramid, before boxes are made of it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        maps = self.model.get_submodule("backbone")(image)
        return tuple(self.model.get_submodule("head")(list(maps.values())).values())


def made(name: str, *, frozen: bool) -> nn.Module:
    """torchvision's model, with norms that are frozen or learn."""
    detection = torchvision_models().detection
    from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
    from torchvision.ops.feature_pyramid_network import LastLevelP6P7
    from torchvision.ops.misc import FrozenBatchNorm2d

    trunk = resnet_fpn_backbone(
        backbone_name="resnet50",
        weights=None,
        norm_layer=FrozenBatchNorm2d if frozen else nn.BatchNorm2d,
        returned_layers=[2, 3, 4],
        extra_blocks=LastLevelP6P7(256, 256),
    )
    kind = detection.RetinaNet if name.startswith("retinanet") else detection.FCOS
    model: nn.Module = kind(trunk, num_classes=91)
    return model


@pytest.mark.parametrize("name", PUBLISHED)
def test_it_is_torchvisions(name: str) -> None:
    learning = made(name, frozen=False)
    settle(Said(learning), SHAPE)
    state = learning.state_dict()
    theirs = made(name, frozen=True).eval()
    assert keys(name) == keys_of(theirs)
    weights = {key: state[key] for key in theirs.state_dict()}
    theirs.load_state_dict(weights)
    ours, other = with_weights(name, weights), Said(theirs)
    for shape in (SHAPE, (2, 3, 64, 200)):
        one, two = pictures(shape, 101), pictures(shape, 102)
        with torch.no_grad():
            expected = other(one)
            differ(other(two), expected)
            agree(tuple(ours(one)), expected)


@pytest.mark.parametrize("name", PUBLISHED)
def test_figures_are_the_published_ones(name: str) -> None:
    macs = Facts(program(name)).value("macs", {"H": 800, "W": 800})
    assert isinstance(macs, int)
    assert round(macs / 1e9, 2) == round(PUBLISHED[name], 2)
