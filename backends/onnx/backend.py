"""The ONNX backend as the command line and `netlang.Net` see it."""

from __future__ import annotations

from pathlib import Path
from typing import final

from netlang.ir.program import Program
from netlang.targets import Backend, BuildOptions, Written

__all__ = ["BACKEND", "OnnxBackend"]


@final
class OnnxBackend(Backend):
    """Writes `.onnx` files."""

    name = "onnx"
    extra = "onnx"
    suffixes = (".onnx",)

    def write(self, program: Program, path: Path, options: BuildOptions) -> Written:
        from netlang.backends.onnx.export import export

        report = export(
            program, path, weights=options.weights, seed=options.seed, partial=options.partial
        )
        return Written(path, notes=(str(report),) if report else ())


BACKEND = OnnxBackend()
