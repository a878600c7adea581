"""Borders added and cut off, and interpolation to another size."""

from __future__ import annotations

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.graph import Operation
from netlang.backends.onnx.lowering.axes import full_axis, spatial_axes
from netlang.backends.onnx.lowering.padding import END, PAD_MODES, around, pad_inputs
from netlang.backends.onnx.lowering.rearranged.nearest import nearest
from netlang.backends.onnx.lowering.registry import lower
from netlang.ir.dims import Dim
from netlang.ir.nearest import falls_short
from netlang.ir.types import DType, TensorType
from netlang.ops.cut import Crop, Pad, Slice
from netlang.ops.spatial import per_axis
from netlang.ops.split import Split
from netlang.ops.upsample import Upsample

__all__: list[str] = []

INTERPOLATIONS = {
    "nearest": "nearest",
    "linear": "linear",
    "bilinear": "linear",
    "trilinear": "linear",
    "bicubic": "cubic",
}


@lower.register
def _(op: Pad, emit: Emitter) -> tuple[str, ...]:
    (x,), pads = emit.step.inputs, op.pads(emit.step.types[0].rank - 1)
    if op.mode == "circular":
        return emit.result("Identity", around(op.mode, x, pads, emit))
    return emit.result("Pad", *pad_inputs(x, pads, emit, op.value), mode=PAD_MODES[op.mode])


@lower.register
def _(op: Crop, emit: Emitter) -> tuple[str, ...]:
    (x,), (type_,) = emit.step.inputs, emit.step.types
    starts = op.offsets(type_.spatial)
    ends = tuple(start + size for start, size in zip(starts, op.size, strict=True))
    axes = emit.integers("axes", spatial_axes(type_))
    return emit.result("Slice", x, _sizes("starts", starts, emit), _sizes("ends", ends, emit), axes)


def _sizes(name: str, sizes: tuple[Dim, ...], emit: Emitter) -> str:
    numbers = [int(size) for size in sizes if isinstance(size, int)]
    if len(numbers) == len(sizes):
        return emit.integers(name, numbers)
    return emit.sizes.vector(sizes)


@lower.register
def _(op: Slice, emit: Emitter) -> tuple[str, ...]:
    (x,), stop = emit.step.inputs, END if op.stop is None else op.stop
    axis = full_axis(op.axis, emit.step.types[0])
    named = (("start", op.start), ("stop", stop), ("axis", axis), ("step", op.step))
    return emit.result("Slice", x, *(emit.integers(name, [value]) for name, value in named))


@lower.register
def _(op: Split, emit: Emitter) -> tuple[str, ...]:
    (x,), (type_,) = emit.step.inputs, emit.step.types
    if len(emit.step.outputs) == 1:
        return (x,)
    names = emit.output_names()
    sizes = _sizes("sizes", op.parts(type_), emit)
    axis = {"axis": full_axis(op.axis, type_)}
    return emit.graph.add(Operation("Split", names[0], (x, sizes), names, axis))


@lower.register
def _(op: Upsample, emit: Emitter) -> tuple[str, ...]:
    (x,), (type_,) = emit.step.inputs, emit.step.types
    if op.mode == "nearest" and (op.size is not None or _falls_short(op, type_)):
        return nearest(emit.step.outputs[0].spatial, emit)
    place = "align_corners" if op.align_corners else "half_pixel"
    attributes = {"mode": INTERPOLATIONS[op.mode], "nearest_mode": "floor"}
    attributes["coordinate_transformation_mode"] = "asymmetric" if op.mode == "nearest" else place
    scales = sizes = ""
    if op.size is None:
        scale = per_axis(op.scale or 1, type_.rank - 1)
        scales = emit.single_floats("scales", [1, 1, *scale])
    else:
        sizes = emit.sizes.vector((type_.batch or 1, type_.channels, *op.size))
    x = x if op.mode == "nearest" else _behind_transposes(x, emit)
    return emit.result("Resize", x, "", scales, sizes, **attributes, cubic_coeff_a=-0.75)


def _falls_short(op: Upsample, x: TensorType) -> bool:
    """Whether PyTorch rounds 1/scale down so far that it picks other elements than Resize."""
    single = x.dtype is not DType.FLOAT64
    return any(
        falls_short(1, factor, single=single) for factor in per_axis(op.scale or 1, x.rank - 1)
    )


def _behind_transposes(x: str, emit: Emitter) -> str:
    """The input; after a Transpose, passed through a Reshape to its own shape.

    ONNX Runtime (seen in 1.31) moves a Transpose past a Resize and then can't interpolate along the
    axes where the scales end up. It moves no Transpose past a Reshape.
    """
    if "Transpose" not in emit.graph.kinds:
        return x
    as_it_is = emit.integers("untouched.shape", [0] * (emit.step.types[0].rank + 1))
    return emit.node("untouched", "Reshape", x, as_it_is)
