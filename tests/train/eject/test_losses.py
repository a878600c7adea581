"""A script has the losses of `netlang train`, exactly, and is one that a person may keep."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.backends.torch.eject import script
from netlang.ir.program import Program
from netlang.recipes import Recipe, load_recipe
from netlang.recipes.places import Places
from tests.train.eject.support import (
    losses,
    photos,
    printed,
    scores,
    trained_losses,
    trained_scores,
)
from tests.train.support import sketch

BODY = "    input x: [40]\n    fc1: linear(16) -> dropout(0.2) -> relu\n    fc2: linear(10)"
PICTURES = (
    "    input image: [3, H=24, W=24]\n    conv1: conv(8, 3x3, stride=2) -> norm1: bn -> relu\n"
    "    gap -> flatten -> dropout(0.5) -> fc: linear(3)"
)

MEMORY = {
    "much": (
        BODY,
        "validation: 0.2",
        "ema: 0.9",
        "accumulate: 3",
        "clip_norm: 0.5",
        "clip_value: 0.2",
        "no_decay: [norms, biases]",
        "optimizer: adamw(lr=0.01)",
        "schedule: warmup(10, unit=steps) -> cosine(floor=0.1)",
        "augment: noise(0.1) -> mixup(0.3)",
        "steps: 40",
        "evaluate_every: 15",
    ),
    "rates": (
        BODY,
        'rates: [("fc2", 10)]',
        "optimizer: sgd(lr=0.05, momentum=0.9)",
        "schedule: one_cycle",
        'freeze: ["fc1"]',
        "steps: 40",
    ),
    "three phases": (
        BODY,
        "schedule: warmup(5, unit=steps) -> constant(length=5, unit=steps) -> cosine(floor=0.01)",
        "steps: 20",
    ),
    "phases in epochs": (BODY, "batch: 500", "schedule: warmup(2) -> cosine", "steps: 20"),
    "whole epochs": (BODY, "batch: 500", "schedule: step(every=2, gamma=0.5)", "epochs: 5"),
    "whole epochs of a cosine": (BODY, "batch: 500", "schedule: cosine", "epochs: 5"),
    "plateaus of whole epochs": (BODY, "batch: 900", "schedule: plateau(patience=0)", "epochs: 5"),
    "a sum as rate": (BODY, "schedule: linear(end=0.1)", "steps: 4"),
    "a long rate": (BODY, "schedule: cosine(floor=0.1)", "steps: 4"),
    "penalties": (
        BODY,
        "loss: cross_entropy + 0.1 * l2_penalty - 0.01 * l1_penalty",
        "normalize: standardize",
        "accumulate: 3",
        "batch: 300",
        "steps: 16",
    ),
    "early": (
        BODY,
        "validation: 0.1",
        "early_stopping: 2",
        "evaluate_every: 2",
        "optimizer: sgd(lr=1e-9)",
        "steps: 24",
    ),
    "early at an epoch's end": (
        BODY,
        "validation: 0.1",
        "early_stopping: 1",
        "optimizer: sgd(lr=1e-9)",
        "batch: 1200",
        "schedule: plateau(patience=0)",
        "steps: 24",
    ),
    "white": (BODY, "normalize: zca_whitening", "steps: 3"),
    "plateau": (
        BODY,
        "schedule: warmup(5, unit=steps) -> plateau(patience=0, cooldown=1, threshold=0.5)",
        "evaluate_every: 3",
        "steps: 40",
    ),
    "a plateau first": (
        BODY,
        "schedule: plateau(factor=0.5, patience=0, cooldown=1, threshold=0.3, length=20, "
        "unit=steps) -> warmup(4, unit=steps) -> cosine",
        "evaluate_every: 3",
        "steps: 40",
    ),
    "plateaus among phases": (
        BODY,
        "schedule: warmup(5, unit=steps) -> plateau(factor=0.5, patience=1, threshold=0.2, "
        "length=12, unit=steps) -> plateau(factor=0.2, patience=0, length=1) -> linear(end=0.1)",
        "validation: 0.2",
        "evaluate_every: 2",
        "batch: 160",
        'rates: [("fc2", 10)]',
        "steps: 50",
    ),
    "muon": (BODY, "optimizer: muon(lr=0.01)",
        "loss: cross_entropy(label_smoothing=0.1)", "steps: 20"),
    "digits at scales": (
        "    input x: [1, H=8, W=8]\n"
        "    conv1: conv(8, 3x3) -> relu -> gap -> flatten -> fc: linear(10)",
        "data: digits",
        "test: multi_scale([8, 16])",
        "validation: 0.2",
        "early_stopping: 3",
        "normalize: standardize",
        "evaluate_every: 5",
        "steps: 25",
    ),
    "an image that is normalized and compared": (
        "    input x: [1, 8, 8]\n    flatten -> linear(64) -> reshape([1, 8, 8])\n    output made",
        "data: digits", "loss: mse(made, x)", "normalize: standardize", "validation: 0.2",
        "steps: 4", "evaluate_every: 2",
    ),
    "mirrored digits": (
        "    input x: [1, 8, 8]\n    flatten -> fc: linear(10)",
        "data: digits", "test: flip", "validation: 0.2", "steps: 4", "evaluate_every: 2",
    ),
    "adagrad": (BODY, "optimizer: adagrad(lr=0.01)", "precision: bf16", "steps: 20"),
    "in their own order": (BODY, "shuffle: false", "batch: 300", "steps: 30"),
    "in their own order but for those held out": (
        BODY, "shuffle: false", "validation: 0.2", "batch: 300", "steps: 20"
    ),
    "normalized": (BODY, "normalize: standardize(mean=[0.5], std=[2.0])", "steps: 20"),
    "averages": (
        BODY.replace("dropout", "norm: bn -> dropout"), "validation: 0.2", "batch: 500", "swa: 1",
        'freeze: ["fc1"]', "evaluate_every: 3", "epochs: 3",
    ),
    "averages at the end": (BODY, "batch: 500", "swa: 2", "steps: 20"),
    "digits": (
        "    input x: [1, 8, 8]\n    conv1: conv(8, 3x3) -> norm1: bn -> relu\n"
        "    flatten -> fc: linear(10)",
        "data: digits",
        "augment: random_crop(8, pad=1) -> rotate(10) -> cutout(2) -> mixup(0.3) -> cutmix(1.0)",
        "init: xavier_uniform(of=[conv]) -> normal(std=0.02, of=[linear])",
        "channels_last: true",
        "steps: 30",
        "schedule: step(every=1, gamma=0.5)",
    ),
}  # fmt: skip

IMAGES = {
    "crops": (
        PICTURES,
        "augment: random_resized_crop(24) -> hflip -> color_jitter(0.2, 0.2)",
        "init: kaiming_normal(mode=fan_out)",
    ),
    "mirrored": (
        PICTURES,
        "augment: resize(24) -> hflip",
        "test: resize(24) -> flip",
        "normalize: standardize",
        "validation: 0.3",
        "swa: 3",
    ),
    "in their own order": (PICTURES, "augment: resize(24) -> hflip", "shuffle: false"),
    "mirrored at scales": (PICTURES, "augment: resize(24)", "test: multi_scale([24, 28]) -> flip"),
    "ten": (PICTURES, "augment: resize_shorter(26..40) -> random_crop(24)", "test: ten_crop(24)"),
    "scales": (
        PICTURES,
        "augment: random_resized_crop(24)",
        "test: multi_scale([28, 24, 40])",
        "validation: 0.3",
        "early_stopping: 20",
    ),
    "scales and crops": (
        PICTURES,
        "augment: resize(24) -> hflip",
        "test: multi_scale([26, 40]) -> ten_crop(24)",
        "normalize: standardize",
        "precision: bf16",
    ),
    "learned at a scale": (
        PICTURES,
        "augment: resize(24) -> hflip",
        "test: multi_scale([24, 33])",
        "normalize: standardize",
        "validation: 0.3",
        "schedule: plateau(patience=0, threshold=0.3)",
        "swa: 2",
    ),
    "held": (
        PICTURES,
        'data: image_folder("photos", validation=none, test="val", channels=1)',
        "augment: resize(30) -> hflip -> random_crop(24, pad=2)",
        "normalize: standardize(mean=[0.5], std=[0.2])",
        "validation: 0.3",
        "schedule: plateau",
    ),
}


def alike(
    recipe: Recipe,
    program: Program,
    folder: Path,
    *options: str,
    places: Places | None = None,
) -> int:
    """Assert that a script has the losses and scores of `netlang train`; how many steps it made."""
    shown = printed(script(recipe, program), folder / "script", *options)
    found = losses(shown)
    assert found == trained_losses(recipe, program, folder / "run", places)
    assert scores(shown) == trained_scores(folder / "run")
    return len(found)


@pytest.mark.parametrize("name", MEMORY)
def test_in_memory(name: str, tmp_path: Path) -> None:
    assert alike(*sketch(*MEMORY[name]), tmp_path)


BUNDLED = {"mnist1d": "100", "vae": "8", "autoencoder": "8"}


@pytest.mark.parametrize("spec", BUNDLED)
def test_bundled(spec: str, tmp_path: Path) -> None:
    recipe, program = load_recipe(spec, [f"steps={BUNDLED[spec]}"])
    assert alike(recipe, program, tmp_path) == int(BUNDLED[spec])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return photos(tmp_path_factory.mktemp("photos"), 4, 40)


@pytest.mark.parametrize("name", IMAGES)
def test_images(name: str, folder: Path, tmp_path: Path) -> None:
    body, *lines = IMAGES[name]
    lines = [*lines, "batch: 4", "steps: 20", "evaluate_every: 7"]
    if not any(line.startswith("data") for line in lines):
        lines.append('data: image_folder("photos", test="val")')
    recipe, program = sketch(body.replace("[3,", "[1,") if name == "held" else body, *lines)
    options = "--data", str(folder), "--workers", "0"
    assert alike(recipe, program, tmp_path, *options, places=Places({"photos": folder}))


# The bundled recipes for ImageNet, with small images in small batches.
IMAGENET = {
    "resnet:imagenet": (
        "augment=resize_shorter(36..60) -> random_crop(32) -> hflip -> color_pca(0.1)",
        "test=ten_crop(32)",
    ),
    "googlenet:imagenet": ("augment=random_resized_crop(32, scale=0.08..1.0) -> hflip",),
}


# Two epochs and more of 16 pictures, and what takes a minute of one core.
NETS = {
    "resnet18": ("resnet:imagenet", "arch=resnet18", "batch=2"),
    "googlenet": ("googlenet:imagenet", "batch=4"),
    "resnet50": ("resnet:imagenet", "batch=4"),
}
RUNS = [
    pytest.param("resnet18", 20),
    pytest.param("googlenet", 10),
    *(pytest.param(name, 100, marks=pytest.mark.slow) for name in NETS),
]


@pytest.mark.parametrize(("net", "steps"), RUNS)
def test_imagenet(net: str, steps: int, folder: Path, tmp_path: Path) -> None:
    spec, *changes = NETS[net]
    data = 'data=image_folder("photos", train="train", test="val")'
    recipe, program = load_recipe(spec, [*IMAGENET[spec], data, *changes, f"steps={steps}"])
    options = "--data", str(folder), "--workers", "0"
    places = Places({"photos": folder})
    assert alike(recipe, program, tmp_path, *options, places=places) == steps
