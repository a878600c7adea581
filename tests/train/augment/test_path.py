"""Whole paths: what workers do and what the device does, views, scales, and images too small."""

from __future__ import annotations

import pickle
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from netlang.backends.torch.augment.path import AugmentationPath, path_for
from netlang.backends.torch.augment.stages import RegionCut
from netlang.backends.torch.runtime.regions import ImageTooSmall
from netlang.evaluate.values import Range
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.geometry import Hflip, Rotate
from netlang.recipes.words.sizes import (
    CenterCrop,
    MultiScale,
    RandomCrop,
    RandomResizedCrop,
    Resize,
    ResizeShorter,
    TenCrop,
)
from tests.train.augment.support import (
    ODD_SIZES,
    ONE_LEVEL,
    levels_apart,
    picture,
    tensor_of,
    torchvision_functions,
)

TRAINING: tuple[tuple[Augmentation, ...], ...] = (
    (RandomResizedCrop(size=24), Hflip()),
    (ResizeShorter(size=Range(32, 60)), RandomCrop(size=(24, 28)), Hflip()),
    (RandomCrop(size=26, pad=4),),
    (CenterCrop(size=28), Resize(size=(40, 17)), CenterCrop(size=(21, 17))),
    (Resize(size=50), RandomResizedCrop(size=20), Resize(size=30)),
    (ResizeShorter(size=40), RandomCrop(size=36, pad=2)),
    (Hflip(), Resize(size=(20, 30)), Hflip()),
)


def on_host(path: AugmentationPath, image: Image.Image, number: int, epoch: int = 2) -> Tensor:
    """Through a worker and the device, float32 `[B, C, H, W]`."""
    pixels = torch.from_numpy(path.host(image.copy(), number, epoch))[None]
    return path.device(pixels, {}, np.array([number]), epoch)[0]


def in_memory(path: AugmentationPath, image: Image.Image, number: int, epoch: int = 2) -> Tensor:
    return path.device(tensor_of(image), {}, np.array([number]), epoch)[0]


@pytest.mark.parametrize("steps", TRAINING, ids=lambda steps: " -> ".join(s.name for s in steps))
@pytest.mark.parametrize("size", ODD_SIZES)
def test_files_and_memory_give_one_picture(
    size: tuple[int, int], steps: tuple[Augmentation, ...]
) -> None:
    """For one example number, up to the rounding to grey levels between the steps."""
    files, memory = (path_for(steps, 5, images=images) for images in (True, False))
    resizings = sum(isinstance(stage, RegionCut) for stage in files.ways[0].front)
    for number in (3, 4):
        image = picture(*size, number)
        a, b = on_host(files, image, number), in_memory(memory, image, number)
        assert levels_apart(a, b) <= ONE_LEVEL * resizings


@pytest.mark.parametrize("steps", TRAINING)
def test_a_path_can_be_sent_to_a_worker(steps: tuple[Augmentation, ...]) -> None:
    path = path_for(steps, 5, images=True)
    sent = pickle.loads(pickle.dumps(path))
    image = picture(40, 50)
    assert np.array_equal(path.host(image.copy(), 9, 1), sent.host(image, 9, 1))


def test_steps_before_the_last_size_are_done_by_the_worker() -> None:
    path = path_for((Resize(size=40), Rotate(degrees=20.0), CenterCrop(size=28)), 5, images=True)
    image = picture(37, 53)
    assert path.host(image.copy(), 1, 0).shape == (3, 28, 28)
    assert path.ways[0].back == ()
    whole = path_for((Resize(size=40), Rotate(degrees=20.0)), 5, images=False)
    turned = in_memory(whole, image, 1, 0)[:, :, 6:34, 6:34]
    assert levels_apart(on_host(path, image, 1, 0), turned) <= 1.5


def test_a_path_without_sizes_leaves_the_work_to_the_device() -> None:
    image = picture(37, 53)
    for path in (path_for((), 5, images=True), path_for((Hflip(p=1.0),), 5, images=True)):
        assert np.array_equal(path.host(image.copy(), 1, 0), tensor_of(image)[0].numpy())


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_grey_images_have_one_channel(mode: str) -> None:
    path = path_for((RandomResizedCrop(size=24),), 5, images=True)
    assert path.host(picture(37, 53, mode=mode), 1, 0).shape == (len(mode), 24, 24)


def test_sizes_that_differ_within_a_batch_on_the_way() -> None:
    """`resize_shorter` of a range, then something else than a crop."""
    steps = (ResizeShorter(size=Range(20, 60)), Resize(size=25))
    path = path_for(steps, 5, images=False)
    x = torch.cat([tensor_of(picture(31, 47, seed)) for seed in range(5)])
    together, _ = path.device(x, {}, np.arange(5), 0)
    files = path_for(steps, 5, images=True)
    for number in range(5):
        alone = on_host(files, picture(31, 47, number), number, 0)
        assert levels_apart(together[number : number + 1], alone) <= 2 * ONE_LEVEL


@pytest.mark.parametrize("images", [True, False])
def test_ten_crop(images: bool) -> None:
    path = path_for((ResizeShorter(size=40), TenCrop(size=(28, 32))), 5, images=images)
    assert path.views == 10
    functions, pictures = torchvision_functions(), [picture(37, 53, seed) for seed in range(3)]
    small = [tensor_of(functions.resize(image, 40))[0] for image in pictures]
    expected = torch.cat([torch.stack(functions.ten_crop(image, [28, 32])) for image in small])
    if images:
        x = torch.from_numpy(np.stack([path.host(image.copy(), 0, 0) for image in pictures]))
        assert x.shape == (3, 10, 3, 28, 32)
    else:
        x = torch.cat([tensor_of(image) for image in pictures])
    found, _ = path.device(x, {}, None, 0)
    assert levels_apart(found, expected) <= ONE_LEVEL


class Convolutional(nn.Module):
    """A net for images of any size, as ResNet is one."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.Conv2d(8, 5, 3, 2))

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.body(x).mean((2, 3)).softmax(1)
        return scores


@pytest.mark.parametrize("images", [True, False])
def test_multi_scale_is_the_net_at_each_size(images: bool) -> None:
    sizes, net = (30, 41, 64), Convolutional()
    path = path_for((MultiScale(sizes=sizes),), 5, images=images)
    assert (path.scales, path.views, path.ragged) == (3, 1, True)
    image, functions = picture(37, 53), torchvision_functions()
    with torch.no_grad():
        by_hand = [net(tensor_of(functions.resize(image, side)) / 255.0) for side in sizes]
        given = [tensor_of(image)] * 3
        if images:
            given = [torch.from_numpy(each)[None] for each in path.hosts(image.copy(), 0, 0)]
        found = [net(path.device(x, {}, None, 0, scale)[0]) for scale, x in enumerate(given)]
    torch.testing.assert_close(
        torch.stack(found).mean(0), torch.stack(by_hand).mean(0), atol=2e-3, rtol=0
    )


def test_scales_with_ten_views_each() -> None:
    path = path_for((MultiScale(sizes=(30, 41)), TenCrop(size=28)), 5, images=True)
    assert (path.scales, path.views, path.ragged) == (2, 10, False)
    assert [each.shape for each in path.hosts(picture(37, 53), 0, 0)] == [(10, 3, 28, 28)] * 2


def jpeg(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", quality=95)
    return file.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def test_a_large_jpeg_is_decoded_at_a_reduced_size() -> None:
    """Only so far that it stays twice as large; the picture stays that of a full decoding."""
    smooth = picture(24, 32).resize((1280, 960), Image.Resampling.BICUBIC)
    functions, file = torchvision_functions(), jpeg(smooth)
    path = path_for((ResizeShorter(size=100), CenterCrop(size=90)), 5, images=True)
    reduced = opened(file)
    found = torch.from_numpy(path.host(reduced, 0, 0))[None]
    assert reduced.size == (320, 240)
    expected = tensor_of(functions.center_crop(functions.resize(opened(file), 100), [90]))
    difference = (found.float() - expected.float()).abs()
    assert difference.mean() < 1.0
    assert difference.max() < 8.0


def test_a_jpeg_is_decoded_in_full_below() -> None:
    file = jpeg(picture(375, 500))
    path = path_for((ResizeShorter(size=100), CenterCrop(size=90)), 5, images=True)
    found = torch.from_numpy(path.host(opened(file), 0, 0))[None]
    functions = torchvision_functions()
    expected = tensor_of(functions.center_crop(functions.resize(opened(file), 100), [90]))
    assert levels_apart(found, expected) <= ONE_LEVEL


def test_a_test_sees_every_pixel_of_a_large_jpeg() -> None:
    file = jpeg(picture(960, 1280))
    path = path_for((ResizeShorter(size=100), CenterCrop(size=90)), 5, images=True, exact=True)
    functions = torchvision_functions()
    expected = tensor_of(functions.center_crop(functions.resize(opened(file), 100), [90]))
    for found in (path.host(opened(file), 0, 0), *path.hosts(opened(file), 0, 0)):
        assert levels_apart(torch.from_numpy(found)[None], expected) <= ONE_LEVEL


def test_every_scale_sees_the_whole_jpeg() -> None:
    file = jpeg(picture(400, 600))
    path = path_for((MultiScale(sizes=(50, 380)),), 5, images=True)
    for found, side in zip(path.hosts(opened(file), 0, 0), (50, 380), strict=True):
        expected = torchvision_functions().resize(tensor_of(opened(file)), side)
        assert levels_apart(torch.from_numpy(found)[None], expected) <= ONE_LEVEL


@pytest.mark.parametrize("step", [RandomCrop(size=40), CenterCrop(size=40), TenCrop(size=40)])
def test_an_image_smaller_than_a_crop(step: Augmentation) -> None:
    path = path_for((step,), 5, images=True)
    with pytest.raises(ImageTooSmall, match="37x53, but 40x40 or more is needed"):
        path.host(picture(37, 53), 1, 0)
