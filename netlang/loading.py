"""Loads nets with their warnings, and caches them.

The cache key is everything from which a program is made: the spec as written, the arguments, and
the name, place and text of every file that is imported, directly or not. The files are read each
time, so nothing is out of date. Programs never change. The last few are kept, except those that are
large or made from large files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from netlang.diagnostics.diagnostic import Caution
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import (
    Target,
    block_program,
    elaborate_target,
    from_python,
    means_recipe,
    resolve,
    resolve_text,
)
from netlang.examine import warnings_of
from netlang.ir.program import Function, Item, Program, Repeat
from netlang.modules.files import KEPT
from netlang.records import Draft, Record
from netlang.source import Source

if TYPE_CHECKING:
    from netlang.recipes.recipe import Recipe

__all__ = ["MOST_STEPS", "Loaded", "forget_loaded", "loaded", "loaded_block", "loaded_text"]

MOST_STEPS = 2000
"""Steps of the largest program that is kept: each takes one to ten kilobytes."""

_PROGRAMS = 8

_Files: TypeAlias = tuple[tuple[Path, Source], ...]


class Loaded(Record):
    """A net, the warnings about its file, and the recipe that stands for it."""

    program: Program
    warnings: tuple[Caution, ...]
    recipe: Recipe | None = None


class _Place(Draft):
    """The cache entry of a loaded net."""

    loaded: Loaded | None = None


def loaded(spec: str, arguments: Mapping[str, object]) -> Loaded:
    """The net that `spec` names, called with `arguments`; of a recipe, the net that it trains.

    The arguments of a recipe are changes to it, as in `netlang.train`. Returns the same object as
    before if nothing from which it is made has changed. Raises `NetlangError`, and `TypeError` for
    an argument that has no counterpart in the language.
    """
    target = _target(spec)
    place = _Place()
    given = _exactly({name: from_python(value) for name, value in arguments.items()})
    if given is not None and (files := _files(target)) is not None:
        place = _kept(spec, given, target.name, files)
    if place.loaded is not None:
        return place.loaded
    found = _of_target(target, arguments)
    if _is_small(found.program.net):
        place.loaded = found
    return found


def loaded_text(text: str, name: str | None, arguments: Mapping[str, object]) -> Loaded:
    """The net of a spec that is given as its text. As for `loaded`, but nothing is kept."""
    target = resolve_text(text, name)
    return _of_target(target, arguments)


def loaded_block(spec: str, inputs: Iterable[str], arguments: Mapping[str, object]) -> Loaded:
    """The block that `spec` names, by itself, given `inputs` of these types. As for `loaded`."""
    target = resolve(spec, "block")
    program = block_program(target, inputs, dict(arguments))
    return Loaded(program, warnings_of(target.module, program))


def _target(spec: str) -> Target:
    """The net or else the recipe that is named."""
    try:
        return resolve(spec, "net")
    except NetlangError as error:
        if not means_recipe(spec, error):
            raise
    return resolve(spec, "train")


def _of_target(target: Target, arguments: Mapping[str, object]) -> Loaded:
    if target.kind == "train":
        return _of_recipe(target, arguments)
    program = elaborate_target(target, dict(arguments))
    return Loaded(program, warnings_of(target.module, program))


def _of_recipe(target: Target, changes: Mapping[str, object]) -> Loaded:
    from netlang.recipes.load import checked_recipe
    from netlang.recipes.overrides import overrides_of

    recipe, program = checked_recipe(target.module, target.name, overrides_of(changes))
    return Loaded(program, warnings_of(target.module, program, recipe), recipe)


@lru_cache(maxsize=_PROGRAMS)
def _kept(spec: str, arguments: str, name: str, files: _Files) -> _Place:
    """The cache entry for these inputs."""
    return _Place()


def forget_loaded() -> None:
    """Clear the cache, as at the start of a process."""
    _kept.cache_clear()


def _exactly(arguments: Mapping[str, object]) -> str | None:
    """Arguments by name, as text; None if they aren't plain values."""
    plain = all(map(_is_plain, arguments.values()))
    return repr(sorted(arguments.items())) if plain else None


def _is_plain(value: object) -> bool:
    """Whether the text of a value is unambiguous: 1, 1.0 and True are different."""
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return type(value) in (bool, int, float, str)


def _files(target: Target) -> _Files | None:
    """All files from which a net is made.

    None if one can't be read, which may not matter, or if one is too large to be cached.
    """
    try:
        target.module.follow_imports()
    except NetlangError:
        return None
    files = target.module.library.files
    return files if all(len(source.text) <= KEPT for _, source in files) else None


def _is_small(net: Function) -> bool:
    """Whether a program has few steps, counting each function once."""
    functions, count = [net], 0
    seen = {net}
    while functions and count <= MOST_STEPS:
        waiting: list[Iterable[Item]] = [functions.pop().items]
        while waiting and count <= MOST_STEPS:
            for item in waiting.pop():
                count += 1
                if isinstance(item, Repeat):
                    waiting.append(item.items)
                elif isinstance(item.callee, Function) and item.callee not in seen:
                    seen.add(item.callee)
                    functions.append(item.callee)
    return count <= MOST_STEPS
