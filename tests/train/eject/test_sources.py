"""Scripts read every source as `netlang train` does, and have its losses exactly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from netlang.backends.torch.eject import script
from netlang.recipes.places import Places
from tests.train.eject.sources import (
    cifar,
    cifar_of_pickles,
    damaged,
    damaged_shards,
    deep,
    folders,
    idx,
    masks,
    mnist,
    numbers,
    packed_cifar,
    shards,
    signals,
)
from tests.train.eject.support import complaints, script_losses, trained_losses
from tests.train.support import sketch

PICTURES = (
    "    input image: [{}, H={}, W={}]\n"
    "    conv1: conv(4, 3x3) -> relu -> gap -> flatten -> fc: linear({})"
)
SMALL = ("augment: resize(24) -> hflip", "batch: 3")
TWO_INPUTS = (
    "    input x: [6]\n    input more: int64[3]\n"
    "    more -> tokens: embedding(5, 4) -> flat: flatten\n"
    "    (x, flat) -> concat -> fc1: linear(4) -> relu -> fc2: linear(2)\n    output y_hat: fc2"
)
MASKS = "    input x: [3, 8, 8]\n    conv1: conv(4, 3x3, pad=1) -> relu -> conv2: conv({}, 1x1)"


CASES: dict[str, tuple[Callable[[Path], None], str, tuple[str, ...]]] = {
    "arrays": (
        numbers,
        "    input x: [6]\n    fc1: linear(4) -> relu -> fc2: linear(3)",
        ('data: arrays("mine", sizes=[6], classes=3)', "batch: 7", "evaluate_every: 4"),
    ),
    "two inputs": (
        numbers,
        TWO_INPUTS,
        (
            'data: arrays("mine", sizes=[6], inputs=["x", "more"], targets=["y"], test=none, '
            'validation="valid")',
            "loss: mse(y_hat, y) + 0.1 * l1(y_hat, y)",
            "early_stopping: 3",
            "batch: 7",
        ),
    ),
    "masks": (
        masks,
        MASKS.format(1) + " -> sigmoid",
        ('data: arrays("mine", sizes=[3, 8, 8])', "loss: dice", "augment: noise(0.1)", "batch: 7"),
    ),
    "masks of classes": (
        masks,
        MASKS.format(2),
        (
            'data: arrays("mine", sizes=[3, 8, 8])',
            "loss: cross_entropy + focal",
            "augment: cutmix(1.0)",
            "normalize: standardize",
            "validation: 0.2",
            "batch: 7",
        ),
    ),
    "moved masks": (
        masks,
        MASKS.format(2),
        (
            'data: arrays("mine", sizes=[3, 8, 8])',
            "loss: cross_entropy",
            "augment: hflip -> rotate(20) -> random_crop(8, pad=2) -> noise(0.1)",
            "validation: 0.2",
            "test: resize(10) -> center_crop(8)",
            "batch: 7",
        ),
    ),
    "masks cut and mixed": (
        masks,
        MASKS.format(2),
        (
            'data: arrays("mine", sizes=[3, 8, 8])',
            "loss: cross_entropy",
            "augment: random_resized_crop(8) -> vflip -> cutmix(1.0) -> hflip",
            "normalize: standardize",
            "test: resize(9) -> center_crop(8)",
            "batch: 6",
        ),
    ),
    "sizes on the way": (
        masks,
        MASKS.format(2),
        (
            'data: arrays("mine", sizes=[3, 8, 8])',
            "loss: cross_entropy",
            "augment: noise(0.1) -> resize_shorter(8..12) -> hflip -> random_crop(8)",
            "batch: 6",
        ),
    ),
    "classes and masks": (
        masks,
        "    input x: [3, 8, 8]\n    conv(4, 3x3, pad=1) -> body: relu\n"
        "    body -> edge: conv(1, 1x1)\n    body -> gap -> flatten -> kind: linear(3)\n"
        "    output kind: kind\n    output edge: edge",
        (
            'data: arrays("mine", sizes=[3, 8, 8], targets=["whole", "edges"])',
            "loss: cross_entropy(kind, whole) + mse(edge, edges)",
            "augment: translate(0.2) -> hflip",
            "batch: 6",
        ),
    ),
    "classes of another name": (
        masks,
        "    input x: [3, 8, 8]\n    conv(4, 3x3) -> gap -> flatten -> linear(3)",
        (
            'data: arrays("mine", sizes=[3, 8, 8], targets=["whole"])',
            "validation: 0.2",
            "batch: 7",
        ),
    ),
    "masks of signals": (
        signals,
        "    input x: [12]\n    fc1: linear(12)",
        (
            'data: arrays("mine", sizes=[12], targets=["y"])',
            "loss: mse",
            "augment: translate(0.3) -> scale(0.8..1.2)",
            "batch: 6",
        ),
    ),
    "idx": (
        idx,
        PICTURES.format(1, 28, 28, 10),
        ('data: idx("mine")', "batch: 2", "normalize: standardize"),
    ),
    "cifar10": (
        cifar,
        PICTURES.format(3, 32, 32, 10),
        (
            'data: cifar10("mine")',
            "augment: random_crop(32, pad=4) -> hflip -> mixup(0.2)",
            "batch: 2",
        ),
    ),
    "cifar10 of pickles": (
        cifar_of_pickles,
        PICTURES.format(3, 32, 32, 10),
        ('data: cifar10("mine")', "augment: hflip", "batch: 2"),
    ),
    "packed cifar10": (
        packed_cifar,
        PICTURES.format(3, 32, 32, 10),
        ('data: cifar10("mine")', "batch: 2"),
    ),
    "shards": (shards, PICTURES.format(3, 24, 24, 3), ('data: shards("mine")', *SMALL)),
    "a part of shards": (
        shards,
        PICTURES.format(3, 24, 24, 3),
        (
            'data: shards("mine", test="val")',
            "validation: 0.3",
            "normalize: standardize",
            *SMALL,
        ),
    ),
    "damaged shards": (
        damaged_shards,
        PICTURES.format(3, 24, 24, 3),
        ('data: shards("mine", corrupt=skip)', *SMALL),
    ),
    "damaged images": (
        damaged,
        PICTURES.format(3, 24, 24, 2),
        ('data: image_folder("mine", corrupt=skip)', "validation: 0.3", *SMALL),
    ),
    "damaged images named": (
        damaged,
        PICTURES.format(3, 24, 24, 2),
        ('data: image_folder("mine", test="test", corrupt=skip)', "early_stopping: 30", *SMALL),
    ),
    "16 bits": (
        deep,
        PICTURES.format(3, 24, 24, 2),
        ('data: image_folder("mine", test="test", validation=none)', *SMALL),
    ),
    "damaged table": (
        damaged,
        PICTURES.format(3, 24, 24, 2),
        ('data: hugging_face("mine", corrupt=skip)', *SMALL),
    ),
    "hugging_face": (
        folders,
        PICTURES.format(3, 24, 24, 2),
        ('data: hugging_face("mine")', "normalize: standardize", *SMALL),
    ),
    "torchvision": (
        mnist,
        PICTURES.format(1, 24, 24, 10),
        ('data: torchvision("mine", set=MNIST, channels=1)', "normalize: standardize", *SMALL),
    ),
}


@pytest.fixture(autouse=True)
def _own_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "datasets")


# `datasets` and WebDataset leave files open.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", CASES)
def test_losses(name: str, tmp_path: Path) -> None:
    write, body, lines = CASES[name]
    root = tmp_path / "mine"
    root.mkdir()
    write(root)
    recipe, program = sketch(body, *lines, "steps: 20")
    workers = ("--workers", "0") if SMALL[0] in lines else ()
    options = ("--data", str(root), *workers)
    found = script_losses(recipe, program, tmp_path / "script", *options)
    assert len(found) == 20
    assert found == trained_losses(recipe, program, tmp_path / "run", Places({"mine": root}))


def test_clean(tmp_path: Path) -> None:
    for name, (_, body, lines) in CASES.items():
        path = tmp_path / f"with_{name.replace(' ', '_')}.py"
        path.write_text(script(*sketch(body, *lines)), encoding="utf-8")
    assert not complaints(tmp_path)
