"""What a path of steps makes of channels and places, whatever the sizes and arguments are."""

from __future__ import annotations

import re

from netlang.ir.arguments import default_of
from netlang.ir.op import Op
from netlang.ir.program import Node
from netlang.ir.reach import Along, OwnAndAll, Pointwise, Same
from netlang.ir.types import TensorType
from netlang.ops.conv import Conv
from netlang.ops.linear import Linear
from netlang.ops.spatial import windows_of
from netlang.records import Record
from netlang.source import Span

__all__ = ["PathsFromCommon", "channels_of_path", "strides_of"]

_INTEGERS = re.compile(r"\d+(?:x\d+)*")
_GEOMETRY = ("kernel", "pad", "dilation")


class PathsFromCommon(Record):
    """The paths of steps, each with a single input, that lead from one value to several."""

    start: TensorType
    paths: tuple[tuple[Node, ...], ...]


def strides_of(start: TensorType, path: tuple[Node, ...]) -> list[Span] | None:
    """The strides of a path as written, without those that are 1.

    Then the path makes ceil(size / product of the strides) of every size, in every call. None if a
    step may change sizes by anything else.
    """
    found: list[Span] = []
    x = start
    for node in path:
        op = node.callee
        if isinstance(op, Conv):
            if not _divides(op, node):
                return None
            stride = node.written.get("stride")
            if stride is not None and stride.text != "1":
                found.append(stride)
        elif not isinstance(op, Op) or not _keeps(op, x, slice(1, None)) or len(node.types) > 1:
            return None
        x = node.types[0]
    return found


def channels_of_path(start: TensorType, path: tuple[Node, ...]) -> Span | None:
    """The number of channels at the end of a path as written, if a step of it decides that."""
    found: Span | None = None
    x = start
    for node in path:
        op = node.callee
        if isinstance(op, Conv) or (isinstance(op, Linear) and x.rank == 1):
            found = node.written.get("out")
        elif not isinstance(op, Op) or not _keeps(op, x, slice(1)) or len(node.types) > 1:
            found = None
        x = node.types[0]
    return found


def _divides(op: Conv, node: Node) -> bool:
    """Whether a convolution makes ceil(size / stride) of a size, with a stride that is written.

    It does where all padding together is one less than the window's extent; this is known of
    numbers, not of formulas.
    """
    if "stride" not in node.written and op.stride != 1:
        return False
    if op.pad == "same":
        return True
    for name in _GEOMETRY:
        written = node.written.get(name)
        if written is None and getattr(op, name) != default_of(Conv, name):
            return False
        if written is not None and not _INTEGERS.fullmatch(written.text):
            return False
    windows = windows_of(op.kernel, op.stride, op.pad, op.dilation, node.types[0].rank - 1)
    pads = zip(windows.pads, windows.extent, strict=True)
    return all(sum(pad) == extent - 1 for pad, extent in pads)


def _keeps(op: Op, x: TensorType, axes: slice) -> bool:
    """Whether a step keeps axes of its input as they are."""
    reach = op.reach((x,))
    if isinstance(reach, Pointwise):
        return True
    rules = reach.rules[axes] if isinstance(reach, Along) and len(reach.rules) == x.rank else None
    return rules is not None and all(isinstance(each, Same | OwnAndAll) for each in rules)
