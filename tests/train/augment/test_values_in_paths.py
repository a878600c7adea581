"""Steps that change values, as whole paths: alike in any batch, never the same twice."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from netlang.backends.torch.augment.path import AugmentationPath, path_for
from netlang.recipes.tables import table
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.color import (
    Blur,
    ColorJitter,
    ColorPca,
    Cutout,
    Grayscale,
    Noise,
    RandomErasing,
)
from netlang.recipes.words.geometry import Hflip
from netlang.recipes.words.mixing import Cutmix, Mixup
from netlang.recipes.words.policies import RandAugment, TrivialAugment
from netlang.recipes.words.sizes import CenterCrop
from tests.train.augment.batches import images
from tests.train.augment.support import picture

CHANGES: tuple[Augmentation, ...] = (
    ColorJitter(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1),
    Grayscale(p=0.5),
    ColorPca(),
    Noise(std=0.1),
    Blur(kernel=5),
    Cutout(size=9),
    RandomErasing(value="random"),
    TrivialAugment(),
    RandAugment(n=3),
)
MIXES: tuple[Augmentation, ...] = (Mixup(alpha=1.0), Cutmix())
# Those after which no two examples look alike, whatever was drawn.
ALWAYS = tuple(step for step in CHANGES if isinstance(step, ColorJitter | ColorPca | Noise))


def named(step: Augmentation) -> str:
    return step.name


@pytest.mark.parametrize("step", CHANGES, ids=named)
def test_pictures_are_the_same_in_any_batch(step: Augmentation) -> None:
    path = path_for((Hflip(), step), 7, images=False)
    x, numbers = images(40, 3, (25, 33)), np.arange(100, 140)
    together, _ = path.device(x, {}, numbers, 3)
    assert together.dtype == torch.float32
    for which in (np.array([5]), np.array([11, 2, 7]), np.arange(40)[::-1].copy()):
        some, _ = path.device(x[which], {}, numbers[which], 3)
        assert torch.equal(some, together[which])


@pytest.mark.parametrize("step", CHANGES, ids=named)
def test_epochs_seeds_and_places_differ(step: Augmentation) -> None:
    x, numbers = images(40, 3, (25, 33)), np.arange(40)
    first, _ = path_for((step,), 7, images=False).device(x, {}, numbers, 0)
    others = (
        path_for((step,), 7, images=False).device(x, {}, numbers, 1)[0],
        path_for((step,), 8, images=False).device(x, {}, numbers, 0)[0],
        path_for((Hflip(p=0.0), step), 7, images=False).device(x, {}, numbers, 0)[0],
    )
    for other in others:
        assert ((first - other).abs().amax((1, 2, 3)) > 0.0).double().mean() > 0.3


@pytest.mark.parametrize("step", ALWAYS, ids=named)
def test_nothing_repeats_over_epochs(step: Augmentation) -> None:
    """One picture under 20 numbers in 10 epochs: 200 different ones."""
    path = path_for((step,), 7, images=False)
    x = images(2, 3, (6, 7))[:1].expand(20, -1, -1, -1)
    seen = {
        changed.numpy().tobytes()
        for epoch in range(10)
        for changed in path.device(x, {}, np.arange(20), epoch)[0]
    }
    assert len(seen) == 200


def test_workers_draw_by_the_number_of_the_example() -> None:
    """In a process of its own: another number, another result; the same, the same."""
    image, context = picture(30, 40), get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        for step in ALWAYS:
            path = path_for((step, CenterCrop(size=20)), 7, images=True)
            first, second, again = pool.map(path.host, [image] * 3, (3, 4, 3), [0] * 3)
            assert np.array_equal(first, again)
            assert np.array_equal(first, path.host(image, 3, 0))
            assert not np.array_equal(first, second)


def sliced(path: AugmentationPath, order: NDArray[np.int64], processes: int) -> list[torch.Tensor]:
    """A global batch on some processes, each with the example before its slice in front."""
    x, label = images(64), torch.arange(64) % 5
    parts = []
    for part in np.array_split(np.arange(len(order)), processes):
        numbers = order[np.concatenate([[part[0] - 1], part])]
        inputs, made = path.device(x[numbers], {"label": label[numbers]}, numbers, 2)
        parts.append((inputs, made["label"]))
    return [torch.cat([part[k] for part in parts]) for k in range(2)]


@pytest.mark.parametrize("step", MIXES, ids=named)
def test_any_number_of_processes_mixes_alike(step: Augmentation) -> None:
    path = path_for((Hflip(), step, Noise(std=0.05)), 7, images=False, classes=5)
    assert path.mixes
    order = np.random.default_rng(0).permutation(64)[:30]
    one = sliced(path, order, 1)
    assert one[0].shape == (30, 3, 24, 32)
    assert one[1].shape == (30, 5)
    for processes in (2, 3, 7):
        many = sliced(path, order, processes)
        assert all(torch.equal(a, b) for a, b in zip(one, many, strict=True))


@pytest.mark.parametrize("step", MIXES, ids=named)
def test_mixing_differs_by_epoch(step: Augmentation) -> None:
    path = path_for((step,), 7, images=False, classes=5)
    x, label = images(31), torch.arange(31) % 5
    a, b = (path.device(x, {"label": label}, np.arange(31), epoch)[1]["label"] for epoch in (0, 1))
    assert ((a - b).abs().amax(1) > 0.0).double().mean() > 0.9


def test_every_step_has_a_lowering() -> None:
    known = {type(step) for step in (*CHANGES, *MIXES)}
    for cls in table("augmentation").values():
        if cls.__module__.rsplit(".", 1)[1] in ("color", "policies", "mixing"):
            assert cls in known, cls.name


SIGNALS = tuple(s for s in (*CHANGES, *MIXES) if s.for_signals)


@pytest.mark.parametrize("step", SIGNALS, ids=named)
@pytest.mark.parametrize("shape", [(40,), (2, 40)])
def test_signals(step: Augmentation, shape: tuple[int, ...]) -> None:
    path = path_for((step,), 7, images=False, classes=5)
    x = torch.randn(21, *shape, generator=torch.Generator().manual_seed(0))
    found, made = path.device(x, {"label": torch.arange(21) % 5}, np.arange(21), 0)
    assert found.shape == (21 - path.mixes, *shape)
    assert (found != x[int(path.mixes) :]).flatten(1).any(1).double().mean() > 0.8
    assert made["label"].shape == ((20, 5) if path.mixes else (21,))


def test_the_steps_for_signals() -> None:
    assert {step.name for step in SIGNALS} == {"noise", "cutout", "mixup", "cutmix"}
