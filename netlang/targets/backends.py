"""The core's view of a backend: an object that writes a program to files of some kinds.

Backends register in the entry point group `netlang.backends`, so the core imports none of them and
other packages can add theirs. A backend module must be importable without its heavy library, which
is loaded when something is written.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, final

from netlang.atomic import end_of_links, replace_file
from netlang.build import BuildOptions, ExampleInputs, Fit, Written
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

    from numpy.typing import NDArray
    from torch import nn

    from netlang.recipes.recipe import Recipe
    from netlang.targets.options import PredictOptions, RunOptions, SampleOptions, ScoreOptions

__all__ = [
    "GROUP",
    "Backend",
    "BuildOptions",
    "Fit",
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
    "written_by",
]

GROUP = "netlang.backends"


class Backend(ABC):
    """Writes programs as files of the kinds in `suffixes`; `extra` is what to install for it."""

    name: ClassVar[str]
    extra: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]

    @abstractmethod
    def write(self, program: Program, path: Path, options: BuildOptions) -> Written:
        """Write `program` to `path` atomically."""


class ModuleBackend(Backend):
    """A backend that can also run what it writes, as a PyTorch module."""

    @abstractmethod
    def source(self, program: Program, *, guard: bool = False) -> str:
        """The text that `build` runs; with `guard`, it refuses inputs of unsuitable sizes."""

    @abstractmethod
    def build(
        self, program: Program, options: BuildOptions | None = None, *, guard: bool = False
    ) -> nn.Module:
        """The network as a module in training mode.

        Without `options`, PyTorch draws its weights from its own generator.
        """


@final
class Trained(Record):
    """How a run ended: its folder, the signal that stopped it, if any, and its scores by name.

    `scored` says which weights the scores belong to.
    """

    folder: Path
    signal: int | None
    scores: Mapping[str, float]
    scored: str = ""


@final
class Prediction(Record):
    """What a classifier sees in an image: every class with its probability, most probable first.

    `path` is None for an image that isn't in a file.
    """

    path: Path | None
    classes: tuple[tuple[str, float], ...]


class TrainingBackend(ModuleBackend):
    """A backend that can also carry out recipes, with the options of `netlang.targets.options`."""

    @abstractmethod
    def script(self, recipe: Recipe, program: Program) -> str:
        """A stand-alone program that trains as `train` does, with the same losses step for step."""

    @abstractmethod
    def train(self, recipe: Recipe, program: Program, options: RunOptions) -> Trained:
        """Train `program` by `recipe`, which must have been checked against it."""

    @abstractmethod
    def holds_run(self, folder: Path) -> bool:
        """Whether a folder is that of a run, finished or not."""

    @abstractmethod
    def evaluate(
        self, recipe: Recipe, program: Program, weights: Path, options: ScoreOptions
    ) -> Mapping[str, float]:
        """The scores, by name, of a weights file on a part of the recipe's data."""

    @abstractmethod
    def examples(self, recipe: Recipe, program: Program, options: SampleOptions) -> ExampleInputs:
        """Some examples of the recipe's data, as the net takes them."""

    @abstractmethod
    def arrays(self, path: Path) -> Mapping[str, NDArray[Any]]:
        """The arrays in an `.npz` file by name; raises `NetlangError` if it can't be read."""

    @abstractmethod
    def predict(
        self,
        recipe: Recipe,
        program: Program,
        weights: Path,
        images: Iterable[object],
        options: PredictOptions,
    ) -> Iterator[Prediction]:
        """The predictions of the recipe's net for images, one after the other.

        Images are paths of files or folders, Pillow images, or arrays.
        """


def backends() -> dict[str, Backend]:
    """Every registered backend by name, in a fixed order."""
    return {point.name: _loaded(point) for point in _installed()}


@cache
def _installed() -> tuple[EntryPoint, ...]:
    """The backends of installed packages, looked up once, since that takes milliseconds."""
    from importlib.metadata import entry_points

    return tuple(sorted(entry_points(group=GROUP), key=lambda point: point.name))


def _loaded(point: EntryPoint) -> Backend:
    """The backend of an entry point. If it doesn't load, the error names its package."""
    try:
        found: object = point.load()
    except (ImportError, AttributeError) as error:
        raise broken(_package(point), str(error)) from error
    if not isinstance(found, Backend):
        raise broken(_package(point), f"`{point.value}` isn't a backend")
    return found


def _package(point: EntryPoint) -> str:
    """The package that registers an entry point, for which the package's metadata is read."""
    return point.dist.name if point.dist else point.value


def backend(name: str) -> Backend:
    """The backend registered as `name`; no other one is loaded."""
    points = {point.name: point for point in _installed()}
    if name not in points:
        available = ", ".join(points) or "none"
        raise NetlangError(UnknownBackend(span=None, name=name, available=available))
    return _loaded(points[name])


def backend_for(path: Path) -> Backend:
    """The backend that writes files of `path`'s kind."""
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
    """Write `program` to `path`; system errors become `NetlangError`s.

    If `path` is a link, its target is written, and the link stays.
    """
    return written_by(backend, path, lambda end: backend.write(program, end, options))


def written_by(backend: Backend, path: Path, work: Callable[[Path], Written]) -> Written:
    """What `work` writes to the end of the links of `path`, as for `write`."""
    return _guarded(backend, path, lambda: work(end_of_links(path)))


def write_script(backend: TrainingBackend, recipe: Recipe, program: Program, path: Path) -> Written:
    """Write the training script of `recipe`; system errors become `NetlangError`s."""

    def written() -> Written:
        text = backend.script(recipe, program).encode("utf-8")
        replace_file(end_of_links(path), text, flushed=False)
        return Written(path)

    return _guarded(backend, path, written)


def _guarded(backend: Backend, path: Path, work: Callable[[], Written]) -> Written:
    try:
        with needs(backend.extra):
            return work()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise NetlangError(WriteFailed.of(path, error)) from error


def training_backend() -> TrainingBackend:
    """The backend that trains."""
    found = backend("torch")
    if not isinstance(found, TrainingBackend):
        raise NetlangError(UnknownBackend(span=None, name="torch", available="others"))
    return found
