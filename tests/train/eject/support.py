"""Scripts as the tests run them: in this process, beside `netlang train`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from importlib.util import module_from_spec, spec_from_file_location
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import final
from unittest.mock import patch

import numpy as np
from PIL import Image

from netlang.backends.torch.eject import script
from netlang.backends.torch.train import loop, train
from netlang.ir.program import Program
from netlang.recipes import Recipe
from netlang.recipes.places import Places
from netlang.targets.options import RunOptions

__all__ = [
    "complaints",
    "losses",
    "module_of_text",
    "photos",
    "printed",
    "resumed_losses",
    "scores",
    "script_losses",
    "trained_losses",
    "trained_scores",
]


def module_of_text(text: str, path: Path) -> ModuleType:
    """The script as a module, from a file.

    No bytecode is kept of it: another script of the same length, written to the file within the
    same second, would be taken for this one.
    """
    path.write_text(text, encoding="utf-8")
    spec = spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    with patch.object(sys, "dont_write_bytecode", True):
        spec.loader.exec_module(module)
    return module


def printed(text: str, folder: Path, *options: str) -> str:
    """What a script prints; its state lies in the folder."""
    folder.mkdir(exist_ok=True)
    module = module_of_text(text, folder / "train.py")
    arguments = ["train.py", "--out", str(folder / "state.pth"), "--every", "1", *options]
    with patch.object(sys, "argv", arguments), redirect_stdout(StringIO()) as shown:
        module.main()
    return shown.getvalue()


class Killed(BaseException):
    """The end of a script that nobody expected."""


@final
class _Until(StringIO):
    """What is printed; at a line that begins with a text the script is killed."""

    def __init__(self, last: str) -> None:
        super().__init__()
        self._last = last

    def write(self, text: str) -> int:
        if text.startswith(self._last):
            raise Killed
        return super().write(text)


def resumed_losses(text: str, folder: Path, last: int, *options: str) -> dict[int, float]:
    """The losses of a script that is killed at a step, and then goes on from its checkpoint."""
    folder.mkdir(exist_ok=True)
    module = module_of_text(text, folder / "train.py")
    arguments = ["train.py", "--out", str(folder / "state.pth"), "--every", "1", *options]
    begun = _Until(f"step {last}:")
    with patch.object(sys, "argv", arguments), redirect_stdout(begun):
        try:
            module.main()
        except Killed:
            shown = begun.getvalue()
    assert (folder / "state.pth").exists()
    rest = losses(printed(text, folder, *options))
    assert min(rest) > 1
    return losses(shown) | rest


def losses(shown: str) -> dict[int, float]:
    """The losses that were printed, by step."""
    return {int(m[1]): float(m[2]) for m in re.finditer(r"step (\d+): loss ([^\s,]+)", shown)}


def script_losses(
    recipe: Recipe, program: Program, folder: Path, *options: str
) -> dict[int, float]:
    """The loss of each step of the script."""
    return losses(printed(script(recipe, program), folder, *options))


def scores(shown: str) -> list[tuple[float, ...]]:
    """The losses of evaluations that were printed, with their accuracies, in order."""
    found = re.finditer(r"(?:validation|test) loss ([^\s,]+)(?:, accuracy (\S+))?", shown)
    return [tuple(float(each) for each in match.groups() if each) for match in found]


def trained_scores(folder: Path) -> list[tuple[float, ...]]:
    """The same of a run of `netlang train`."""
    found = []
    for line in (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        for part in ("validation", "test"):
            named = (record.get(f"{part}_{name}") for name in ("loss", "accuracy"))
            found.append(tuple(each for each in named if each is not None))
    return [each for each in found if each]


def trained_losses(
    recipe: Recipe, program: Program, folder: Path, places: Places | None = None
) -> dict[int, float]:
    """The loss of each step of `netlang train`."""
    with patch.object(loop, "_RECORD_EVERY", 1):
        train(recipe, program, RunOptions(folder, places or Places(), device="cpu"))
    return dict(_recorded(folder / "metrics.jsonl"))


def _recorded(path: Path) -> Iterator[tuple[int, float]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if "loss" in record:
            yield record["step"], record["loss"]


# Rules of the project that scripts keep too: they have no annotations, and main is long.
_RULES = "--extend-select=E,F,W,I,B,UP,SIM,RUF,C4,RET"


def complaints(folder: Path) -> str:
    """What ruff says of the scripts in a folder: its own rules, the project's, the format."""
    found = ""
    for given in (("check",), ("check", _RULES), ("format", "--check")):
        options = "--isolated", "--no-cache", "--line-length=100", "--target-version=py311"
        command = [sys.executable, "-m", "ruff", *given, *options, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found += done.stdout + done.stderr if done.returncode else ""
    return found


def photos(root: Path, count: int, side: int) -> Path:
    """A folder of JPEG files of three classes, of different sizes, and one of other kinds."""
    rng = np.random.default_rng(0)
    for part, each in (("train", count), ("val", max(2, count // 2))):
        for number, name in enumerate(("cats", "dogs [big]", "owls")):
            folder = root / part / name
            folder.mkdir(parents=True)
            for place in range(each):
                height, width = side + rng.integers(0, side // 4, 2)
                y, x = np.mgrid[:height, :width] / 40
                waves = np.stack([np.sin(x * (number + 1)), np.cos(y + number), np.sin(x * y)], 2)
                pixels = (waves * 80 + 128 + rng.normal(0, 10, waves.shape)).clip(0, 255)
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{place}.jpg", quality=90)
    turned = Image.open(root / "train" / "cats" / "0.jpg").copy()
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(root / "train" / "cats" / "b.jpg", exif=exif)
    turned.convert("RGBA").save(root / "train" / "owls" / "a.png")
    deep = root / "train" / "owls" / "more"
    deep.mkdir()
    turned.convert("L").save(deep / "c.webp")
    (root / "train" / ".hidden").mkdir()
    return root
