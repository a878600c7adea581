"""Symbolic sizes inside the graph: a formula over the net's input sizes as a few integer nodes.

ONNX divides integers towards zero; every numerator here is a size plus paddings and no window is
larger than what it slides over, so that this is the floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

from netlang.backends.onnx.graph import Graph
from netlang.diagnostics.core import InternalError
from netlang.ir.dims import Atom, Dim, Expr, Floor, Symbol
from netlang.ir.program import Port
from netlang.ir.types import BATCH

__all__ = ["SizeNodes"]


@dataclass(eq=False)
class SizeNodes:
    """Names of int64 vectors of one element, each holding a size."""

    graph: Graph
    inputs: Sequence[Port]
    known: dict[str, str] = field(default_factory=dict)

    def name(self, dim: Dim) -> str:
        """The value that holds `dim`; emitted where it is asked for first."""
        text = str(dim)
        if text not in self.known:
            self.known[text] = self._emit(dim)
        return self.known[text]

    def vector(self, dims: Sequence[Dim]) -> str:
        """The value that holds all of `dims`."""
        if len(dims) == 1:
            return self.name(dims[0])
        text = f"[{', '.join(map(str, dims))}]"
        if text not in self.known:
            parts = [self.name(dim) for dim in dims]
            self.known[text] = self._node("Concat", text, *parts, axis=0)
        return self.known[text]

    def _emit(self, dim: Dim) -> str:
        import numpy as np

        if isinstance(dim, int):
            return self.graph.constant(f"sizes/{int(dim)}", np.array([int(dim)], np.int64))
        return self._fold("Add", str(dim), [self._term(*term) for term in dim.terms])

    def _term(self, coefficient: int, atoms: Sequence[Atom]) -> str:
        factors = [self._atom(atom) for atom in atoms]
        if coefficient != 1 or not atoms:
            factors.append(self.name(coefficient))
        return self._fold("Mul", str(Expr(((coefficient, tuple(atoms)),))), factors)

    def _fold(self, kind: str, text: str, names: Sequence[str]) -> str:
        return reduce(lambda left, right: self._node(kind, text, left, right), names)

    def _atom(self, atom: Atom) -> str:
        if isinstance(atom, Floor):
            if str(atom) not in self.known:
                parts = self.name(atom.numerator), self.name(atom.divisor)
                self.known[str(atom)] = self._node("Div", str(atom), *parts)
            return self.known[str(atom)]
        if atom.name not in self.known:
            name, axis = self._source(atom)
            self.known[atom.name] = self._node("Shape", atom.name, name, start=axis, end=axis + 1)
        return self.known[atom.name]

    def _source(self, size: Symbol) -> tuple[str, int]:
        """The input and axis where `size` stands alone."""
        for port in self.inputs:
            axes = port.type.shape if port.type.batch is None else (BATCH, *port.type.shape)
            for axis, dim in enumerate(axes):
                if dim == _dim(size):
                    return port.name, axis
        raise InternalError(f"no input has the size {size}")

    def _node(self, kind: str, text: str, *inputs: str, **attributes: int) -> str:
        name = f"sizes/{text}"
        return self.graph.add(kind, name, inputs, [name], attributes)[0]


def _dim(atom: Atom) -> Expr:
    return Expr(((1, (atom,)),))
