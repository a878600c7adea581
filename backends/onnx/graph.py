"""The flat graph under construction: nodes, constants and the weights that they read.

On exit, every value has one unique name, and each node comes after the values that it reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from netlang.ir.weights import Weight

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Attribute",
    "OF_RUNTIME",
    "BeyondInt64",
    "Graph",
    "Operation",
    "Turned",
    "another",
    "refuse_beyond",
]

Attribute: TypeAlias = int | float | str | Sequence[int] | Sequence[str]

_LARGEST = 2**63 - 1
OF_RUNTIME = "com.microsoft"
"""The domain of the operators that ONNX Runtime alone has."""


class BeyondInt64(Exception):
    """A whole number that no ONNX file can hold."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def refuse_beyond(numbers: Iterable[object]) -> None:
    """Raises `BeyondInt64` for the first whole number of them that isn't an int64."""
    for number in numbers:
        if isinstance(number, int) and not -_LARGEST - 1 <= number <= _LARGEST:
            raise BeyondInt64(int(number))


def another(wish: str, count: int) -> str:
    """The name that a value gets where `count` values wish for the same one."""
    return f"{wish}/{count}"


@dataclass(frozen=True, slots=True)
class Operation:
    """A node of the graph."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]
    domain: str = ""
    """Empty for ONNX's own operators; else `OF_RUNTIME`, or that of the file's functions."""


@dataclass(frozen=True, slots=True)
class Turned:
    """A weight that is stored with its axes in another order."""

    key: str
    order: tuple[int, ...]


@dataclass(eq=False)
class Graph:
    """The flat graph under construction. No inner value may take a name in `reserved`.

    If it is `fused`, it is for ONNX Runtime alone, and may have operators of its own.
    """

    opset: int
    reserved: frozenset[str]
    fused: bool = False
    operations: list[Operation] = field(default_factory=list)
    constants: dict[str, NDArray[np.generic]] = field(default_factory=dict)
    weights: dict[str, Weight] = field(default_factory=dict)
    turned: dict[str, Turned] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    adds_zeros: bool = False
    """Whether there is a Pad of the default mode with the default value."""
    overflowing: set[str] = field(default_factory=set)
    """The paths of narrow steps that a number of the spec is too large for."""

    def fresh(self, wish: str) -> str:
        """`wish`, or a similar name if it is taken."""
        name, count = wish, 1
        while name in self.taken or name in self.reserved:
            count += 1
            name = another(wish, count)
        self.taken.add(name)
        return name

    def add(self, wanted: Operation) -> tuple[str, ...]:
        """Append a node; returns the names that its outputs get, as those wanted may be taken."""
        for value in wanted.attributes.values():
            if not isinstance(value, (str, float)):
                refuse_beyond([value] if isinstance(value, int) else value)
        named = tuple(map(self.fresh, wanted.outputs))
        self.kinds.add(wanted.kind)
        mode = wanted.attributes.get("mode", "constant")
        fills = wanted.kind == "Pad" and mode == "constant"
        self.adds_zeros |= fills and len(wanted.inputs) == 2
        added = wanted if named == wanted.outputs else replace(wanted, outputs=named)
        self.operations.append(added)
        return named

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        """Add a constant; returns its name."""
        named = self.fresh(name)
        self.constants[named] = values
        return named
