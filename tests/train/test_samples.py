"""Pictures of what a net makes while it trains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from netlang.backends.torch.runtime.drawing import normal_numbers
from netlang.backends.torch.seeds import derived_seed
from netlang.backends.torch.train import train
from netlang.backends.torch.train.records.samples import write_grid
from netlang.diagnostics.errors import NetlangError
from netlang.targets.options import RunOptions
from tests.train.test_turns import BCE, game, generator_by_hand

SIDE, GAP = 7 * 8, 2  # an image of 8x8, shown larger, and what is between two


def test_a_grid_shows_what_the_net_makes(tmp_path: Path) -> None:
    """After each epoch and at the end, of the same noise, and the weights are as without it."""
    plain, program = game(*BCE)
    train(plain, program, RunOptions(tmp_path / "plain", device="cpu"))
    recipe, _ = game(*BCE, 'samples: grid("fake", every=1, count=6)')
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    found = sorted(path.name for path in (tmp_path / "run" / "samples").iterdir())
    assert found == ["step_0000008.png", "step_0000010.png"]
    weights = tmp_path / "run" / "last.safetensors"
    assert weights.read_bytes() == (tmp_path / "plain" / "last.safetensors").read_bytes()
    generator = generator_by_hand()
    own = {k.removeprefix("generator."): v for k, v in load_file(weights).items() if k[0] == "g"}
    generator.load_state_dict(own)
    z = normal_numbers(derived_seed(0, "test draw z"), 0, np.arange(6), (5,))
    with torch.no_grad():
        images = (generator.eval()(z)[:, 0] * 255).round().to(torch.uint8).numpy()
    picture = np.asarray(Image.open(tmp_path / "run" / "samples" / "step_0000010.png"))
    assert picture.shape == (2 * (SIDE + GAP) + GAP, 3 * (SIDE + GAP) + GAP)
    for place, image in enumerate(images):
        row, column = divmod(place, 3)
        top, left = row * (SIDE + GAP) + GAP, column * (SIDE + GAP) + GAP
        shown = picture[top : top + SIDE : 7, left : left + SIDE : 7].astype(int)
        assert np.abs(shown - image).max() <= 1


def test_a_folder_that_cannot_be_made_ends_the_run_as_any_file_does(tmp_path: Path) -> None:
    (tmp_path / "samples").touch()
    with pytest.raises(NetlangError) as caught:
        write_grid(tmp_path / "samples" / "step_1.png", np.zeros((2, 2), np.uint8))
    assert [each.code for each in caught.value.diagnostics] == ["E0795"]
