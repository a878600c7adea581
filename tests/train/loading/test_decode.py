"""Decoded pixels, with the fast package and without, beside Pillow's."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from netlang.backends.torch.data import decode
from netlang.backends.torch.data.decode import cropped

SIZES = ((64, 48), (61, 47), (8, 8), (1, 1), (200, 3))
OPTIONS: tuple[dict[str, int | bool], ...] = (
    {"subsampling": 0},
    {"subsampling": 1},
    {"subsampling": 2, "progressive": True},
    {"quality": 40, "optimize": True},
)


def picture(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    coarse = np.random.default_rng(3).integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).convert(mode)


def stored(image: Image.Image, **options: int | bool) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def inside(size: tuple[int, int]) -> tuple[int, int, int, int]:
    return size[0] // 4, size[1] // 3, size[0] - size[0] // 3, size[1]


@pytest.fixture(params=["simplejpeg", "Pillow"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "Pillow":
        monkeypatch.setattr(decode, "_simplejpeg", lambda: None)
    else:
        assert decode._simplejpeg() is not None


def equal(found: NDArray[np.uint8] | Image.Image, expected: Image.Image) -> bool:
    one, two = np.array(found), np.array(expected)
    return np.array_equal(one.reshape(*one.shape[:2], -1), two.reshape(*two.shape[:2], -1))


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_pixels_are_pillows(mode: str, options: dict[str, int | bool]) -> None:
    for size in SIZES:
        content = stored(picture(size, mode), **options)
        for box in ((0, 0, *size), inside(size), (-3, -5, size[0] + 2, size[1]), (-4, 2, 3, 99)):
            for least in (None, (30, 30), (16, 12), (1, 1)):
                image, expected = opened(content), opened(content)
                if least:
                    image.draft(mode, least)
                    expected.draft(mode, least)
                assert equal(cropped(image, box), expected.crop(box))


@pytest.mark.usefixtures("_way")
def test_other_formats_and_what_is_decoded_already() -> None:
    image = picture((9, 7))
    file = BytesIO()
    image.save(file, "PNG")
    box = (1, 2, 8, 7)
    assert equal(cropped(opened(file.getvalue()), box), image.crop(box))
    content = stored(image)
    turned = opened(content).transpose(Image.Transpose.ROTATE_90)
    assert equal(cropped(turned, (1, 1, 4, 9)), turned.crop((1, 1, 4, 9)))
    loaded = opened(content)
    loaded.load()
    assert equal(cropped(loaded, box), opened(content).crop(box))


@pytest.mark.usefixtures("_way")
def test_a_damaged_file_is_pillows_error() -> None:
    content = stored(picture((64, 48)), quality=95)
    with pytest.raises(OSError, match="truncated"):
        cropped(opened(content[: len(content) // 2]), (0, 0, 9, 9))


@pytest.mark.usefixtures("_way")
def test_what_pillow_forgives_is_forgiven() -> None:
    """Bytes between segments are a warning of libjpeg's, at which simplejpeg refuses."""
    content = stored(picture((64, 48)))
    end = content.rindex(b"\xff\xd9")
    strange = content[:end] + b"\x00\x00\x00" + content[end:]
    assert equal(cropped(opened(strange), (2, 3, 50, 40)), opened(strange).crop((2, 3, 50, 40)))
