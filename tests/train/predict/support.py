"""Images of three classes, and what a net makes of them by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

from netlang.backends.torch import build
from netlang.backends.torch.train import predict
from netlang.recipes import load_recipe
from netlang.targets.options import PredictOptions
from tests.train.augment.support import torchvision_functions

IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
CLASSES = ("cats", "dogs", "Eulen")
SPEC = """
net small {
    input image: [3, H=12, W=12]
    conv(4, 3x3) -> relu -> gap -> flatten
    output logits: linear(3)
}
train pets {
    model: small()
    data: image_folder("pets")
    augment: random_resized_crop(12) -> hflip
    test: resize_shorter(14) -> center_crop(12)
    normalize: standardize
    loss: cross_entropy
    optimizer: sgd(lr=0.1)
    batch: 4
    steps: 4
}
"""


def prepared(run: Path, image: Image.Image, normalization: str = "own") -> torch.Tensor:
    """An image as the net is given it, ``[1, 3, 12, 12]``, without anything of ours."""
    v2 = torchvision_functions()
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)
    small = v2.center_crop(v2.resize(pixels, [14], antialias=True), [12, 12]) / 255.0
    facts = json.loads(metadata(run / "run" / "last.safetensors"))
    first, second = (each["values"] for each in facts["normalization"]["numbers"])
    numbers = {"own": (first, second), "none": ([0.0] * 3, [1.0] * 3), "imagenet": IMAGENET}
    result: torch.Tensor = v2.normalize(small, *numbers[normalization])[None]
    return result


def by_hand(run: Path, image: Image.Image, normalization: str = "own") -> list[float]:
    """The probabilities of an image, without anything of ours but the net."""
    model = build(load_recipe(str(run / "pets.net"))[1]).eval()
    model.load_state_dict(load_file(run / "run" / "last.safetensors"))
    shares: list[float] = model(prepared(run, image, normalization))[0].softmax(0).tolist()
    return shares


def metadata(path: Path) -> str:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        return str(file.metadata()["netlang"])


def predicted(run: Path, *images: object) -> list[dict[str, float]]:
    recipe, program = load_recipe(str(run / "pets.net"))
    weights = run / "run" / "last.safetensors"
    found = predict(recipe, program, weights, images, PredictOptions(device="cpu"))
    return [dict(each.classes) for each in found]
