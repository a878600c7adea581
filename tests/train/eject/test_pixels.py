"""What a script's worker makes of an image is what training makes of it, pixel for pixel."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from netlang.backends.torch.augment.path import path_for
from netlang.backends.torch.eject.pixels.boxes import drawn_box
from netlang.backends.torch.eject.pixels.host import WorkerFunction, host_function
from netlang.backends.torch.eject.template import CHANCES
from netlang.backends.torch.eject.text.copied import copied
from netlang.backends.torch.runtime.random import mix, uniform
from netlang.backends.torch.runtime.regions import random_resized_crop, whole
from tests.train.eject.support import module_of_text
from tests.train.support import sketch

BODY = "    input image: [3, H=24, W=24]\n    conv(4, 3x3) -> gap -> flatten -> linear(3)"
SEED = 1234567
DRAWING = CHANCES.replace("$seed", str(SEED))

TRAINING = (
    "resize_shorter(26..60) -> random_crop(24)",
    "resize_shorter(30) -> center_crop(24)",
    "resize_shorter(24) -> random_crop([24, 20]) -> center_crop(20)",
    "random_resized_crop(24)",
    "random_resized_crop([24, 31], scale=0.3..0.5, ratio=0.2..0.3)",
    "resize([24, 40])",
    "resize(30) -> random_crop(24)",
    "resize(30) -> random_crop(24, pad=3)",
    "random_crop(48, pad=5)",
    "center_crop([40, 60], pad=9)",
    "random_crop(50) -> center_crop(40) -> resize(24)",
    "center_crop(60) -> random_resized_crop(24)",
    "random_crop(50) -> resize_shorter(24..30) -> random_crop(20)",
    "resize(40) -> resize(24)",
    "hflip -> rotate(10) -> random_resized_crop(24)",
    "center_crop(40) -> hflip",
)
TESTS = (
    "ten_crop(24)",
    "resize_shorter(30) -> ten_crop([24, 20])",
    "center_crop(50) -> ten_crop(24, pad=2)",
    "resize(30) -> center_crop(24)",
)
# Height and width; the last ones are decoded at a reduced size.
SIZES = ((61, 75), (90, 66), (64, 64), (203, 157), (331, 1031), (497, 323))


def _image(height: int, width: int, mode: str) -> Image.Image:
    y, x = np.mgrid[:height, :width] / 9
    noise = np.random.default_rng(height).normal(0, 9, (height, width, 3))
    waves = np.stack([np.sin(x), np.cos(y), np.sin(x * y / 5)], 2) * 90 + 128 + noise
    content = BytesIO()
    image = Image.fromarray(waves.clip(0, 255).astype(np.uint8)).convert(mode)
    image.save(content, "JPEG", quality=92)
    return Image.open(content)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize(
    ("key", "steps"), [*(("augment", s) for s in TRAINING), *(("test", s) for s in TESTS)]
)
def test_equal(key: str, steps: str, mode: str, tmp_path: Path) -> None:
    recipe, _ = sketch(BODY, 'data: image_folder("photos")', f"{key}: {steps}")
    augment = key == "augment"
    written = recipe.augment if augment else recipe.test
    path = path_for(written, SEED, images=True, exact=not augment)
    channels = 3 if mode == "RGB" else 1
    section = host_function(WorkerFunction(path, "prepare", "It.", augment), channels)
    again = WorkerFunction(path, "prepare_alone", "It.", augment)
    alone = host_function(again, channels, alone=True)
    used = copied([mix, *section.functions, *alone.functions])
    lines = [*used.imports, "import torch", "import numpy as np", "import torch.nn.functional as F"]
    lines += ["from collections import namedtuple", DRAWING]
    text = "\n".join([*lines, *used.definitions.values(), *section.lines, *alone.lines])
    module = module_of_text(text, tmp_path / "prepared.py")
    # Of the same steps in grey every second size, upright and not.
    for number, size in enumerate(SIZES if mode == "RGB" else SIZES[::2]):
        expected = path.host(_image(*size, mode), number, 3)
        for prepare in (module.prepare, module.prepare_alone):
            found = prepare(_image(*size, mode), number, 3)
            assert np.array_equal(found.movedim(-1, -3).numpy(), expected), size


def test_small_images_are_refused(tmp_path: Path) -> None:
    recipe, _ = sketch(BODY, 'data: image_folder("photos")', "augment: random_crop(24)")
    path = path_for(recipe.augment, SEED, images=True)
    section = host_function(WorkerFunction(path, "prepare", "It.", drawn=True), 3)
    used = copied(section.functions).definitions.values()
    text = "\n".join(["import numpy as np", *used, *section.lines])
    module = module_of_text(text, tmp_path / "prepared.py")
    with pytest.raises(AssertionError, match="too small"):
        module.prepare(_image(20, 30, "RGB"), 0, 0)


def test_numbers(tmp_path: Path) -> None:
    """What a script draws with PyTorch is what training draws with numpy."""
    text = "\n".join(["import torch", DRAWING, *copied([mix]).definitions.values()])
    module = module_of_text(text, tmp_path / "drawn.py")
    numbers = np.array([0, 1, 7, 1 << 40])
    found = module.chances(12345, torch.from_numpy(numbers), 3, 5)
    assert np.array_equal(found.numpy(), uniform(SEED, 12345, numbers, 3, 5))
    assert np.array_equal(module.chances(2, 7, 3, 5).numpy(), uniform(SEED, 2, numbers[2:3], 3, 5))


@pytest.mark.parametrize(
    ("scale", "ratio"),
    [
        ((0.08, 1.0), (3 / 4, 4 / 3)),
        ((0.08, 3.0), (3 / 4, 4 / 3)),
        ((0.9, 2.5), (0.2, 0.3)),
        ((0.5, 1.5), (2.5, 3.0)),
    ],
)
def test_boxes(scale: tuple[float, float], ratio: tuple[float, float], tmp_path: Path) -> None:
    """The lines that a script has for a box of an image or its part, also where no try fits."""
    whole_image = drawn_box("drawn", ("image.height", "image.width"), scale, ratio)
    part = drawn_box("drawn", ("rows", "columns"), scale, ratio, within=True)
    end = "    return top, left, h, w"
    lines = ["import numpy as np", "def box(drawn, image):", *whole_image, end]
    lines += ["def inner(drawn, top, left, rows, columns):", *part, end]
    module = module_of_text("\n".join(lines), tmp_path / "box.py")
    rng, fits = np.random.default_rng(0), set()
    for _ in range(1000):
        height, width = (int(side) for side in rng.integers(1, 400, 2))
        u, image = rng.random((1, 22)), Image.new("1", (width, height))
        region = random_resized_crop(whole(height, width), u, (9, 9), scale, ratio)
        top, left, rows, columns = module.box(torch.from_numpy(u), image)
        assert region.start[0].tolist() == [top, left]
        assert region.stop[0].tolist() == [top + rows, left + columns]
        moved = module.inner(torch.from_numpy(u), 7, 100, height, width)
        assert moved == (top + 7, left + 100, rows, columns)
        fits.add(top == (height - rows) // 2 and left == (width - columns) // 2)
    assert fits == {True, False}
