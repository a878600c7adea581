"""What the tests of augmentations share: torchvision as oracle, images and random numbers."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import torch
from torch import Tensor

from netlang.backends.torch.runtime.random import uniform
from tests.analysis.oracles import torchvision_models

__all__ = ["apart", "draws", "images", "transforms"]


def transforms() -> ModuleType:
    """`torchvision.transforms.v2`."""
    torchvision_models()
    import torchvision.transforms.v2

    module: ModuleType = torchvision.transforms.v2
    return module


def images(count: int, channels: int = 3, sides: tuple[int, int] = (24, 32)) -> Tensor:
    """Images of uint8: smooth ones, noise, and one that is all of one colour."""
    generator = torch.Generator().manual_seed(count)
    noise = torch.rand(count, channels, *sides, generator=generator)
    coarse = torch.rand(count, channels, 4, 4, generator=generator)
    smooth = torch.nn.functional.interpolate(coarse, sides, mode="bicubic").clamp(0.0, 1.0)
    mixed = torch.where(torch.arange(count)[:, None, None, None] % 2 == 0, smooth, noise)
    mixed[-1] = mixed[-1, :, :1, :1]
    return (255.0 * mixed).round().to(torch.uint8)


def draws(count: int, numbers: int, seed: int = 0) -> Tensor:
    """What `count` examples draw, `[count, numbers]`."""
    return torch.from_numpy(uniform(seed, 0, np.arange(count), 0, numbers))


def apart(ours: Tensor, theirs: Tensor) -> float:
    """The largest difference between images in 0..1 and images of uint8, in grey levels."""
    return float((255.0 * ours - theirs.float()).abs().max())
