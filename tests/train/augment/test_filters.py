"""Noise, blur and erasing: equal to torchvision's functions, distributed as documented."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from netlang.backends.torch.runtime.erasing import cutout, random_erasing
from netlang.backends.torch.runtime.filters import blur, noise
from netlang.backends.torch.runtime.random import uniform
from tests.train.augment.batches import draws, images, transforms


@pytest.mark.parametrize("kernel", [1, 3, 7, 23])
@pytest.mark.parametrize("channels", [1, 3])
def test_blur_is_torchvisions(kernel: int, channels: int) -> None:
    x, u = images(8, channels).float() / 255.0, draws(8, 1)
    ours = blur(x, u, kernel, sigma=(0.1, 2.0))
    for image, drawn, blurred in zip(x, u[:, 0].tolist(), ours, strict=True):
        sigma = 0.1 + 1.9 * drawn
        expected = transforms().functional.gaussian_blur(image, [kernel] * 2, [sigma] * 2)
        assert torch.allclose(blurred, expected, atol=1e-5)


@pytest.mark.parametrize("sides", [(1, 1), (2, 9), (5, 3)])
def test_blur_of_images_smaller_than_the_kernel(sides: tuple[int, int]) -> None:
    x, u = images(4, 3, sides).float() / 255.0, draws(4, 1)
    assert torch.equal(blur(x, u, 11), blur(x, u, 2 * min(sides) - 1))
    flat = x[:, :, :1, :1].expand(x.shape)
    assert torch.allclose(blur(flat, u, 11), flat, atol=1e-6)


@pytest.mark.parametrize("shape", [(5,), (2, 5), (1, 2, 3)])
def test_noise_is_normal(shape: tuple[int, ...]) -> None:
    x = torch.full((10_000, *shape), 0.5)
    added = (noise(x, draws(10_000, 1), std=0.05) - 0.5).double().numpy() / 0.05
    flat = added.reshape(10_000, -1)
    for element in flat.T:
        assert stats.kstest(element, stats.norm.cdf).pvalue > 1e-3
    assert np.abs(np.corrcoef(flat.T) - np.eye(flat.shape[1])).max() < 0.05
    assert len(np.unique(flat)) > 0.95 * flat.size


def test_noise_of_a_large_image_has_tails() -> None:
    added = noise(torch.zeros(1, 1_000_000), draws(1, 1), std=1.0)[0].double()
    assert stats.kstest(added.numpy(), stats.norm.cdf).pvalue > 1e-3
    assert 4.5 < float(added.max()) < 6.0
    assert -6.0 < float(added.min()) < -4.5


def test_noise_keeps_images_within_bounds_and_signals_free() -> None:
    image, signal = torch.zeros(3, 1, 8, 8), torch.zeros(3, 1, 64)
    u = draws(3, 1)
    assert torch.equal(noise(image, u, 1.0).flatten(), noise(signal, u, 1.0).flatten().clamp(0, 1))
    assert noise(signal, u, 1.0).min() < 0.0


def test_noise_does_not_repeat() -> None:
    """Not over examples, epochs, places in the path or seeds."""
    x, seen = torch.zeros(50, 16), set()
    for seed in range(2):
        for epoch in range(3):
            for place in range(2):
                u = torch.from_numpy(uniform(seed, epoch, np.arange(50), place, 1))
                seen |= {tuple(row) for row in noise(x, u, 1.0).tolist()}
    assert len(seen) == 2 * 3 * 2 * 50


@pytest.mark.parametrize("value", [0.0, (0.2, 0.4, 0.6)])
def test_random_erasing_is_torchvisions_for_what_was_drawn(
    value: float | tuple[float, ...],
) -> None:
    """The tries, one after the other, as torchvision's `RandomErasing` makes them."""
    x, u = images(300).float() / 255.0, draws(300, 23)
    ours = random_erasing(x, u, scale=(0.1, 1.2), ratio=(0.3, 3.3), value=value)
    height, width = x.shape[2:]
    fill = torch.tensor(value).reshape(-1, 1, 1)
    given_up = 0
    for image, drawn, erased in zip(x, u.numpy(), ours, strict=True):
        expected = image
        for k in range(10):
            area = height * width * (0.1 + 1.1 * drawn[3 + k])
            ratio = np.exp(np.log(0.3) + (np.log(3.3) - np.log(0.3)) * drawn[13 + k])
            h, w = round(np.sqrt(area * ratio)), round(np.sqrt(area / ratio))
            if h < height and w < width:
                if drawn[0] < 0.5:
                    i, j = int(drawn[1] * (height - h + 1)), int(drawn[2] * (width - w + 1))
                    expected = transforms().functional.erase(image, i, j, h, w, fill)
                break
        else:
            given_up += 1
        assert torch.equal(erased, expected)
    assert given_up > 0


def test_random_erasing_draws_as_torchvisions_class() -> None:
    """Height, width and place of 10,000 rectangles against its own draws."""
    x = torch.ones(10_000, 1, 16, 20)
    erased = random_erasing(x, draws(10_000, 23), p=1.0) == 0.0
    rows, columns = erased.any(3)[:, 0], erased.any(2)[:, 0]
    ours = {
        "h": rows.sum(1), "w": columns.sum(1),
        "i": rows.int().argmax(1), "j": columns.int().argmax(1),
    }  # fmt: skip
    torch.manual_seed(0)
    theirs = [transforms().RandomErasing(p=1.0).make_params([x[0]]) for _ in range(10_000)]
    for name, values in ours.items():
        other = [each[name] for each in theirs]
        assert stats.ks_2samp(values.numpy(), other).pvalue > 1e-3, name
    share = random_erasing(x, draws(10_000, 23), p=0.3).eq(0.0).flatten(1).any(1).double().mean()
    assert abs(float(share) - 0.3) < 0.02


def test_random_values_fill_a_rectangle_uniformly() -> None:
    x = torch.full((200, 3, 16, 16), -1.0)
    filled = random_erasing(x, draws(200, 23), p=1.0, value="random")
    values = filled[filled >= 0.0].double().numpy()
    assert stats.kstest(values, stats.uniform.cdf).pvalue > 1e-3


def test_cutout_is_torchvisions_erase_of_a_square() -> None:
    x, u = images(100).float() / 255.0, draws(100, 2)
    for size in (1, 8, 15):
        ours = cutout(x, u, size, value=0.5)
        for image, (down, across), cut in zip(x, u.tolist(), ours, strict=True):
            i, j = int(down * 24) - size // 2, int(across * 32) - size // 2
            top, left = max(i, 0), max(j, 0)
            h, w = min(i + size, 24) - top, min(j + size, 32) - left
            fill = torch.tensor([[[0.5]]])
            assert torch.equal(cut, transforms().functional.erase(image, top, left, h, w, fill))


@pytest.mark.parametrize("shape", [(20,), (1, 20), (3, 20)])
def test_cutout_of_signals(shape: tuple[int, ...]) -> None:
    x = torch.ones(10_000, *shape)
    gone = cutout(x, draws(10_000, 2), 4) == 0.0
    gone = gone.reshape(10_000, -1, 20)
    assert (gone.any(1) == gone.all(1)).all()
    lengths = gone[:, 0].sum(1)
    # Centres 0 and 1, and 19, lie so near to an end that a part falls outside.
    counts = torch.bincount(lengths, minlength=5).numpy()
    assert stats.chisquare(counts[2:], 10_000 * np.array([1, 2, 17]) / 20).pvalue > 1e-3
    assert counts[:2].sum() == 0


@pytest.mark.parametrize(
    "step",
    [
        lambda x, u: noise(x, u, 0.1),
        lambda x, u: blur(x, u, 5),
        lambda x, u: cutout(x, u, 8),
        lambda x, u: random_erasing(x, u, value="random"),
    ],
)
def test_examples_do_not_depend_on_their_batch(step: Callable[[Tensor, Tensor], Tensor]) -> None:
    x, u = images(32).float() / 255.0, draws(32, 23)
    whole = step(x, u)
    parts = [step(x[part], u[part]) for part in (slice(0, 1), slice(1, 14), slice(14, 32))]
    assert torch.equal(whole, torch.cat(parts))
    assert torch.equal(step(x.flip(0), u.flip(0)).flip(0), whole)
