"""Writes a file in fewer bits, and tells what that costs.

The net is written in float32 first, into a folder that is deleted: int8 is calibrated on that file,
half precision knows from it where it would overflow, and the result is compared with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import final

from netlang.backends.onnx.diagnostics import NoExamples, NotSinglePrecision, UnreadableModel
from netlang.backends.onnx.exporter import export_built
from netlang.backends.onnx.form import Form
from netlang.backends.onnx.precision.beside import move_weights_beside
from netlang.backends.onnx.precision.cost import Values, compared, losses, step_values, too_large
from netlang.backends.onnx.precision.examples import examples_for, first_of
from netlang.backends.onnx.precision.four_bits import store_in_four_bits
from netlang.backends.onnx.precision.integers import Integers, write_integers
from netlang.backends.onnx.precision.kept import asked_for, has_matrix, with_followers
from netlang.backends.onnx.precision.narrowed import Narrow
from netlang.backends.onnx.precision.report import unmeasured, what_it_costs
from netlang.backends.onnx.verify.file import ModelFile, RuntimeRefusedError
from netlang.backends.onnx.wire import INLINE_LIMIT
from netlang.backends.weights import slots
from netlang.build import NET_ALONE, BuildOptions, ExampleInputs, LowPrecision, Written
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.texts import listed
from netlang.ir.program import Function, Program
from netlang.ir.types import DType
from netlang.passes.deploy import deploy
from netlang.passes.flat import flattened
from netlang.records import Record, replace

__all__ = ["Unmeasurable", "write_low_precision"]

_MOST = {DType.FLOAT16: 65504.0 / 4, DType.BFLOAT16: 2.0**126}
"""The largest value seen that leaves a type room for larger ones."""
_ROUNDS = 8
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
    if low.kind == "int8" and low.examples is None:
        raise NetlangError(NoExamples(span=program.net.span, net=program.name))
    net = (deploy(program) if form.fold else flattened(program)).program.net
    examples = examples_for(program, low.examples)
    with TemporaryDirectory() as folder:
        writer = _Writer(program, net, options, form, low, examples, Path(folder))
        if low.kind != "int8":
            return writer.floats(path)
        try:
            return writer.whole(path)
        except (Unmeasurable, RuntimeRefusedError) as reason:
            refused = UnreadableModel(span=program.net.span, file=path.name, reason=str(reason))
            raise NetlangError(refused) from reason


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

    def floats(self, path: Path) -> Written:
        """A file in half precision or float32, perhaps with weights in 4 bits."""
        kept = asked_for(self.net, self.low)
        try:
            wide, single = self._single()
            values = step_values(single, self.net, self.examples)
        except (Unmeasurable, RuntimeRefusedError) as reason:
            written = self._packed(self._exported(path, self._narrowed(kept)), kept)
            return replace(written, notes=(*written.notes, unmeasured(str(reason))))
        form = self._narrowed(kept, values)
        written = self._packed(self._exported(path, form), kept)
        narrow = form.narrow
        if narrow is not None:
            # On a processor ONNX Runtime has no kernels for bfloat16, but rounds to it.
            narrow = replace(narrow, ends=False, rounded=narrow.floats is DType.BFLOAT16)
        made = self._exported(self.folder / "narrow.onnx", replace(self._alone, narrow=narrow))
        twin = self._packed(made, kept).path
        file = ModelFile(twin, own=True)
        told = what_it_costs(
            (wide.path, written),
            self.examples,
            compared(single, file, self.examples),
            losses(self.net, values, step_values(file, self.net, self.examples)),
        )
        return replace(written, notes=(*written.notes, *told))

    def _narrowed(self, kept: Mapping[str, str], values: Values | None = None) -> Form:
        """The form of the file; steps with values that are too large stay in float32."""
        if self.low.kind is None:
            return self.form
        floats = DType(self.low.kind)
        large = {} if values is None else too_large(self.net, values, self.examples, _MOST[floats])
        narrow = Narrow(floats, self.low.half_io, {**large, **kept})
        return replace(self.form, narrow=narrow)

    def _packed(self, written: Written, kept: Collection[str]) -> Written:
        """A file with the weights of its linear maps in 4 bits, if that is asked for."""
        if not self.low.int4_weights:
            return written
        changed = store_in_four_bits(written.path, kept)
        for each in written.beside:
            each.unlink()
        beside = self._beside(written.path) if written.beside else ()
        note = f"in 4 bits: the weights of {len(changed)} linear maps: {listed(changed)}"
        return replace(written, beside=beside, notes=(*written.notes, note))

    def _beside(self, path: Path) -> tuple[Path, ...]:
        """The file with the weights of a finished one, if it is to have one."""
        return move_weights_beside(path) if self.form.inline_limit == 0 else ()

    def whole(self, path: Path) -> Written:
        """A file in 8-bit integers: what loses most stays in float32 until it is near enough."""
        wide, single = self._single()
        values = step_values(single, self.net, self.examples)
        integers = Integers(wide.path, self.examples, self.low, self._says)
        asked, lost, ranked = [*asked_for(self.net, self.low)], list[str](), list[str]()
        near = self.folder / "integers.onnx"
        for left in reversed(range(_ROUNDS)):
            kept = with_followers(self.net, {*asked, *lost})
            named = [*asked, *lost]
            write_integers(near, integers.without(kept), self.low, self.examples, named)
            file = ModelFile(near, own=True)
            self._says(f"comparing with float32: {len(lost)} steps kept in it")
            found = compared(single, file, self.examples)
            cosine = min(each.cosine for each in found.outputs)
            if not left or cosine >= self.low.cosine:
                break
            ranked = ranked or self._ranked(single, integers, asked)
            lost = ranked[: len(lost) + max(1, len(ranked) // 10)]
        steps = losses(self.net, values, step_values(file, self.net, self.examples))
        with_ends = replace(self._alone, ends=self.form.ends)
        whole = self._exported(self.folder / "whole.onnx", with_ends)
        write_integers(path, integers.without(kept, whole.path), self.low, self.examples, named)
        why_lost = "they lose most"
        if cosine < self.low.cosine:
            why_lost += f", though the cosine stays below {self.low.cosine:g}"
        reasons = {"you asked for it": asked, why_lost: lost}
        notes = [f"in float32, since {why}: {listed(x, 20)}" for why, x in reasons.items() if x]
        written = Written(path, self._beside(path))
        told = what_it_costs((wide.path, written), self.examples, found, steps)
        return replace(written, notes=(*whole.notes, *notes, *told))

    def _ranked(self, single: ModelFile, integers: Integers, asked: Collection[str]) -> list[str]:
        """Steps with weights that aren't `asked` for; first that which alone harms outputs most."""
        few = replace(self.examples, inputs=first_of(self.examples), labels=None)
        near = self.folder / "one.onnx"
        paths = {node.path for node in self.net.nodes}
        harm = {}
        mapped = [each for each in self.net.nodes if has_matrix(each) and each.path not in asked]
        for place, node in enumerate(mapped, 1):
            self._says(f"looking for steps that lose most: {place} of {len(mapped)}")
            others = paths - with_followers(self.net, {node.path})
            write_integers(near, integers.without(others), self.low, few, [])
            found = compared(single, ModelFile(near, own=True), few)
            harm[node.path] = max(1.0 - each.cosine for each in found.outputs)
        return sorted(harm, key=lambda path: -harm[path])

    def _says(self, line: str) -> None:
        self.options.progress(line)

    @property
    def _alone(self) -> Form:
        """The net alone, whose inputs the examples are, in one file that has each step."""
        return replace(self.form, ends=NET_ALONE, inline_limit=INLINE_LIMIT, functions=False)

    def _single(self) -> tuple[Written, ModelFile]:
        """The file in float32, as it was written and read."""
        size = sum(slot.weight.elements * slot.dtype.size for slot in slots(self.program))
        if size > _MEASURED:
            raise Unmeasurable("it is too large to be compared")
        written = self._exported(self.folder / "float32.onnx", self._alone)
        return written, ModelFile(written.path, own=True)

    def _exported(self, path: Path, form: Form) -> Written:
        return export_built(self.program, path, self.options, form)
