"""What the tests of training share."""

from __future__ import annotations

from pathlib import Path

from netlang.backends.torch.data.load import load_parts
from netlang.backends.torch.data.sets import Parts
from netlang.backends.torch.train import Result, train
from netlang.ir.program import Program
from netlang.modules.library import Library
from netlang.recipes import Recipe, load_recipe
from netlang.recipes.load import program_of
from netlang.recipes.places import Places
from netlang.recipes.read import read_recipe
from netlang.source import Source
from netlang.targets.options import RunOptions

__all__ = ["FILES", "SHORT", "contents", "parts_of", "run", "sketch"]

FILES = ("last.safetensors", "best.safetensors", "metrics.jsonl")

SHORT = ("steps=30", "validation=0.2", "evaluate_every=15", "checkpoint_every=10")


def run(out: Path, *changes: str, resume: bool = False) -> Result:
    """A short run of the recipe for MNIST-1D."""
    given = {change.partition("=")[0]: change for change in (*SHORT, *changes)}
    recipe, program = load_recipe("mnist1d", given.values())
    return train(recipe, program, RunOptions(out, resume=resume, device="cpu"))


def sketch(body: str, *lines: str) -> tuple[Recipe, Program]:
    """A recipe for a net with the body given; `lines` replace or add keys."""
    keys = {
        "model": "sketch()",
        "data": "mnist1d",
        "loss": "cross_entropy",
        "optimizer": "sgd(lr=0.1)",
        "batch": "100",
        "steps": "10",
    }
    keys |= dict(line.split(": ", 1) for line in lines)
    if "epochs" in keys:
        del keys["steps"]
    entries = "\n".join(f"    {key}: {value}" for key, value in keys.items())
    text = f"net sketch {{\n{body}\n}}\ntrain sketch {{\n{entries}\n}}\n"
    recipe = read_recipe(Library().module(Source("sketch.net", text), None), "sketch")
    return recipe, program_of(recipe)


def contents(out: Path) -> dict[str, bytes]:
    """The files of a run in which every number counts, by their names.

    The name of a checkpoint is a digest of all that is in it. How many are kept depends on where a
    run was cut, the last one doesn't.
    """
    last = max(path.name for path in (out / "checkpoints").iterdir())
    return {name: (out / name).read_bytes() for name in FILES} | {"checkpoint": last.encode()}


def parts_of(recipe: Recipe) -> Parts:
    """The parts of data that are at hand everywhere."""
    return load_parts(recipe, Places())
