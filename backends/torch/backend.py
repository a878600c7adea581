"""The PyTorch backend as the command line and `netlang.Net` see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from netlang.atomic import replace_file
from netlang.diagnostics.texts import visible
from netlang.ir.program import Program
from netlang.targets import (
    BuildOptions,
    Prediction,
    Trained,
    Written,
)
from netlang.targets.averaging import AveragingBackend, Ingredient, SoupOptions
from netlang.targets.comparing import ComparingBackend, RunsCompared, SearchPoints
from netlang.targets.doctor import CheckReport, CheckupOptions, DiagnosingBackend
from netlang.targets.importing import ImportedNet, ImportOptions, ModuleImporter
from netlang.targets.looking import LookingBackend, LookOptions, ViewSeen
from netlang.targets.migrating import Migrated, MigratingBackend, MigrationOptions

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from netlang.build import ExampleInputs
    from netlang.diff import Difference
    from netlang.recipes.recipe import Recipe
    from netlang.targets.options import PredictOptions, RunOptions, SampleOptions, ScoreOptions

__all__ = ["BACKEND", "TorchBackend"]


@final
class TorchBackend(
    DiagnosingBackend,
    LookingBackend,
    AveragingBackend,
    ComparingBackend,
    MigratingBackend,
    ModuleImporter,
):
    """Writes PyTorch source, runs exactly that, trains it, and imports modules of others."""

    name = "torch"
    extra = "torch"
    suffixes = (".py",)

    def source(self, program: Program, *, guard: bool = False) -> str:
        from netlang.backends.torch import emit

        return emit(program, guard=guard)

    def write(self, program: Program, path: Path, options: BuildOptions) -> Written:
        text = self.source(program, guard=options.guard)
        notes = () if options.weights is None else _checked(program, path, options)
        replace_file(path, text.encode("utf-8"), flushed=False)
        return Written(path, notes=notes)

    def build(
        self, program: Program, options: BuildOptions | None = None, *, guard: bool = False
    ) -> nn.Module:
        if options is None:
            from netlang.backends.torch import build

            return build(program, guard=guard)
        from netlang.backends.torch.run.weights import filled

        return filled(program, options, guard=guard)

    def script(self, recipe: Recipe, program: Program) -> str:
        from netlang.backends.torch.eject import script

        return script(recipe, program)

    def train(self, recipe: Recipe, program: Program, options: RunOptions) -> Trained:
        from netlang.backends.torch.train import progress_for, train

        ended = train(recipe, program, options, progress_for(quiet=options.quiet))
        return Trained(options.folder, ended.signal, ended.figures(), ended.scored)

    def holds_run(self, folder: Path) -> bool:
        from netlang.backends.torch.train.folder import RunFolder

        return RunFolder(folder).record.exists()

    def evaluate(
        self, recipe: Recipe, program: Program, weights: Path, options: ScoreOptions
    ) -> Mapping[str, float]:
        from netlang.backends.torch.train import evaluate, progress_for

        say = progress_for(quiet=options.quiet).say
        if options.distance is not None:
            from netlang.backends.torch.compare.distance import distance

            found = distance(recipe, program, weights, options, say)
            return {"Fréchet distance": found}
        return evaluate(recipe, program, weights, options, say).figures()

    def average_weights(
        self, recipe: Recipe, program: Program, options: SoupOptions
    ) -> tuple[Ingredient, ...]:
        from netlang.backends.torch.compare.soup import average_weights
        from netlang.backends.torch.train import progress_for

        say = progress_for(quiet=options.quiet).say
        return average_weights(recipe, program, options, say)

    def examples(self, recipe: Recipe, program: Program, options: SampleOptions) -> ExampleInputs:
        from netlang.backends.torch.train import examples_of, progress_for

        return examples_of(recipe, program, options, progress_for(quiet=options.quiet).say)

    def arrays(self, path: Path) -> Mapping[str, NDArray[Any]]:
        from netlang.backends.torch.data.sources.files import named
        from netlang.backends.torch.data.sources.npz import array_names, read_npz

        with named(path, None):
            return read_npz(path, array_names(path))

    def predict(
        self,
        recipe: Recipe,
        program: Program,
        weights: Path,
        images: Iterable[object],
        options: PredictOptions,
    ) -> Iterator[Prediction]:
        from netlang.backends.torch.train import predict, progress_for

        say = progress_for(quiet=options.quiet).say
        return predict(recipe, program, weights, images, options, say)

    def examine_recipe(
        self, recipe: Recipe, program: Program, options: CheckupOptions
    ) -> Iterator[CheckReport]:
        from netlang.backends.torch.doctor.examine import examine_recipe
        from netlang.backends.torch.train import progress_for

        return examine_recipe(recipe, program, options, progress_for(quiet=options.quiet).say)

    def look(
        self, recipe: Recipe | None, program: Program, options: LookOptions
    ) -> Iterator[ViewSeen]:
        from netlang.backends.torch.look.look import look
        from netlang.backends.torch.train import progress_for

        return look(recipe, program, options, progress_for(quiet=options.quiet).say)

    def write_page(self, seen: Sequence[ViewSeen], title: str, about: str, folder: Path) -> Path:
        from netlang.backends.torch.look.page import write_page

        return write_page(seen, title, about, folder)

    def import_source(self, options: ImportOptions, say: Callable[[str], None]) -> ImportedNet:
        from netlang.backends.torch.importing import import_named

        return import_named(options, say)

    def import_module(
        self, module: nn.Module, example: Sequence[Tensor], name: str | None
    ) -> ImportedNet:
        from netlang.backends.torch.importing import import_given

        return import_given(module, example, name)

    def import_keras(self, model: object, name: str | None) -> ImportedNet:
        from netlang.backends.torch.importing import import_given_keras

        return import_given_keras(model, name)

    def write_weights(self, imported: ImportedNet, path: Path) -> None:
        from netlang.backends.torch.importing import write_weights

        write_weights(imported, path)

    def compare_runs(self, folders: Sequence[Path], out: Path | None) -> RunsCompared:
        from netlang.backends.torch.compare.groups import compare_runs

        return compare_runs(folders, out)

    def draw_search(self, points: SearchPoints, folder: Path) -> tuple[Path, ...]:
        from netlang.backends.torch.compare.trials import draw_search

        return draw_search(points, folder)

    def migrate(self, difference: Difference, options: MigrationOptions) -> Migrated:
        from netlang.backends.weights.migration import migrate

        return migrate(difference, options)


def _checked(program: Program, path: Path, options: BuildOptions) -> tuple[str, ...]:
    """Notes on weights given for source. Raises `NetlangError` if they don't fit."""
    from netlang.backends.weights import given, slots
    from netlang.backends.weights.given import name_of

    assert options.weights is not None
    taken = given(program.name, slots(program), options.weights, options.fit)
    note = f"{path} is source alone: {name_of(options.weights)} was checked and isn't in it"
    return (visible(note), *taken.notes_on_values())


BACKEND = TorchBackend()
