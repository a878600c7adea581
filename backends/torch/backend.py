"""The PyTorch backend as the command line and `netlang.Net` see it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, final

from netlang.atomic import replace_file
from netlang.ir.program import Program
from netlang.targets import BuildOptions, Trained, TrainingBackend, Written

if TYPE_CHECKING:
    from torch import nn

    from netlang.recipes.recipe import Recipe

__all__ = ["BACKEND", "TorchBackend"]


@final
class TorchBackend(TrainingBackend):
    """Writes PyTorch source, runs exactly that, and trains it."""

    name = "torch"
    extra = "torch"
    suffixes = (".py",)

    def source(self, program: Program) -> str:
        from netlang.backends.torch import emit

        return emit(program)

    def write(self, program: Program, path: Path, options: BuildOptions) -> Written:
        replace_file(path, self.source(program).encode("utf-8"))
        if options.weights is None:
            return Written(path)
        note = f"{path} is source alone: weights load into its model by their keys"
        return Written(path, notes=(note,))

    def build(self, program: Program, options: BuildOptions | None = None) -> nn.Module:
        if options is None:
            from netlang.backends.torch import build

            return build(program)
        from netlang.backends.torch.loading import filled

        return filled(program, options)

    def train(
        self, recipe: Recipe, program: Program, folder: Path, *, resume: bool, device: str | None
    ) -> Trained:
        from netlang.backends.torch.train import progress_for, train

        ended = train(
            recipe, program, out=folder, resume=resume, device=device, progress=progress_for()
        )
        return Trained(folder, ended.finished, ended.best.figures() if ended.best else {})

    def evaluate(
        self, recipe: Recipe, program: Program, weights: Path, *, device: str | None
    ) -> Mapping[str, float]:
        from netlang.backends.torch.train import evaluate

        return evaluate(recipe, program, weights, device=device).figures()


BACKEND = TorchBackend()
