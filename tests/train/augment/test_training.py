"""Training on mixed examples: the losses are those of a loop by hand with scipy's Beta."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from torch.nn import functional as F

from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.runtime.random import epoch_order, uniform
from netlang.backends.torch.train import train
from netlang.backends.torch.train.devices import derived_seed
from netlang.backends.torch.train.modules import module_of
from netlang.targets.options import RunOptions
from tests.train.support import parts_of, sketch

NET = "input x: [40]\nlinear(16) -> relu -> linear(10)"


def test_mixup_by_hand(tmp_path: Path) -> None:
    recipe, program = sketch(NET, "augment: mixup(0.4)", "seed: 5")
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    lines = (tmp_path / "run" / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    (found,) = (each["loss"] for each in map(json.loads, lines) if "loss" in each)

    examples = parts_of(recipe).train
    assert isinstance(examples, Tensors)
    model = module_of(program, derived_seed(5, "weights"))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    order = epoch_order(derived_seed(5, "order"), 0, len(examples))
    losses = []
    for step in range(10):
        numbers = order[100 * step : 100 * step + 100]
        before = np.roll(numbers, 1)
        drawn = uniform(derived_seed(5, "augment"), 0, numbers, 0, 1)[:, 0]
        share = torch.from_numpy(stats.beta(0.4, 0.4).ppf(drawn)).float()[:, None]
        (x,), label = examples.inputs, F.one_hot(examples.targets["label"], 10).float()
        mixed = share * x[numbers] + (1 - share) * x[before]
        loss = F.cross_entropy(model(mixed), share * label[numbers] + (1 - share) * label[before])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert found == pytest.approx(np.mean(losses), rel=1e-5)


@pytest.mark.parametrize(
    "path", ["cutmix -> hflip -> noise(0.01)", "rotate(5) -> cutout(2) -> mixup"]
)
def test_images_are_mixed_and_the_loss_falls(path: str, tmp_path: Path) -> None:
    net = "input image: [1, 8, 8]\nflatten -> linear(32) -> relu -> linear(10)"
    lines = f"augment: {path}", "data: digits", "steps: 60", "optimizer: adam(lr=1e-2)"
    recipe, program = sketch(net, *lines)
    result = train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    assert result.test is not None
    assert result.test.accuracy is not None
    assert result.test.accuracy > 0.7
