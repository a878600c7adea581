"""Attention within windows by the cosine similarity of queries and keys."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import final

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.registry import lower
from netlang.backends.onnx.lowering.sequences.windowed import Weighing, mapped, within_windows
from netlang.ir.types import DType
from netlang.ops.cosine_window_attention import (
    MOST_OFFSET,
    MOST_TEMPERATURE,
    CosineWindowAttention,
)

__all__: list[str] = []

# The least length that a vector is divided by; in half precision 1e-12 is 0.
LEAST, LEAST_OF_HALF = 1e-12, 2.0**-14


@lower.register
def _(op: CosineWindowAttention, emit: Emitter) -> tuple[str, ...]:
    return within_windows(op, _Cosines(emit, "proj", op.heads))


@final
@dataclass(frozen=True)
class _Cosines(Weighing):
    def parts(self, x: str) -> tuple[str, ...]:
        """Queries, keys and values; the keys have no bias."""
        emit = self.emit
        turned = emit.node("qkv.weight", "Transpose", emit.weight("qkv.weight"), perm=[1, 0])
        product = emit.node("qkv", "MatMul", x, turned)
        queries, keys, values = emit.nodes(
            "qkv.parts", "Split", 3, product, axis=3, num_outputs=3
        )  # fmt: skip
        biases = emit.nodes(
            "qkv.biases", "Split", 3, emit.weight("qkv.bias"), axis=0, num_outputs=3
        )  # fmt: skip
        queries = emit.node("queries.biased", "Add", queries, biases[0])
        return queries, keys, emit.node("values.biased", "Add", values, biases[2])

    def scores(self, queries: str, keys: str) -> str:
        emit = self.emit
        one, other = self._unit("queries", queries, 4), self._unit("keys", keys, 3)
        most = emit.floats("temperature.most", log(MOST_TEMPERATURE))
        least = emit.node("temperature.log", "Min", emit.weight("logit_scale"), most)
        factor = emit.node("temperature", "Exp", least)
        return emit.node("scores", "Mul", emit.node("cosines", "MatMul", one, other), factor)

    def _unit(self, name: str, x: str, axis: int) -> str:
        """Vectors along an axis scaled to length 1."""
        half = self.emit.step.types[0].dtype is DType.FLOAT16
        least = self.emit.floats(f"{name}.least", LEAST_OF_HALF if half else LEAST)
        axes = self.emit.integers(f"{name}.axis", [axis])
        length = self.emit.node(f"{name}.length", "ReduceL2", x, axes, keepdims=1)
        divisor = self.emit.node(f"{name}.divisor", "Max", length, least)
        return self.emit.node(f"{name}.unit", "Div", x, divisor)

    def table(self) -> str:
        emit = self.emit
        rows = emit.integers("offsets.shape", [-1, 2])
        offsets = emit.node("offsets", "Reshape", emit.weight("relative_coords_table"), rows)
        hidden = emit.node("cpb_mlp.1", "Relu", mapped("cpb_mlp.0", offsets, emit))
        return mapped("cpb_mlp.2", hidden, emit)

    def bias(self, picked: str) -> str:
        share = self.emit.node("bias.share", "Sigmoid", picked)
        return self.emit.node(
            "bias.scaled", "Mul", share, self.emit.floats("bias.most", MOST_OFFSET)
        )
