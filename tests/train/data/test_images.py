"""Images as they are decoded: turned upright, named when damaged."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from multiprocessing import get_context
from multiprocessing.context import ForkContext, SpawnContext
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from netlang.backends.torch.augment.path import path_for
from netlang.backends.torch.data.images import EncodedImages, open_image, opened
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.words.sizes import RandomCrop
from tests.train.data.support import draw, encoded, load, pictures, pixels, refusal

ORIENTATION = 0x0112
FOLDER = 'image_folder("pets")'


def exif(orientation: object) -> Image.Exif:
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    return tags


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(orientation: int, format: str) -> None:
    content = encoded(draw(1), format, exif=exif(orientation))
    expected = ImageOps.exif_transpose(Image.open(BytesIO(content)))
    assert np.array_equal(pixels(content), np.asarray(expected))
    assert expected.size == ((12, 20) if orientation > 4 else (20, 12))


def test_a_jpeg_is_left_for_a_reduced_decoding() -> None:
    image, _ = open_image(encoded(draw(1, size=(800, 640)), "JPEG"), 3)
    image.draft("RGB", (100, 80))
    assert image.size == (100, 80)


BROKEN: dict[str, bytes] = {
    "beyond 8": exif(9).tobytes(),
    "zero": exif(0).tobytes(),
    "no number": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x04\0\0\0left\0\0\0\0",
    "no TIFF": b"Exif\0\0nonsense",
    "cut off": exif(6).tobytes()[:15],
    "endless": b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x04\0\xff\xff\xff\x7f\0\0\0\0" * 2,
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_orientation_is_noticed(kind: str) -> None:
    content = encoded(draw(1), "JPEG", exif=BROKEN[kind])
    image, broken = open_image(content, 3)
    assert broken
    plain = encoded(draw(1), "JPEG")
    assert np.array_equal(np.asarray(image), np.asarray(Image.open(BytesIO(plain))))


def _look(images: EncodedImages) -> None:
    for number in range(len(images)):
        images.image(number)


# A spawned process imports everything again.
@pytest.mark.parametrize(
    ("context", "count"), [(get_context("fork"), 2), (get_context("spawn"), 1)]
)
def test_broken_orientations_are_counted_over_processes(
    tmp_path: Path, context: ForkContext | SpawnContext, count: int
) -> None:
    pictures(tmp_path, each=4)
    for path in ("train/cat/0.jpg", "train/dog/3.jpg"):
        draw(1).save(tmp_path / path, exif=exif(11))
    part = load(tmp_path, FOLDER).train
    assert isinstance(part, EncodedImages)
    assert part.remarks() == ()
    workers = [context.Process(target=_look, args=(part,)) for _ in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    (remark,) = part.remarks()
    assert remark.startswith("2 images have a broken orientation tag and are taken as stored: ")
    assert "train/cat/0.jpg" in remark


def write_over(path: Path, content: Callable[[bytes], bytes]) -> None:
    path.write_bytes(content(path.read_bytes()))


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "nonsense": lambda content: b"nonsense" * 99,
    "cut off": lambda content: content[: len(content) // 2],
    "header alone": lambda content: content[:20],
    "web page": lambda content: b"<!DOCTYPE html><html></html>",
}


@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_file_is_named(tmp_path: Path, kind: str, ending: str) -> None:
    number = ("jpg", "png", "webp").index(ending)
    path = tmp_path / f"train/cat/{number}.{ending}"
    pictures(tmp_path)
    draw(7, size=(300, 200)).save(path)
    write_over(path, DAMAGE[kind])
    part = load(tmp_path, FOLDER).train
    assert isinstance(part, EncodedImages)
    with pytest.raises(NetlangError) as caught, opened(part, number) as image:
        image.load()
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E0783"
    assert str(path) in diagnostic.message


def test_an_image_smaller_than_a_crop_is_named(tmp_path: Path) -> None:
    part = load(pictures(tmp_path), FOLDER).train
    assert isinstance(part, EncodedImages)
    path = path_for((RandomCrop(size=32),), 1, images=True)
    with pytest.raises(NetlangError) as caught, opened(part, 1) as image:
        path.host(image, 1, 0)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E0797"
    assert "1.png` is smaller than what is to be cut out" in diagnostic.message
    assert "12x20, but 32x32 or more is needed" in diagnostic.message


def test_a_file_that_vanished_is_named(tmp_path: Path) -> None:
    part = load(pictures(tmp_path), FOLDER).train
    assert isinstance(part, EncodedImages)
    (tmp_path / "train/cat/0.jpg").unlink()
    with pytest.raises(NetlangError, match=r"0\.jpg` can't be read: No such file"), opened(part, 0):
        pass


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF", "BMP"])
def test_a_decompression_bomb_is_refused(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(draw(1, size=(40, 30)), format)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    for limit in (1000, 10):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with pytest.raises((Image.DecompressionBombError, Image.DecompressionBombWarning)):
            open_image(content, 3)


def test_a_bomb_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = load(pictures(tmp_path), FOLDER).train
    assert isinstance(part, EncodedImages)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(NetlangError, match="more than 100 pixels"), opened(part, 0):
        pass


def test_formats_that_run_programs_are_no_images(tmp_path: Path) -> None:
    pictures(tmp_path)
    (tmp_path / "train/cat/0.jpg").write_bytes(encoded(draw(1), "EPS"))
    part = load(tmp_path, FOLDER).train
    assert isinstance(part, EncodedImages)
    with pytest.raises(NetlangError, match="isn't an image of a known format"), opened(part, 0):
        pass


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM"])
def test_any_damage_is_named_or_harmless(tmp_path: Path, format: str) -> None:
    generator = np.random.default_rng(5)
    good = encoded(draw(3, size=(60, 40)), format)
    pictures(tmp_path)
    path = tmp_path / "train/cat/0.jpg"
    part = load(tmp_path, FOLDER).train
    assert isinstance(part, EncodedImages)
    codes: set[str] = set()
    for _ in range(150):
        damaged = bytearray(good[: generator.integers(len(good) // 4, len(good) + 1)])
        for place in generator.integers(0, len(damaged), generator.integers(0, 4)):
            damaged[place] ^= 1 << generator.integers(8)
        path.write_bytes(damaged)
        try:
            with opened(part, 0) as image:
                image.load()
        except NetlangError as error:
            codes.update(each.code for each in error.diagnostics)
    assert codes == {"E0783"}


def test_damaged_files_are_skipped_counted_and_named(tmp_path: Path) -> None:
    pictures(tmp_path, ("train", "val"), each=4)
    write_over(tmp_path / "train/cat/0.jpg", DAMAGE["cut off"])
    write_over(tmp_path / "train/dog/1.png", DAMAGE["cut off"])
    write_over(tmp_path / "val/cat/2.webp", DAMAGE["empty"])
    parts = load(tmp_path, 'image_folder("pets", corrupt=skip)')
    assert (len(parts.train), parts.validation and len(parts.validation)) == (6, 7)
    first, second = parts.notes
    assert first.startswith("2 images are damaged and left out: ")
    assert "train/cat/0.jpg" in first
    assert "train/dog/1.png" in first
    assert "1 image is damaged and left out: " in second
    assert parts.train.labels is not None
    assert parts.train.labels.tolist() == [0, 0, 0, 1, 1, 1]


def test_all_damaged(tmp_path: Path) -> None:
    pictures(tmp_path, ("train",), each=1)
    for path in tmp_path.rglob("*.jpg"):
        path.write_bytes(b"")
    assert refusal(tmp_path, 'image_folder("pets", corrupt=skip)')[0] == "E0786"
