"""Lists the images below a folder."""

from __future__ import annotations

import os

__all__ = ["ENDINGS", "image_files"]

ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def image_files(folder: str) -> list[str]:
    """Paths of the images below a folder, by file name suffix, in a fixed order.

    Hidden files and folders are skipped. Links are followed, but not in circles.
    """
    found = []
    for where, folders, files in os.walk(folder, followlinks=True):
        real = os.path.join(os.path.realpath(where), "")
        folders[:] = [
            name for name in folders if not name.startswith(".")
            and not real.startswith(os.path.join(os.path.realpath(os.path.join(where, name)), ""))
        ]  # fmt: skip
        for name in files:
            if name.lower().endswith(ENDINGS) and not name.startswith("."):
                found.append(os.path.join(where, name))
    return sorted(found, key=os.path.split)
