"""A net that gives the value of every step."""

from __future__ import annotations

from netlang.ir.program import Output, Program, Ref
from netlang.ir.types import TensorType
from netlang.passes.flat import flat
from netlang.records import Record, replace
from netlang.source import Span

__all__ = ["NamedValue", "Tapped", "tapped"]


class NamedValue(Record):
    """A value of the deployed net: its name, as in an ONNX file, and the step that makes it.

    In a file, an output of the net has the `output`'s name instead.
    """

    name: str
    output: str | None
    type: TensorType
    span: Span


class Tapped(Record):
    """A flat net whose outputs are `taps`, in this order."""

    program: Program
    taps: tuple[NamedValue, ...]


def tapped(program: Program) -> Tapped:
    """`program` as deployed, with the value of every step as an output."""
    whole = flat(program).program
    net = whole.net
    taps: list[NamedValue] = []
    outputs: list[Output] = []
    named = {output.ref: output.name for output in net.outputs}
    for number, node in enumerate(net.nodes):
        many = len(node.types) > 1
        names = getattr(node.callee, "output_names", ())
        for index, type_ in enumerate(node.types):
            name = f"{node.path}.{names[index]}" if many else node.path
            ref = Ref(number, index)
            taps.append(NamedValue(name, named.get(ref), type_, node.span))
            outputs.append(Output(f"value{len(outputs)}", ref))
    return Tapped(replace(whole, net=replace(net, outputs=tuple(outputs))), tuple(taps))
