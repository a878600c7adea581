"""An image of another size than those that a net was trained on is made so large, or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import netlang
from netlang.backends.torch.train import predict, train
from netlang.diagnostics.errors import NetlangError
from netlang.recipes import load_recipe
from netlang.recipes.places import Places
from netlang.targets.options import PredictOptions, RunOptions
from tests.train.data.support import draw

SPEC = """
net small {
    input image: [3, 12, 12]
    flatten -> linear(2)
}
train pets {
    model: small()
    data: arrays("pets", sizes=[3, 12, 12], inputs=["image"])
    loss: cross_entropy
    optimizer: sgd(lr=0.1)
    batch: 4
    steps: 2
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on images of one size."""
    root = tmp_path_factory.mktemp("sizes")
    (root / "pets.net").write_text(SPEC, encoding="utf-8")
    images = np.random.default_rng(0).integers(0, 256, (8, 3, 12, 12), dtype=np.uint8)
    np.savez(root / "train.npz", image=images, label=np.arange(8) % 2)
    recipe, program = load_recipe(str(root / "pets.net"))
    train(recipe, program, RunOptions(root / "run", Places({"pets": root}), device="cpu"))
    return root


def shares(folder: Path, image: Path, *changes: str) -> list[float]:
    recipe, program = load_recipe(str(folder / "pets.net"), changes)
    weights = folder / "run" / "last.safetensors"
    (found,) = predict(recipe, program, weights, [image], PredictOptions(device="cpu"))
    named = dict(found.classes)
    return [named[name] for name in sorted(named)]


def test_of_the_same_size(folder: Path, tmp_path: Path) -> None:
    draw(3, size=(12, 12)).save(tmp_path / "a.png")
    pixels = np.array(Image.open(tmp_path / "a.png"), np.float32) / 255.0
    module = netlang.load(str(folder / "pets.net")).torch(
        weights=str(folder / "run" / "last.safetensors")
    )
    x = torch.from_numpy(pixels).permute(2, 0, 1)[None]
    assert shares(folder, tmp_path / "a.png") == pytest.approx(
        module.eval()(x)[0].softmax(0).tolist(), abs=1e-6
    )


@pytest.mark.parametrize(
    ("size", "changes", "text"),
    [
        ((24, 16), (), "16x24, not 12x12"),
        ((24, 16), ("test=resize_shorter(12)",), "12x18 after `test`, not 12x12"),
        ((12, 13), (), "13x12, not 12x12"),
    ],
)
def test_of_another_size(
    folder: Path, tmp_path: Path, size: tuple[int, int], changes: tuple[str, ...], text: str
) -> None:
    draw(3, size=size).save(tmp_path / "a.png")
    with pytest.raises(NetlangError) as caught:
        shares(folder, tmp_path / "a.png", *changes)
    (problem,) = caught.value.diagnostics
    assert problem.code == "E0318"
    assert problem.message.endswith(text)
    assert "`test: resize(12x12)`" in problem.help_text
    # What it advises helps.
    draw(3, size=size).resize((12, 12), Image.Resampling.BILINEAR).save(tmp_path / "b.png")
    found = shares(folder, tmp_path / "a.png", "test=resize(12x12)")
    assert found == pytest.approx(shares(folder, tmp_path / "b.png"), abs=1e-3)


def test_others_are_classified(folder: Path, tmp_path: Path) -> None:
    for name, size in {"a": (12, 12), "b": (24, 16), "c": (12, 12)}.items():
        draw(3, size=size).save(tmp_path / f"{name}.png")
    draw(3, size=(5, 9)).save(tmp_path / "b2.png")
    weights = folder / "run" / "last.safetensors"
    told: list[NetlangError] = []
    recipe, program = load_recipe(str(folder / "pets.net"), ["test=center_crop(12)"])
    found = [
        each.path.name
        for each in predict(
            recipe, program, weights, [tmp_path], PredictOptions(device="cpu", damaged=told.append)
        )
        if each.path
    ]
    assert found == ["a.png", "b.png", "c.png"]
    assert [each.code for error in told for each in error.diagnostics] == ["E0797"]
