"""`netlang verify`: PyTorch, ONNX Runtime and the IR side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from netlang.backends.onnx.diagnostics import ShapeDiffers, TensorDiffers, ValuesDiffer
from netlang.backends.onnx.exporter import export
from netlang.backends.onnx.form import HIGHEST_OPSET, LOWEST_OPSET, Form, form_of
from netlang.backends.onnx.precision.narrowed import Narrow
from netlang.backends.onnx.types import element_type
from netlang.backends.onnx.verify.advice import advice_for, differences, rows_apart
from netlang.backends.onnx.verify.computed import Computed, parts, shape_at, summed
from netlang.backends.onnx.verify.file import ModelFile, RuntimeRefusedError
from netlang.backends.onnx.verify.inputs import feeds_at, shapes_text, sizes_to_try
from netlang.backends.onnx.verify.judge import Distance, allowed, measured
from netlang.backends.onnx.verify.ranges import within_ranges
from netlang.backends.onnx.verify.reference import EmittedNet, Reference
from netlang.backends.onnx.verify.taps import StepValue, with_all_values
from netlang.backends.onnx.verify.weights import Weights, weights_for
from netlang.diagnostics.errors import InternalError, NetlangError
from netlang.ir.program import Program
from netlang.ir.types import DType
from netlang.records import replace
from netlang.targets.verifying import Verified, VerifyOptions

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["verify"]

_ENDS = "what prepares images or makes classes in the file isn't compared: only the net is"
_INTEGERS = 0.5
"""The largest distance that integers explain: they cut off what the calibration didn't see."""


def verify(program: Program, options: VerifyOptions) -> Verified:
    """Compare a file, or what the compiler writes, with PyTorch and the IR.

    Inputs are random, at the sizes of `sizes_to_try`. The first step in the order of the net whose
    shape or values differ raises `NetlangError`.
    """
    weights = weights_for(program, options)
    if options.file is not None:
        file = ModelFile(options.file, program, large=options.large)
        file.require_interface(program)
        verified = _Comparison(program, options, weights, file).run()
        return replace(verified, notes=(*verified.notes, _ENDS)) if file.has_ends else verified
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{program.name}.onnx"
        export(program, path, weights=weights.arrays, form=form_of(options.build.onnx))
        return _Comparison(program, options, weights, ModelFile(path, own=True)).run()


class _Comparison:
    """Compares one file."""

    def __init__(
        self, program: Program, options: VerifyOptions, weights: Weights, file: ModelFile
    ) -> None:
        self._program, self._options, self._weights = program, options, weights
        self._file = file
        single = program.floats is DType.FLOAT32
        # What the file computes in: the net's own type, or half precision in place of float32.
        self._floats = file.floats if single else program.floats
        self._whole = with_all_values(program)
        self._emitted = EmittedNet(program, weights.arrays)
        self._references: dict[range, Reference] = {}  # of the last values that were compared
        self._compared = [value for value in self._whole.values if value.name in file.made]
        # The most numbers that a step so far has added up.
        self._summed = 1
        # The largest distance so far, and its step.
        self._largest, self._place = Distance(0.0, 0.0), ""

    @cached_property
    def _ours(self) -> ModelFile | None:
        """What the compiler writes in the form of the file; None if it wrote the file."""
        if self._options.file is None:
            return None
        opset = min(max(self._file.opset, LOWEST_OPSET), HIGHEST_OPSET)
        found = []
        with TemporaryDirectory() as folder:
            path = Path(folder) / "net.onnx"
            for fold in (True, False):
                form = Form(
                    opset=opset, any_runtime=True, fold=fold, narrow=self._narrow(), told=False
                )
                export(self._program, path, weights=self._weights.arrays, form=form)
                found.append(ModelFile(path, own=True))
        return max(found, key=lambda each: len(each.made & self._file.made))

    @property
    def _precision(self) -> str:
        """What the file computes in, where that isn't the type of the net."""
        if self._file.has_integers:
            return "integers"
        return "" if self._floats is self._program.floats else self._floats.value

    def _narrow(self) -> Narrow | None:
        """The half precision of the file, with the steps that it says are in float32."""
        if self._floats is self._program.floats:
            return None
        kept = self._file.metadata.get("netlang.float32", "").split(", ")
        taken = {each.type.tensor_type.elem_type for each in self._file.model.graph.input}
        ends = element_type(self._floats) in taken
        return Narrow(self._floats, ends, dict.fromkeys(kept, "the file says so"))

    def run(self) -> Verified:
        tried = []
        for seed, sizes in enumerate(self._sizes()):
            feeds = within_ranges(feeds_at(self._program, sizes, seed), self._file)
            tried.append(shapes_text(feeds))
            self._at(sizes, feeds, tried[-1])
        self._tensors()
        return Verified(
            name=self._program.name,
            inputs=tuple(tried),
            steps=len({value.place for value in self._whole.values}),
            compared=len({value.place for value in self._compared}),
            largest=self._largest.found,
            place=self._place,
            rounding=self._largest.rounding,
            precision=self._precision,
            notes=self._weights.notes,
        )

    def _sizes(self) -> Iterator[dict[str, int]]:
        """The sizes to try that the file takes: its inputs may fix some."""
        fixed = self._file.fixed_sizes(self._program)
        given = {name: size for name, size in fixed.items() if name != "N"}
        done = []
        for sizes in sizes_to_try(self._program, {**given, **self._options.sizes}):
            taken = {**sizes, "N": fixed.get("N", sizes["N"])}
            if taken not in done:
                done.append(taken)
                yield taken

    def _tensors(self) -> None:
        """Raise `NetlangError` at a stored tensor with a row of other numbers.

        A channel that is small beside others may be wrong without a difference in the values.
        """
        if self._ours is None:
            return
        for value in self._compared:
            node = self._file.nodes.get(value.name)
            for name in () if node is None else node.input:
                here, there = self._file.tensors.get(name), self._ours.tensors.get(name)
                if here is not None and there is not None and rows_apart(here, there):
                    raise NetlangError(
                        TensorDiffers(
                            span=value.span, place=value.place, file=self._file.path.name,
                            net=self._program.name, advice=self._advice(value),
                        )
                    )  # fmt: skip

    def _at(self, sizes: Mapping[str, int], feeds: dict[str, NDArray[Any]], inputs: str) -> None:
        self._summed = 1
        emitted = self._emitted.outputs(feeds)
        for part in parts(self._whole.values, sizes):
            reference = self._reference(part)
            rounded, double = reference.rounded(feeds), reference.double(feeds)
            steps = self._whole.values[part.start : part.stop]
            nothing: list[NDArray[Any] | None] = [None] * len(rounded)
            doubles: Sequence[NDArray[Any] | None] = nothing if double is None else double
            values = [Computed(*each) for each in zip(steps, rounded, doubles, strict=True)]
            for output, number in zip(emitted, self._whole.own, strict=True):
                if number in part:
                    self._require_emitted(output, values[number - part.start])
            self._require_values(values, sizes, feeds, inputs)

    def _reference(self, part: range) -> Reference:
        """What gives the values of a part. One alone is kept, since it has all weights twice."""
        if part not in self._references:
            self._references.clear()
            whole = self._whole.part(part.start, part.stop)
            self._references[part] = Reference(whole, self._weights.arrays)
        return self._references[part]

    def _require_emitted(self, output: NDArray[Any], value: Computed) -> None:
        """Raise `InternalError` unless the emitted module gives what the steps come to."""
        distance = self._measured(output, value)
        if distance.found > allowed(distance.rounding, self._program.floats):
            raise InternalError(f"the emitted module gives other values at `{value.step.place}`")

    def _require_values(
        self,
        values: Sequence[Computed],
        sizes: Mapping[str, int],
        feeds: dict[str, NDArray[Any]],
        inputs: str,
    ) -> None:
        """Raise `NetlangError` at the first of these values that is another one in the file."""
        compared = [each for each in values if each.step.name in self._file.made]
        found = self._found([each.step for each in compared], feeds)
        for each in compared:
            there = found[self._file.read_as(each.step.name)]
            self._require_shape(each, shape_at(each.step, sizes), there, inputs)
            self._summed = max(self._summed, summed(each.step, sizes, each.rounded.size))
            distance = self._measured(there, each)
            if distance.found > self._allowed(distance):
                raise NetlangError(self._differs(each.step, distance, inputs))
            if distance.found > self._largest.found:
                self._largest, self._place = distance, each.step.place

    def _measured(self, found: NDArray[Any], value: Computed) -> Distance:
        return measured(found, value.rounded, value.double, self._program.floats)

    def _allowed(self, distance: Distance) -> float:
        """The largest distance that the precision of the file explains."""
        if self._file.has_integers:
            return _INTEGERS
        return allowed(distance.rounding, self._floats, self._summed)

    def _found(
        self, steps: Sequence[StepValue], feeds: dict[str, NDArray[Any]]
    ) -> dict[str, NDArray[Any]]:
        """The values in the file; if it can't be run, the error says which node is unlike ours."""
        try:
            wanted = [self._file.read_as(value.name) for value in steps]
            return self._file.values(feeds, wanted)
        except RuntimeRefusedError as error:
            reason = self._first_unlike() or f"ONNX Runtime refuses it: {error}"
            if self._floats is DType.BFLOAT16:
                reason = "ONNX Runtime doesn't compute in bfloat16 on a processor"
            raise self._file.unreadable(reason) from error

    def _first_unlike(self) -> str | None:
        """Why a file can't be run: the first node that is unlike ours."""
        if self._ours is None:
            return None
        for value in self._compared:
            if unlike := differences(value.name, self._file, self._ours):
                return f"ONNX Runtime can't run it; at `{value.place}`, {unlike}"
        return None

    def _require_shape(
        self, value: Computed, expected: list[int], there: NDArray[Any], inputs: str
    ) -> None:
        """Raise `NetlangError` unless the file's value has the shape that the IR says."""
        step, here = value.step, list(value.rounded.shape)
        if here != expected:
            raise InternalError(f"{step.place} is {here} in PyTorch, not {expected}")
        if list(there.shape) != expected:
            raise NetlangError(
                ShapeDiffers(
                    span=step.span, place=step.place, file=self._file.path.name, inputs=inputs,
                    found=str(list(there.shape)), expected=str(expected),
                    advice=self._advice(step),
                )
            )  # fmt: skip

    def _differs(self, value: StepValue, distance: Distance, inputs: str) -> ValuesDiffer:
        rounding = (
            "more than rounding explains"
            if distance.rounding is None
            else f"rounding explains {distance.rounding:.1g}"
        )
        if self._precision:
            rounding = f"{self._precision} explains {self._allowed(distance):.1g}"
        return ValuesDiffer(
            span=value.span, place=value.place, file=self._file.path.name, net=self._program.name,
            inputs=inputs, difference=f"{distance.found:.2g}", rounding=rounding,
            advice=self._advice(value),
        )  # fmt: skip

    def _advice(self, value: StepValue) -> str:
        """How the node is unlike ours, and that the weights may be others than expected."""
        advice = advice_for(value.name, self._file, self._ours)
        if self._options.build.weights is None and "netlang.weights" in self._file.metadata:
            told = self._file.metadata["netlang.weights"][:100]
            advice += f"; the weights of the file are {told}: trained ones are given by --weights"
        return advice
