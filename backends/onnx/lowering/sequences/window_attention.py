"""Attention within windows by scaled products of queries and keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.registry import lower
from netlang.backends.onnx.lowering.sequences.windowed import Weighing, mapped, within_windows
from netlang.ops.window_attention import WindowAttention

__all__: list[str] = []


@lower.register
def _(op: WindowAttention, emit: Emitter) -> tuple[str, ...]:
    features = op.image(emit.step.types[0])[2]
    return within_windows(op, _Products(emit, "proj", op.heads, (features // op.heads) ** -0.5))


@final
@dataclass(frozen=True)
class _Products(Weighing):
    factor: float

    def parts(self, x: str) -> tuple[str, ...]:
        qkv = mapped("qkv", x, self.emit)
        return self.emit.nodes("qkv.parts", "Split", 3, qkv, axis=3, num_outputs=3)

    def scores(self, queries: str, keys: str) -> str:
        scale = self.emit.floats("scale", self.factor)
        scaled = self.emit.node("scaled", "Mul", queries, scale)
        return self.emit.node("scores", "MatMul", scaled, keys)

    def table(self) -> str:
        return self.emit.weight("relative_position_bias_table")

    def bias(self, picked: str) -> str:
        return picked
