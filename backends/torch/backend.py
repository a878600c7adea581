"""The PyTorch backend as the command line and `netlang.Net` see it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, final

from netlang.ir.program import Program
from netlang.targets import BuildOptions, ModuleBackend, Written, replace_file

if TYPE_CHECKING:
    from torch import nn

__all__ = ["BACKEND", "TorchBackend"]


@final
class TorchBackend(ModuleBackend):
    """Writes PyTorch source, and runs exactly that."""

    name = "torch"
    extra = "torch"
    suffixes = (".py",)

    def source(self, program: Program) -> str:
        from netlang.backends.torch import emit

        return emit(program)

    def write(self, program: Program, path: Path, options: BuildOptions) -> Written:
        replace_file(path, self.source(program).encode("utf-8"))
        return Written(path)

    def build(self, program: Program, options: BuildOptions) -> nn.Module:
        from netlang.backends.torch import build

        return build(program, weights=options.weights, seed=options.seed, partial=options.partial)


BACKEND = TorchBackend()
