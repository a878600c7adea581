"""Images that a script refuses, as `netlang train` does."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from netlang.backends.torch.data.images import FORMATS
from netlang.backends.torch.eject import script
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.places import Places
from tests.train.data.support import pictures
from tests.train.eject.support import printed, trained_losses
from tests.train.eject.test_sources import CASES, PICTURES
from tests.train.support import sketch

LINES = (
    'data: image_folder("mine", validation=none, test=none)', "augment: resize(24)",
    "batch: 3", "steps: 2",
)  # fmt: skip
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 30 30\n%%EndComments\nshowpage\n%%EOF\n"


def folder_with(root: Path, content: bytes | NDArray[Any]) -> Path:
    """A folder of images, each replaced."""
    pictures(root, ("train",))
    for path in (root / "train").glob("*/*"):
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            Image.fromarray(content).save(path, "TIFF")
    return root


def run(root: Path, tmp_path: Path) -> str:
    """What the script prints."""
    text = script(*sketch(PICTURES.format(3, 24, 24, 2), *LINES))
    return printed(text, tmp_path / "script", "--data", str(root), "--workers", "0")


@pytest.mark.parametrize("name", CASES)
def test_formats(name: str) -> None:
    """Pillow opens some formats by other programs: those aren't tried."""
    text = script(*sketch(CASES[name][1], *CASES[name][2]))
    opened = re.findall(r"Image\.open\(.*", text)
    named, given = f"{FORMATS!r}".replace("'", '"'), ("formats=FORMATS)", f"formats={FORMATS!r})")
    assert all(line.replace('"', "'").endswith(given) for line in opened)
    assert ("formats=FORMATS)" in text) == (f"FORMATS = {named}" in text)


def test_no_other_program_starts(tmp_path: Path) -> None:
    root = folder_with(tmp_path / "mine", EPS)
    started = patch.object(subprocess, "Popen", side_effect=AssertionError("a program started"))
    there = patch("PIL.EpsImagePlugin.gs_binary", "gs")
    with started, there, pytest.raises(UnidentifiedImageError):
        run(root, tmp_path)


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = folder_with(tmp_path / "mine", np.zeros((30, 30, 3), np.uint8))
    assert "step 2" in run(root, tmp_path)
    (tmp_path / "script" / "state.pth").unlink()
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 600)  # as a warning up to 1200
    with pytest.raises(Image.DecompressionBombWarning):
        run(root, tmp_path)


@pytest.mark.parametrize("value", [-1, 65536])
def test_beyond_16_bits(value: int, tmp_path: Path) -> None:
    root = folder_with(tmp_path / "mine", np.full((30, 30), value, np.int32))
    with pytest.raises(AssertionError, match="> 16 bits"):
        run(root, tmp_path)
    recipe, program = sketch(PICTURES.format(3, 24, 24, 2), *LINES)
    with pytest.raises(NetlangError, match="beyond 16 bits"):
        trained_losses(recipe, program, tmp_path / "run", Places({"mine": root}))
