"""Keeps a run's folder out of its image folders, where its subfolders would become classes."""

from __future__ import annotations

from pathlib import Path

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.folder import RunAmongClasses
from netlang.recipes.places import Places
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data_images import ImageFolder
from netlang.regular import real_path

__all__ = ["require_apart"]


def require_apart(
    out: Path, recipe: Recipe, places: Places, classes: tuple[str, ...] | None
) -> None:
    """Raise `NetlangError` if `out` lies in a folder whose subfolders are classes."""
    if not isinstance(recipe.data, ImageFolder) or recipe.data.place is None:
        return
    root, folder = real_path(places.find(recipe.data.place)), real_path(out)
    if not folder.is_relative_to(root):
        return
    for holder in (root, *(root / part for part in folder.relative_to(root).parts[:1])):
        if any((holder / name).is_dir() for name in classes or ()):
            raise NetlangError(
                RunAmongClasses(span=recipe.places["data"], folder=str(out), data=str(holder))
            )
