"""What a net sees of examples: after the path, normalised, in the layout that was asked for."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.train.evaluation import score
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.setup import Prepare
from netlang.backends.torch.train.world import World
from netlang.recipes import Recipe, load_recipe
from tests.train.augment.support import torchvision_functions
from tests.train.support import parts_of, sketch

CPU = torch.device("cpu")
V2 = torchvision_functions()


def ready(recipe: Recipe) -> Prepare:
    return Prepare(recipe, CPU, World(), classes=10)


def plain(*lines: str) -> Recipe:
    """A recipe for images that leaves them as they are, but for the keys given."""
    body = "    input x: [3, H=9, W=9]\n    gap -> flatten -> linear(10)"
    return sketch(body, "data: digits(size=9)", *lines)[0]


def images(count: int = 6) -> Tensors:
    pixels = torch.from_numpy(np.random.default_rng(1).integers(0, 256, (count, 3, 9, 9), np.uint8))
    return Tensors((pixels,), {"label": torch.arange(count) % 10})


def test_normalization_is_that_of_torchvision() -> None:
    recipe, _ = load_recipe("vae:digits", ["normalize=standardize(mean=[0.3], std=[2])"])
    unchanged = parts_of(recipe).train
    batch = next(ready(recipe).normalized(unchanged).testing(unchanged).once()).scales[0]
    assert isinstance(unchanged, Tensors)
    expected = V2.normalize(unchanged.inputs[0][: len(batch)], [0.3], [2.0])
    torch.testing.assert_close(batch.inputs[0], expected)


def test_bytes_become_shares_of_white() -> None:
    recipe = plain()
    examples = images()
    seen = torch.cat([batch.inputs[0] for batch in ready(recipe).training(examples).batches(0, 0)])
    assert seen.dtype == torch.float32
    order = seen.flatten(1).sum(1).argsort()
    expected = examples.inputs[0] / 255.0
    torch.testing.assert_close(seen[order], expected[expected.flatten(1).sum(1).argsort()])


def test_channels_last() -> None:
    recipe = plain("channels_last: true", "batch: 4")
    for batch in ready(recipe).training(images()).batches(0, 0):
        assert batch.inputs[0].is_contiguous(memory_format=torch.channels_last)


def test_augmented_in_training_alone() -> None:
    recipe = plain("augment: hflip(p=1)")
    examples = images()
    (batch,) = ready(recipe).training(examples).batches(0, 0)
    assert batch.numbers is not None
    picked = examples.inputs[0][torch.from_numpy(batch.numbers)] / 255.0
    torch.testing.assert_close(batch.inputs[0], V2.horizontal_flip(picked))


def test_views_of_a_test() -> None:
    recipe = plain("test: ten_crop(5)")
    examples = images()
    (views,) = ready(recipe).testing(examples).once()
    assert (len(views), views.views, len(views.scales[0])) == (6, 10, 60)
    expected = torch.stack(V2.ten_crop(examples.inputs[0] / 255.0, [5, 5]), 1).flatten(0, 1)
    torch.testing.assert_close(views.scales[0].inputs[0], expected)
    assert len(views.scales[0].targets["label"]) == 6


def test_views_of_improbable_classes_have_a_finite_loss() -> None:
    recipe = plain("test: ten_crop(5)", "loss: cross_entropy")
    body = "    input x: [3, H=9, W=9]\n    gap -> flatten -> linear(10)"
    program = sketch(body, "data: digits(size=9)", "test: ten_crop(5)")[1]
    linear = nn.Linear(3, 10)
    with torch.no_grad():
        linear.weight.fill_(0.0)
        linear.bias.copy_(torch.arange(10) * -200.0)
    model = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), linear)
    scores = score(model, Objective(recipe, program), ready(recipe).testing(images()), 0)
    # The class k is improbable by a factor of exp(200 k).
    assert scores.loss == pytest.approx(np.mean([200.0 * k for k in range(6)]), rel=1e-6)
