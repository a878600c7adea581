"""Nodes that are one operator of the language together, as exporters take them apart.

Each pattern is looked at from its last node, when that is made. The nodes before it lead to nothing
then, and are left out. What is found is compared with the file as everything is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any, TypeAlias

import torch
from torch import Tensor, fx

from netlang.backends.onnx.importing.graph import reads_input
from netlang.backends.onnx.importing.node import A, OnnxNode, Results

__all__ = [
    "NEAREST", "PRODUCTS", "QUOTIENTS", "SUMS", "centred", "enlarged", "known", "map_without_bias",
    "rolled", "turned_weight",
]  # fmt: skip

NEAREST = {
    1: A.upsample_nearest1d.vec, 2: A.upsample_nearest2d.vec, 3: A.upsample_nearest3d.vec
}  # fmt: skip
"""What enlarges maps of so many axes."""

_Pattern: TypeAlias = "Callable[[OnnxNode, fx.Node], Results | None]"


def known(node: OnnxNode, patterns: Sequence[_Pattern], found: Results) -> Results:
    """The operator that a pattern ends in, if one of them does; what was found otherwise."""
    if isinstance(found, fx.Node):
        for pattern in patterns:
            whole = pattern(node, found)
            if whole is not None:
                return whole
    return found


def map_without_bias(value: fx.Node) -> fx.Node | None:
    """The weight of a linear map without bias, which may be computed; None for another node."""
    if value.target is not A.linear.default or value.args[2] is not None:
        return None
    weight = value.args[1]
    return weight if isinstance(weight, fx.Node) and not reads_input(weight) else None


def turned_weight(held: Any) -> fx.Node | None:
    """The weight that a transpose turns, for a linear map; None for another value.

    It may be computed of others, as the part of a larger one for queries is.
    """
    found = _args(held, A.permute.default) or _args(held, A.t.default)
    if found is None or list(found[1:]) not in ([], [[1, 0]]):
        return None
    return found[0] if isinstance(found[0], fx.Node) and not reads_input(found[0]) else None


def _args(held: Any, target: Any) -> tuple[Any, ...] | None:
    """The arguments of a node, if it is of this operator."""
    return held.args if isinstance(held, fx.Node) and held.target is target else None


def _near(held: Any, number: float) -> bool:
    return isinstance(held, int | float) and abs(held - number) <= 2e-4 * abs(number)


def _factors(held: Any, depth: int = 3) -> list[Any]:
    """What is multiplied with each other; a quotient by a number is a product."""
    product, quotient = _args(held, A.mul.Tensor), _args(held, A.div.Tensor)
    if depth and product is not None:
        return [each for part in product for each in _factors(part, depth - 1)]
    if depth and quotient is not None and isinstance(quotient[1], int | float):
        return [*_factors(quotient[0], depth - 1), 1 / quotient[1] if quotient[1] else 0]
    return [held]


def _split(held: Any) -> tuple[float, list[fx.Node]]:
    """The number and the values in a product."""
    number, nodes = 1.0, list[fx.Node]()
    for each in _factors(held):
        if isinstance(each, fx.Node):
            nodes.append(each)
        else:
            number *= each
    return number, nodes


def _more_than(held: Any, number: float) -> fx.Node | None:
    """The value to which a number is added."""
    found = _args(held, A.add.Tensor)
    same = found is not None and _near(found[1], number) and isinstance(found[0], fx.Node)
    return found[0] if found is not None and same else None


def _silu(node: OnnxNode, last: fx.Node) -> Results | None:
    number, nodes = _split(last)
    if number != 1 or len(nodes) != 2:
        return None
    for value, gate in (nodes, nodes[::-1]):
        for made, whole in ((A.sigmoid, A.silu), (A.hardsigmoid, A.hardswish)):
            if _args(gate, made.default) == (value,):
                return _made(node, whole.default, value)
    return None


def _gelu(node: OnnxNode, last: fx.Node) -> Results | None:
    """x (1 + erf(x / sqrt 2)) / 2, and what is near to it by tanh; Hendrycks, Gimpel 2016."""
    number, nodes = _split(last)
    if not _near(number, 0.5) or len(nodes) != 2:
        return None
    for value, gate in (nodes, nodes[::-1]):
        inner = _more_than(gate, 1)
        erf, tanh = _args(inner, A.erf.default), _args(inner, A.tanh.default)
        if erf is not None:
            times, of = _split(erf[0])
            if of == [value] and _near(times, 1 / sqrt(2)):
                return _made(node, A.gelu.default, value)
        if tanh is not None and _is_cubic(tanh[0], value):
            return _made(node, A.gelu.default, value, approximate="tanh")
    return None


def _is_cubic(held: Any, value: fx.Node) -> bool:
    """Whether it is sqrt(2 / pi) (x + 0.044715 x^3)."""
    number, nodes = _split(held)
    found = _args(nodes[0], A.add.Tensor) if len(nodes) == 1 else None
    if not _near(number, sqrt(0.63661977)) or found is None or value not in found:
        return False
    times, cubes = _split(found[1] if found[0] is value else found[0])
    cube = _args(cubes[0], A.pow.Tensor_Scalar) if len(cubes) == 1 else None
    return _near(times, 0.044715) and (cube == (value, 3) or cubes == [value] * 3)


def _hard_sigmoid(node: OnnxNode, last: fx.Node) -> Results | None:
    """min(max(x + 3, 0), 6) / 6, and x times that."""
    number, nodes = _split(last)
    if not _near(number, 1 / 6) or not 1 <= len(nodes) <= 2:
        return None
    for value, gate in (nodes, nodes[::-1]) if len(nodes) == 2 else ((None, nodes[0]),):
        cut = _args(gate, A.hardtanh.default)
        inner = _more_than(cut[0], 3) if cut is not None else None
        if inner is not None and value in (None, inner):
            whole = A.hardsigmoid if value is None else A.hardswish
            return _made(node, whole.default, inner)
    return None


def centred(held: Any) -> tuple[fx.Node, list[int]] | None:
    """The value of which a mean is taken away, and the axes of the mean."""
    found = _args(held, A.sub.Tensor)
    mean = _args(found[1], A.mean.dim) if found is not None else None
    if found is None or mean is None or mean[0] is not found[0] or not mean[2]:
        return None
    return found[0], [int(axis) for axis in mean[1]]


def _normed(held: Any) -> tuple[fx.Node, int, float] | None:
    """(x - mean x) / sqrt(var x + eps): the value, how many axes from the last, and eps."""
    found = _args(held, A.div.Tensor)
    around = centred(found[0]) if found is not None else None
    root = _args(found[1], A.sqrt.default) if found is not None else None
    total = _args(root[0], A.add.Tensor) if root is not None else None
    mean = _args(total[0], A.mean.dim) if total is not None else None
    if found is None or around is None or total is None or mean is None or not mean[2]:
        return None
    value, axes = around
    rank = len(value.meta["val"].shape)
    square = _args(mean[0], A.pow.Tensor_Scalar) or _args(mean[0], A.mul.Tensor)
    whole = square in ((found[0], 2), (found[0], found[0]))
    last = [axis % rank for axis in axes] == list(range(rank - len(axes), rank))
    same = [int(axis) % rank for axis in mean[1]] == [axis % rank for axis in axes]
    if not (whole and last and same and isinstance(total[1], int | float)):
        return None
    return value, len(axes), float(total[1])


def _layer_norm(node: OnnxNode, last: fx.Node) -> Results | None:
    """A layer norm with its factor and offset; Ba et al. 2016."""
    found = _args(last, A.add.Tensor)
    if found is None:
        return None
    for product, offset in (found, found[::-1]):
        scaled = _args(product, A.mul.Tensor)
        for norm, factor in (scaled, scaled[::-1]) if scaled is not None else ():
            plain = _normed(norm)
            weights = all(isinstance(each, fx.Node) and each.op == "placeholder"
                          for each in (factor, offset))  # fmt: skip
            if plain is not None and weights:
                value, count, eps = plain
                shape = list(value.meta["val"].shape[-count:])
                return _made(node, A.layer_norm.default, value, shape, factor, offset, eps)
    return None


def _group_norm(node: OnnxNode, last: fx.Node) -> Results | None:
    """A norm of each group as if it were a channel, then a factor and offset of each channel."""
    found = _args(last, A.add.Tensor)
    for product, offset in (found, found[::-1]) if found is not None else ():
        scaled = _args(product, A.mul.Tensor)
        for norm, factor in (scaled, scaled[::-1]) if scaled is not None else ():
            plain = _normed_groups(norm)
            if plain is None or not _are_of_channels((factor, offset), plain[0]):
                continue
            value, groups, eps = plain
            flat = [node.graph.flattened(each) for each in (factor, offset)]
            return _made(node, A.group_norm.default, value, groups, *flat, eps)
    return None


def _normed_groups(held: Any) -> tuple[fx.Node, int, float] | None:
    """The value of which groups are normed without weights, their number, and eps."""
    shaped = _args(held, A.reshape.default)
    inner = _args(shaped[0], A.instance_norm.default) if shaped is not None else None
    before = _args(inner[0], A.reshape.default) if inner is not None else None
    if inner is None or before is None or inner[1] is not None or inner[2] is not None:
        return None
    value = before[0]
    whole = isinstance(value, fx.Node) and value.meta["val"].shape == held.meta["val"].shape
    return (value, inner[0].meta["val"].shape[1], inner[7]) if whole else None


def _are_of_channels(weights: Sequence[Any], value: fx.Node) -> bool:
    """Whether weights have a number for each channel of a map, and nothing else reads them."""
    channels, *rest = value.meta["val"].shape[1:]
    return all(
        isinstance(each, fx.Node)
        and each.op == "placeholder"
        and len(each.users) == 1
        and tuple(each.meta["val"].shape) == (channels, *(1 for _ in rest))
        for each in weights
    )


def rolled(node: OnnxNode, values: Sequence[Any], axis: int) -> Results | None:
    """Both parts of a value the other way round, along one axis after the other."""
    one, two = (
        (_args(each, A.slice.Tensor) for each in values) if len(values) == 2 else (None, None)
    )
    if one is None or two is None:
        return None
    (source, dim, start, end, step), (other, other_dim, first, last, other_step) = one, two
    rank, size = len(source.meta["val"].shape), source.meta["val"].shape[dim]
    same = source is other and dim % rank == other_dim % rank == axis % rank
    if not same or (step, other_step, first, end) != (1, 1, 0, size) or last != start:
        return None
    shift = size - start if 2 * start > size else -start
    before = _args(source, A.roll.default)
    if before is not None and dim % rank not in before[2]:
        source, shifts, axes = before
        return _made(node, A.roll.default, source, [*shifts, shift], [*axes, dim % rank])
    return _made(node, A.roll.default, source, [shift], [dim % rank])


def enlarged(node: OnnxNode, value: fx.Node, axis: int, table: Tensor) -> Results | None:
    """A map whose nearest places are taken along an axis; after one along others, along all.

    Place i of `out` is that of floor(i in/out), as PyTorch rounds it in single precision.
    """
    sizes, out = list(value.meta["val"].shape), table.numel()
    if axis < 2 or len(sizes) - 2 not in NEAREST or table.dim() != 1 or out <= sizes[axis]:
        return None
    step = torch.tensor(sizes[axis] / out, dtype=torch.float32)
    places = (torch.arange(out) * step).floor().long().clamp(max=sizes[axis] - 1)
    if not torch.equal(places, table):
        return None
    target = NEAREST[len(sizes) - 2]
    before = _args(value, target) if node.uses[node.proto.input[0]] == 1 else None
    if before is not None and before[0].meta["val"].shape[axis] != sizes[axis]:
        before = None  # twice along one axis isn't once
    sizes[axis] = out
    return _made(node, target, value if before is None else before[0], sizes[2:], None)


def _made(node: OnnxNode, target: Any, *args: Any, **options: Any) -> Results | None:
    made: Results = node.aten(target, *args, **options)
    return made


SUMS: Sequence[_Pattern] = (_layer_norm, _group_norm)
PRODUCTS: Sequence[_Pattern] = (_gelu, _hard_sigmoid, _silu)
QUOTIENTS: Sequence[_Pattern] = (_gelu, _hard_sigmoid)
