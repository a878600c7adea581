"""Attention by `MultiHeadAttention`, an operator that ONNX Runtime alone has.

It takes queries, keys and values [N, L, E] with the heads side by side, and what is added to each
of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.graph import Attribute
from netlang.ir.dims import Dim
from netlang.ir.op import Op
from netlang.ir.types import TensorType, Types
from netlang.ops.attention import MultiHeadAttention
from netlang.ops.checks import fixed
from netlang.ops.scaled_attention import Attention

__all__ = ["NAMES", "attends_alike", "fits", "fused", "fused_attention"]

NAMES = ("queries", "keys", "values")
_SEQUENCE = 2
"""The axes of a sequence of vectors besides the batch."""
_WITHOUT_MASK = 3


def attends_alike(causal: bool, types: Types) -> bool:
    """Whether `causal` means the same there: between queries and keys of one length."""
    return not causal or types[0].shape[-2] == types[min(1, len(types) - 1)].shape[-2]


def fused_attention(
    suffix: str,
    op: Attention | MultiHeadAttention,
    inputs: Sequence[str],
    emit: Emitter,
    scale: float | None = None,
) -> str:
    """The heads' results side by side; with no `suffix`, as the output of the step."""
    attributes: dict[str, Attribute] = {"num_heads": op.heads}
    if op.causal:
        attributes["unidirectional"] = 1
    if scale is not None:
        attributes["scale"] = scale
    return emit.of_runtime(suffix, "MultiHeadAttention", *inputs, **attributes)


def fits(op: Attention, types: Types) -> bool:
    """Whether the operator has the form of this attention.

    Groups of heads it lacks, and lengths have to be numbers where axes in front become examples.
    One with a mask stays as it is: weights of far less than the others would slow the operator.
    """
    query, key = types[:2]
    deep = (*query.shape, *key.shape) if query.rank > _SEQUENCE else ()
    known = all(isinstance(size, int) for size in deep)
    return (
        len(types) == _WITHOUT_MASK and op.groups == 1 and known and attends_alike(op.causal, types)
    )


def fused(op: Attention, factor: float, emit: Emitter) -> tuple[str, ...]:
    """The nodes of an attention that `fits`."""
    types, y = emit.step.types, emit.step.outputs[0]
    parts = [
        _examples(name, x, type_, emit)
        for name, x, type_ in zip(NAMES, emit.step.inputs, types, strict=True)
    ]
    if types[0].rank == _SEQUENCE:
        return (fused_attention("", op, parts, emit, factor),)
    made = fused_attention("joined", op, parts, emit, factor)
    return emit.result("Reshape", made, emit.integers("shape", [-1, *_numbers(op, y.shape)]))


def _examples(name: str, x: str, type_: TensorType, emit: Emitter) -> str:
    """[N, *, L, E] as [examples, L, E]."""
    if type_.rank == _SEQUENCE:
        return x
    shape = emit.integers(f"{name}.shape", [-1, *_numbers(emit.step.op, type_.shape[-2:])])
    return emit.node(name, "Reshape", x, shape)


def _numbers(op: Op, sizes: Iterable[Dim]) -> list[int]:
    return [fixed(op, size, "a size") for size in sizes]
