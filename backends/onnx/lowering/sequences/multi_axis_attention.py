"""Attention within blocks or grids: the image is cut up, attended to and reassembled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.registry import lower
from netlang.backends.onnx.lowering.sequences.windowed import Weighing, attended, mapped
from netlang.ops.multi_axis_attention import MultiAxisAttention

__all__: list[str] = []


@lower.register
def _(op: MultiAxisAttention, emit: Emitter) -> tuple[str, ...]:
    (x,) = emit.step.inputs
    height, width, features = op.image(emit.step.types[0])
    size, rows, columns = op.window, height // op.window, width // op.window
    # Groups stand in rows and columns, and so do the places of each: [N, rows, columns, w, w, E].
    if op.grid:
        split, order, back = [0, size, rows, size, columns, features], [2, 4, 1, 3], [3, 1, 4, 2]
    else:
        split, order, back = [0, rows, size, columns, size, features], [1, 3, 2, 4], [1, 3, 2, 4]
    parts = emit.node("split", "Reshape", x, emit.integers("split.shape", split))
    groups = emit.node("groups", "Transpose", parts, perm=[0, *order, 5])
    shape = [0, rows * columns, size**2]
    flat = emit.integers("groups.shape", [*shape, features])
    x = emit.node("groups.flat", "Reshape", groups, flat)
    x = attended(_Scaled(emit, "merge", op.heads, features**-0.5), x, shape, features)
    apart = emit.integers("apart.shape", [0, rows, columns, size, size, features])
    turned = emit.node("apart", "Reshape", x, apart)
    joined = emit.node("joined", "Transpose", turned, perm=[0, *back, 5])
    image = emit.integers("shape", [0, height, width, features])
    return emit.result("Reshape", joined, image)


@final
@dataclass(frozen=True)
class _Scaled(Weighing):
    factor: float

    def parts(self, x: str) -> tuple[str, ...]:
        qkv = mapped("to_qkv", x, self.emit)
        return self.emit.nodes("qkv.parts", "Split", 3, qkv, axis=3, num_outputs=3)

    def scores(self, queries: str, keys: str) -> str:
        scale = self.emit.floats("scale", self.factor)
        return self.emit.node(
            "scores", "MatMul", queries, self.emit.node("scaled", "Mul", keys, scale)
        )

    def table(self) -> str:
        return self.emit.weight("relative_position_bias_table")

    def bias(self, picked: str) -> str:
        return picked
