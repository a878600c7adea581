"""EXIF orientation: the net sees the same picture in training, evaluation and prediction."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from netlang.backends.torch.data.load import load_parts
from netlang.backends.torch.data.pictures import single
from netlang.backends.torch.train.setup import Prepare
from netlang.backends.torch.train.world import World
from netlang.recipes import Recipe, load_recipe
from netlang.recipes.places import Places
from tests.train.data.support import draw

SPEC = """
net small {
    input image: [3, 16, 16]
    flatten -> linear(2)
}
train pets {
    model: small()
    data: image_folder("pets")
    augment: resize(16)
    loss: cross_entropy
    optimizer: sgd(lr=0.1)
    batch: 4
    steps: 1
}
"""


def _sideways() -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = 6
    return tags


def folder(root: Path, turned: bool) -> Path:
    """Four large JPEGs, as a camera that lies on its side stores them, or the same upright."""
    for part in ("train", "val"):
        for number, name in enumerate(("cat", "cat", "dog", "dog")):
            path = root / part / name / f"{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            draw(number, size=(320, 192)).save(path, quality=95, exif=_sideways())
            if not turned:
                with Image.open(path) as stored:
                    upright = stored.transpose(Image.Transpose.ROTATE_270)
                path.unlink()
                upright.save(path.with_suffix(".png"))
    return root


def seen(recipe: Recipe, root: Path, workers: int) -> list[torch.Tensor]:
    """What the net gets of the images in training, evaluation and prediction."""
    parts = load_parts(recipe, Places({"pets": root}))
    ready = Prepare(recipe, torch.device("cpu"), World(), workers)
    assert parts.validation is not None
    found = []
    with closing(ready.training(parts.train)) as part:
        found += [batch.inputs[0] for batch in part.batches(0, 0)]
    with closing(ready.testing(parts.validation)) as part:
        found += [views.scales[0].inputs[0] for views in part.once()]
    for path in sorted((root / "val").rglob("*.*g")):
        with closing(ready.testing(single(path, 3))) as part:
            found += [views.scales[0].inputs[0] for views in part.once()]
    return found


@pytest.mark.parametrize("workers", [0, 2])
def test_all_ways_turn_an_image_alike(tmp_path: Path, workers: int) -> None:
    (tmp_path / "pets.net").write_text(SPEC)
    recipe, _ = load_recipe(tmp_path / "pets.net")
    turned = seen(recipe, folder(tmp_path / "turned", True), workers)
    upright = seen(recipe, folder(tmp_path / "upright", False), workers)
    assert len(turned) == len(upright) == 6
    for ours, theirs in zip(turned, upright, strict=True):
        # A JPEG may be decoded at a reduced size: a grey level of difference, not another picture.
        assert np.abs(ours.numpy() - theirs.numpy()).max() < 2.5 / 255
    training, evaluation, *predictions = turned
    assert torch.equal(evaluation, torch.cat(predictions))
    assert sorted(map(float, training.sum((1, 2, 3)))) == pytest.approx(
        sorted(map(float, evaluation.sum((1, 2, 3))))
    )
