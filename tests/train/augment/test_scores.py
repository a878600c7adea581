"""Scores over views and sizes of images in files, against the net run by hand on each."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path as Folder

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from netlang.backends.torch import build
from netlang.backends.torch.train.evaluation import evaluation
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.prepared import Prepared
from tests.recipes.support import path_of
from tests.train.augment.support import ODD_SIZES, picture, tensor_of, torchvision_functions
from tests.train.loading.support import Files, loader, path
from tests.train.support import sketch

BODY = """    input image: [3, H=32, W=32]
    conv(8, 3x3, stride=2) -> relu -> conv(16, 3x3, stride=2) -> relu -> gap -> flatten
    output logits: linear(3)"""
FUNCTIONS = torchvision_functions()


@pytest.fixture
def files(tmp_path: Folder) -> Files:
    """Nine images of four sizes."""
    paths = []
    for number in range(9):
        paths.append(tmp_path / f"{number}.png")
        picture(*ODD_SIZES[number % 4], seed=number).save(paths[-1])
    return Files(tuple(paths))


def views(image: Tensor, test: str) -> list[Tensor]:
    """What the net should see of an image, uint8 `[1, C, H, W]`, by torchvision."""
    if test == "ten_crop(28)":
        return list(FUNCTIONS.ten_crop(image, [28, 28]))
    if test == "resize(30) -> flip":
        small = FUNCTIONS.resize(image, [30, 30])
        return [small, small.flip(3)]
    if test == "multi_scale([33, 48]) -> flip":
        scaled = [FUNCTIONS.resize(image, side) for side in (33, 48)]
        return [each for small in scaled for each in (small, small.flip(3))]
    if test == "multi_scale([31, 40, 64])":
        return [FUNCTIONS.resize(image, side) for side in (31, 40, 64)]
    scaled = [FUNCTIONS.resize(image, side) for side in (33, 48)]
    return [crop for each in scaled for crop in FUNCTIONS.ten_crop(each, [28, 28])]


@torch.no_grad()
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(
    "test",
    [
        "ten_crop(28)",
        "multi_scale([31, 40, 64])",
        "multi_scale([33, 48]) -> ten_crop(28)",
        "resize(30) -> flip",
        "multi_scale([33, 48]) -> flip",
    ],
)
def test_scores_are_of_mean_probabilities(files: Files, test: str, workers: int) -> None:
    recipe, program = sketch(BODY)
    torch.manual_seed(4)
    model = build(program)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    steps = path(*path_of(test))
    with closing(loader(files, steps, batch=4, workers=workers)) as source:
        data = Prepared(source, steps, None)
        found = evaluation(model, Objective(recipe, program), data, 0)
    model.eval()
    shares = []
    for file in files.paths:
        seen = views(tensor_of(Image.open(file)), test)
        shares.append(torch.cat([model(x / 255.0).softmax(1) for x in seen]).mean(0))
    expected, labels = torch.stack(shares), torch.from_numpy(files.labels)
    loss = F.nll_loss(expected.log(), labels).item()
    assert found.scores.loss == pytest.approx(loss, rel=2e-3)
    assert found.scores.accuracy == (expected.argmax(1) == labels).double().mean().item()
    assert found.confusion is not None
    pairs = np.stack([files.labels, expected.argmax(1).numpy()], 1).tolist()
    counts = [[pairs.count([row, column]) for column in range(3)] for row in range(3)]
    assert found.confusion.tolist() == counts
