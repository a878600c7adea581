"""Steps that change the size, on given parameters, against torchvision: one grey level at most."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from netlang.backends.torch.runtime.cutting import cut_batch, cut_image
from netlang.backends.torch.runtime.geometry import ten_crop
from netlang.backends.torch.runtime.regions import (
    ImageTooSmall,
    Region,
    center_crop,
    random_crop,
    random_resized_crop,
    resize,
    resize_shorter,
    whole,
)
from tests.train.augment.support import (
    ODD_SIZES,
    ONE_LEVEL,
    draws,
    levels_apart,
    picture,
    tensor_of,
    torchvision_functions,
)

Numbers = NDArray[np.float64]


def at(*values: float) -> Numbers:
    return np.array([values])


def both_forms(image: Image.Image, region: Region) -> list[Tensor]:
    """The region as workers compute it and as the device does."""
    x = tensor_of(image)
    return [cut_image(image, region), cut_batch(x / 255.0, region)]


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("size", [(20, 31), (64, 64), (90, 23), (37, 53)])
@pytest.mark.parametrize("before", ODD_SIZES)
def test_resize(before: tuple[int, int], size: tuple[int, int], mode: str) -> None:
    image = picture(*before, mode=mode)
    expected = tensor_of(image.resize(size[::-1], Image.Resampling.BILINEAR))
    for found in both_forms(image, resize(whole(*before), size)):
        assert levels_apart(found, expected) <= ONE_LEVEL


@pytest.mark.parametrize("side", [17, 41, 80])
@pytest.mark.parametrize("before", ODD_SIZES)
def test_resize_shorter(before: tuple[int, int], side: int) -> None:
    image = picture(*before)
    expected = tensor_of(torchvision_functions().resize(image, side))
    for found in both_forms(image, resize_shorter(whole(*before), at(0.4), side, side)):
        assert levels_apart(found, expected) <= ONE_LEVEL


def test_resize_shorter_draws_from_both_ends() -> None:
    region = whole(40, 60)
    sides = {u: resize_shorter(region, at(u), 20, 23).size[0] for u in (0.0, 0.26, 0.74, 0.99999)}
    assert [tuple(size) for size in sides.values()] == [(20, 30), (21, 31), (22, 33), (23, 34)]


@pytest.mark.parametrize("pad", [0, 3])
@pytest.mark.parametrize("size", [(29, 41), (13, 20), (28, 7)])
@pytest.mark.parametrize("before", ODD_SIZES)
def test_center_crop(before: tuple[int, int], size: tuple[int, int], pad: int) -> None:
    image, functions = picture(*before), torchvision_functions()
    expected = tensor_of(functions.center_crop(functions.pad(image, [pad] * 4), list(size)))
    for found in both_forms(image, center_crop(whole(*before), size, pad)):
        assert levels_apart(found, expected) < 1e-3


@pytest.mark.parametrize("pad", [0, 4])
@pytest.mark.parametrize("place", [(0.0, 0.0), (0.999, 0.999), (0.5, 0.1)])
def test_random_crop(place: tuple[float, float], pad: int) -> None:
    image, size = picture(37, 53), (32, 30)
    free = np.array([37, 53]) + 2 * pad - size
    top, left = (int(u * (room + 1)) for u, room in zip(place, free, strict=True))
    functions = torchvision_functions()
    expected = tensor_of(functions.crop(functions.pad(image, [pad] * 4), top, left, *size))
    for found in both_forms(image, random_crop(whole(37, 53), at(*place), size, pad)):
        assert levels_apart(found, expected) < 1e-3


@pytest.mark.parametrize("number", range(12))
def test_random_resized_crop(number: int) -> None:
    """The part is torchvision's `resized_crop` of the box that was drawn."""
    before = ODD_SIZES[number % 4]
    image, u = picture(*before), draws(12, 22)[number : number + 1]
    region = random_resized_crop(whole(*before), u, (32, 24))
    (top, left), (bottom, right) = (each[0].astype(int) for each in (region.start, region.stop))
    box = top, left, bottom - top, right - left
    expected = tensor_of(torchvision_functions().resized_crop(image, *box, [32, 24]))
    for found in both_forms(image, region):
        assert levels_apart(found, expected) <= ONE_LEVEL


@pytest.mark.parametrize("before", [(10, 200), (200, 10)])
def test_without_a_fit_the_middle_is_taken(before: tuple[int, int]) -> None:
    """As in torchvision, whose own way there is tried with numbers that never fit."""
    torchvision_functions()
    from torchvision.transforms import RandomResizedCrop

    image = torch.zeros(3, *before)
    region = random_resized_crop(whole(*before), draws(1, 22), (8, 8), (0.9, 1.0))
    expected = RandomResizedCrop.get_params(image, [0.9, 1.0], [3 / 4, 4 / 3])
    found = (*region.start[0], *(region.stop - region.start)[0])
    assert found == expected


CHAINS: list[tuple[Callable[[Region], Region], Callable[[Image.Image], Image.Image]]] = [
    (
        lambda region: random_crop(resize_shorter(region, at(0.0), 33, 33), at(0.7, 0.2), (24, 20)),
        lambda image: _cropped(torchvision_functions().resize(image, 33), 0.7, 0.2, (24, 20)),
    ),
    (
        lambda region: center_crop(resize(region, (80, 70)), (51, 53)),
        lambda image: torchvision_functions().center_crop(
            image.resize((70, 80), Image.Resampling.BILINEAR), [51, 53]
        ),
    ),
    (
        lambda region: resize(center_crop(region, (28, 31)), (60, 19)),
        lambda image: torchvision_functions().resize(
            torchvision_functions().center_crop(image, [28, 31]), [60, 19]
        ),
    ),
    (
        lambda region: resize(random_crop(region, at(0.0, 0.99), (40, 40), 6), (30, 30)),
        lambda image: torchvision_functions().resize(
            _cropped(torchvision_functions().pad(image, [6] * 4), 0.0, 0.99, (40, 40)), [30, 30]
        ),
    ),
]


def _cropped(image: Image.Image, y: float, x: float, size: tuple[int, int]) -> Image.Image:
    free = image.height - size[0] + 1, image.width - size[1] + 1
    top, left = int(y * free[0]), int(x * free[1])
    return image.crop((left, top, left + size[1], top + size[0]))


@pytest.mark.parametrize("chain", range(len(CHAINS)))
@pytest.mark.parametrize("before", ODD_SIZES)
def test_steps_that_become_one_region(before: tuple[int, int], chain: int) -> None:
    """What lies around a crop counts where the crop came last, and doesn't where it came first."""
    region_of, by_torchvision = CHAINS[chain]
    image = picture(*before)
    expected = tensor_of(by_torchvision(image))
    for found in both_forms(image, region_of(whole(*before))):
        assert levels_apart(found, expected) <= ONE_LEVEL


def test_a_batch_cuts_each_example_at_its_own_place() -> None:
    x = torch.cat([tensor_of(picture(37, 53, seed)) for seed in range(6)]) / 255.0
    for region in (
        random_resized_crop(whole(37, 53, 6), draws(6, 22), (16, 16)),
        random_crop(whole(37, 53, 6), draws(6, 2), (32, 32), 4),
    ):
        alone = [
            cut_batch(x[k : k + 1], Region(*(each[k : k + 1] for each in region))) for k in range(6)
        ]
        torch.testing.assert_close(cut_batch(x, region), torch.cat(alone))


@pytest.mark.parametrize("pad", [0, 3])
@pytest.mark.parametrize("before", ODD_SIZES)
def test_ten_crop(before: tuple[int, int], pad: int) -> None:
    x = torch.cat([tensor_of(picture(*before, seed)) for seed in range(2)])
    functions = torchvision_functions()
    padded = functions.pad(x, [pad] * 4)
    expected = [torch.stack(functions.ten_crop(image, [25, 28])) for image in padded]
    assert torch.equal(ten_crop(x, (25, 28), pad), torch.cat(expected))


def test_too_small() -> None:
    small = whole(20, 50)
    for cut in (
        lambda: random_crop(small, at(0.0, 0.0), (32, 32)),
        lambda: center_crop(small, (32, 32)),
        lambda: ten_crop(torch.zeros(1, 3, 20, 50), (32, 32)),
    ):
        with pytest.raises(ImageTooSmall, match="20x50, but 32x32 or more is needed"):
            cut()
    with pytest.raises(ImageTooSmall, match="20x50, but 24x24 or more is needed"):
        random_crop(small, at(0.0, 0.0), (32, 32), 4)
