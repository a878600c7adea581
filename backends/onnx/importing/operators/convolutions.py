"""Convolutions and linear maps."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import fx

from netlang.backends.onnx.importing.graph import Held, StoredTensor
from netlang.backends.onnx.importing.node import A, Handler, OnnxNode, Results, shape_of
from netlang.backends.onnx.importing.operators import patterns
from netlang.backends.onnx.importing.operators.attention import attended
from netlang.backends.onnx.importing.operators.padding import padded, pads_of
from netlang.backends.torch.importing.layouts import BATCH
from netlang.backends.torch.importing.refusal import NotSayable

__all__ = ["HANDLERS"]

_CONVS = {1: A.conv1d.default, 2: A.conv2d.default, 3: A.conv3d.default}
_TRANSPOSED = {
    1: A.conv_transpose1d.default,
    2: A.conv_transpose2d.input,
    3: A.conv_transpose3d.input,
}


def _conv(node: OnnxNode) -> Results:
    kernel = node.shape(1)[2:]
    axes = len(kernel)
    if axes not in _CONVS:
        raise NotSayable(f"a convolution over {axes} axes")
    stride = node.integers("strides") or (1,) * axes
    dilation = node.integers("dilations") or (1,) * axes
    pads = pads_of(node, kernel, stride, dilation)
    value, pad = padded(node, node.held(0), pads, 0.0)
    own = node.owned({"weight": node.held(1), "bias": _bias(node.optional(2))}, "conv")
    groups = node.integer("group", 1)
    args = (own["weight"], own["bias"], stride, pad, dilation, groups)
    return node.aten(_CONVS[axes], value, *args)


def _bias(held: Held | None) -> Held | None:
    """A bias, unless it is 0 everywhere because an exporter filled it in."""
    filled = isinstance(held, StoredTensor) and not held.learned and not held.name
    if filled and isinstance(held, StoredTensor) and not bool(held.tensor.any()):
        return None
    return held


def _conv_transpose(node: OnnxNode) -> Results:
    kernel = node.shape(1)[2:]
    axes = len(kernel)
    if axes not in _TRANSPOSED:
        raise NotSayable(f"a convolution over {axes} axes")
    if node.integers("output_shape") or node.text("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise NotSayable("a size of the output instead of pads", "give pads and output_padding")
    stride = node.integers("strides") or (1,) * axes
    dilation = node.integers("dilations") or (1,) * axes
    pads = node.integers("pads") or (0,) * 2 * axes
    more = node.integers("output_padding") or (0,) * axes
    # Less padding at the end than at the beginning makes the output longer at the end.
    more = tuple(m + first - last for m, first, last in zip(more, pads, pads[axes:], strict=False))
    if min(more) < 0:
        raise NotSayable("more padding after than before")
    own = node.owned({"weight": node.held(1), "bias": _bias(node.optional(2))}, "conv")
    args = (own["weight"], own["bias"], stride, pads[:axes], more, node.integer("group", 1))
    return node.aten(_TRANSPOSED[axes], node.held(0), *args, dilation)


def _gemm(node: OnnxNode) -> Results:
    value, weight = node.held(0), node.held(1)
    if node.integer("transA", 0):
        value = node.aten(A.t.default, value)
    alpha, beta = node.number("alpha", 1.0), node.number("beta", 1.0)
    bias = node.optional(2)
    across = node.integer("transB", 0) != 0
    out = shape_of(weight)[0 if across else 1]
    plain = alpha == beta == 1 and isinstance(weight, StoredTensor)
    if plain and (bias is None or (isinstance(bias, StoredTensor) and shape_of(bias) == (out,))):
        return linear(node, value, weight, bias, across=across)
    if alpha == beta == 1 and _is_computed(weight) and (bias is None or shape_of(bias) == (out,)):
        return _by_computed(node, value, weight, bias, across=across)
    weight = node.aten(A.t.default, weight) if across else weight
    found = node.aten(A.matmul.default, value, weight)
    found = found if alpha == 1 else node.aten(A.mul.Tensor, found, alpha)
    if bias is None:
        return found
    bias = bias if beta == 1 else node.aten(A.mul.Tensor, bias, beta)
    return node.aten(A.add.Tensor, found, bias)


def _is_computed(weight: Held) -> bool:
    """Whether a weight is a value that is the same for all examples, as scaled ones are."""
    shape = shape_of(weight)
    return isinstance(weight, fx.Node) and len(shape) == 2 and all(size % BATCH for size in shape)


def _by_computed(
    node: OnnxNode, value: Held, weight: Held, bias: Held | None, *, across: bool
) -> Results:
    turned = weight if across else node.aten(A.t.default, weight)
    return node.aten(A.linear.default, value, turned, _bias(bias))


def linear(
    node: OnnxNode, value: Held, weight: Held, bias: Held | None, *, across: bool
) -> Results:
    """A linear map, whose weight has the outputs first: `across` says that the file's has, too."""
    if not isinstance(weight, StoredTensor):
        raise NotSayable("a linear map by a value")
    held: dict[str, Held | None] = {"weight": weight, "bias": _bias(bias)}
    if across:
        own = node.owned(held, "fc")
    else:
        added = [name for name in node.added_names() if name.endswith(".bias")]
        hint = {"bias": added[0]} if added else {}
        turned = StoredTensor(weight.tensor.t(), weight.name, weight.learned)
        own = node.owned({**held, "weight": turned}, "fc", "turned", torch.t, hint)
    return node.aten(A.linear.default, value, own["weight"], own["bias"])


def _matmul(node: OnnxNode) -> Results:
    value, weight = node.held(0), node.held(1)
    source = patterns.turned_weight(weight)
    is_value = isinstance(value, fx.Node) or value.learned
    if source is not None and is_value:
        return node.aten(A.linear.default, value, source, None)
    is_map = isinstance(weight, StoredTensor) and weight.name and len(shape_of(weight)) == 2
    floats = isinstance(weight, StoredTensor) and weight.tensor.is_floating_point()
    if is_map and floats and is_value:
        return linear(node, value, weight, None, across=False)
    found = node.aten(A.matmul.default, value, weight)
    return patterns.known(node, (attended,), found)


def _einsum(node: OnnxNode) -> Results:
    equation = node.text("equation", "").replace(" ", "")
    held = [node.held(place) for place in range(len(node.inputs))]
    return node.aten(A.einsum.default, equation, held)


HANDLERS: Mapping[str, Handler] = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Einsum": _einsum,
}
