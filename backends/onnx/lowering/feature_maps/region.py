"""Pooling of boxes. ONNX lists the boxes of all images, each with the number of its image.

The versions of opset 22 don't run in ONNX Runtime (as of 1.31), so the earlier ones are used, which
mean the same.
"""

from __future__ import annotations

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.registry import lower
from netlang.backends.onnx.types import element_type
from netlang.ops.region import RoiAlign, RoiPool
from netlang.ops.spatial import per_axis

__all__: list[str] = []


@lower.register
def _(op: RoiPool, emit: Emitter) -> tuple[str, ...]:
    kind = element_type(emit.step.types[1].dtype)
    column = emit.node("column", "Unsqueeze", _images(emit), emit.integers("column.axis", [1]))
    images = emit.node("numbers", "Cast", column, to=kind)
    boxes = emit.node("boxes", "Concat", images, _listed(emit), axis=1)
    pooled = emit.node(
        "pooled", "MaxRoiPool", emit.step.inputs[0], boxes, pooled_shape=per_axis(op.out, 2),
        spatial_scale=op.scale,
    )  # fmt: skip
    return _by_image(pooled, emit)


@lower.register
def _(op: RoiAlign, emit: Emitter) -> tuple[str, ...]:
    height, width = per_axis(op.out, 2)
    pooled = emit.node(
        "pooled", "RoiAlign", emit.step.inputs[0], _listed(emit), _images(emit), mode="avg",
        output_height=height, output_width=width, sampling_ratio=op.sampling_ratio,
        spatial_scale=op.scale,
        coordinate_transformation_mode="half_pixel" if op.aligned else "output_half_pixel",
    )  # fmt: skip
    return _by_image(pooled, emit)


def _listed(emit: Emitter) -> str:
    """The boxes of all images: [N K, 4]."""
    shape = emit.integers("listed.shape", [-1, 4])
    return emit.node("listed", "Reshape", emit.step.inputs[1], shape)


def _images(emit: Emitter) -> str:
    """The image number of each box: [N K]."""
    boxes = emit.step.types[1]
    shape = emit.sizes.vector((boxes.batch or 1, boxes.shape[0]))
    ones = emit.node("ones", "Expand", emit.integers("one", [1]), shape)
    axis = emit.integers("images.axis", 0)
    counted = emit.node("images", "CumSum", ones, axis, exclusive=1)
    return emit.node("image", "Reshape", counted, emit.integers("image.shape", [-1]))


def _by_image(pooled: str, emit: Emitter) -> tuple[str, ...]:
    """[N K, C, h, w] -> [N, K, C, h, w]."""
    (y,) = emit.step.outputs
    return emit.result("Reshape", pooled, emit.sizes.vector((y.batch or 1, *y.shape)))
