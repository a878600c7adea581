"""Small recipes and data to plant mistakes in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netlang.backends.torch.data.load import load_parts
from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.doctor.check import Check
from netlang.backends.torch.doctor.examine import examine_recipe
from netlang.diagnostics.errors import NetlangError
from netlang.examine import warnings_of
from netlang.recipes.load import open_recipe
from netlang.recipes.places import Places
from netlang.targets.doctor import CheckReport, CheckupOptions, refusal, warned
from tests.train.support import sketch

__all__ = ["Arrays", "CONV", "colours", "digits", "examined", "mistakes", "recipe_text", "write"]

Arrays = dict[str, dict[str, NDArray[Any]]]

CONV = """\
    input image: [1, H=8, W=8]
    one: { conv(16, 3x3, pad=1) -> bn -> relu -> maxpool(2x2) }
    two: { conv(32, 3x3, pad=1) -> bn -> relu }
    gap -> flatten -> fc: linear(10)
"""


def recipe_text(body: str, keys: Mapping[str, str] | None = None) -> str:
    """A file with a net and its recipe, for arrays of digits unless `keys` says otherwise."""
    lines = {
        "model": "small()",
        "data": 'arrays("set", sizes=[1, 8, 8])',
        "loss": "cross_entropy",
        "optimizer": "adam(lr=1e-2)",
        "batch": "32",
        "steps": "100",
    } | dict(keys or {})
    entries = "\n".join(f"    {key}: {value}" for key, value in lines.items())
    return f"net small {{\n{body}}}\n\ntrain small {{\n{entries}\n}}\n"


@cache
def _digits() -> tuple[tuple[NDArray[Any], NDArray[Any]], ...]:
    recipe, _ = sketch("    input image: [1, 8, 8]\n    flatten -> linear(10)", "data: digits")
    parts = load_parts(recipe, Places())
    found = []
    for part in (parts.train, parts.test):
        assert isinstance(part, Tensors)
        found.append((part.inputs[0].numpy(), part.targets["label"].numpy()))
    return tuple(found)


def digits() -> Arrays:
    """The digits as arrays that may be changed: `x` ``[n, 1, 8, 8]`` from 0 to 1, and `label`."""
    names = ("train", "test")
    return {
        name: {"x": x.astype(np.float32), "label": label.copy()}
        for name, (x, label) in zip(names, _digits(), strict=True)
    }


def colours() -> Arrays:
    """The digits in colour ``[n, 3, 8, 8]``: much red, less green, little blue."""
    draws = np.random.default_rng(0)
    found = digits()
    for part in found.values():
        tint = np.array([0.9, 0.6, 0.3], np.float32).reshape(1, 3, 1, 1)
        noise = draws.normal(0, 0.1, (len(part["x"]), 3, 1, 1)).astype(np.float32)
        part["x"] = part["x"] * (tint + noise)
    return found


def write(folder: Path, parts: Mapping[str, dict[str, Any]]) -> None:
    """One `.npz` file for each part."""
    for name, arrays in parts.items():
        np.savez(folder / f"{name}.npz", **arrays)


def examined(
    folder: Path, text: str, checks: tuple[type[Check], ...] | None = None
) -> list[CheckReport]:
    """The reports on the recipe of a file whose data lie in a folder, as the command makes them."""
    path = folder / "small.net"
    path.write_text(text, encoding="utf-8")
    try:
        module, recipe, program = open_recipe(path)
        places = Places({"set": folder})
        options = CheckupOptions(places=places, device="cpu")
        return [
            warned(warnings_of(module, program, recipe)),
            *examine_recipe(recipe, program, options, checks=checks),
        ]
    except NetlangError as error:
        return [refusal(error)]


def mistakes(reports: list[CheckReport]) -> list[str]:
    """The names of the mistakes, each once."""
    found = (each.mistake for report in reports for each in report.symptoms if each.wrong)
    return list(dict.fromkeys(found))
