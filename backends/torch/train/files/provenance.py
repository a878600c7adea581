"""What a run was made of, so that it can be repeated: `run.json`, `spec/`, `model.py`."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from netlang import __version__
from netlang.atomic import make_folder
from netlang.backends.torch.emit.source import emit
from netlang.backends.torch.train.storage import Json, write_text
from netlang.backends.torch.train.world import World
from netlang.ir.program import Program
from netlang.modules.copies import copies_of
from netlang.processes.writing import writing
from netlang.recipes.recipe import Recipe

__all__ = ["facts_of_run", "git_state", "write_sources"]

_PACKAGES = ("numpy", "pillow")


def facts_of_run(
    recipe: Recipe, program: Program, device: torch.device, world: World
) -> dict[str, Json]:
    """Everything except the spec and the net: choices, versions, the machine."""
    keys: dict[str, Json] = dict(recipe.describe())
    return {
        "recipe": recipe.name,
        "spec": _file_name(recipe),
        "net": program.name,
        "overrides": list(recipe.overrides),
        "keys": keys,
        "versions": _versions(),
        "git": git_state(Path.cwd()),
        "device": device_name(device),
        "threads": torch.get_num_threads(),
        "processes": world.size,
    }


def _versions() -> dict[str, Json]:
    found: dict[str, Json] = {
        "netlang": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def device_name(device: torch.device) -> str:
    """`cpu`, or the model of the GPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return device.type


def git_state(folder: Path) -> Json:
    """The checked-out revision and whether tracked files differ from it; None without git."""
    revision = _git(folder, "rev-parse", "HEAD")
    if revision is None:
        return None
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return {"revision": revision, "changed": None if changes is None else changes != ""}


def _git(folder: Path, *arguments: str) -> str | None:
    # A folder's own settings may name programs to run: none of them is needed for this.
    command = ["git", "-C", str(folder), "-c", "core.fsmonitor=false", *arguments]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=5,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


# --- the spec and the model -------------------------------------------------------------------


def write_sources(folder: Path, recipe: Recipe, program: Program) -> None:
    """Copy the files that the recipe was read from, and write the model's source."""
    for name, text in _copies(recipe):
        target = folder / "spec" / name
        with writing(target):
            make_folder(target.parent)
        write_text(target, text)
    write_text(folder / "model.py", emit(program))


def _copies(recipe: Recipe) -> Sequence[tuple[Path, str]]:
    """Each file with its relative place among the others, so that imports still work."""
    if not recipe.files:
        return [(Path(f"{recipe.name}.net"), recipe.span.source.text)]
    return [(name, source.text) for name, source in copies_of(recipe.files)]


def _file_name(recipe: Recipe) -> str:
    """The copy that contains the recipe, for use as ``spec/file.net:recipe``."""
    wanted = recipe.span.source
    for (name, _), (_, source) in zip(_copies(recipe), recipe.files, strict=False):
        if source is wanted:
            return f"spec/{name.as_posix()}:{recipe.name}"
    return f"spec/{recipe.name}.net:{recipe.name}"
