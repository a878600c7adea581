"""Steps as a recipe writes them: what 10,000 examples get is distributed as docs/paths.md says.

What was drawn is read off the pictures, so that a setting that is lost on the way from the text to
the device is noticed too.
"""

from __future__ import annotations

from colorsys import rgb_to_hsv

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from netlang.backends.torch.augment.path import path_for
from netlang.recipes.tables import table
from tests.train.support import sketch

COUNT = 10_000
# How improbable a sample may be: the numbers are always the same, so this fails now or never.
UNLIKELY = 1e-3

Floats = NDArray[np.float64]


def done(step: str, picture: Tensor) -> Tensor:
    """What becomes of a picture ``[C, H, W]`` of 0..1 as so many examples."""
    recipe, _ = sketch("    input x: [3, 9, 9]\n    flatten -> linear(10)", f"augment: {step}")
    path = path_for(recipe.augment, 7, images=False, classes=10)
    x = picture.expand(COUNT, *picture.shape).contiguous()
    return path.device(x, {}, np.arange(COUNT), 0)[0].double()


def colour(*values: float) -> Tensor:
    return torch.tensor(values).reshape(3, 1, 1)


def columns() -> Tensor:
    """A picture whose value is its column, counted from the middle."""
    return (torch.arange(9.0) - 4.0).expand(1, 9, 9)


def point(height: int, width: int) -> Tensor:
    picture = torch.zeros(1, height, width)
    picture[0, height // 2, width // 2] = 1.0
    return picture


def uniform(values: Tensor | Floats, low: float, high: float) -> bool:
    found = np.asarray(values)
    assert found.shape == (COUNT,)
    return bool(stats.kstest(found, stats.uniform(low, high - low).cdf).pvalue > UNLIKELY)


def often(which: Tensor, share: float) -> bool:
    return bool(stats.binomtest(int(which.sum()), COUNT, share).pvalue > UNLIKELY)


def evenly(values: NDArray[np.int64], first: int, last: int) -> bool:
    counts = np.bincount(values - first, minlength=last - first + 1)
    assert len(counts) == last - first + 1
    return bool(stats.chisquare(counts).pvalue > UNLIKELY)


def test_brightness() -> None:
    assert uniform(done("color_jitter(brightness=0.4)", colour(0.5, 0.5, 0.5))[:, 0, 0, 0] / 0.5,
                   0.6, 1.4)  # fmt: skip


def test_contrast() -> None:
    """The distance of two greys grows by the factor."""
    greys = torch.tensor([0.45, 0.55]).expand(3, 1, 2)
    found = done("color_jitter(contrast=0.7)", greys)[:, 0, 0]
    assert uniform((found[:, 1] - found[:, 0]) / 0.1, 0.3, 1.7)


def test_saturation() -> None:
    found = done("color_jitter(saturation=0.5)", colour(0.6, 0.4, 0.5))
    assert uniform((found[:, 0] - found[:, 1])[:, 0, 0] / 0.2, 0.5, 1.5)


def test_hue() -> None:
    """The hue as Python's `colorsys` has it, of what was a red."""
    found = done("color_jitter(hue=0.2)", colour(0.8, 0.2, 0.2))[:, :, 0, 0].tolist()
    turns = np.array([rgb_to_hsv(*each)[0] for each in found])
    assert uniform((turns + 0.5) % 1.0 - 0.5, -0.2, 0.2)


def test_grayscale() -> None:
    found = done("grayscale(p=0.2)", colour(0.6, 0.4, 0.5))
    assert often(found.amax(1) - found.amin(1) < 1e-6, 0.2)


def test_blur() -> None:
    """Beside the middle a point has exp(-1 / (2 sigma^2)) times what it has there."""
    row = done("blur(kernel=3, sigma=0.5..2.0)", point(5, 5))[:, 0, 2]
    assert uniform((-0.5 / (row[:, 3] / row[:, 2]).log()).sqrt(), 0.5, 2.0)


def test_noise() -> None:
    found = (done("noise(0.05)", colour(0.5, 0.5, 0.5)) - 0.5) / 0.05
    for channel in found[:, :, 0, 0].T:
        assert stats.kstest(channel, stats.norm.cdf).pvalue > UNLIKELY


def test_cutout() -> None:
    """The middle of the square is anywhere in the image; what is outside is cut off."""
    gone = done("cutout(5)", torch.ones(1, 9, 11))[:, 0] == 0.0
    for axis, length in ((2, 9), (1, 11)):
        covered = gone.any(axis).numpy()
        first = covered.argmax(1)
        last = length - 1 - covered[:, ::-1].argmax(1)
        assert evenly(np.where(first > 0, first + 2, last - 2), 0, length - 1)


def test_random_erasing() -> None:
    found = done("random_erasing(p=0.3, scale=0.1..0.2, value=0.5)", torch.ones(1, 40, 40))
    changed = found != 1.0
    erased = changed.flatten(1).any(1)
    assert often(erased, 0.3)
    assert set(found[changed].tolist()) == {0.5}
    shares = changed[erased].double().mean((1, 2, 3))
    # Sides are whole pixels.
    assert 0.08 < shares.min() < 0.11
    assert 0.19 < shares.max() < 0.22
    assert shares.mean() == pytest.approx(0.15, abs=0.003)


@pytest.mark.parametrize(("step", "axis"), [("hflip(0.3)", 3), ("vflip(0.3)", 2)])
def test_flips(step: str, axis: int) -> None:
    picture = torch.zeros(1, 2, 2)
    picture[0, 0, 0] = 1.0
    found = done(step, picture)
    assert often((found == picture.flip(axis - 1)).flatten(1).all(1), 0.3)


def test_rotate() -> None:
    sine = done("rotate(25)", columns())[:, 0, 3, 4]
    assert uniform(np.rad2deg(np.arcsin(sine.numpy())), -25.0, 25.0)
    sine = done("rotate(-5..20)", columns())[:, 0, 3, 4]
    assert uniform(np.rad2deg(np.arcsin(sine.numpy())), -5.0, 20.0)


def test_scale() -> None:
    assert uniform(1.0 / done("scale(0.5..1.5)", columns())[:, 0, 4, 5], 0.5, 1.5)


def test_shear() -> None:
    """Sideways alone: where a row isn't left, a picture of rows stays as it is."""
    tangent = done("shear(20)", columns())[:, 0, 5, 4]
    assert uniform(np.rad2deg(np.arctan(tangent.numpy())), -20.0, 20.0)
    rows = columns().transpose(1, 2)
    middle = slice(2, 7)
    found = done("shear(20)", rows)[:, :, :, middle]
    assert torch.allclose(found, rows[:, :, middle].double().expand_as(found), atol=1e-5)


def test_translate() -> None:
    places = done("translate(0.2)", point(21, 31)).flatten(1).argmax(1).numpy()
    assert evenly(places // 31 - 10, -4, 4)
    assert evenly(places % 31 - 15, -6, 6)


def test_random_crop() -> None:
    places = done("random_crop(5, pad=1)", torch.arange(81.0).reshape(1, 9, 9) + 1.0)
    # The middle of the crop is a pixel of the image: its number says where the crop is.
    middle = places[:, 0, 2, 2].numpy().round().astype(np.int64) - 1
    assert evenly(middle // 9, 1, 7)
    assert evenly(middle % 9, 1, 7)


def test_mixup() -> None:
    """The share of the example itself is seen in its picture and in its label."""
    recipe, _ = sketch("    input x: [3, 9, 9]\n    flatten -> linear(10)", "augment: mixup(0.4)")
    path = path_for(recipe.augment, 7, images=False, classes=2)
    label = torch.arange(COUNT + 1) % 2
    x = label.float().reshape(-1, 1, 1, 1)
    mixed, made = path.device(x, {"label": label}, np.arange(COUNT + 1), 0)
    own = torch.where(label[1:] == 1, made["label"][:, 1], made["label"][:, 0])
    seen = mixed.flatten()
    assert torch.allclose(torch.where(label[1:] == 1, seen, 1.0 - seen), own, atol=1e-6)
    assert stats.kstest(own.double().numpy(), stats.beta(0.4, 0.4).cdf).pvalue > UNLIKELY


ELSEWHERE = {
    # Without chance.
    "resize", "center_crop", "ten_crop", "multi_scale", "flip",
    # test_draws.py: lengths, places and areas of a region.
    "resize_shorter", "random_resized_crop",
    # test_color.py, test_policies.py and test_mixing.py: not read off one picture alone.
    "color_pca", "trivial_augment", "rand_augment", "cutmix",
}  # fmt: skip


def test_every_step_is_tried() -> None:
    here = {
        "color_jitter", "grayscale", "blur", "noise", "cutout", "random_erasing", "hflip", "vflip",
        "rotate", "scale", "shear", "translate", "random_crop", "mixup",
    }  # fmt: skip
    assert here | ELSEWHERE == {*table("augmentation")}
