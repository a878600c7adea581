"""The flat graph under construction: nodes, constants and the weights that they read.

On exit, every value has one unique name, and each node comes after the values that it reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from netlang.ir.weights import Weight

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Attribute", "Graph", "Operation"]

Attribute: TypeAlias = int | float | str | Sequence[int] | Sequence[str]


@dataclass(frozen=True, slots=True)
class Operation:
    """A node of the graph."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]


@dataclass(eq=False)
class Graph:
    """The flat graph under construction. No inner value may take a name in `reserved`."""

    opset: int
    reserved: frozenset[str]
    operations: list[Operation] = field(default_factory=list)
    constants: dict[str, NDArray[np.generic]] = field(default_factory=dict)
    weights: dict[str, Weight] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    adds_zeros: bool = False
    """Whether there is a Pad of the default mode with the default value."""

    def fresh(self, wish: str) -> str:
        """`wish`, or a similar name if it is taken."""
        name, count = wish, 1
        while name in self.taken or name in self.reserved:
            count += 1
            name = f"{wish}/{count}"
        self.taken.add(name)
        return name

    def add(
        self, kind: str, name: str, inputs: Sequence[str], outputs: Sequence[str],
        attributes: Mapping[str, Attribute],
    ) -> tuple[str, ...]:  # fmt: skip
        """Append a node; returns the names of its outputs."""
        named = tuple(map(self.fresh, outputs))
        self.kinds.add(kind)
        mode = attributes.get("mode", "constant")
        self.adds_zeros |= kind == "Pad" and mode == "constant" and len(inputs) == 2
        self.operations.append(Operation(kind, name, tuple(inputs), named, attributes))
        return named

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        """Add a constant; returns its name."""
        named = self.fresh(name)
        self.constants[named] = values
        return named
