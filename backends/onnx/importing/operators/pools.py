"""Pools, and maps in other sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor

from netlang.backends.onnx.importing.node import A, Handler, OnnxNode, Results
from netlang.backends.onnx.importing.operators.padding import padded, pads_of
from netlang.backends.onnx.importing.operators.patterns import NEAREST
from netlang.backends.onnx.importing.operators.unpool import PoolWindow, pool_with_places
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.records import values_of

__all__ = ["HANDLERS"]

_MAX = {1: A.max_pool1d.default, 2: A.max_pool2d.default, 3: A.max_pool3d.default}
_MEAN = {1: A.avg_pool1d.default, 2: A.avg_pool2d.default, 3: A.avg_pool3d.default}
_LINEAR = {1: A.upsample_linear1d.vec, 2: A.upsample_bilinear2d.vec, 3: A.upsample_trilinear3d.vec}


def _window(node: OnnxNode) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    kernel = node.integers("kernel_shape")
    if kernel is None or not 1 <= len(kernel) <= 3 or len(node.shape()) != len(kernel) + 2:
        raise NotSayable("a window that isn't over one to three axes")
    stride = node.integers("strides") or (1,) * len(kernel)
    return kernel, stride, node.integers("dilations") or (1,) * len(kernel)


def _max_pool(node: OnnxNode) -> Results:
    kernel, stride, dilation = _window(node)
    pads, ceil = pads_of(node, kernel, stride, dilation), bool(node.integer("ceil_mode", 0))
    spans = [(size - 1) * apart + 1 for size, apart in zip(kernel, dilation, strict=True)]
    uneven = None if ceil else _evened(node.shape()[2:], pads, spans, stride)
    if uneven is not None:
        value, (pad, ceil) = node.held(0), uneven
    else:
        value, pad = padded(node, node.held(0), pads, float("-inf"))
    window = PoolWindow(kernel, stride, pad, dilation, ceil)
    if any(node.uses[name] for name in node.proto.output[1:] if name):
        return pool_with_places(node, value, window)
    return node.aten(_MAX[len(kernel)], value, *values_of(window))


def _evened(
    sizes: Sequence[int],
    pads: Sequence[tuple[int, int]],
    spans: Sequence[int],
    stride: Sequence[int],
) -> tuple[tuple[int, ...], bool] | None:
    """The same padding on both sides and whether sizes are rounded up, if windows stay the same.

    Where padding doesn't count, it only matters how many windows there are.
    """
    rows = list(zip(sizes, pads, spans, stride, strict=True))
    if any(step < 1 for step in stride):
        return None
    wanted = [(size + sum(pad) - span) // step + 1 for size, pad, span, step in rows]
    evened = tuple(before for before, _ in pads)
    if any(2 * before > span for before, span in zip(evened, spans, strict=True)):
        return None
    down = [(size + 2 * pad[0] - span) // step + 1 for size, pad, span, step in rows]
    up = [-(-(size + 2 * pad[0] - span) // step) + 1 for size, pad, span, step in rows]
    # A window that would begin in the padding at the end isn't there.
    up = [n - (n * step - step >= size + pad[0]) for n, (size, pad, _, step) in
          zip(up, rows, strict=True)]  # fmt: skip
    return (evened, False) if down == wanted else (evened, True) if up == wanted else None


def _average_pool(node: OnnxNode) -> Results:
    kernel, stride, dilation = _window(node)
    if set(dilation) != {1}:
        raise NotSayable("a mean over places that are apart")
    pads = pads_of(node, kernel, stride, dilation)
    counted, ceil = bool(node.integer("count_include_pad", 0)), bool(node.integer("ceil_mode", 0))
    value = node.held(0)
    if counted or ceil:
        value, pad = padded(node, value, pads, 0.0)
    else:
        evened = _evened(node.shape()[2:], pads, kernel, stride)
        if evened is None:
            raise NotSayable("a mean whose padding differs on both sides and isn't counted")
        pad, ceil = evened
    args = (kernel, stride, pad, ceil, counted)
    return node.aten(_MEAN[len(kernel)], value, *args)


def _global_mean(node: OnnxNode) -> Results:
    axes = list(range(2, len(node.shape())))
    return node.aten(A.mean.dim, node.held(0), axes, True)


def _global_max(node: OnnxNode) -> Results:
    axes = list(range(2, len(node.shape())))
    return node.aten(A.amax.default, node.held(0), axes, True)


def _resize(node: OnnxNode) -> Results:
    """Sizes or scales, in the order of the inputs of each version."""
    places = (1, 2) if node.opset < 11 else (2, 3)
    how = node.text("coordinate_transformation_mode", "half_pixel")
    if node.opset < 11:
        how = "asymmetric"
    shape = node.shape()
    sizes = _sizes(node, places, shape)
    return _resized(node, sizes, node.text("mode", "nearest"), how)


def _sizes(node: OnnxNode, places: tuple[int, int], shape: tuple[int, ...]) -> tuple[int, ...]:
    axes = node.integers("axes") or tuple(range(len(shape)))
    if node.text("keep_aspect_ratio_policy", "stretch") != "stretch":
        raise NotSayable("a size that keeps the ratio of another")
    if any(not 0 <= axis < len(shape) for axis in axes):
        raise NotSayable("axes that its input lacks")
    found = list(shape)
    if node.has(places[1]) and node.known(places[1], "sizes").numel():
        given = node.whole(places[1], "sizes")
        if len(given) != len(axes):
            raise NotSayable("sizes for another number of axes")
        for axis, size in zip(axes, given, strict=True):
            found[axis] = shape[axis] if axis == 0 and node.batch == size else size
    else:
        scales = [float(each) for each in node.known(places[0], "scales").reshape(-1)]
        if len(scales) != len(axes):
            raise NotSayable("scales for another number of axes")
        for axis, scale in zip(axes, scales, strict=True):
            found[axis] = floor(shape[axis] * scale)
            if found[axis] != shape[axis] * scale:
                raise NotSayable("a scale that gives no whole size")
    return tuple(found)


def _resized(node: OnnxNode, sizes: tuple[int, ...], mode: str, how: str) -> Results:
    shape = node.shape()
    count, after = len(shape) - 2, sizes[2:]
    if sizes[:2] != shape[:2] or count not in NEAREST:
        raise NotSayable("a new size for examples or channels")
    value = node.held(0)
    if mode == "nearest":
        _refuse_places(node, shape[2:], after, how)
        return node.aten(NEAREST[count], value, after, None)
    corners = how == "align_corners"
    if how not in ("half_pixel", "pytorch_half_pixel", "align_corners"):
        raise NotSayable(f"interpolation between places by `{how}`")
    if mode == "linear":
        return node.aten(_LINEAR[count], value, after, corners, None)
    if mode == "cubic" and count == 2 and node.number("cubic_coeff_a", -0.75) == -0.75:
        return node.aten(A.upsample_bicubic2d.vec, value, after, corners, None)
    raise NotSayable(f"interpolation called `{mode}`")


def _refuse_places(node: OnnxNode, before: Sequence[int], after: Sequence[int], how: str) -> None:
    """Refuse other nearest places than those of PyTorch, which rounds down what begins at 0.

    By half pixels, rounded to the nearest, a whole factor has the same; a factor of 2 either way.
    """
    rounds = node.text("nearest_mode", "floor" if node.opset < 11 else "round_prefer_floor")
    rows = list(zip(after, before, strict=True))
    whole = all(new % old == 0 for new, old in rows)
    halves = how in ("half_pixel", "pytorch_half_pixel") and rounds.startswith("round_prefer")
    double = rounds == "round_prefer_floor" and all(new <= 2 * old for new, old in rows)
    down = how == "asymmetric" and (rounds == "floor" or (whole and double))
    if not (down or (whole and halves)):
        raise NotSayable(f"the nearest place by `{how[:30]}` and `{rounds[:30]}`")


def _upsample(node: OnnxNode) -> Results:
    """The operator that `Resize` took the place of."""
    sizes = _sizes(node, (1, 9), node.shape())
    return _resized(node, sizes, node.text("mode", "nearest"), "asymmetric")


def _pad(node: OnnxNode) -> Results:
    rank = len(node.shape())
    given = node.integers("pads")
    pads = node.whole(1, "pads") if given is None else given
    number = node.number("value", 0.0)
    if given is None and node.has(2):
        single = node.single(node.held(2))
        if single is None:
            raise NotSayable("padding with numbers that are computed")
        number = float(single)
    axes = node.whole(3, "axes") if node.has(3) else tuple(range(rank))
    if len(pads) != 2 * len(axes) or any(not -rank <= axis < rank for axis in axes):
        raise NotSayable("its `pads` are of another number of axes")
    sides = [(0, 0)] * rank
    for place, axis in enumerate(axes):
        sides[axis] = (pads[place], pads[place + len(axes)])
    while len(sides) > 3 and sides[0] == (0, 0):
        sides = sides[1:]
    mode = {"edge": "replicate", "wrap": "circular"}.get(
        node.text("mode", "constant"), node.text("mode", "constant")
    )
    sides = sides[1:] if sides[0] == (0, 0) else sides
    while len(sides) > 1 and sides[0] == (0, 0) and mode == "constant":
        sides = sides[1:]
    amounts = [amount for pair in reversed(sides) for amount in pair]
    if not any(amounts):
        return node.held(0)
    if mode == "constant":
        return node.aten(A.constant_pad_nd.default, node.held(0), amounts, number)
    if mode not in ("reflect", "replicate", "circular"):
        raise NotSayable(f"padding called `{mode[:20]}`")
    if rank > 2:
        amounts = amounts[: 2 * (rank - 2)]
    return node.aten(A.pad.default, node.held(0), amounts, mode)


HANDLERS: Mapping[str, Handler] = {
    "MaxPool": _max_pool,
    "AveragePool": _average_pool,
    "GlobalAveragePool": _global_mean,
    "GlobalMaxPool": _global_max,
    "Resize": _resize,
    "Upsample": _upsample,
    "Pad": _pad,
}
