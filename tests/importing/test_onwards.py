"""An imported net is trained on from the weights of its source, and deployed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.cli.support import Runner
from tests.onnx.support import run as outputs_of

SOURCE = """
from torch import nn


def colours(classes=5):
    stem = nn.Sequential(nn.Conv2d(3, 6, 3, stride=2, bias=False), nn.BatchNorm2d(6), nn.ReLU())
    return nn.Sequential(stem, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, classes))
"""
RECIPE = """
from colours import colours

train colours {
    model:     colours()
    data:      image_folder("photos")
    weights:   pretrained("source", skip=["3"])
    augment:   random_resized_crop(16)
    test:      resize_shorter(18) -> center_crop(16)
    normalize: imagenet
    loss:      cross_entropy
    optimizer: sgd(lr=0.01)
    batch:     4
    steps:     2
}
"""


def draw(folder: Path) -> None:
    """Photos of two classes: more red, more green."""
    random = np.random.default_rng(0)
    for number in range(12):
        pixels = random.integers(0, 120, (20, 24, 3), np.uint8)
        pixels[..., number % 2] += 100
        file = folder / ("val" if number < 4 else "train") / "rg"[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(file)


def test_from_an_import_to_a_deployed_net(run: Runner) -> None:
    torch.manual_seed(0)
    Path("colour_source.py").write_text(SOURCE, encoding="utf-8")
    draw(run.folder / "photos")
    made = run(
        "import", "colour_source:colours", "--input", "[3, 16, 16]", "-o", "colours.net",
        "--weights-out", "source.safetensors",
    )  # fmt: skip
    assert made.status == 0, made.err
    # The way of the page: the number of classes becomes a parameter.
    spec = Path("colours.net").read_text(encoding="utf-8")
    assert spec.count("linear(5)") == 1
    edited = spec.replace("net colours {", "net colours(classes=2) {")
    Path("colours.net").write_text(edited.replace("linear(5)", "linear(classes)"), encoding="utf-8")
    Path("pets.net").write_text(RECIPE, encoding="utf-8")
    places = ("--data", "photos=photos", "--data", "source=source.safetensors")
    trained = run("train", "pets.net", *places, "--out", "run", "--device", "cpu")
    assert trained.status == 0, trained.err
    weights = ("--weights", "run/last.safetensors")
    told = run("predict", "pets.net", *weights, "photos/val/r/0.png").out
    best, share = told.split(": ")[1].split(" %")[0].split()
    written = run(
        "compile", "pets.net:colours", "-o", "pets.onnx", *weights, "--preprocess", "recipe",
        "--postprocess", "topk(1)",
    )  # fmt: skip
    assert written.status == 0, written.err
    pixels = np.asarray(Image.open("photos/val/r/0.png"))[None]
    classes, probabilities = outputs_of(run.folder / "pets.onnx", {"pixels": pixels})
    assert "gr"[int(classes[0, 0])] == best
    assert float(probabilities[0, 0]) == pytest.approx(float(share) / 100, abs=1e-3)
