"""Symbolic sizes inside the graph: formulas over the input sizes as a few integer nodes.

ONNX divides integers towards zero. If a numerator may be negative, its remainder (`Mod` has the
divisor's sign) is subtracted first, so that the quotient is the floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from netlang.backends.onnx.graph import Graph, Operation, refuse_beyond
from netlang.diagnostics.errors import InternalError
from netlang.ir.dims import Atom, Dim, Expr, Floor, Symbol
from netlang.ir.program import Port
from netlang.ir.types import BATCH

__all__ = ["SHARED", "SizeNodes"]

SHARED = "sizes/"
"""Names of these values, which the whole graph shares, begin so."""


@dataclass(eq=False)
class SizeNodes:
    """Names of int64 vectors of one element, each holding a size."""

    graph: Graph
    inputs: Sequence[Port]
    known: dict[str, str] = field(default_factory=dict)

    def name(self, dim: Dim) -> str:
        """The name of the value that holds `dim`, emitted on first use."""
        return self.known.get(str(dim)) or self._emit(dim)

    def vector(self, dims: Sequence[Dim]) -> str:
        """The name of the value that holds all of `dims`."""
        if len(dims) == 1:
            return self.name(dims[0])
        text = f"[{', '.join(map(str, dims))}]"
        return self._node("Concat", text, *[self.name(dim) for dim in dims], axis=0)

    def _emit(self, dim: Dim) -> str:
        import numpy as np

        if isinstance(dim, int):
            refuse_beyond([dim])
            name = self.graph.constant(f"{SHARED}{int(dim)}", np.array([int(dim)], np.int64))
            return self.known.setdefault(str(int(dim)), name)
        return self._fold("Add", str(dim), [self._term(*term) for term in dim.terms])

    def _term(self, coefficient: int, atoms: Sequence[Atom]) -> str:
        factors = [self._atom(atom) for atom in atoms]
        if coefficient != 1 or not atoms:
            factors.append(self.name(coefficient))
        return self._fold("Mul", str(Expr(((coefficient, tuple(atoms)),))), factors)

    def _fold(self, kind: str, text: str, names: Sequence[str]) -> str:
        """All of `names` joined; `text` is the name of the last node."""
        found, *rest = names
        for left, name in zip(reversed(range(len(rest))), rest, strict=True):
            found = self._node(kind, f"{text}/{left}" if left else text, found, name)
        return found

    def _atom(self, atom: Atom) -> str:
        if isinstance(atom, Floor):
            return self.known.get(str(atom)) or self._floor(atom)
        name, axis = self._source(atom)
        return self._node("Shape", atom.name, name, start=axis, end=axis + 1)

    def _floor(self, floor: Floor) -> str:
        numerator, divisor = self.name(floor.numerator), self.name(floor.divisor)
        if any(coefficient < 0 for coefficient, _ in floor.numerator.terms):
            rest = self._node("Mod", f"{floor}/rest", numerator, divisor)
            numerator = self._node("Sub", f"{floor}/whole", numerator, rest)
        return self._node("Div", str(floor), numerator, divisor)

    def _source(self, size: Symbol) -> tuple[str, int]:
        """The input and axis where `size` stands alone."""
        for port in self.inputs:
            axes = port.type.shape if port.type.batch is None else (BATCH, *port.type.shape)
            for axis, dim in enumerate(axes):
                if dim == _dim(size):
                    return port.name, axis
        raise InternalError(f"no input has the size {size}")

    def _node(self, kind: str, text: str, *inputs: str, **attributes: int) -> str:
        """The node that computes `text`, added if it doesn't exist yet."""
        if text not in self.known:
            name = f"{SHARED}{text}"
            (self.known[text],) = self.graph.add(Operation(kind, name, inputs, (name,), attributes))
        return self.known[text]


def _dim(atom: Atom) -> Expr:
    return Expr(((1, (atom,)),))
