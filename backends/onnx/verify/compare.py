"""`netlang verify`: PyTorch, ONNX Runtime and the IR side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from netlang.backends.onnx.diagnostics import ShapeDiffers, ValuesDiffer
from netlang.backends.onnx.exporter import HIGHEST_OPSET, LOWEST_OPSET, OPSET, Form, export
from netlang.backends.onnx.verify.advice import advice_for, differences
from netlang.backends.onnx.verify.file import ModelFile, RuntimeRefusedError
from netlang.backends.onnx.verify.inputs import feeds_at, shapes_text, sizes_to_try
from netlang.backends.onnx.verify.judge import Distance, apart
from netlang.backends.onnx.verify.reference import Reference
from netlang.backends.onnx.verify.taps import NamedValue, tapped
from netlang.backends.onnx.verify.weights import Weights, weights_for
from netlang.diagnostics.errors import NetlangError
from netlang.ir.dims import evaluate
from netlang.ir.program import Program
from netlang.records import replace
from netlang.targets.verifying import Verified, VerifyOptions

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["verify"]


def verify(program: Program, options: VerifyOptions) -> Verified:
    """Compare a file, or what the compiler writes, with PyTorch and the IR.

    Inputs are random, at the sizes of `sizes_to_try`. The first step in the order of the net whose
    shape or values differ raises `NetlangError`.
    """
    weights = weights_for(program, options)
    with TemporaryDirectory() as folder:
        ours = Path(folder) / "net.onnx"
        if options.file is None:
            _export(program, ours, weights, options)
            return _Comparison(program, options, weights, ModelFile(ours), None).run()
        file = ModelFile(options.file)
        file.require_interface(program)
        expected = _expected(program, ours, weights, options, file)
        return _Comparison(program, options, weights, file, expected).run()


def _export(program: Program, path: Path, weights: Weights, options: VerifyOptions) -> None:
    build = options.build
    opset = OPSET if build.opset is None else build.opset
    form = Form(opset=opset, any_runtime=build.any_runtime, fold=build.fold)
    export(program, path, weights=weights.arrays, form=form)


def _expected(
    program: Program, path: Path, weights: Weights, options: VerifyOptions, file: ModelFile
) -> ModelFile:
    """What the compiler writes in the form of `file`, to tell how a node differs."""
    opset = min(max(file.opset, LOWEST_OPSET), HIGHEST_OPSET)
    forms = []
    for fold in (True, False):
        build = replace(options.build, opset=opset, fold=fold, any_runtime=True)
        _export(program, path, weights, replace(options, build=build))
        forms.append(ModelFile(path))
    return max(forms, key=lambda each: len(each.made & file.made))


class _Comparison:
    """Compares one file; `ours` is what the compiler writes, if that is another one."""

    def __init__(
        self,
        program: Program,
        options: VerifyOptions,
        weights: Weights,
        file: ModelFile,
        ours: ModelFile | None,
    ) -> None:
        self._program, self._options, self._weights = program, options, weights
        self._file, self._ours = file, ours
        self._tapped = tapped(program)
        self._reference = Reference(self._tapped, weights.arrays)
        self._named = list(self._in_file(self._tapped.taps))
        # The first to be largest: a distance, the name of its step.
        self._largest, self._place = Distance(0.0, 0.0), ""

    def _in_file(self, taps: Iterable[NamedValue]) -> Iterator[tuple[int, NamedValue, str]]:
        """The taps with a value in the file, with their number and its name there."""
        for number, tap in enumerate(taps):
            for name in (tap.output, tap.name):
                if name in self._file.made:
                    yield number, tap, str(name)
                    break

    def run(self) -> Verified:
        tried = []
        for seed, sizes in enumerate(sizes_to_try(self._program, self._options.sizes)):
            feeds = feeds_at(self._program, sizes, seed)
            tried.append(shapes_text(feeds))
            self._at(sizes, feeds, tried[-1])
        return Verified(
            name=self._program.name,
            inputs=tuple(tried),
            steps=len({tap.name for tap in self._tapped.taps}),
            compared=len(self._named),
            largest=self._largest.found,
            place=self._place,
            rounding=self._largest.rounding,
            notes=self._weights.notes,
        )

    def _at(self, sizes: Mapping[str, int], feeds: dict[str, NDArray[Any]], inputs: str) -> None:
        own, double = self._reference.own(feeds), self._reference.double(feeds)
        found = self._found(feeds)
        for number, tap, name in self._named:
            here, value = own[number], found[name]
            self._shape(tap, sizes, (value, here), inputs)
            if double is None:
                distance = Distance(apart(value, here), None)
            else:
                distance = Distance(apart(value, double[number]), apart(here, double[number]))
            if not distance.explained(self._program.floats):
                raise NetlangError(self._differs(tap, distance, inputs, name))
            if distance.found > self._largest.found:
                self._largest, self._place = distance, tap.name

    def _found(self, feeds: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The values in the file; if it can't be run, the error says which node is unlike ours."""
        try:
            return self._file.values(feeds, [name for _, _, name in self._named])
        except RuntimeRefusedError as error:
            reason = f"ONNX Runtime refuses it: {error}"
            raise self._file.unreadable(self._first_unlike() or reason) from error

    def _first_unlike(self) -> str | None:
        """Why a file can't be run: the first node that is unlike ours."""
        if self._ours is None:
            return None
        for _, tap, name in self._named:
            if unlike := differences(name, self._file, self._ours):
                return f"ONNX Runtime can't run it; at `{tap.name}`, {unlike}"
        return None

    def _shape(
        self,
        tap: NamedValue,
        sizes: Mapping[str, int],
        values: tuple[NDArray[Any], ...],
        inputs: str,
    ) -> None:
        """Raise `NetlangError` unless the values have the shape that the IR says."""
        batch = () if tap.type.batch is None else (tap.type.batch,)
        expected = [int(evaluate(dim, sizes)) for dim in (*batch, *tap.type.shape)]
        for value in values:
            if list(value.shape) != expected:
                raise NetlangError(
                    ShapeDiffers(
                        span=tap.span, place=tap.name, file=self._file.path.name, inputs=inputs,
                        found=str(list(value.shape)), expected=str(expected),
                        advice=advice_for(tap.name, self._file, self._ours),
                    )
                )  # fmt: skip

    def _differs(self, tap: NamedValue, distance: Distance, inputs: str, name: str) -> ValuesDiffer:
        rounding = (
            "more than rounding explains"
            if distance.rounding is None
            else f"rounding explains {distance.rounding:.1g}"
        )
        return ValuesDiffer(
            span=tap.span, place=tap.name, file=self._file.path.name, net=self._program.name,
            inputs=inputs, difference=f"{distance.found:.2g}", rounding=rounding,
            advice=advice_for(name, self._file, self._ours),
        )  # fmt: skip
