"""Scaled dot-product attention of given queries, keys and values."""

from __future__ import annotations

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.registry import lower
from netlang.backends.onnx.lowering.sequences.fused import fits, fused
from netlang.ir.dims import Dim
from netlang.ir.types import DType, TensorType
from netlang.ops.checks import fixed
from netlang.ops.scaled_attention import Attention

__all__ = ["triangle"]

# The lowest number of each type (IEEE 754; bfloat16 alike): its exponential is 0 beside any other.
LOWEST = {
    DType.FLOAT16: -65504.0,
    DType.BFLOAT16: -(2.0 - 2.0**-7) * 2.0**127,
    DType.FLOAT32: -(2.0 - 2.0**-23) * 2.0**127,
    DType.FLOAT64: -(2.0 - 2.0**-52) * 2.0**1023,
}


def triangle(lengths: tuple[Dim, Dim], emit: Emitter) -> str:
    """Truth values [L, S]: whether place j of the keys isn't after place i of the queries."""
    import numpy as np

    rows, columns = lengths
    if isinstance(rows, int) and isinstance(columns, int):
        seen = np.tri(int(rows), int(columns), dtype=np.bool_)
        return emit.graph.constant(f"{emit.step.path}/seen", seen)
    places = (_places("rows", rows, emit, 1), _places("columns", columns, emit, 0))
    return emit.node("seen", "GreaterOrEqual", *places)


def _places(name: str, length: Dim, emit: Emitter, axis: int) -> str:
    """The numbers from 0 to a length, along the other one of two axes."""
    zero, one = emit.integers("zero", 0), emit.integers("one", 1)
    count = emit.node(f"{name}.count", "Squeeze", emit.sizes.name(length))
    counted = emit.node(f"{name}.places", "Range", zero, count, one)
    return emit.node(name, "Unsqueeze", counted, emit.integers(f"{name}.axis", [axis]))


@lower.register
def _(op: Attention, emit: Emitter) -> tuple[str, ...]:
    query, key, value = emit.step.inputs[:3]
    kv_heads = op.kv_heads or op.heads
    features = fixed(op, emit.step.types[0].shape[-1], "the features of the queries") // op.heads
    factor = features**-0.5 if op.scale is None else op.scale
    if emit.fused and fits(op, emit.step.types):
        return fused(op, factor, emit)
    query = _split("queries", query, 0, op.heads, emit)
    key = _shared(op, "keys", _split("keys", key, 1, kv_heads, emit), emit)
    value = _shared(op, "values", _split("values", value, 2, kv_heads, emit), emit)
    rank = len(op.scores(emit.step.types).shape) + 1
    turned = emit.node("turned", "Transpose", key, perm=_swapped(rank, -2, -1))
    scaled = emit.node("scaled", "Mul", query, emit.floats("scale", factor))
    scores = emit.node("scores", "MatMul", scaled, turned)
    weights = _weights(op, scores, emit)
    if op.heads == 1:
        return emit.result("MatMul", weights, value)
    attended = emit.node("attended", "MatMul", weights, value)
    sides = emit.node("sides", "Transpose", attended, perm=_swapped(rank, -3, -2))
    wide = fixed(op, emit.step.outputs[0].shape[-1], "the features of its output")
    shape = emit.integers("shape", [*[0] * (rank - 2), wide])
    return emit.result("Reshape", sides, shape)


def _swapped(rank: int, one: int, two: int) -> list[int]:
    order = list(range(rank))
    order[one], order[two] = order[two], order[one]
    return order


def _split(name: str, x: str, index: int, heads: int, emit: Emitter) -> str:
    """[N, *, L, heads d] as [N, *, heads, L, d]; with one head of all, as it is."""
    op, type_ = emit.step.op, emit.step.types[index]
    assert isinstance(op, Attention)
    if op.heads == 1:
        return x
    features = fixed(op, type_.shape[-1], f"the features of the {name}") // heads
    rank = type_.rank + 1
    shape = emit.integers(f"{name}.shape", [*[0] * (rank - 1), heads, features])
    split = emit.node(f"{name}.split", "Reshape", x, shape)
    return emit.node(name, "Transpose", split, perm=_swapped(rank + 1, -3, -2))


def _shared(op: Attention, name: str, x: str, emit: Emitter) -> str:
    """Each head of keys or values once for every head of queries that it serves."""
    if op.groups == 1:
        return x
    heads = emit.integers("heads", [head // op.groups for head in range(op.heads)])
    return emit.node(f"{name}.shared", "Gather", x, heads, axis=emit.step.types[0].rank - 1)


def _weights(op: Attention, scores: str, emit: Emitter) -> str:
    """The softmax of the scores with their masks; 0 where a truth value says so."""
    query, key, *_ = emit.step.types
    seen = ""
    if op.causal:
        seen = triangle((query.shape[-2], key.shape[-2]), emit)
    if len(emit.step.inputs) > 3:
        mask, type_ = _mask(op, emit)
        if type_.dtype is DType.BOOL:
            seen = emit.node("allowed", "And", mask, seen) if seen else mask
        else:
            scores = emit.node("masked", "Add", scores, mask)
    if not seen:
        weights = emit.softmax(scores, -1)
        return emit.without_denormals(weights) if len(emit.step.inputs) > 3 else weights
    # A place that sees nothing has no softmax: it gets 0, as in PyTorch.
    lowest = emit.floats("lowest", LOWEST[query.dtype])
    scores = emit.node("seen.scores", "Where", seen, scores, lowest)
    weights = emit.softmax(scores, -1)
    return emit.node("weights", "Where", seen, weights, emit.floats("nothing", 0.0))


def _mask(op: Attention, emit: Emitter) -> tuple[str, TensorType]:
    mask, type_ = emit.step.inputs[3], emit.step.types[3]
    if op.lacks_heads(emit.step.types):
        mask = emit.node("mask.heads", "Unsqueeze", mask, emit.integers("mask.axis", [-3]))
    return mask, type_
