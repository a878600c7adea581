"""The affine map of the last axis."""

from __future__ import annotations

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.registry import lower
from netlang.ops.drop_connect import DropConnect
from netlang.ops.linear import Linear

__all__: list[str] = []


@lower.register(Linear)
@lower.register(DropConnect)
def _(op: Linear | DropConnect, emit: Emitter) -> tuple[str, ...]:
    (x,), (type_,) = emit.step.inputs, emit.step.types
    weight, biased = emit.weight("weight"), emit.has_weight("bias")
    if type_.rank == 1 and type_.batch is not None:
        bias = (emit.weight("bias"),) if biased else ()
        return emit.result("Gemm", x, weight, *bias, transB=1)
    # The runtime folds the transposition, so that the file keeps the weight as it is stored.
    transposed = emit.node("weight", "Transpose", weight, perm=[1, 0])
    if not biased:
        return emit.result("MatMul", x, transposed)
    product = emit.node("product", "MatMul", x, transposed)
    return emit.result("Add", product, emit.weight("bias"))
