"""A small net with weights in a file, looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from netlang.backends.torch import build
from netlang.backends.torch.look.subject import Subject
from netlang.modules.library import Library
from netlang.recipes.load import program_of
from netlang.recipes.read import read_recipe
from netlang.source import Source
from netlang.targets.looking import LookOptions

__all__ = ["BODY", "positive", "recipe_text", "subject_of", "undrawn", "weights_of"]

BODY = """\
    input image: [1, 8, 8]
    conv1: conv(4, 3x3, pad=1) -> relu1: relu -> pool: maxpool(2x2)
    conv2: conv(6, 3x3, pad=1) -> relu2: relu
    flatten -> fc: linear(10)
"""


def recipe_text(body: str = BODY, *lines: str) -> str:
    """A file with a net and a recipe of the same name; `lines` replace or add keys."""
    given = (
        "model: tiny", "data: digits", "loss: cross_entropy", "optimizer: sgd(lr=0.1)",
        "batch: 50", "steps: 1", *lines,
    )  # fmt: skip
    keys = dict(line.split(": ", 1) for line in given)
    entries = "\n".join(f"    {key}: {value}" for key, value in keys.items())
    return f"net tiny {{\n{body}}}\n\ntrain tiny {{\n{entries}\n}}\n"


def subject_of(folder: Path, body: str = BODY, *lines: str, **options: Any) -> Subject:
    """The subject of a recipe with weights drawn by chance."""
    text = recipe_text(body, *lines)
    recipe = read_recipe(Library().module(Source("tiny.net", text), None), "tiny")
    program = program_of(recipe)
    torch.manual_seed(3)
    path = weights_of(build(program), folder)
    wanted = LookOptions(folder, path, device="cpu", quiet=True, **options)
    return Subject(recipe, program, wanted, torch.device("cpu"), lambda _: None)


def weights_of(module: nn.Module, folder: Path) -> Path:
    """A file with the weights of a module."""
    path = folder / "weights.pth"
    torch.save(module.state_dict(), path)
    return path


def undrawn(size: tuple[float, float], fill: Callable[[Figure], None]) -> tuple[bytes, bytes]:
    """What a figure is filled with is computed, but rendering it takes a second."""
    fill(Figure(figsize=size))
    return b"<svg/>", b"png"


def positive(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights above 0, so that no gradient cancels another."""
    return {
        key: value.abs() + 0.1 if value.is_floating_point() else value
        for key, value in weights.items()
    }
