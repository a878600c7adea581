"""Training on masks: nets of open sizes, paths that change them, scores by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from netlang.backends.torch.data.fit import require_fit
from netlang.backends.torch.data.load import load_parts
from netlang.backends.torch.train import train
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.places import Places
from netlang.targets.options import RunOptions
from tests.train.support import sketch

OPEN = "    input image: [1, H=20, W=20]\n    head: conv(3, 3x3, pad=1)"
DATA = 'data: arrays("scans", sizes=[1, 20, 20], inputs=["image"], targets=["mask"])'
LINES = (DATA, "batch: 16", "steps: 60", "optimizer: adam(lr=3e-2)")


@pytest.fixture
def scans(tmp_path: Path) -> Places:
    """Images of three grey levels, and which one each pixel has."""
    generator = np.random.default_rng(0)
    for part, count in {"train": 64, "test": 24}.items():
        mask = generator.integers(0, 3, (count, 5, 5)).repeat(4, 1).repeat(4, 2)
        image = (mask[:, None] * 100 + generator.integers(0, 40, (count, 1, 20, 20))).astype("u1")
        np.savez(tmp_path / f"{part}.npz", image=image, mask=mask)
    return Places({"scans": tmp_path})


@pytest.mark.parametrize("loss", ["cross_entropy", "dice(softmax(output), mask)"])
def test_scores_on_cut_masks_are_those_by_hand(scans: Places, tmp_path: Path, loss: str) -> None:
    augment = "augment: random_crop(16) -> hflip -> rotate(15) -> color_jitter(brightness=0.1)"
    recipe, program = sketch(OPEN, *LINES, f"loss: {loss}", augment, "test: center_crop(16)")
    result = train(recipe, program, RunOptions(tmp_path / "run", scans, device="cpu"))
    assert result.test is not None
    weights = load_file(tmp_path / "run" / "last.safetensors")
    with np.load(scans.given["scans"] / "test.npz") as found:
        x = torch.from_numpy(found["image"][:, :, 2:18, 2:18]).float() / 255.0
        mask = torch.from_numpy(found["mask"][:, 2:18, 2:18])
    logits = F.conv2d(x, weights["head.weight"], weights["head.bias"], padding=1)
    if loss == "cross_entropy":
        expected = F.cross_entropy(logits, mask)
    else:
        hot, shares = F.one_hot(mask, 3).movedim(3, 1), logits.softmax(1)
        both = (hot * shares).flatten(2).sum(2)
        expected = 1.0 - ((2 * both + 1) / ((hot + shares).flatten(2).sum(2) + 1)).mean()
    assert result.test.loss == pytest.approx(float(expected), rel=1e-5)
    # Masks that stayed where they were would teach nothing: ln 3 is chance.
    assert result.test.loss < (0.6 if loss == "cross_entropy" else 0.5)


def test_a_mask_of_another_size_is_refused(scans: Places) -> None:
    coarse = "    input image: [1, H=20, W=20]\n    conv(3, 3x3, stride=2, pad=1)"
    recipe, program = sketch(coarse, *LINES)
    with pytest.raises(NetlangError, match=r"\[3, 10, 10\] with int64\[20, 20\]"):
        require_fit(recipe, program, load_parts(recipe, scans))
