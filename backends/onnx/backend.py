"""The ONNX backend as the command line and `netlang.Net` see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import final

from netlang.build import BuildOptions, Written
from netlang.ir.program import Program
from netlang.records import replace
from netlang.targets import needs
from netlang.targets.doctor import ExaminingBackend, Finding
from netlang.targets.importing import ImportedNet, ImportingBackend, ImportOptions
from netlang.targets.timing import (
    BenchOptions,
    Contestant,
    LayerTimes,
    Setting,
    Timing,
    TimingBackend,
)
from netlang.targets.verifying import Verified, VerifyingBackend, VerifyOptions

__all__ = ["BACKEND", "OnnxBackend"]


@final
class OnnxBackend(VerifyingBackend, TimingBackend, ExaminingBackend, ImportingBackend):
    """Writes `.onnx` files, compares them with the spec, times them, and makes specs of others'."""

    name = "onnx"
    extra = "onnx"
    suffixes = (".onnx",)

    def write(self, program: Program, path: Path, options: BuildOptions) -> Written:
        from netlang.backends.onnx.exporter import export_built
        from netlang.backends.onnx.form import form_of
        from netlang.backends.onnx.releases import ANY_RELEASE, release_of
        from netlang.backends.weights import slots

        form, low = form_of(options.onnx), options.onnx.low
        if options.onnx.runtime not in (None, ANY_RELEASE):
            release_of(options.onnx.runtime).require_kernels(program.floats, low)
        if low is not None:
            from netlang.backends.onnx.precision.write import write_low_precision

            written = write_low_precision(program, path, options, form, low)
        else:
            written = export_built(program, path, options, form)
        random = (
            f"its weights are random, from seed {options.seed}: --weights gives it trained ones"
        )
        drawn = (random,) if options.weights is None and slots(program) else ()
        return replace(written, notes=(*written.notes, *drawn, *_warnings()))

    def verify(self, program: Program, options: VerifyOptions) -> Verified:
        from netlang.backends.onnx.verify.compare import verify

        return verify(program, options)

    def time(
        self, contestants: Sequence[Contestant], setting: Setting, options: BenchOptions
    ) -> tuple[Timing, ...]:
        from netlang.backends.onnx.bench.turns import time_in_turn

        return time_in_turn(contestants, setting, options)

    def time_layers(
        self, program: Program, contestant: Contestant, setting: Setting, options: BenchOptions
    ) -> LayerTimes:
        from netlang.backends.onnx.bench.layers import time_layers

        return time_layers(program, contestant, setting, options)

    def draw_roofline(self, path: Path, times: LayerTimes) -> None:
        from netlang.backends.onnx.bench.roofline import draw_roofline

        draw_roofline(path, times)

    def import_source(self, options: ImportOptions, say: Callable[[str], None]) -> ImportedNet:
        with needs("torch"):
            from netlang.backends.onnx.importing import import_file

            return import_file(options)

    def write_weights(self, imported: ImportedNet, path: Path) -> None:
        from netlang.backends.torch.importing import write_weights

        write_weights(imported, path)

    def examine_runtime(self) -> Iterator[Finding]:
        from netlang.backends.onnx.doctor.runtime_report import examine_runtime

        return examine_runtime()


def _warnings() -> Iterator[str]:
    """Notes that ONNX Runtime couldn't run the file here; the file itself is valid."""
    from netlang.backends.onnx.runtime import installed_twice
    from netlang.diagnostics.files import OnnxruntimeTwice

    if installed_twice():
        twice = OnnxruntimeTwice(span=None)
        yield f"warning[{twice.code}]: {twice.message}\n  = help: {twice.help_text}"


BACKEND = OnnxBackend()
