"""What the tests of paths share: random pictures, numbers that a path would draw, torchvision."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from netlang.backends.torch.runtime.random import uniform
from tests.analysis.oracles import torchvision_models

__all__ = [
    "ODD_SIZES", "ONE_LEVEL", "draws", "levels_apart", "picture", "tensor_of",
    "torchvision_functions",
]  # fmt: skip

# One grey level, and what float32 leaves undecided.
ONE_LEVEL = 1.001

# Height and width.
ODD_SIZES = [(37, 53), (61, 41), (29, 97), (45, 45)]


def torchvision_functions() -> ModuleType:
    """`torchvision.transforms.v2.functional`, on machines without CUDA too."""
    torchvision_models()
    import torchvision.transforms.v2.functional

    functions: ModuleType = torchvision.transforms.v2.functional
    return functions


def picture(height: int, width: int, seed: int = 0, mode: str = "RGB") -> Image.Image:
    """Noise over coarse shapes: every pixel counts, and so does every block of them."""
    generator = np.random.default_rng((height, width, seed))
    coarse = generator.integers(0, 256, (5, 6, 3), dtype=np.uint8)
    smooth = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    noise = generator.integers(0, 64, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(np.asarray(smooth) // 4 * 3 + noise).convert(mode)


def tensor_of(image: Image.Image) -> Tensor:
    """uint8 `[1, C, H, W]`."""
    array = np.array(image)
    return torch.from_numpy(array.reshape(*array.shape[:2], -1)).permute(2, 0, 1)[None]


def levels_apart(found: Tensor, expected: Tensor) -> float:
    """The largest difference in grey levels; each is uint8, or float from 0 to 1."""
    assert found.shape == expected.shape
    a, b = (255 * x if x.is_floating_point() else x.float() for x in (found, expected))
    return float((a - b).abs().max())


def draws(count: int, numbers: int, seed: int = 1) -> NDArray[np.float64]:
    """Numbers as `count` examples of a training set draw them."""
    return uniform(seed, 0, np.arange(count), 0, numbers)
