"""Small real data sets, and recipes for them."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from netlang.backends.torch.data.images import open_image
from netlang.backends.torch.data.load import load_parts
from netlang.backends.torch.data.sets import Parts
from netlang.diagnostics.errors import NetlangError
from netlang.modules.library import Library
from netlang.recipes import Recipe
from netlang.recipes.places import Places
from netlang.recipes.read import read_recipe
from netlang.source import Source

__all__ = ["draw", "encoded", "load", "pictures", "pixels", "recipe_for", "refusal", "tree"]

TEXT = """
net sketch {{
    input image: {input}
    flatten -> linear({classes})
}}
train sketch {{
    model: sketch()
    data: {data}
    loss: cross_entropy
    optimizer: sgd(lr=0.1)
    batch: 4
    steps: 2
    {lines}
}}
"""


def recipe_for(data: str, *lines: str, input: str = "[3, 8, 8]", classes: int = 2) -> Recipe:
    """A recipe with this data source."""
    text = TEXT.format(data=data, lines="\n    ".join(lines), input=input, classes=classes)
    return read_recipe(Library().module(Source("sketch.net", text), None), "sketch")


def load(root: Path, data: str, *lines: str, name: str = "pets") -> Parts:
    """The parts of a data source that lies at `root`."""
    return load_parts(recipe_for(data, *lines), Places({name: root}))


def refusal(root: Path, data: str, *lines: str, name: str = "pets") -> tuple[str, str]:
    """The code and the text of the error that loading ends with."""
    with pytest.raises(NetlangError) as caught:
        load(root, data, *lines, name=name)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic.code, f"{diagnostic.message}; {diagnostic.help_text}"


def draw(seed: int, mode: str = "RGB", size: tuple[int, int] = (20, 12)) -> Image.Image:
    """A picture that looks the same from no two sides."""
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(0, 256, (4, 5, 3), dtype=np.uint8))
    return coarse.resize(size, Image.Resampling.BICUBIC).convert(mode)


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    """The bytes of an image in this format."""
    content = BytesIO()
    image.save(content, format, **options)
    return content.getvalue()


def pixels(content: bytes, channels: int = 3) -> NDArray[np.uint8]:
    """An image as training decodes it, [H,W] or [H,W,C]."""
    image, broken = open_image(content, channels)
    assert not broken
    return np.asarray(image)


def tree(root: Path, files: Mapping[str, int]) -> Path:
    """Images at these paths below `root`, each drawn from its seed, in the format of its ending."""
    for path, seed in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        draw(seed).save(root / path)
    return root


def pictures(root: Path, parts: tuple[str, ...] = ("train", "val"), each: int = 3) -> Path:
    """A data set of cats and dogs in JPEG, PNG and WebP."""
    endings = ("jpg", "png", "webp")
    return tree(
        root,
        {
            f"{part}/{name}/{number}.{endings[number % 3]}": 100 * place + 10 * kind + number
            for place, part in enumerate(parts)
            for kind, name in enumerate(("cat", "dog"))
            for number in range(each)
        },
    )
