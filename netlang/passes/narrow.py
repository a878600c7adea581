"""Chooses the steps of a flat net that may compute in half precision, where the net is float32.

Needs: a flat net. Ensures: a step is narrow only if its operator says that it gains by it and loses
little (`netlang.ir.half`). Wide ones stay in float32, each with a reason; steps that only move
elements have the type of what they move.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from types import MappingProxyType
from typing import TypeAlias

from netlang.ir.half import InHalf
from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Node
from netlang.ir.types import DType
from netlang.ops.tensor import Embedding, Parameter
from netlang.records import Record

__all__ = [
    "FOLLOWING", "NO_REASONS", "Narrowing", "Reasons", "wide_steps", "with_shared_weights",
]  # fmt: skip

Reasons: TypeAlias = Mapping[int, str]
"""Why steps stay in float32, by their number."""

NO_REASONS: Reasons = MappingProxyType({})


class Narrowing(Record):
    """The float32 of a flat net as the type `floats`, but for the steps that are `wide`.

    With `ends`, inputs and outputs have that type too. If it is `rounded`, everything is computed
    in float32, and what would have the type is only rounded to it.
    """

    floats: DType
    wide: Reasons
    ends: bool = False
    rounded: bool = False

    @property
    def changes(self) -> bool:
        """Whether any value may have another type than in the net."""
        return self.floats is not DType.FLOAT32

    def of(self, number: int, dtype: DType) -> DType:
        """The type of values of step `number`, or `INPUT`, that are of `dtype` in the net."""
        narrow = dtype is DType.FLOAT32 and not self.rounded and self.is_narrow(number)
        return self.floats if narrow else dtype

    def is_narrow(self, number: int) -> bool:
        """Whether the floats of a step, or those of `INPUT`, have or are rounded to the type."""
        return self.ends if number == INPUT else number not in self.wide


FOLLOWING = frozenset((InHalf.TABLE.value, InHalf.MOVES.value))
"""Reasons of steps that lose nothing by it."""


def wide_steps(net: Function, known: Reasons = NO_REASONS) -> Reasons:
    """The steps of a flat net that stay in float32: those `known`, and more by their operators."""
    fixed: set[int] = set()
    found: dict[int, str] = {}
    for number, node in enumerate(net.nodes):
        op = node.callee
        assert isinstance(op, Op)
        if _is_fixed(node, fixed):
            fixed.add(number)
            found[number] = InHalf.TABLE.value
        elif number in known:
            found[number] = known[number]
        elif (reason := _reason(net, node, op.in_half, found)) is not None:
            found[number] = reason
    return with_shared_weights(net, found)


def _is_fixed(node: Node, fixed: Container[int]) -> bool:
    """Whether a step computes from sizes and tables alone; `fixed` are those before it that do."""
    op = node.callee
    if isinstance(op, Parameter | Embedding) or any(ref.producer == INPUT for ref in node.inputs):
        return False
    return all(ref.producer in fixed for ref in node.inputs)


def _reason(net: Function, node: Node, kind: InHalf, wide: Container[int]) -> str | None:
    if kind is InHalf.MOVES:
        sources = [ref.producer for ref in node.inputs if net.type_of(ref).dtype is DType.FLOAT32]
        moved = sources and all(source in wide for source in sources)
        return kind.value if moved else None
    return None if kind is InHalf.GAINS else kind.value


def with_shared_weights(net: Function, wide: Reasons) -> Reasons:
    """`wide`, and the steps that read the weights of one of these: a tensor has one type."""
    found = dict(wide)
    while True:
        held = {module for number in found for module in _owners(net.nodes[number])}
        more = [
            number
            for number, node in enumerate(net.nodes)
            if number not in found and not held.isdisjoint(_owners(node))
        ]
        if not more:
            return found
        found |= dict.fromkeys(more, "it has the weights of a step in float32")


def _owners(node: Node) -> set[str]:
    """The modules whose weights a step reads."""
    return {node.module, *(tie.module for tie in node.tied)}
