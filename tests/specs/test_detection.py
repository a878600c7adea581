"""The detection nets beside torchvision's modules, and YOLO beside its figure in plain torch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from netlang.backends.onnx import export
from tests.analysis.oracles import torchvision_models
from tests.onnx.support import run
from tests.oracle import pictures, settle
from tests.specs.compared import (
    agree,
    differ,
    drawn,
    keys,
    keys_of,
    part,
    program,
    with_weights,
)

# Odd, so that the maps of the pyramid don't double.
SHAPE = (1, 3, 97, 129)


# --- SSD ------------------------------------------------------------------------------------------


class Raw(nn.Module):
    """What torchvision's SSD works out of a transformed image, before it makes boxes of it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.model.get_submodule("backbone")(image)
        found = self.model.get_submodule("head")(list(maps.values()))
        return found["cls_logits"], found["bbox_regression"]


def test_ssd_is_torchvisions() -> None:
    make = torchvision_models().detection.ssd300_vgg16
    with torch.device("meta"):
        model = make(weights=None, weights_backbone=None).eval()
    assert keys("ssd300_vgg16") == keys_of(model)
    state = drawn(keys("ssd300_vgg16"), 1)
    model.load_state_dict(state, assign=True)
    ours, theirs = with_weights("ssd300_vgg16", state), Raw(model)
    one, two = pictures((1, 3, 300, 300), 101), pictures((1, 3, 300, 300), 102)
    with torch.no_grad():
        expected = theirs(one)
        differ(theirs(two), expected)
        agree(ours(one), expected)


# --- Faster R-CNN ---------------------------------------------------------------------------------


class Proposals(nn.Module):
    """The pyramid of torchvision's Faster R-CNN and what its RPN head says of it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        from torchvision.models.detection.rpn import concat_box_prediction_layers

        maps = list(self.model.get_submodule("backbone")(image).values())
        said = self.model.get_submodule("rpn.head")(maps)
        objectness, deltas = concat_box_prediction_layers(*said)
        count = len(image)
        return (*maps[:4], objectness.reshape(count, -1, 1), deltas.reshape(count, -1, 4))


def faster_rcnn(*, frozen: bool) -> nn.Module:
    torchvision_models()
    from torchvision.models.detection import FasterRCNN
    from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
    from torchvision.ops.misc import FrozenBatchNorm2d

    norm = FrozenBatchNorm2d if frozen else nn.BatchNorm2d
    trunk = resnet_fpn_backbone(backbone_name="resnet50", weights=None, norm_layer=norm)
    model: nn.Module = FasterRCNN(trunk, num_classes=91)
    return model


@pytest.fixture(scope="module")
def theirs() -> nn.Module:
    """torchvision's model, frozen with the statistics of a batch."""
    learning = faster_rcnn(frozen=False)
    settle(Proposals(learning), SHAPE)
    settled = learning.state_dict()
    model = faster_rcnn(frozen=True).eval()
    model.load_state_dict({key: settled[key] for key in model.state_dict()})
    return model


def test_faster_rcnn_is_two_nets(theirs: nn.Module) -> None:
    found = keys("fasterrcnn_resnet50_fpn") + keys("fasterrcnn_box_head")
    assert found == keys_of(theirs)


@pytest.mark.parametrize("training", [False, True])
def test_proposals_are_torchvisions(theirs: nn.Module, training: bool) -> None:
    """In training as well: frozen statistics are those of no batch."""
    ours = with_weights("fasterrcnn_resnet50_fpn", part(theirs, "fasterrcnn_resnet50_fpn"))
    other = Proposals(theirs)
    ours.train(training)
    other.train(training)
    for shape in (SHAPE, (2, 3, 64, 200)):
        one, two = pictures(shape, 101), pictures(shape, 102)
        with torch.no_grad():
            expected = other(one)
            differ(other(two), expected)
            agree(ours(one), expected)


def test_proposals_in_onnx(theirs: nn.Module, tmp_path: Path) -> None:
    state, path = part(theirs, "fasterrcnn_resnet50_fpn"), tmp_path / "net.onnx"
    weights = {key: value.detach().numpy() for key, value in state.items()}
    export(program("fasterrcnn_resnet50_fpn"), path, weights=weights)
    image = pictures(SHAPE, 101)
    with torch.no_grad():
        expected = Proposals(theirs)(image)
    found = run(path, {"image": image.numpy()})
    path.unlink()
    agree(tuple(map(torch.from_numpy, found)), expected, 1e-4)


def test_box_head_is_torchvisions(theirs: nn.Module) -> None:
    ours = with_weights("fasterrcnn_box_head", part(theirs, "fasterrcnn_box_head"))
    generator = torch.Generator().manual_seed(1)
    one, two = torch.randn(2, 5, 256, 7, 7, generator=generator)
    heads = theirs.get_submodule("roi_heads")
    head, predictor = heads.get_submodule("box_head"), heads.get_submodule("box_predictor")
    with torch.no_grad():
        expected = predictor(head(one))
        differ(predictor(head(two)), expected)
        agree(ours(one), expected)


# --- Mask R-CNN -----------------------------------------------------------------------------------


def test_mask_head_is_torchvisions() -> None:
    make = torchvision_models().detection.maskrcnn_resnet50_fpn
    with torch.device("meta"):
        model = make(weights=None, weights_backbone=None).eval()
    theirs = [each for each in keys_of(model) if each[0].startswith("roi_heads.")]
    assert keys("fasterrcnn_box_head") + keys("maskrcnn_mask_head") == theirs
    state = drawn(keys("maskrcnn_mask_head"), 1)
    model.load_state_dict(state, strict=False, assign=True)
    heads = model.get_submodule("roi_heads")
    head, predictor = heads.get_submodule("mask_head"), heads.get_submodule("mask_predictor")
    ours = with_weights("maskrcnn_mask_head", state)
    generator = torch.Generator().manual_seed(1)
    one, two = torch.randn(2, 5, 256, 14, 14, generator=generator)
    with torch.no_grad():
        expected = predictor(head(one))
        differ((predictor(head(two)),), (expected,))
        agree((ours(one),), (expected,))


# --- YOLO -----------------------------------------------------------------------------------------

# Figure 3 of the paper, column by column: kernel and filters, `s` for stride 2, `M` for a pool.
FIGURE = (
    "7x64s M 3x192 M 1x128 3x256 1x256 3x512 M "
    + "1x256 3x512 " * 4
    + "1x512 3x1024 M "
    + "1x512 3x1024 " * 2
    + "3x1024 3x1024s 3x1024 3x1024"
).split()


def yolo_of_the_figure() -> nn.Sequential:
    layers: list[nn.Module] = []
    channels = 3
    for entry in FIGURE:
        if entry == "M":
            layers.append(nn.MaxPool2d(2, 2))
            continue
        kernel, width = map(int, entry.rstrip("s").split("x"))
        stride = 2 if entry.endswith("s") else 1
        layers += [nn.Conv2d(channels, width, kernel, stride, kernel // 2), nn.LeakyReLU(0.1)]
        channels = width
    layers += [nn.Flatten(), nn.Linear(7 * 7 * 1024, 4096), nn.LeakyReLU(0.1), nn.Dropout()]
    return nn.Sequential(*layers, nn.Linear(4096, 7 * 7 * 30), nn.Unflatten(1, (7, 7, 30)))


def test_yolo_is_the_figure() -> None:
    assert sum(entry != "M" for entry in FIGURE) == 24
    state = drawn(keys("yolo_v1"), 1)
    with torch.device("meta"):
        theirs = yolo_of_the_figure().eval()
    # Other keys, the same order.
    theirs.load_state_dict(dict(zip(theirs.state_dict(), state.values(), strict=True)), assign=True)
    ours = with_weights("yolo_v1", state)
    one, two = pictures((1, 3, 448, 448), 101), pictures((1, 3, 448, 448), 102)
    with torch.no_grad():
        expected = theirs(one)
        differ((theirs(two),), (expected,))
        agree((ours(one),), (expected,))
