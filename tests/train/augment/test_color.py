"""Colour steps: equal to torchvision's functions, their draws distributed as documented."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from netlang.backends.torch.runtime import color
from netlang.recipes.words.color import ColorPca
from tests.train.augment.batches import apart, draws, images, transforms

FACTORS = torch.tensor([0.0, 0.3, 0.77, 1.0, 1.4, 2.5], dtype=torch.float64)
TURNS = torch.tensor([-0.5, -0.21, 0.0, 0.1, 0.33, 0.5], dtype=torch.float64)
CHANGES = {
    "brightness": (color.adjust_brightness, FACTORS),
    "contrast": (color.adjust_contrast, FACTORS),
    "saturation": (color.adjust_saturation, FACTORS),
    "hue": (color.adjust_hue, TURNS),
}


def theirs(name: str, image: Tensor, value: float) -> Tensor:
    """`torchvision.transforms.v2.functional.adjust_NAME`."""
    changed: Tensor = getattr(transforms().functional, f"adjust_{name}")(image, value)
    return changed


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("channels", [1, 3])
def test_changes_are_torchvisions(name: str, channels: int) -> None:
    change, values = CHANGES[name]
    if name == "hue" and channels == 1:
        pytest.skip("grey has no hue")
    x = images(len(values), channels).float() / 255.0
    ours = change(x, color.per_example(values, x))
    for image, value, changed in zip(x, values.tolist(), ours, strict=True):
        assert torch.allclose(changed, theirs(name, image, value), atol=2e-6)


def test_color_jitter_is_torchvisions_for_what_was_drawn() -> None:
    settings = {"brightness": 0.4, "contrast": 1.2, "saturation": 0.3, "hue": 0.2}
    x, u = images(40).float() / 255.0, draws(40, 8)
    ours = color.color_jitter(x, u, **settings)
    for image, drawn, changed in zip(x, u.tolist(), ours, strict=True):
        expected = image
        for number in sorted(range(4), key=lambda k: drawn[4 + k]):
            name, width = list(settings.items())[number]
            low, high = (-width, width) if name == "hue" else (max(0.0, 1.0 - width), 1.0 + width)
            expected = theirs(name, expected, low + drawn[number] * (high - low))
        assert torch.allclose(changed, expected, atol=1e-5)


def test_color_jitter_leaves_out_what_is_not_asked_for() -> None:
    x, u = images(6).float() / 255.0, draws(6, 8)
    assert torch.equal(color.color_jitter(x, u), x)
    bright = color.color_jitter(x, u, brightness=0.5)
    for image, drawn, changed in zip(x, u[:, 0].tolist(), bright, strict=True):
        assert torch.allclose(changed, theirs("brightness", image, 0.5 + drawn), atol=1e-6)


def test_orders_and_factors_of_color_jitter() -> None:
    u = draws(10_000, 8)
    order = [tuple(row) for row in u[:, 4:8].argsort(1).tolist()]
    counts = [order.count(each) for each in permutations(range(4))]
    assert stats.chisquare(counts).pvalue > 1e-3
    grey = torch.full((10_000, 1, 1, 1), 0.25)
    factors = color.color_jitter(grey, u, brightness=0.5).flatten() / 0.25
    assert stats.kstest(factors.numpy(), stats.uniform(0.5, 1.0).cdf).pvalue > 1e-3


def test_grayscale_is_torchvisions() -> None:
    x, u = images(50), draws(50, 1)
    ours = color.grayscale(x.float() / 255.0, u, p=0.5)
    grey = transforms().functional.rgb_to_grayscale(x, num_output_channels=3)
    is_grey = u[:, 0] < 0.5
    assert apart(ours, torch.where(is_grey[:, None, None, None], grey, x)) <= 1.0
    assert torch.equal(color.grayscale(x / 255.0, u, p=0.0), x / 255.0)
    assert (color.grayscale(x / 255.0, u, p=1.0).amax(1) == color.luma(x / 255.0)[:, 0]).all()
    share = (draws(10_000, 1) < 0.1).double().mean()
    assert abs(float(share) - 0.1) < 0.01


def test_color_pca_has_the_covariance_of_the_components() -> None:
    words = ColorPca(std=0.1)
    vectors, values = np.array(words.vectors), np.array(words.values)
    assert np.allclose(vectors.T @ vectors, np.eye(3), atol=2e-3)
    x = torch.full((10_000, 3, 2, 2), 0.5)
    ours = color.color_pca(x, draws(10_000, 3), words.std, words.values, words.vectors)
    shift = (ours - 0.5).double().numpy()
    assert np.ptp(shift, axis=(2, 3)).max() == 0.0
    shift = shift[:, :, 0, 0]
    normal = shift @ np.linalg.inv(vectors).T / values / words.std
    for component in normal.T:
        assert stats.kstest(component, stats.norm.cdf).pvalue > 1e-3
    assert np.allclose(np.corrcoef(normal.T), np.eye(3), atol=0.04)


def test_color_pca_stays_within_bounds() -> None:
    words = ColorPca(std=5.0)
    x = images(20).float() / 255.0
    ours = color.color_pca(x, draws(20, 3), words.std, words.values, words.vectors)
    assert ours.min() >= 0.0
    assert ours.max() <= 1.0
    assert torch.equal(color.color_pca(x, draws(20, 3), 0.0, words.values, words.vectors), x)


@pytest.mark.parametrize(
    "step",
    [
        lambda x, u: color.color_jitter(x, u, 0.4, 0.4, 0.4, 0.1),
        lambda x, u: color.grayscale(x, u, p=0.5),
        lambda x, u: color.color_pca(x, u, 0.1, ColorPca().values, ColorPca().vectors),
    ],
)
def test_examples_do_not_depend_on_their_batch(step: Callable[[Tensor, Tensor], Tensor]) -> None:
    x, u = images(32).float() / 255.0, draws(32, 8)
    whole = step(x, u)
    parts = [step(x[part], u[part]) for part in (slice(0, 1), slice(1, 14), slice(14, 32))]
    assert torch.equal(whole, torch.cat(parts))
    assert torch.equal(step(x.flip(0), u.flip(0)).flip(0), whole)
