"""Writes a file in fewer bits, and tells what that costs.

The net is written in float32 first, into a folder that is deleted: int8 is calibrated on that file,
half precision knows from it where it would overflow, and the result is compared with it.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import final

from netlang.backends.onnx.diagnostics import NotSinglePrecision
from netlang.backends.onnx.exporter import Form, export
from netlang.backends.onnx.precision.cost import compared, losses, step_values, too_large
from netlang.backends.onnx.precision.examples import examples_for
from netlang.backends.onnx.precision.kept import asked_for
from netlang.backends.onnx.precision.narrowed import Narrow
from netlang.backends.onnx.precision.report import unmeasured, what_it_costs
from netlang.backends.onnx.verify.file import ModelFile, RuntimeRefusedError
from netlang.backends.weights import slots
from netlang.build import NET_ALONE, BuildOptions, ExampleInputs, LowPrecision, Written
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Function, Program
from netlang.ir.types import DType
from netlang.passes.deploy import deploy
from netlang.passes.flat import flattened
from netlang.records import Record, replace

__all__ = ["Unmeasurable", "write_low_precision"]

_MOST = {DType.FLOAT16: 65504.0 / 4, DType.BFLOAT16: 2.0**126}
"""The largest value seen that leaves a type room for larger ones."""
_MEASURED = 2**31 - 2**27
"""Bytes of weights up to which files are compared: ONNX Runtime takes no more at once."""


def write_low_precision(
    program: Program, path: Path, options: BuildOptions, form: Form, low: LowPrecision
) -> Written:
    """Write the file that `low` describes to `path`; the notes tell what it costs."""
    if program.floats is not DType.FLOAT32:
        raise NetlangError(
            NotSinglePrecision(span=program.net.span, net=program.name, floats=program.floats.value)
        )
    net = (deploy(program) if form.fold else flattened(program)).program.net
    examples = examples_for(program, low.examples)
    with TemporaryDirectory() as folder:
        writer = _Writer(program, net, options, form, low, examples, Path(folder))
        return writer.half(path)


class Unmeasurable(Exception):
    """Why a file can't be compared with the one in float32."""


@final
class _Writer(Record, eq=False):
    """Writes one file; `net` is the flat net, `folder` is for files that aren't kept."""

    program: Program
    net: Function
    options: BuildOptions
    form: Form
    low: LowPrecision
    examples: ExampleInputs
    folder: Path

    def half(self, path: Path) -> Written:
        """A file in half precision."""
        floats, kept = DType(self.low.kind), asked_for(self.net, self.low)
        narrow = Narrow(floats, self.low.half_io, kept)
        try:
            single = self._single()
            values = step_values(single, self.net, self.examples)
        except (Unmeasurable, RuntimeRefusedError) as reason:
            written = self._exported(path, replace(self.form, narrow=narrow))
            return replace(written, notes=(*written.notes, unmeasured(str(reason))))
        large = too_large(self.net, values, self.examples, _MOST[floats])
        narrow = replace(narrow, kept={**large, **kept})
        written = self._exported(path, replace(self.form, narrow=narrow))
        # On a processor ONNX Runtime has no kernels for bfloat16, but rounds to it.
        seen = replace(narrow, ends=False, rounded=floats is DType.BFLOAT16)
        twin = self._exported(self.folder / "narrow.onnx", replace(self._alone, narrow=seen))
        file = ModelFile(twin.path)
        told = what_it_costs(
            (single.path, written),
            self.examples,
            compared(single, file, self.examples),
            losses(self.net, values, step_values(file, self.net, self.examples)),
        )
        return replace(written, notes=(*written.notes, *told))

    @property
    def _alone(self) -> Form:
        """The form without what stands around the net: examples are inputs of the net."""
        return replace(self.form, ends=NET_ALONE)

    def _single(self) -> ModelFile:
        """The file in float32."""
        size = sum(slot.weight.elements * slot.dtype.size for slot in slots(self.program))
        if size > _MEASURED:
            raise Unmeasurable("it is too large to be compared")
        return ModelFile(self._exported(self.folder / "float32.onnx", self._alone).path)

    def _exported(self, path: Path, form: Form) -> Written:
        options = self.options
        return export(
            self.program, path, weights=options.weights, seed=options.seed, fit=options.fit,
            form=form,
        )  # fmt: skip
