"""A folder of JPEGs that cost as much to decode as photographs do.

Their spectrum falls with the frequency as that of natural scenes does (Field 1987, "Relations
between the statistics of natural images and the response properties of cortical cells"), and their
channels go together: smooth areas, edges and texture, some 50 kB at quality 90.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["CLASSES", "draw_folder", "picture"]

CLASSES = ("first", "second", "third")
_FALL = 1.53


def picture(number: int, width: int = 500, height: int = 375) -> NDArray[np.uint8]:
    """``[height, width, 3]``, another one for each number."""
    random = np.random.default_rng(number)
    across, down = np.fft.rfftfreq(width)[None], np.fft.fftfreq(height)[:, None]
    frequency = np.hypot(across, down)
    frequency[0, 0] = 1.0
    common = random.standard_normal((height, width))
    channels = []
    for _ in range(3):
        noise = 0.8 * common + 0.6 * random.standard_normal((height, width))
        channel = np.fft.irfft2(np.fft.rfft2(noise) / frequency**_FALL, (height, width))
        channels.append(128.0 + 55.0 * (channel - channel.mean()) / channel.std())
    return np.stack(channels, 2).clip(0, 255).astype(np.uint8)


def draw_folder(root: Path, count: int) -> float:
    """`count` images below `root`/train, in a folder for each class; their mean size in bytes."""
    folders = [root / "train" / name for name in CLASSES]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    size = 0
    for number in range(count):
        file = folders[number % len(folders)] / f"{number:05}.jpg"
        if not file.exists():
            Image.fromarray(picture(number)).save(file, quality=90)
        size += file.stat().st_size
    return size / count
