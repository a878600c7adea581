"""`netlang verify`: PyTorch, ONNX Runtime and the IR side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from netlang.backends.onnx.diagnostics import ShapeDiffers, TensorDiffers, ValuesDiffer
from netlang.backends.onnx.exporter import export
from netlang.backends.onnx.form import HIGHEST_OPSET, LOWEST_OPSET, Form, form_of
from netlang.backends.onnx.precision.narrowed import Narrow
from netlang.backends.onnx.types import element_type
from netlang.backends.onnx.verify.advice import advice_for, differences, rows_apart
from netlang.backends.onnx.verify.file import ModelFile, RuntimeRefusedError
from netlang.backends.onnx.verify.inputs import feeds_at, shapes_text, sizes_to_try
from netlang.backends.onnx.verify.judge import Distance, allowed, measured
from netlang.backends.onnx.verify.ranges import within_ranges
from netlang.backends.onnx.verify.reference import Reference
from netlang.backends.onnx.verify.taps import StepValue, with_all_values
from netlang.backends.onnx.verify.weights import Weights, weights_for
from netlang.diagnostics.errors import InternalError, NetlangError
from netlang.ir.dims import evaluate
from netlang.ir.program import Program
from netlang.ir.types import DType
from netlang.records import replace
from netlang.targets.verifying import Verified, VerifyOptions

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["summed", "verify"]

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
        file = ModelFile(options.file, program)
        file.require_interface(program)
        verified = _Comparison(program, options, weights, file).run()
        return replace(verified, notes=(*verified.notes, _ENDS)) if file.has_ends else verified
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{program.name}.onnx"
        export(program, path, weights=weights.arrays, form=form_of(options.build.onnx))
        return _Comparison(program, options, weights, ModelFile(path)).run()


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
        self._reference = Reference(program, self._whole, weights.arrays)
        self._compared = [
            (number, value)
            for number, value in enumerate(self._whole.values)
            if value.name in file.made
        ]
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
                found.append(ModelFile(path))
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
            compared=len({value.place for _, value in self._compared}),
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
        for _, value in self._compared:
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
        own, double = self._reference.own(feeds), self._reference.double(feeds)
        self._require_emitted(own, double, feeds)
        found = self._found(feeds)
        for number, value in self._compared:
            here, there = own[number], found[self._file.read_as(value.name)]
            self._require_shape(value, sizes, here, there, inputs)
            self._summed = max(self._summed, summed(value, sizes, here.size))
            distance = measured(there, here, None if double is None else double[number])
            if distance.found > self._allowed(distance):
                raise NetlangError(self._differs(value, distance, inputs))
            if distance.found > self._largest.found:
                self._largest, self._place = distance, value.place

    def _require_emitted(
        self,
        own: Sequence[NDArray[Any]],
        double: Sequence[NDArray[Any]] | None,
        feeds: Mapping[str, NDArray[Any]],
    ) -> None:
        """Raise `InternalError` unless the emitted module gives what its steps come to."""
        for number, here in zip(self._whole.own, self._reference.emitted(feeds), strict=True):
            distance = measured(here, own[number], None if double is None else double[number])
            if distance.found > allowed(distance.rounding, self._program.floats):
                name = self._whole.values[number].place
                raise InternalError(f"the emitted module gives other values at `{name}`")

    def _allowed(self, distance: Distance) -> float:
        """The largest distance that the precision of the file explains."""
        if self._file.has_integers:
            return _INTEGERS
        return allowed(distance.rounding, self._floats, self._summed)

    def _found(self, feeds: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The values in the file; if it can't be run, the error says which node is unlike ours."""
        try:
            wanted = [self._file.read_as(value.name) for _, value in self._compared]
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
        for _, value in self._compared:
            if unlike := differences(value.name, self._file, self._ours):
                return f"ONNX Runtime can't run it; at `{value.place}`, {unlike}"
        return None

    def _require_shape(
        self,
        value: StepValue,
        sizes: Mapping[str, int],
        here: NDArray[Any],
        there: NDArray[Any],
        inputs: str,
    ) -> None:
        """Raise `NetlangError` unless the file's value has the shape that the IR says."""
        batch = () if value.type.batch is None else (value.type.batch,)
        expected = [int(evaluate(dim, sizes)) for dim in (*batch, *value.type.shape)]
        if list(here.shape) != expected:
            raise InternalError(f"{value.place} is {list(here.shape)} in PyTorch, not {expected}")
        if list(there.shape) != expected:
            raise NetlangError(
                ShapeDiffers(
                    span=value.span, place=value.place, file=self._file.path.name, inputs=inputs,
                    found=str(list(there.shape)), expected=str(expected),
                    advice=self._advice(value),
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


def summed(value: StepValue, sizes: Mapping[str, int], size: int) -> int:
    """How many numbers a step without weights makes each element of; 1 where it isn't known."""
    source = value.source
    if source is None or source.batch is None or not size:
        return 1
    read = prod(int(evaluate(dim, sizes)) for dim in (source.batch, *source.shape))
    return max(1, read // size)
