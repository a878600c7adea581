"""What a backend is to the core: an object that writes a program to a file of some kind.

Backends register in the entry point group `netlang.backends`, so the core imports none of them and
other packages can add theirs. A backend module must import without its heavy library: that is
loaded when something is written.
"""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, final

from netlang.atomic import replace_file
from netlang.build import WHOLE, BuildOptions, Fit, Written
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.files import (
    UnknownBackend,
    UnknownSuffix,
    WriteFailed,
)
from netlang.extras import broken, needs
from netlang.ir.program import Program
from netlang.records import Record

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from torch import nn

    from netlang.recipes.places import Places
    from netlang.recipes.recipe import Recipe

__all__ = [
    "GROUP",
    "Backend",
    "BuildOptions",
    "Fit",
    "RunOptions",
    "ScoreOptions",
    "Trained",
    "Prediction",
    "TrainingBackend",
    "ModuleBackend",
    "Written",
    "backend",
    "backend_for",
    "backends",
    "module_backend",
    "needs",
    "training_backend",
    "write",
    "write_script",
]

GROUP = "netlang.backends"


class Backend(ABC):
    """Writes programs as files of the kinds in `suffixes`; `extra` installs what it needs."""

    name: ClassVar[str]
    extra: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]

    @abstractmethod
    def write(self, program: Program, path: Path, options: BuildOptions) -> Written:
        """Write `program` to `path`, whole or not at all."""


class ModuleBackend(Backend):
    """A backend that can also run what it writes, as a PyTorch module."""

    @abstractmethod
    def source(self, program: Program, *, guard: bool = False) -> str:
        """The text that `build` runs; with `guard`, it refuses inputs of sizes that don't fit."""

    @abstractmethod
    def build(
        self, program: Program, options: BuildOptions | None = None, *, guard: bool = False
    ) -> nn.Module:
        """The network as a module in training mode.

        Without `options` its weights are drawn as PyTorch does, from PyTorch's own generator.
        """


@final
class RunOptions(Record):
    """Where and how to carry out a recipe.

    All results go into `folder`; `resume` goes on from what lies there. `places` says where data
    lie; without a `device` the best one is used, and without a number of `workers`, which prepare
    images in files, one for each core but one. `quiet` shows nothing meanwhile, `tensorboard`
    writes events for it. `shard` shares weights out over the processes that train together.
    `again` is what to write to go on with a run that was stopped.
    """

    folder: Path
    places: Places
    resume: bool = False
    device: str | None = None
    workers: int | None = None
    quiet: bool = False
    tensorboard: bool = False
    shard: bool = False
    again: str = ""


@final
class ScoreOptions(Record):
    """What to score weights on, and how: `split` is `train`, `validation` or `test`.

    `quiet` says nothing of the data. `shard` shares weights out over the processes, `fit` says how
    those of the file go to the net's.
    """

    places: Places
    split: str = "test"
    device: str | None = None
    workers: int | None = None
    quiet: bool = False
    shard: bool = False
    fit: Fit = WHOLE


@final
class Trained(Record):
    """How a run ended: its folder, the signal that stopped it, if any, and its scores by name.

    `scored` says of which weights these are.
    """

    folder: Path
    signal: int | None
    scores: Mapping[str, float]
    scored: str = ""


@final
class Prediction(Record):
    """What an image is taken for: every class with its probability, the most probable first.

    `path` is None for an image that isn't in a file.
    """

    path: Path | None
    classes: tuple[tuple[str, float], ...]


class TrainingBackend(ModuleBackend):
    """A backend that can also carry out recipes; without a `device` it chooses the best one."""

    @abstractmethod
    def script(self, recipe: Recipe, program: Program) -> str:
        """A program of its own that trains as `train` does: the same losses, step for step."""

    @abstractmethod
    def train(self, recipe: Recipe, program: Program, options: RunOptions) -> Trained:
        """Train `program` by `recipe`, which was checked against it."""

    @abstractmethod
    def evaluate(
        self, recipe: Recipe, program: Program, weights: Path, options: ScoreOptions
    ) -> Mapping[str, float]:
        """The scores of a file of weights on a part of the recipe's data, by their names."""

    @abstractmethod
    def predict(
        self,
        recipe: Recipe,
        program: Program,
        weights: Path,
        images: Iterable[object],
        *,
        device: str | None,
        quiet: bool = False,
        fit: Fit = WHOLE,
        damaged: Callable[[NetlangError], None] | None = None,
    ) -> Iterator[Prediction]:
        """What the recipe's net takes images for, one after the other.

        They are paths of files or folders, images of Pillow, or arrays. `damaged` is told of those
        that can't be read; without it, the first one ends it.
        """


def backends() -> dict[str, Backend]:
    """Every registered backend by name, in a fixed order."""
    return {point.name: _loaded(point) for point in _installed()}


@cache
def _installed() -> tuple[EntryPoint, ...]:
    """What the installed packages register: looked up once, as it takes milliseconds."""
    from importlib.metadata import entry_points

    return tuple(sorted(entry_points(group=GROUP), key=lambda point: point.name))


def _loaded(point: EntryPoint) -> Backend:
    """The backend of an entry point; a package whose backend doesn't load is named."""
    package = point.dist.name if point.dist else point.value
    try:
        found: object = point.load()
    except (ImportError, AttributeError) as error:
        raise broken(package, str(error)) from error
    if not isinstance(found, Backend):
        raise broken(package, f"`{point.value}` isn't a backend")
    return found


def backend(name: str) -> Backend:
    """The backend registered as `name`; no other one is loaded."""
    points = {point.name: point for point in _installed()}
    if name not in points:
        available = ", ".join(points) or "none"
        raise NetlangError(UnknownBackend(span=None, name=name, available=available))
    return _loaded(points[name])


def backend_for(path: Path) -> Backend:
    """The backend that writes files of the kind of `path`."""
    found = backends()
    for candidate in found.values():
        if path.suffix.lower() in candidate.suffixes:
            return candidate
    suffixes = sorted(suffix for candidate in found.values() for suffix in candidate.suffixes)
    raise NetlangError(
        UnknownSuffix(span=None, path=str(path), available=", ".join(suffixes) or "none")
    )


def module_backend() -> ModuleBackend:
    """The backend that makes PyTorch modules."""
    found = backend("torch")
    if not isinstance(found, ModuleBackend):
        raise NetlangError(UnknownBackend(span=None, name="torch", available="others"))
    return found


def write(backend: Backend, program: Program, path: Path, options: BuildOptions) -> Written:
    """Write `program` to `path`; a refusal of the system is a `NetlangError` too.

    Where `path` is a link, what it leads to is written, and the link stays.
    """
    return _guarded(backend, path, lambda: backend.write(program, _end_of_links(path), options))


def write_script(backend: TrainingBackend, recipe: Recipe, program: Program, path: Path) -> Written:
    """Write the script that trains by `recipe`; a refusal of the system is a `NetlangError` too."""

    def written() -> Written:
        text = backend.script(recipe, program).encode("utf-8")
        replace_file(_end_of_links(path), text, flushed=False)
        return Written(path)

    return _guarded(backend, path, written)


def _end_of_links(path: Path) -> Path:
    """The file that a path leads to; `OSError` where its links go in a circle."""
    if not path.is_symlink():
        return path
    end = Path(os.path.realpath(path))
    if end.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return end


def _guarded(backend: Backend, path: Path, work: Callable[[], Written]) -> Written:
    try:
        with needs(backend.extra):
            return work()
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise NetlangError(WriteFailed(span=None, path=str(path), reason=reason)) from error


def training_backend() -> TrainingBackend:
    """The backend that trains."""
    found = backend("torch")
    if not isinstance(found, TrainingBackend):
        raise NetlangError(UnknownBackend(span=None, name="torch", available="others"))
    return found
