"""Images in files and a path for them, as small as the tests of loading need."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path as Folder
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from netlang.backends.torch.augment.path import AugmentationPath, path_for
from netlang.backends.torch.data.loader import BatchOrder, Loader
from netlang.backends.torch.data.sets import Batch, Images
from netlang.backends.torch.train.world import World
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.sizes import RandomCrop
from tests.endless import ENDLESS
from tests.quality import ROOT
from tests.warm import run_warm

__all__ = ["CROP", "Files", "drawn_files", "loader", "path", "pixels_of", "program"]

CPU = torch.device("cpu")


@final
@dataclass(frozen=True, eq=False)
class Files(Images):
    """Images in a folder, in the order of their names; the label is the number modulo 3."""

    paths: tuple[Folder, ...]

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def labels(self) -> NDArray[np.int64]:
        return np.arange(len(self.paths)) % 3

    def subset(self, numbers: NDArray[np.int64]) -> Files:
        return Files(tuple(self.paths[number] for number in numbers))

    def image(self, number: int) -> Image.Image:
        return Image.open(BytesIO(self.paths[number].read_bytes()))

    def name(self, number: int) -> str:
        return str(self.paths[number])


def path(*steps: Augmentation) -> AugmentationPath:
    """What a recipe for images in files makes of its steps."""
    return path_for(steps, 7, images=True, classes=3)


CROP = path(RandomCrop(size=4))


def drawn_files(folder: Folder, count: int, size: tuple[int, int] = (9, 8)) -> Files:
    """PNG files of noise in a folder, each of its own."""
    folder.mkdir(exist_ok=True)
    paths = []
    for number in range(count):
        noise = np.random.default_rng(number).integers(0, 256, (size[1], size[0], 3), np.uint8)
        paths.append(folder / f"{number:03}.png")
        Image.fromarray(noise).save(paths[-1])
    return Files(tuple(paths))


def loader(
    files: Files,
    steps: AugmentationPath = CROP,
    *,
    batch: int = 4,
    world: World | None = None,
    workers: int = 0,
) -> Loader:
    return Loader(files, steps, BatchOrder(batch, 5, world or World()), CPU, workers)


def pixels_of(batches: list[Batch]) -> list[list[int]]:
    """Everything that a net would see, to compare."""
    return [batch.inputs[0].flatten().tolist() for batch in batches]


def program(
    body: str, *arguments: str, before: str = "", alone: bool = False
) -> subprocess.CompletedProcess[str]:
    """What a program of its own does; `before` is shell, after which it has mounts of its own.

    Without it, and unless it has to start `alone`, it is a copy of one that has imported torch.
    """
    text = f"""
    import sys
    from pathlib import Path
    from netlang.diagnostics.errors import NetlangError
    from tests.train.loading.support import drawn_files, loader, path, pixels_of

    def main() -> None:
    {textwrap.indent(textwrap.dedent(body), " " * 8)}

    if __name__ == "__main__":
        try:
            main()
        except NetlangError as error:
            print(error, file=sys.stderr)
            sys.exit(3)
    """
    folder = Folder(arguments[0])
    file = folder / "program.py"
    file.write_text(textwrap.dedent(text))
    if not (before or alone):
        return run_warm(file, *arguments)
    command = [sys.executable, str(file), *arguments]
    if before:
        command = ["unshare", "-m", "bash", "-c", f'{before} && exec "$0" "$@"', *command]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=ENDLESS,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
