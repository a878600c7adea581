"""Files in half precision of random specs: ``python -m tests.campaigns.halves --count 2000``.

The file is valid, its nodes have names of their own, its inputs and outputs are float32 unless
asked, and ONNX Runtime gives the values of the emitted module in float32 within 2 % of the largest
of an output for float16 and 15 % for bfloat16, or within what roundings of that precision at every
step make of it. bfloat16, for which there are no kernels, is rounded to in float32 where it runs.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from numpy.typing import NDArray

from netlang.backends.onnx import Form, export
from netlang.backends.onnx.precision.narrowed import Narrow
from netlang.backends.onnx.precision.write import write_low_precision
from netlang.backends.weights import numpy_type
from netlang.build import BuildOptions, ExampleInputs, Kind, LowPrecision
from netlang.ir.types import DType
from tests.campaigns.exemptions import SHARE, unrun
from tests.campaigns.generator import generate
from tests.campaigns.of_specs import spec_campaign
from tests.campaigns.rounding import MANY, SAMPLES, scatter
from tests.campaigns.running import command
from tests.campaigns.subject import Spec, Subject, inputs_of, load, subject
from tests.campaigns.walk import applied
from tests.onnx.support import Arrays, check_file, run

__all__ = ["CAMPAIGN", "wrong"]

_TOLERANCE = {DType.FLOAT16: 0.02, DType.BFLOAT16: 0.15}
_ROUNDINGS = {DType.FLOAT16: 2.0**13, DType.BFLOAT16: 2.0**16}
"""How many roundings of float32 one is."""
_OPSET = 22  # the first in which all operators take bfloat16


def wrong(spec: Spec, number: int) -> tuple[list[str], dict[str, int]]:
    """What is wrong with the file of a spec in float16 or, at odd numbers, bfloat16."""
    program = load(spec)
    floats = DType.BFLOAT16 if number % 2 else DType.FLOAT16
    if program.floats is not DType.FLOAT32:
        return [], {"other floats": 1}
    made = subject(program, number)
    feeds = _representable(inputs_of(program, number + 1), floats)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = [each.numpy() for each in made.outputs(feeds)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "half.onnx"
        _write(made, feeds, floats, path)
        found = _misbuilt(check_file(path), floats)
        if found:
            return found, {}
        if floats is DType.BFLOAT16:
            form = Form(opset=_OPSET, any_runtime=True, narrow=Narrow(floats, rounded=True))
            export(program, path, weights=made.weights, form=form)
        if reason := unrun(applied(program), _OPSET):
            return [], {reason: 1}
        got = run(path, feeds)
    if not all(np.isfinite(each).all() for each in wanted if each.dtype.kind == "f"):
        return [], {"not finite": 1}
    return list(_apart(made, feeds, got, wanted, floats)), {floats.value: 1}


def _representable(feeds: Arrays, floats: DType) -> Arrays:
    """Inputs that lose nothing, so that a step function beside its step is no matter of them."""
    return {
        name: values.astype(numpy_type(floats)).astype(np.float32)
        if values.dtype == np.float32
        else values
        for name, values in feeds.items()
    }


def _write(made: Subject, feeds: Arrays, floats: DType, path: Path) -> None:
    kind: Kind = "float16" if floats is DType.FLOAT16 else "bfloat16"
    low = LowPrecision(kind, examples=ExampleInputs(feeds))
    form = Form(opset=_OPSET, any_runtime=True)
    write_low_precision(made.program, path, BuildOptions(made.weights), form, low)


def _misbuilt(model: onnx.ModelProto, floats: DType) -> list[str]:
    """Names that occur twice, and inputs or outputs that aren't float32."""
    names = [node.name for node in model.graph.node]
    found = [f"two nodes have the name {name}" for name in {*names} if names.count(name) > 1]
    half = getattr(onnx.TensorProto, floats.name)
    ends = (*model.graph.input, *model.graph.output)
    typed = [value.name for value in ends if value.type.tensor_type.elem_type == half]
    return [*found, *(f"{name} is {floats.value}" for name in typed)]


def _apart(
    made: Subject,
    feeds: Arrays,
    found: Sequence[NDArray[np.generic]],
    wanted: Sequence[NDArray[np.generic]],
    floats: DType,
) -> list[str]:
    """Outputs that are further off than half precision explains."""
    off = [_distances(*pair) for pair in zip(found, wanted, strict=True)]
    allowed = [_TOLERANCE[floats] * _largest(each) for each in wanted]
    for samples, times in ((0, 0), (SAMPLES, 4), (MANY, 8)):
        limits = [np.full(each.shape, most) for each, most in zip(off, allowed, strict=True)]
        if samples:
            scattered = scatter(made.module, feeds, samples, SHARE * _ROUNDINGS[floats])
            limits = [a + times * b for a, b in zip(limits, scattered, strict=True)]
        worst = [
            f"values of output {index} are off by {each.max():.3g}, allowed {most:.3g}"
            for index, (each, limit, most) in enumerate(zip(off, limits, allowed, strict=True))
            if not (each <= limit).all()
        ]
        if not worst:
            break
    return worst


def _distances(x: NDArray[np.generic], y: NDArray[np.generic]) -> NDArray[np.float64]:
    return np.abs(x.astype(np.float64) - y.astype(np.float64))


def _largest(values: NDArray[np.generic]) -> float:
    return float(np.abs(values.astype(np.float64)).max(initial=0))


CAMPAIGN = spec_campaign("halves", __doc__ or "", generate, wrong)

if __name__ == "__main__":
    from tests.campaigns import halves

    sys.exit(command(halves.CAMPAIGN))
