"""Masks go where their images go: each step against torchvision on the same parameters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from netlang.backends.torch.augment.path import AugmentationPath, path_for
from netlang.backends.torch.runtime.cutting import cut_masks
from netlang.backends.torch.runtime.geometry import rotate, scale, shear, translate
from netlang.backends.torch.runtime.regions import Region
from netlang.recipes.words.augmentation import Augmentation
from tests.train.augment.support import torchvision_functions
from tests.train.support import sketch

SIZES = [(37, 53), (61, 41), (45, 45)]


def classes(height: int, width: int, count: int = 1) -> Tensor:
    """Masks of many classes: patches of a few pixels, int64 ``[B, H, W]``."""
    generator = torch.Generator().manual_seed(height)
    coarse = torch.randint(1, 250, (count, height // 4 + 1, width // 4 + 1), generator=generator)
    fine = coarse.repeat_interleave(4, 1).repeat_interleave(4, 2)
    return fine[:, :height, :width].contiguous()


def steps(*written: str) -> tuple[Augmentation, ...]:
    body = "    input image: [1, 40, 48]\n    conv(250, 1x1)"
    data = 'data: arrays("scans", sizes=[1, 40, 48], targets=["mask"])'
    return sketch(body, data, f"augment: {' -> '.join(written)}")[0].augment


def path(*written: str, seed: int = 7) -> AugmentationPath:
    return path_for(steps(*written), seed, images=False)


def masked(mask: Tensor) -> Tensor:
    """torchvision's kind of masks, of one image."""
    from torchvision.tv_tensors import Mask

    made: Tensor = Mask(mask)
    return made


def affine(mask: Tensor, **given: float | list[float]) -> Tensor:
    whole = {"angle": 0.0, "translate": [0.0, 0.0], "scale": 1.0, "shear": [0.0, 0.0]} | given
    moved: Tensor = torchvision_functions().affine(masked(mask), **whole)
    return moved


@pytest.mark.parametrize("u", [0.0, 0.13, 0.5, 0.77, 0.999])
@pytest.mark.parametrize("size", SIZES)
def test_affine_steps_are_torchvisions(size: tuple[int, int], u: float) -> None:
    mask, numbers = classes(*size), torch.tensor([[u, u]]).double()
    x, functions = mask[:, None].float(), torchvision_functions()
    most = [int(0.25 * side) for side in size[::-1]]
    shift = [float(int(u * (2 * m + 1)) - m) for m in most]
    pairs = (
        (rotate(x, numbers, (-30.0, 40.0), "nearest"),
         functions.rotate(masked(mask), -30.0 + 70.0 * u)),
        (scale(x, numbers, (0.5, 2.0), "nearest"), affine(mask, scale=0.5 + 1.5 * u)),
        (shear(x, numbers, (-20.0, 20.0), "nearest"), affine(mask, shear=[40.0 * u - 20.0, 0.0])),
        (translate(x, numbers, 0.25, "nearest"), affine(mask, translate=shift)),
    )  # fmt: skip
    for ours, theirs in pairs:
        # Between two pixels, rounding decides.
        assert (ours[:, 0].long() != theirs).float().mean() < 0.003
        assert set(ours.flatten().tolist()) <= {0.0, *x.flatten().tolist()}


def test_regions_are_pillows() -> None:
    """Parts of whole pixels, shrunk and enlarged."""
    mask = classes(60, 44).to(torch.uint8)
    for top, left, height, width, size in ((3, 5, 41, 30, (28, 20)), (0, 0, 60, 44, (97, 83))):
        start = np.array([[top, left]], np.float64)
        stop = start + np.array([height, width])
        region = Region(start, stop, start, stop, np.array([size], np.float64))
        found = cut_masks(mask[:, None].float(), region)[0, 0].to(torch.uint8)
        image = Image.fromarray(mask[0].numpy())
        box = (left, top, left + width, top + height)
        theirs = image.resize(size[::-1], Image.Resampling.NEAREST, box=box)
        assert np.array_equal(found.numpy(), np.asarray(theirs))


def test_what_lies_outside_is_zero() -> None:
    mask = torch.ones(1, 1, 4, 4)
    start = np.array([[-2.0, 1.0]])
    region = Region(0 * start, 0 * start + 4, start, start + 4, np.array([[4.0, 4.0]]))
    found = cut_masks(mask, region)[0, 0]
    assert found.tolist() == [[0] * 4, [0] * 4, [1, 1, 1, 0], [1, 1, 1, 0]]


EXACT = (
    "hflip", "vflip", "random_crop(32, pad=6)", "center_crop(24)", "translate(0.3)",
    "random_crop(32) -> hflip -> random_crop(20x24, pad=2) -> vflip", "cutmix",
    "hflip -> cutmix -> vflip",
)  # fmt: skip


@pytest.mark.parametrize("written", EXACT)
def test_whole_pixels_move_as_their_images(written: str) -> None:
    """The mask is the image, in three forms; where no step reads between pixels all stay equal."""
    mask = classes(40, 48, 33)
    x = mask[:, None].float() / 250.0
    given = {"mask": mask, "floats": x, "label": torch.arange(33)}
    targets = {"mask": mask, "floats": x}
    mixes = "cutmix" in written
    numbers = np.arange(33)
    for epoch in range(3):
        moved, made = path(written).device(x, targets if mixes else given, numbers, epoch)
        assert made["mask"].dtype == torch.int64
        assert torch.equal(made["mask"], (250.0 * moved[:, 0]).round().long())
        torch.testing.assert_close(made["floats"], moved)
        assert not torch.equal(moved, x[-len(moved) :]) if moved.shape == x.shape else True
        if not mixes:
            assert torch.equal(made["label"], given["label"])


MOVING = (
    "rotate(40)", "scale(0.5..2.0)", "shear(30)", "resize(70x60)", "resize_shorter(30)",
    "random_resized_crop(32)", "resize_shorter(30..60) -> random_crop(28)", "rand_augment(2, 20)",
    "trivial_augment", "rotate(20) -> random_resized_crop(24) -> hflip -> shear(10)",
)  # fmt: skip


@pytest.mark.parametrize("written", MOVING)
def test_masks_lie_on_their_images(written: str) -> None:
    """A bright half stays where its mask is, away from the edge between the halves."""
    x = torch.zeros(64, 1, 40, 48)
    x[:32, :, :, 24:] = x[32:, :, 20:] = 0.6
    mask = (x[:, 0] > 0.5).long()
    before = mask.clone()
    moved, made = path(written).device(x, {"mask": mask}, np.arange(64), 0)
    found = made["mask"]
    assert found.shape == moved[:, 0].shape
    assert torch.equal(mask, before)
    assert set(found.flatten().tolist()) == {0, 1}
    # Outside of the frame is the other class.
    framed = torch.nn.functional.pad(found[:, None].float(), [2] * 4)
    inside = -torch.nn.functional.max_pool2d(-framed, 5, 1) == torch.nn.functional.max_pool2d(
        framed, 5, 1
    )
    assert inside.float().mean() > 0.4
    if "augment" not in written:
        assert torch.equal((moved > 0.3)[inside], (found[:, None] == 1)[inside])
        return
    # A policy changes values too, but moves both alike: black from outside is class 0.
    alike = ((moved > 0.3) == (found[:, None] == 1)) | ~inside
    assert (alike.flatten(1).float().mean(1) > 0.95).float().mean() > 0.6


STAY = (
    "color_jitter(brightness=0.5, contrast=0.5)", "noise(0.3)", "blur(5)", "cutout(9)",
    "random_erasing",
)  # fmt: skip


@pytest.mark.parametrize("written", STAY)
def test_values_alone_leave_masks_as_they_are(written: str) -> None:
    mask = classes(40, 48, 9)
    x = mask[:, None].float() / 250.0
    moved, made = path(written).device(x, {"mask": mask}, np.arange(9), 0)
    assert not torch.equal(moved, x)
    assert made["mask"] is mask


def test_policies_move_masks_by_torchvisions_operations() -> None:
    """`change_levels` on masks: what it does to an image that has only places to lose."""
    from netlang.backends.torch.runtime.policies import change_levels

    mask = classes(40, 48, 14)
    limits = (0.3, 18.0, 18.0, 30.0, 0.9, 4.0)
    drawn, level = torch.arange(14), torch.full((14,), 20)
    ours = change_levels(mask[:, None].float(), drawn, level, limits, values=False)[:, 0].long()
    shear = float(torch.linspace(0.0, 0.3, 31)[20])
    degrees = float(np.degrees(np.arctan(shear)))
    shift, angle = 12.0, 20.0
    theirs: dict[int, Callable[[Tensor], Tensor]] = {
        1: lambda m: torchvision_functions().affine(
            masked(m), 0.0, [0, 0], 1.0, [degrees, 0.0], center=[0.0, 0.0]
        ),
        2: lambda m: torchvision_functions().affine(
            masked(m), 0.0, [0, 0], 1.0, [0.0, degrees], center=[0.0, 0.0]
        ),
        3: lambda m: affine(m, translate=[shift, 0.0]),
        4: lambda m: affine(m, translate=[0.0, shift]),
        5: lambda m: torchvision_functions().rotate(masked(m), angle),
    }
    for operation in range(14):
        own = mask[operation][None]
        wanted = theirs[operation](own)[0] if operation in theirs else own[0]
        assert (ours[operation] != wanted).float().mean() < 0.01, operation


@pytest.mark.parametrize("shape", [(30,), (2, 30)])
def test_values_along_a_signal_move_with_it(shape: tuple[int, ...]) -> None:
    x = torch.rand(20, *shape, generator=torch.Generator().manual_seed(1))
    given = {"height": x.reshape(20, -1, 30)[:, 0], "label": torch.arange(20)}
    body = f"    input x: {list(shape)}\n    linear(30)"
    data = f'data: arrays("waves", sizes={list(shape)}, targets=["height"])'
    written = sketch(body, data, "loss: mse", "augment: translate(0.3)")[0].augment
    moved, made = path_for(written, 3, images=False).device(x, given, np.arange(20), 0)
    assert not torch.equal(moved, x)
    torch.testing.assert_close(made["height"], moved.reshape(20, -1, 30)[:, 0], atol=1e-5, rtol=0.0)


def test_no_mask_depends_on_its_batch() -> None:
    mask = classes(40, 48, 12)
    x = mask[:, None].float() / 250.0
    for written in MOVING:
        _, whole = path(written).device(x, {"mask": mask}, np.arange(12), 1)
        parts = [
            path(written).device(x[cut], {"mask": mask[cut]}, np.arange(12)[cut], 1)[1]["mask"]
            for cut in (slice(0, 5), slice(5, 12))
        ]
        assert torch.equal(torch.cat(parts), whole["mask"]), written
