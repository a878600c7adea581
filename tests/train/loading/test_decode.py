"""Decoded pixels, with the fast package and without, beside Pillow's."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from netlang.backends.torch.data import decode
from netlang.backends.torch.data.decode import decoded

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


def by_pillow(content: bytes, least: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    image = opened(content)
    if least:
        image.draft(image.mode, least[::-1])
    pixels = np.array(image)
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


@pytest.fixture(params=["simplejpeg", "Pillow"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "Pillow":
        monkeypatch.setattr(decode, "_simplejpeg", lambda: None)
    else:
        assert decode._simplejpeg() is not None


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_pixels_are_pillows(mode: str, options: dict[str, int | bool]) -> None:
    for size in SIZES:
        content = stored(picture(size, mode), **options)
        for least in (None, (30, 30), (12, 16), (5, 5), (1, 1)):
            found = decoded(opened(content), least)
            assert np.array_equal(found, by_pillow(content, least))
            assert found.flags.c_contiguous
            if least:
                assert found.shape[0] >= min(least[0], size[1])
                assert found.shape[1] >= min(least[1], size[0])


@pytest.mark.usefixtures("_way")
def test_reduced_where_enough_is_left() -> None:
    content = stored(picture((64, 48)))
    sizes = [decoded(opened(content), least).shape[:2] for least in ((48, 64), (24, 32), (6, 8))]
    assert sizes == [(48, 64), (24, 32), (6, 8)]


@pytest.mark.usefixtures("_way")
def test_other_formats_and_what_is_decoded_already() -> None:
    image = picture((9, 7))
    file = BytesIO()
    image.save(file, "PNG")
    assert np.array_equal(decoded(opened(file.getvalue()), (2, 2)), np.array(image))
    content = stored(image)
    turned = opened(content).transpose(Image.Transpose.ROTATE_90)
    assert np.array_equal(decoded(turned, (1, 1)), np.rot90(by_pillow(content)))
    loaded = opened(content)
    loaded.load()
    assert np.array_equal(decoded(loaded, (1, 1)), by_pillow(content))


@pytest.mark.usefixtures("_way")
def test_a_damaged_file_is_pillows_error() -> None:
    content = stored(picture((64, 48)), quality=95)
    with pytest.raises(OSError, match="truncated"):
        decoded(opened(content[: len(content) // 2]))


@pytest.mark.usefixtures("_way")
def test_what_pillow_forgives_is_forgiven() -> None:
    """Bytes between segments are a warning of libjpeg's, at which simplejpeg refuses."""
    content = stored(picture((64, 48)))
    end = content.rindex(b"\xff\xd9")
    strange = content[:end] + b"\x00\x00\x00" + content[end:]
    assert np.array_equal(decoded(opened(strange)), by_pillow(strange))
