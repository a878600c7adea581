"""Where values come from: the steps that lead to them from a value that they have in common."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from netlang.advice.meaning.strides import PathsFromCommon
from netlang.elaborate.function.builder import FunctionBuilder
from netlang.ir.op import Op
from netlang.ir.program import Item, Node, Ref, Repeat

__all__ = ["paths_from_common"]

# As far as steps are looked for: a long function is not searched for each of its errors.
_ITEMS, _VALUES = 256, 16


def paths_from_common(builder: FunctionBuilder, refs: Sequence[Ref]) -> PathsFromCommon | None:
    """For each value, the steps that make it of the last value that all of them are made of.

    Only operators with a single input are followed, not blocks, merges or folded repeats; None if
    no common value is found so.
    """
    if len(refs) > _VALUES:
        return None
    nodes = _last_nodes(builder.items, builder.size)
    traces = [_trace(nodes, ref) for ref in refs]
    common = next((ref for ref in traces[0] if all(ref in each for each in traces)), None)
    if common is None:
        return None
    steps = tuple([_up_to(common, trace) for trace in traces])
    return PathsFromCommon(builder.type_of(common), steps)


def _last_nodes(items: Sequence[Item], size: int) -> dict[int, Node]:
    found: dict[int, Node] = {}
    for item in islice(reversed(items), _ITEMS):
        size -= item.size * item.count if isinstance(item, Repeat) else 1
        if isinstance(item, Node):
            found[size] = item
    return found


def _trace(nodes: dict[int, Node], ref: Ref) -> dict[Ref, Node | None]:
    """A value and those that it is made of, last first, each with its step if that is followed."""
    found: dict[Ref, Node | None] = {}
    while True:
        node = nodes.get(ref.producer)
        followed = node is not None and isinstance(node.callee, Op) and len(node.inputs) == 1
        found[ref] = node if followed else None
        if node is None or not followed:
            return found
        ref = node.inputs[0]


def _up_to(common: Ref, trace: dict[Ref, Node | None]) -> tuple[Node, ...]:
    """The steps after a value, in order."""
    found: list[Node] = []
    for ref, node in trace.items():
        if ref == common:
            break
        if node is not None:
            found.append(node)
    return tuple(reversed(found))
