"""What ONNX pads: the same on both sides, different amounts, or what keeps a size."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.backends.onnx.importing.graph import Held
from netlang.backends.onnx.importing.node import A, OnnxNode
from netlang.backends.torch.importing.refusal import NotSayable

__all__ = ["padded", "pads_of"]


def pads_of(
    node: OnnxNode, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """What is added before and after each axis of a map."""
    axes = len(kernel)
    how = node.text("auto_pad", "NOTSET")
    if how == "VALID":
        return ((0, 0),) * axes
    if how == "NOTSET":
        given = node.integers("pads") or (0,) * 2 * axes
        if len(given) != 2 * axes:
            raise NotSayable("its `pads` are of another number of axes")
        return tuple(zip(given[:axes], given[axes:], strict=True))
    if how not in ("SAME_UPPER", "SAME_LOWER"):
        raise NotSayable(f"an `auto_pad` called {how[:20]}")
    if not len(stride) == len(dilation) == axes or min(stride) < 1:
        raise NotSayable("its `strides` are of another number of axes")
    found = []
    for size, k, s, d in zip(node.shape(0)[2:], kernel, stride, dilation, strict=True):
        whole = max((-(-size // s) - 1) * s + (k - 1) * d + 1 - size, 0)
        less, more = whole // 2, whole - whole // 2
        found.append((less, more) if how == "SAME_UPPER" else (more, less))
    return tuple(found)


def padded(
    node: OnnxNode, value: Held, pads: Sequence[tuple[int, int]], number: float
) -> tuple[Held, tuple[int, ...]]:
    """A value and the padding that is left for a window: all of it where both sides are equal."""
    if all(before == after for before, after in pads):
        return value, tuple(before for before, _ in pads)
    amounts = [amount for pair in reversed(pads) for amount in pair]
    return node.aten(A.constant_pad_nd.default, value, amounts, number), (0,) * len(pads)
