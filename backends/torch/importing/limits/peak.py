"""How much memory the values of a program take at once, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import TypeAlias

from netlang.ir.dims import Dim, Expr, Symbol, evaluate
from netlang.ir.program import INPUT, Function, Program, Ref
from netlang.ir.types import TensorType

__all__ = ["peak_bytes", "sizes_at"]

_Measure: TypeAlias = Callable[[TensorType], int]


def sizes_at(program: Program, shapes: Sequence[Sequence[int]]) -> dict[str, int]:
    """Every symbol with its size, for inputs of these shapes, with the examples in front."""
    sizes = {**program.defaults, "N": shapes[0][0]}
    for port, shape in zip(program.net.inputs, shapes, strict=True):
        for dim, size in zip(port.type.shape, shape[1:], strict=True):
            sizes |= _named(dim, size)
    return sizes


def peak_bytes(program: Program, sizes: Mapping[str, int]) -> int:
    """The bytes of the most values that are there at once, while a program is compared.

    Inputs and outputs count three times: there are several batches, and both sides have their own.
    Every symbol has its size, and the batch `N`. Values are let go of after their last use.
    """
    net, measure = program.net, _measure(sizes)
    ends = sum(map(measure, (*(each.type for each in net.inputs), *net.output_types)))
    return 3 * ends + _peak(net, measure, {})


def _named(dim: Dim, size: int) -> Mapping[str, int]:
    """The size of a symbol that is a dim of an input."""
    if isinstance(dim, Expr) and dim.is_atom:
        ((_, (atom,)),) = dim.terms
        return {atom.name: size} if isinstance(atom, Symbol) else {}
    return {}


def _measure(sizes: Mapping[str, int]) -> _Measure:
    """The bytes of a type at these sizes."""

    def measured(each: TensorType) -> int:
        batch = 1 if each.batch is None else evaluate(each.batch, sizes)
        return batch * prod(evaluate(dim, sizes) for dim in each.shape) * each.dtype.size

    return measured


def _peak(function: Function, measure: _Measure, known: dict[int, int]) -> int:
    """The bytes of the most values in a function at once, without its inputs."""
    if id(function) in known:
        return known[id(function)]
    nodes = function.nodes
    last = {ref: place for place, node in enumerate(nodes) for ref in node.inputs}
    last |= {output.ref: len(nodes) for output in function.outputs}
    held, most, sizes = 0, 0, dict[Ref, int]()
    for place, node in enumerate(nodes):
        own = {Ref(place, number): measure(each) for number, each in enumerate(node.types)}
        inside = 0
        if isinstance(node.callee, Function):
            inside = _peak(node.callee, measure, known)
        made = sum(own.values())
        most = max(most, held + max(made, inside))
        held += made
        sizes |= own
        over = {ref for ref in (*node.inputs, *own) if last.get(ref, place) == place}
        held -= sum(sizes[ref] for ref in over if ref.producer != INPUT)
    known[id(function)] = most
    return most
