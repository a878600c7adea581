"""trivial_augment and rand_augment: each operation at each level is torchvision's on uint8."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from scipy import stats
from torch import Tensor

from netlang.backends.torch.runtime import policies
from netlang.backends.torch.runtime.policies import change_levels, rand_augment, trivial_augment
from tests.train.augment.batches import draws, images, transforms

OPERATIONS = (
    "Identity", "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Brightness", "Color",
    "Contrast", "Sharpness", "Posterize", "Solarize", "AutoContrast", "Equalize",
)  # fmt: skip
MOVES = OPERATIONS[1:6]
POLICIES = ("TrivialAugmentWide", "RandAugment")


def limits(policy: str, height: int, width: int) -> tuple[float, ...]:
    """What the policy calls its operations with, as it does so."""
    seen: list[tuple[float, ...]] = []

    def watch(
        x: Tensor, drawn: Tensor, level: Tensor, limits: tuple[float, ...], values: bool
    ) -> Tensor:
        seen.append(limits)
        return x

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(policies, "change_levels", watch)
        step = trivial_augment if policy == "TrivialAugmentWide" else rand_augment
        step(torch.zeros(1, 3, height, width), draws(1, 4))
    return seen[0]


def theirs(policy: Any, image: Tensor, name: str, level: int, sign: int) -> Tensor:
    """What torchvision's class makes of an image with an operation at a level."""
    sizes, signed = policy._AUGMENTATION_SPACE[name]
    sizes = sizes(31, *image.shape[1:])
    size = 0.0 if sizes is None else float(sizes[level]) * (sign if signed else 1)
    changed: Tensor = policy._apply_image_or_video_transform(
        image, name, size, policy.interpolation, policy._fill
    )
    return changed


def border(name: str, size: float, height: int, width: int) -> Tensor:
    """Where a movement reads from the border between two pixels: rounding decides there."""
    down = torch.arange(height, dtype=torch.float64)[:, None].expand(height, width)
    across = torch.arange(width, dtype=torch.float64).expand(height, width)
    if name == "ShearX":
        place = across + size * (down + 0.5)
    elif name == "ShearY":
        place = down + size * (across + 0.5)
    else:
        y, x = down - (height - 1) / 2, across - (width - 1) / 2
        turn = torch.deg2rad(torch.tensor(size, dtype=torch.float64))
        columns = turn.cos() * x - turn.sin() * y + (width - 1) / 2
        rows = turn.sin() * x + turn.cos() * y + (height - 1) / 2
        nearest = [((each % 1.0) - 0.5).abs() for each in (columns, rows)]
        return torch.minimum(*nearest) < 1e-4
    return ((place % 1.0) - 0.5).abs() < 1e-4


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 31, 45), (3, 45, 31)])
def test_operations_are_torchvisions(policy: str, name: str, shape: tuple[int, int, int]) -> None:
    channels, height, width = shape
    pictures = images(4, channels, (height, width))
    known = getattr(transforms(), policy)()
    sizes = limits(policy, height, width)
    for level in range(31):
        for sign in (1, -1):
            ours = change_levels(
                pictures / 255.0,
                torch.full((4,), OPERATIONS.index(name)),
                torch.full((4,), level * sign),
                sizes,  # type: ignore[arg-type]  # six of them
            )
            expected = torch.stack([theirs(known, each, name, level, sign) for each in pictures])
            different = ((255.0 * ours).round() - expected.float()).abs() > 1.0
            if name in ("ShearX", "ShearY", "Rotate"):
                size = sizes[0 if name != "Rotate" else 3] * level * sign / 30
                different &= ~border(name, size, height, width)
            assert not different.any(), (level, sign, int(different.sum()))


def test_chain_of_rand_augment_is_torchvisions() -> None:
    """Three operations after each other, the result of each in whole grey levels."""
    x, u = images(60, 3, (32, 32)), draws(60, 6)
    known = transforms().RandAugment(num_ops=3, magnitude=11)
    ours = rand_augment(x / 255.0, u, n=3, magnitude=11)
    shares = []
    for image, drawn, changed in zip(x, u.tolist(), ours, strict=True):
        expected = image
        for k in range(3):
            name, sign = OPERATIONS[int(14 * drawn[2 * k])], -1 if drawn[2 * k + 1] < 0.5 else 1
            expected = theirs(known, expected, name, 11, sign)
        different = (255.0 * changed - expected.float()).abs() > 1.001
        shares.append(float(different.double().mean()))
    # A rounding at one step can be a level more, which a later one may make larger.
    assert max(shares) < 0.1
    assert shares.count(0.0) >= 54


def test_trivial_augment_is_torchvisions_for_what_was_drawn() -> None:
    x, u = images(200, 3, (32, 32)), draws(200, 3)
    known = transforms().TrivialAugmentWide()
    ours = trivial_augment(x / 255.0, u)
    for image, (drawn, level, sign), changed in zip(x, u.tolist(), ours, strict=True):
        name = OPERATIONS[int(14 * drawn)]
        expected = theirs(known, image, name, int(31 * level), -1 if sign < 0.5 else 1)
        different = ((255.0 * changed).round() - expected.float()).abs() > 1.0
        assert float(different.double().mean()) <= (0.005 if name in MOVES else 0.0), name


def test_the_space_is_torchvisions() -> None:
    assert tuple(transforms().TrivialAugmentWide()._AUGMENTATION_SPACE) == OPERATIONS
    assert tuple(transforms().RandAugment()._AUGMENTATION_SPACE) == OPERATIONS


def drawn_by(step: Callable[[Tensor, Tensor], Tensor], u: Tensor) -> list[tuple[Tensor, Tensor]]:
    """The operations and levels that a policy draws."""
    seen: list[tuple[Tensor, Tensor]] = []

    def watch(
        x: Tensor, drawn: Tensor, level: Tensor, limits: tuple[float, ...], values: bool
    ) -> Tensor:
        seen.append((drawn, level))
        return x

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(policies, "change_levels", watch)
        step(torch.zeros(1, 3, 8, 8), u)
    return seen


def test_trivial_augment_draws_uniformly() -> None:
    ((drawn, level),) = drawn_by(trivial_augment, draws(10_000, 3))
    assert stats.chisquare(torch.bincount(drawn, minlength=14)).pvalue > 1e-3
    assert stats.chisquare(torch.bincount(level.abs(), minlength=31)).pvalue > 1e-3
    moved = level[level != 0] > 0
    assert abs(float(moved.double().mean()) - 0.5) < 0.02
    together = torch.bincount(14 * level.abs() + drawn, minlength=14 * 31)
    assert stats.chisquare(together).pvalue > 1e-3


def test_rand_augment_draws_uniformly() -> None:
    steps = drawn_by(lambda x, u: rand_augment(x, u, n=2, magnitude=7), draws(10_000, 4))
    assert len(steps) == 2
    for drawn, level in steps:
        assert stats.chisquare(torch.bincount(drawn, minlength=14)).pvalue > 1e-3
        assert set(level.tolist()) == {-7, 7}
        assert abs(float((level > 0).double().mean()) - 0.5) < 0.02
    pairs = torch.bincount(14 * steps[0][0] + steps[1][0], minlength=196)
    assert stats.chisquare(pairs).pvalue > 1e-3


@pytest.mark.parametrize("step", [trivial_augment, rand_augment])
def test_examples_do_not_depend_on_their_batch(step: Callable[[Tensor, Tensor], Tensor]) -> None:
    x, u = images(64) / 255.0, draws(64, 4)
    u = u[:, :3] if step is trivial_augment else u
    whole = step(x, u)
    parts = [step(x[part], u[part]) for part in (slice(0, 1), slice(1, 14), slice(14, 64))]
    assert torch.equal(whole, torch.cat(parts))
    assert torch.equal(step(x.flip(0), u.flip(0)).flip(0), whole)


@pytest.mark.parametrize("sides", [(1, 1), (2, 5), (5, 2), (3, 3)])
def test_tiny_images(sides: tuple[int, int]) -> None:
    x = images(200, 3, sides)
    for changed in (
        trivial_augment(x / 255.0, draws(200, 3)),
        rand_augment(x / 255.0, draws(200, 4)),
    ):
        assert changed.shape == x.shape
        assert changed.isfinite().all()
