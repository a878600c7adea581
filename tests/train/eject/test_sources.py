"""Scripts read every source as `netlang train` does, and have its losses exactly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from netlang.backends.torch.eject import script
from netlang.recipes.places import Places
from tests.analysis.oracles import torchvision_models
from tests.train.data import test_cifar, test_idx, test_shards
from tests.train.data.support import pictures
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


def numbers(root: Path) -> None:
    rng = np.random.default_rng(0)
    for part, count in (("train", 30), ("valid", 9), ("test", 5)):
        np.savez(
            root / f"{part}.npz",
            x=rng.normal(size=(count, 6)),
            more=rng.integers(0, 5, (count, 3)),
            label=rng.integers(0, 3, count).astype(np.int32),
            y=rng.normal(size=(count, 2)).astype(np.float32),
        )


def masks(root: Path) -> None:
    rng = np.random.default_rng(0)
    x, label = rng.integers(0, 255, (20, 3, 8, 8)), rng.integers(0, 2, (20, 8, 8))
    np.savez(root / "train.npz", x=x.astype(np.uint8), label=label.astype(np.uint8))


def idx(root: Path) -> None:
    test_idx.write(root, packed=True)


def cifar(root: Path) -> None:
    test_cifar.write(root, test_cifar.binary_files())


def shards(root: Path) -> None:
    test_shards.write(root, "train", 11)
    test_shards.write(root, "val", 5)


def folders(root: Path) -> None:
    pictures(root, ("train", "validation", "test"))


def mnist(root: Path) -> None:
    torchvision_models()
    test_idx.write(root / "MNIST" / "raw")


CASES: dict[str, tuple[Callable[[Path], None], str, tuple[str, ...]]] = {
    "arrays": (
        numbers,
        "    input x: [6]\n    fc1: linear(4) -> relu -> fc2: linear(3)",
        ('data: arrays("mine", sizes=[6], classes=3)', "batch: 7"),
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
    "hugging_face": (
        folders,
        PICTURES.format(3, 24, 24, 2),
        ('data: hugging_face("mine")', *SMALL),
    ),
    "torchvision": (
        mnist,
        PICTURES.format(1, 24, 24, 10),
        ('data: torchvision("mine", set=MNIST, channels=1)', *SMALL),
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
    recipe, program = sketch(body, *lines, "steps: 8")
    workers = ("--workers", "0") if SMALL[0] in lines else ()
    options = ("--data", str(root), *workers)
    found = script_losses(recipe, program, tmp_path / "script", *options)
    assert len(found) == 8
    assert found == trained_losses(recipe, program, tmp_path / "run", Places({"mine": root}))


def test_clean(tmp_path: Path) -> None:
    for name, (_, body, lines) in CASES.items():
        path = tmp_path / f"with_{name.replace(' ', '_')}.py"
        path.write_text(script(*sketch(body, *lines)), encoding="utf-8")
    assert not complaints(tmp_path)


def test_masks_are_not_left_behind(tmp_path: Path) -> None:
    """Masks go where their images go: a script that would move images alone refuses."""
    masks(tmp_path)
    lines = 'data: arrays("mine", sizes=[3, 8, 8])', "loss: cross_entropy", "augment: hflip"
    with pytest.raises(AssertionError, match="masks"):
        script_losses(*sketch(MASKS.format(2), *lines), tmp_path / "s", "--data", str(tmp_path))
