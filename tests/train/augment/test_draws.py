"""What the steps draw: 10,000 examples are distributed as documented, in batches of any kind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from netlang.backends.torch.augment.path import path_for
from netlang.backends.torch.runtime.geometry import hflip, rotate, scale, shear, translate, vflip
from netlang.backends.torch.runtime.regions import (
    random_crop,
    random_resized_crop,
    resize_shorter,
    whole,
)
from netlang.evaluate.values import Range
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.geometry import Hflip, Rotate, Translate
from netlang.recipes.words.sizes import RandomCrop, RandomResizedCrop, ResizeShorter
from tests.train.augment.support import draws, torchvision_functions

COUNT = 10_000
# How improbable a sample may be: the numbers are always the same, so this fails now or never.
UNLIKELY = 1e-3


def evenly(values: NDArray[np.int64], first: int, last: int) -> None:
    """Whole numbers from `first` to `last`, each as often as the others."""
    counts = np.bincount(values - first, minlength=last - first + 1)
    assert len(counts) == last - first + 1
    assert stats.chisquare(counts).pvalue > UNLIKELY


def uniformly(values: NDArray[np.float64], low: float, high: float) -> None:
    assert stats.kstest(values, stats.uniform(low, high - low).cdf).pvalue > UNLIKELY


@pytest.mark.parametrize("pad", [0, 4])
def test_random_crop_is_anywhere(pad: int) -> None:
    start = random_crop(whole(40, 37, COUNT), draws(COUNT, 2), (32, 32), pad).start.astype(int)
    evenly(start[:, 0], -pad, 8 + pad)
    evenly(start[:, 1], -pad, 5 + pad)
    both = np.unique(start, axis=0)
    assert len(both) == (9 + 2 * pad) * (6 + 2 * pad)


def test_resize_shorter_takes_each_length_of_a_range() -> None:
    size = resize_shorter(whole(100, 150, COUNT), draws(COUNT, 1), 256, 280).size.astype(int)
    evenly(size[:, 0], 256, 280)


def test_random_resized_crop_where_all_fits() -> None:
    """Of an image of 2000 x 2000, a share up to 0.5 always fits."""
    region = random_resized_crop(whole(2000, 2000, COUNT), draws(COUNT, 22), (8, 8), (0.08, 0.5))
    height, width = (region.stop - region.start).T
    uniformly(height * width / 2000**2, 0.08, 0.5)
    uniformly(np.log(width / height), np.log(3 / 4), np.log(4 / 3))
    for start, side in zip(region.start.T, (height, width), strict=True):
        uniformly((start + 0.5) / (2000 - side + 1), 0.0, 1.0)


def test_random_resized_crop_as_torchvision_draws_it() -> None:
    """With tries that don't fit: both samples of 10,000 could come from one source."""
    torchvision_functions()
    from torchvision.transforms import RandomResizedCrop as Torchvision

    torch.manual_seed(3)
    image = torch.zeros(1, 375, 500)
    arguments = [0.08, 1.0], [3 / 4, 4 / 3]
    theirs = np.array([Torchvision.get_params(image, *arguments) for _ in range(COUNT)])
    region = random_resized_crop(whole(375, 500, COUNT), draws(COUNT, 22), (8, 8))
    ours = np.concatenate([region.start, region.stop - region.start], 1)
    for mine, other in zip(ours.T, theirs.T, strict=True):
        assert stats.ks_2samp(mine, other).pvalue > UNLIKELY
    area, other = ours[:, 2] * ours[:, 3], theirs[:, 2] * theirs[:, 3]
    assert stats.ks_2samp(area, other).pvalue > UNLIKELY


def test_the_tenth_try_is_the_last() -> None:
    """Nine tries that don't fit and one that does; then ten that don't."""
    u = np.full((2, 22), 0.5)
    u[:, :10] = 0.999
    u[:, 10:20] = 0.0
    u[0, 9] = 0.0
    region = random_resized_crop(whole(100, 100, 2), u, (8, 8), (0.1, 1.0))
    sides = region.stop - region.start
    assert sides[0].prod() == pytest.approx(0.1 * 100**2, rel=0.05)
    assert tuple(sides[1]) == (100, 100)


def moved_by(step: Callable[..., Tensor], x: Tensor, **settings: object) -> Tensor:
    return step(x, torch.from_numpy(draws(COUNT, 2)), **settings)


@pytest.mark.parametrize("p", [0.5, 0.2])
def test_flips(p: float) -> None:
    x = torch.zeros(COUNT, 1, 2, 2)
    x[:, 0, 0, 0] = 1.0
    for step, corner in ((hflip, (0, 1)), (vflip, (1, 0))):
        flipped = int(moved_by(step, x, p=p)[:, 0, corner[0], corner[1]].sum())
        assert stats.binomtest(flipped, COUNT, p).pvalue > UNLIKELY
    assert torch.equal(hflip(x, torch.from_numpy(draws(COUNT, 1)), p=0.0), x)
    assert torch.equal(hflip(x, torch.from_numpy(draws(COUNT, 1)), p=1.0), x.flip(3))


def slopes() -> Tensor:
    """A picture whose value is its column, `[COUNT, 1, 9, 9]`."""
    return (torch.arange(9.0) - 4.0).expand(COUNT, 1, 9, 9).contiguous()


def test_affine_steps_are_uniform() -> None:
    """Read off a picture whose value is its column, counted from the middle."""
    x = slopes()
    step = moved_by(scale, x, factor=(0.5, 2.0))[:, 0, 4, 5]
    uniformly(1.0 / step.double().numpy(), 0.5, 2.0)
    tangent = moved_by(shear, x, degrees=(-20.0, 30.0))[:, 0, 5, 4]
    uniformly(np.rad2deg(np.arctan(tangent.double().numpy())), -20.0, 30.0)
    sine = moved_by(rotate, x, degrees=(-20.0, 30.0))[:, 0, 3, 4]
    uniformly(np.rad2deg(np.arcsin(sine.double().numpy())), -20.0, 30.0)


def test_translate_takes_every_whole_shift() -> None:
    x = torch.zeros(COUNT, 1, 21, 31)
    x[:, 0, 10, 15] = 1.0
    places = moved_by(translate, x, share=0.2).flatten(1).argmax(1).numpy()
    evenly(places // 31 - 10, -4, 4)
    evenly(places % 31 - 15, -6, 6)


STEPS: tuple[Augmentation, ...] = (
    ResizeShorter(size=Range(20, 40)),
    RandomCrop(size=18),
    Hflip(),
    Rotate(degrees=10.0),
    Translate(share=0.2),
)


@pytest.mark.parametrize("steps", [STEPS, (RandomResizedCrop(size=(12, 20)), *STEPS[2:])])
def test_pictures_are_the_same_in_any_batch(steps: tuple[Augmentation, ...]) -> None:
    path = path_for(steps, 7, images=False)
    generator = torch.Generator().manual_seed(1)
    x = torch.randint(0, 256, (12, 3, 25, 33), generator=generator, dtype=torch.uint8)
    numbers = np.arange(100, 112)
    together, _ = path.device(x, {}, numbers, 3)
    for which in (np.array([5]), np.array([11, 2, 7]), np.arange(12)[::-1].copy()):
        some, _ = path.device(x[which], {}, numbers[which], 3)
        torch.testing.assert_close(some, together[which], atol=1e-6, rtol=0)
    other_epoch, _ = path.device(x, {}, numbers, 4)
    other_seed, _ = path_for(steps, 8, images=False).device(x, {}, numbers, 3)
    for other in (other_epoch, other_seed):
        assert (other - together).abs().amax((1, 2, 3)).min() > 0.01


def test_a_step_used_twice_draws_twice() -> None:
    path = path_for((Hflip(), Hflip()), 7, images=False)
    x = torch.zeros(COUNT, 1, 1, 2)
    x[..., 0] = 1.0
    back = int(path.device(x, {}, np.arange(COUNT), 0)[0][..., 0].sum())
    assert stats.binomtest(back, COUNT, 0.5).pvalue > UNLIKELY
