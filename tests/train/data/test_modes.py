"""Images of any mode become what is documented: grey, palettes, CMYK, transparency, 16 bits."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from netlang.backends.torch.data.images import open_image
from tests.train.data.support import draw, encoded, pixels


def grey_ramp(high: float) -> NDArray[np.float64]:
    return np.linspace(0, high, 240).reshape(12, 20)


def test_grey_becomes_three_equal_channels() -> None:
    image = draw(1, "L")
    found = pixels(encoded(image, "PNG"))
    assert np.array_equal(found, np.repeat(np.asarray(image)[:, :, None], 3, 2))
    assert np.array_equal(pixels(encoded(image, "PNG"), 1), np.asarray(image))


def test_colour_becomes_luma() -> None:
    image = draw(1)
    assert np.array_equal(pixels(encoded(image, "PNG"), 1), np.asarray(image.convert("L")))


def test_palettes_are_looked_up() -> None:
    image = draw(1).quantize(7)
    for format in ("PNG", "GIF", "BMP"):
        found = pixels(encoded(image, format))
        assert np.array_equal(found, np.asarray(image.convert("RGB"))), format


def test_one_bit_becomes_black_and_white() -> None:
    image = draw(1, "1")
    assert set(pixels(encoded(image, "PNG")).ravel().tolist()) == {0, 255}


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk(format: str) -> None:
    content = encoded(draw(1).convert("CMYK"), format)
    expected = Image.open(BytesIO(content)).convert("RGB")
    assert np.array_equal(pixels(content), np.asarray(expected))


def on_white(image: Image.Image) -> NDArray[np.uint8]:
    rgba = np.asarray(image.convert("RGBA")).astype(float)
    alpha = rgba[:, :, 3:] / 255.0
    return np.rint(rgba[:, :, :3] * alpha + 255.0 * (1.0 - alpha)).astype(np.uint8)


def with_alpha(mode: str) -> Image.Image:
    image = draw(1, mode)
    image.putalpha(draw(2, "L"))
    return image


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_what_is_transparent_lies_on_white(mode: str, format: str) -> None:
    content = encoded(with_alpha(mode), format, **({"lossless": True} if format == "WEBP" else {}))
    expected = on_white(Image.open(BytesIO(content))).astype(int)
    assert np.abs(pixels(content).astype(int) - expected).max() <= 1


def test_black_lines_on_a_transparent_ground_stay_visible() -> None:
    image = Image.new("RGBA", (20, 12), (0, 0, 0, 0))
    image.putpixel((3, 4), (0, 0, 0, 255))
    found = pixels(encoded(image, "PNG"))
    assert found[4, 3].tolist() == [0, 0, 0]
    assert found[0, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize("transparency", [2, bytes([0, 128, 255, 0, 255, 255, 255])])
def test_a_transparent_colour_of_a_palette(transparency: int | bytes) -> None:
    content = encoded(draw(1).quantize(7), "PNG", transparency=transparency)
    expected = on_white(Image.open(BytesIO(content))).astype(int)
    assert np.abs(pixels(content).astype(int) - expected).max() <= 1


def test_sixteen_bits_keep_their_upper_eight() -> None:
    ramp = grey_ramp(0xFFFF).astype(np.uint16)
    for format in ("PNG", "TIFF"):
        content = encoded(Image.fromarray(ramp), format)
        assert np.array_equal(pixels(content, 1), (ramp >> 8).astype(np.uint8)), format
    content = b"P5 20 12 65535\n" + ramp.astype(">u2").tobytes()
    assert np.abs(pixels(content, 1).astype(int) - (ramp >> 8)).max() == 0


def test_numbers_without_a_white_are_refused() -> None:
    for ramp in (grey_ramp(1.0).astype(np.float32), grey_ramp(1 << 20).astype(np.int32)):
        with pytest.raises(ValueError, match="its pixels are"):
            open_image(encoded(Image.fromarray(ramp), "TIFF"), 3)


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_an_animation_the_first_picture_counts(format: str) -> None:
    frames = [draw(seed).quantize(9) for seed in (1, 2, 3)]
    content = encoded(frames[0], format, save_all=True, append_images=frames[1:])
    expected = Image.open(BytesIO(content)).convert("RGB")
    assert len(ImageSequence.all_frames(Image.open(BytesIO(content)))) == 3
    assert np.array_equal(pixels(content), np.asarray(expected))
