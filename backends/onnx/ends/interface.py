"""The inputs and outputs of a file, as it declares them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

from netlang.backends.onnx.types import element_type
from netlang.ir.dims import Dim, substitute
from netlang.ir.program import INPUT, Program
from netlang.ir.types import TensorType
from netlang.passes.narrow import Narrowing
from netlang.records import Record, replace

__all__ = ["DeclaredValue", "Interface", "declared", "interface_of"]


@final
class DeclaredValue(Record):
    """An input or output: its name, its element type as ONNX numbers it, its sizes."""

    name: str
    element: int
    shape: tuple[int | str, ...]


@final
class Interface(Record):
    """What goes into a file and what comes out."""

    inputs: tuple[DeclaredValue, ...]
    outputs: tuple[DeclaredValue, ...]


def interface_of(
    program: Program, narrowing: Narrowing, sizes: Mapping[str, Dim] | None = None
) -> Interface:
    """The inputs and outputs of the deployed net, in the types that `narrowing` gives them.

    `sizes` are symbols that have a known size.
    """
    known, net = sizes or {}, program.net

    def outer(name: str, type_: TensorType) -> DeclaredValue:
        own = narrowing.of(INPUT, type_.dtype)
        return declared(name, replace(type_, dtype=own), known)

    return Interface(
        tuple(outer(port.name, port.type) for port in net.inputs),
        tuple(
            outer(output.name, net.type_of(output.ref))
            for output in net.outputs
            if not output.auxiliary
        ),
    )


def declared(name: str, type_: TensorType, sizes: Mapping[str, Dim]) -> DeclaredValue:
    """A value of a type."""
    dims = type_.shape if type_.batch is None else (type_.batch, *type_.shape)
    known = (substitute(dim, sizes) for dim in dims)
    shape = tuple([int(dim) if isinstance(dim, int) else str(dim) for dim in known])
    return DeclaredValue(name, element_type(type_.dtype), shape)
