"""The segmentation nets beside torchvision's, and FCN beside the authors' layers in plain torch."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TypeAlias

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netlang.backends.onnx import export
from netlang.backends.torch import build
from netlang.backends.weights import slots
from netlang.elaborate import load_program
from netlang.ir.program import Program
from tests.analysis.oracles import torchvision_models
from tests.onnx.support import run
from tests.oracle import largest_difference, pictures, settle, without_dropout

TORCHVISION = (
    "fcn_resnet50", "fcn_resnet101", "deeplabv3_resnet50", "deeplabv3_resnet101",
    "deeplabv3_mobilenet_v3_large",
)  # fmt: skip
# One of each family, the smaller one in every run; the deeper ones differ in their repetitions
# alone.
VALUES = (
    "fcn_resnet50",
    pytest.param("deeplabv3_resnet50", marks=pytest.mark.slow),
    "deeplabv3_mobilenet_v3_large",
)
# Odd, so that every map is rounded to and the interpolation is no multiple.
SHAPE = (2, 3, 97, 81)
State: TypeAlias = Mapping[str, Tensor]


@cache
def program(name: str) -> Program:
    return load_program(name)


def theirs(name: str) -> nn.Module:
    found = getattr(torchvision_models().segmentation, name)(
        weights=None, weights_backbone=None, aux_loss=True
    )
    assert isinstance(found, nn.Module)
    return found


class Outputs(nn.Module):
    """torchvision's model with a tuple of outputs instead of a dictionary."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        found = self.model(image)
        return found["out"], found["aux"]


@pytest.mark.parametrize("name", TORCHVISION)
def test_state_is_theirs(name: str) -> None:
    with torch.device("meta"):
        expected = {key: tuple(value.shape) for key, value in theirs(name).state_dict().items()}
    found = [(slot.key, slot.weight.shape) for slot in slots(program(name))]
    assert found == list(expected.items())


@pytest.fixture(scope="module", params=VALUES)
def models(request: pytest.FixtureRequest) -> tuple[str, nn.Module, nn.Module]:
    """A name, our module and torchvision's, with the same settled weights."""
    name: str = request.param
    model = settle(theirs(name), SHAPE)
    ours = build(program(name))
    ours.load_state_dict(model.state_dict())
    return name, ours, Outputs(model)


def test_values_are_theirs_when_deployed(
    models: tuple[str, nn.Module, nn.Module], tmp_path: Path
) -> None:
    name, *both = models
    ours, other = (model.eval() for model in both)
    path = tmp_path / "net.onnx"
    weights = {key: value.numpy() for key, value in ours.state_dict().items()}
    export(program(name), path, weights=weights)
    for shape in (SHAPE, (1, 3, 64, 120)):
        one, two = pictures(shape, 101), pictures(shape, 102)
        with torch.no_grad():
            expected, _ = other(one)
            assert expected.shape[-2:] == one.shape[-2:]
            assert largest_difference(other(two)[0], expected) >= 0.01
            assert largest_difference(ours(one), expected) <= 1e-5
        (found,) = run(path, {"image": one.numpy()})
        assert largest_difference(torch.from_numpy(found), expected) <= 1e-4
    path.unlink()


def test_values_are_theirs_in_training(models: tuple[str, nn.Module, nn.Module]) -> None:
    ours, other = (model.train() for model in models[1:])
    image = pictures(SHAPE, 103)
    with torch.no_grad(), without_dropout(ours):
        for found, expected in zip(ours(image), other(image), strict=True):
            assert largest_difference(found, expected) <= 1e-5


# --- the paper's own nets -------------------------------------------------------------------------


def conv(state: State, name: str, x: Tensor, pad: int = 0) -> Tensor:
    return F.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"], padding=pad)


def enlarged(state: State, name: str, x: Tensor) -> Tensor:
    """A `Deconvolution` layer whose kernel is twice its stride, without a bias."""
    weight = state[f"{name}.weight"]
    return F.conv_transpose2d(x, weight, stride=weight.shape[-1] // 2)


def cropped(x: Tensor, like: Tensor, offset: int) -> Tensor:
    """A `Crop` layer over the axes from 2 on."""
    height, width = like.shape[-2:]
    return x[..., offset : offset + height, offset : offset + width]


def vgg16(state: State, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Scores, and the third and fourth pools; caffe's pooling rounds up."""
    x, pools = image, []
    for stage, layers in enumerate((2, 2, 3, 3, 3), 1):
        for layer in range(1, layers + 1):
            name = f"conv{stage}_{layer}"
            x = conv(state, name, x, 100 if name == "conv1_1" else 1).relu()
        x = F.max_pool2d(x, 2, stride=2, ceil_mode=True)
        pools.append(x)
    x = conv(state, "fc7", conv(state, "fc6", x).relu()).relu()
    return conv(state, "score_fr", x), pools[2], pools[3]


def fcn32s(state: State, image: Tensor) -> Tensor:
    score, _, _ = vgg16(state, image)
    return cropped(enlarged(state, "upscore", score), image, 19)


def fcn16s(state: State, image: Tensor) -> Tensor:
    score, _, pool4 = vgg16(state, image)
    upscore2 = enlarged(state, "upscore2", score)
    fused = upscore2 + cropped(conv(state, "score_pool4", pool4), upscore2, 5)
    return cropped(enlarged(state, "upscore16", fused), image, 27)


def fcn8s(state: State, image: Tensor) -> Tensor:
    score, pool3, pool4 = vgg16(state, image)
    upscore2 = enlarged(state, "upscore2", score)
    fused = upscore2 + cropped(conv(state, "score_pool4", pool4), upscore2, 5)
    upscore4 = enlarged(state, "upscore_pool4", fused)
    fused = upscore4 + cropped(conv(state, "score_pool3", pool3), upscore4, 9)
    return cropped(enlarged(state, "upscore8", fused), image, 31)


LAYERS = {"fcn32s": fcn32s, "fcn16s": fcn16s, "fcn8s": fcn8s}


@pytest.fixture(scope="module")
def drawn() -> dict[str, Tensor]:
    """Weights for every layer that one of the three nets has."""
    generator = torch.Generator().manual_seed(1)
    shapes = {slot.key: slot.weight.shape for name in LAYERS for slot in slots(program(name))}
    return {
        key: torch.randn(shape, generator=generator) * (2 / torch.Size(shape[1:]).numel()) ** 0.5
        for key, shape in shapes.items()
    }


@pytest.mark.parametrize("name", LAYERS)
def test_fcn_is_the_authors(name: str, drawn: dict[str, Tensor]) -> None:
    state = {slot.key: drawn[slot.key] for slot in slots(program(name))}
    with torch.device("meta"):
        ours = build(program(name)).eval()
    ours.load_state_dict(state, assign=True)
    one, two = pictures((1, 3, 37, 60), 101), pictures((1, 3, 37, 60), 102)
    with torch.no_grad():
        expected = LAYERS[name](state, one)
        assert expected.shape == (1, 21, 37, 60)
        assert largest_difference(LAYERS[name](state, two), expected) >= 0.01
        assert largest_difference(ours(one), expected) <= 1e-5
