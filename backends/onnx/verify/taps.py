"""A net that gives the value of every step."""

from __future__ import annotations

from netlang.backends.onnx.emitter import name_in_file, value_names
from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Output, Program, Ref
from netlang.ir.types import TensorType
from netlang.passes.flat import edited, flattened
from netlang.records import Record, replace
from netlang.source import Span

__all__ = ["StepValue", "WholeNet", "with_all_values"]


class StepValue(Record):
    """A value of the deployed net: its name in an ONNX file, and the step that makes it.

    For an output of the net, `place` is what it is called in messages. `source` is what the step
    reads, if that is one value and no weights.
    """

    name: str
    place: str
    type: TensorType
    span: Span
    source: TensorType | None = None


class WholeNet(Record):
    """A flat net whose outputs are `values`, in this order.

    `own` are the places among them of the outputs that the net has itself.
    """

    program: Program
    values: tuple[StepValue, ...]
    own: tuple[int, ...]

    def part(self, start: int, end: int) -> WholeNet:
        """The steps of a range of values and what they need; `own` are the places in that.

        The net has further outputs after these `values`: those of steps that are there for their
        weights alone.
        """
        net = self.program.net
        values = net.outputs[start:end]
        needed = _needed(net, [output.ref.producer for output in values])
        read = {output.ref.producer for output in values}
        read.update(ref.producer for number in needed for ref in net.nodes[number].inputs)
        more = [Output(f"weights{number}", Ref(number)) for number in sorted(needed - read)]
        whole = replace(net, outputs=(*values, *more))
        program = replace(
            self.program, net=edited(whole, {}, {}, set(range(len(net.nodes))) - needed)
        )
        own = tuple(each - start for each in self.own if start <= each < end)
        return WholeNet(program, self.values[start:end], own)


def _needed(net: Function, producers: list[int]) -> set[int]:
    """The nodes, by number, that these producers need: for what they read, or for weights."""
    numbers = {node.path: number for number, node in enumerate(net.nodes)}
    found: set[int] = set()
    while producers:
        number = producers.pop()
        if number == INPUT or number in found:
            continue
        found.add(number)
        node = net.nodes[number]
        producers += [ref.producer for ref in node.inputs]
        owners = node.module, *(tie.module for tie in node.tied)
        producers += [numbers[owner] for owner in owners if owner in numbers]
    return found


def with_all_values(program: Program) -> WholeNet:
    """`program` as deployed, with the value of every step as an output, and its own outputs.

    In a file, the value of a step that is an output of the net may have the output's name alone. A
    step with the name of an output that it isn't has another one there.
    """
    whole = flattened(program).program
    net = whole.net
    values: list[StepValue] = []
    refs: list[Ref] = []
    outputs: dict[Ref, list[str]] = {}
    for output in net.outputs:
        outputs.setdefault(output.ref, []).append(output.name)
        if output.ref.producer == INPUT:
            values.append(StepValue(output.name, output.name, net.type_of(output.ref), net.span))
            refs.append(output.ref)
    for number, node in enumerate(net.nodes):
        assert isinstance(node.callee, Op)
        names = value_names(node.path, node.callee, len(node.types))
        read = net.input_types(node)
        source = read[0] if len(read) == 1 and not node.callee.weights(read) else None
        for index, (name, type_) in enumerate(zip(names, node.types, strict=True)):
            ref = Ref(number, index)
            there = name_in_file(name, ref, net)
            for each in dict.fromkeys((there, *outputs.get(ref, ()))):
                values.append(StepValue(each, name, type_, node.span, source))
                refs.append(ref)
    named = tuple(Output(f"value{number}", ref) for number, ref in enumerate(refs))
    own = tuple(refs.index(output.ref) for output in net.outputs)
    return WholeNet(replace(whole, net=replace(net, outputs=named)), tuple(values), own)
