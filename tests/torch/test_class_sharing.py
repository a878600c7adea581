"""Blocks that share a class, and numbers whose provenance is wrong: never a wrong model."""

from __future__ import annotations

import ast

import torch

from netlang.backends.torch import build, emit
from netlang.backends.weights import slots
from netlang.ir.numbers.provenance import BinaryOrigin, InputOrigin, Origin, ParameterOrigin, Traced
from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Node, Output, Port, Program, Ref
from netlang.ir.types import TensorType
from netlang.ops.activation import Relu
from netlang.ops.conv import Conv
from netlang.ops.norm import BatchNorm
from netlang.records import replace
from tests.torch.programs import SPAN, complaints, program_of


def block(channels: int, width: int, middle: int, origin: Origin | None) -> Function:
    """``a: conv(middle) -> bn -> relu -> b: conv(width)`` with an origin for `middle`."""
    told = middle if origin is None else Traced(middle, origin)
    x = TensorType((Traced(channels, InputOrigin(0, 0)), 8, 8))
    steps: tuple[tuple[str, Op], ...] = (
        ("a", Conv(out=told, kernel=3, pad=1)),
        ("bn", BatchNorm()),
        ("2", Relu()),
        ("b", Conv(out=Traced(width, ParameterOrigin("width")), kernel=1)),
    )
    nodes: list[Node] = []
    current = x
    for index, (path, op) in enumerate(steps):
        types = op.infer((current,)).outputs
        nodes.append(Node(path, op, (Ref(index - 1 if index else INPUT),), types, SPAN, path))
        current = types[0]
    outputs = (Output("output", Ref(3)),)
    return Function("unit", {"width": width}, (Port("in", x),), tuple(nodes), outputs, SPAN)


def chained(*blocks: Function) -> Program:
    """A net that calls one block after the other."""
    image = blocks[0].inputs[0].type.with_shape(int(str(blocks[0].inputs[0].type.channels)), 8, 8)
    nodes = tuple(
        Node(
            f"unit{index}", callee, (Ref(index - 1 if index else INPUT),), callee.output_types,
            SPAN, f"unit{index}", arguments=callee.arguments,
        )
        for index, callee in enumerate(blocks)
    )  # fmt: skip
    plain = tuple(
        replace(node, types=tuple(t.with_shape(*map(int, map(str, t.shape))) for t in node.types))
        for node in nodes
    )
    outputs = (Output("output", Ref(len(plain) - 1)),)
    return program_of(Function("net", {}, (Port("image", image),), plain, outputs, SPAN))


def classes(text: str) -> list[str]:
    return [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]


def check(program: Program) -> str:
    """The text, after its state and a run have been compared with the program."""
    text = emit(program)
    assert complaints(text) == ""
    model = build(program)
    expected = {slot.key: torch.Size(slot.weight.shape) for slot in slots(program)}
    assert {key: value.shape for key, value in model.state_dict().items()} == expected
    size = program.net.inputs[0].type.shape
    assert model(torch.zeros(2, *map(int, map(str, size)))).dim() == 4
    return text


DOUBLE = BinaryOrigin("*", 2, ParameterOrigin("width"))


def test_instances_share_a_class_with_the_elaborators_expression() -> None:
    text = check(chained(block(3, 8, 16, DOUBLE), block(8, 12, 24, DOUBLE)))
    assert classes(text) == ["Unit", "Net"]
    assert "nn.Conv2d(in_channels, 2 * width, 3, padding=1)" in text


def test_an_expression_that_fits_by_chance_is_not_guessed() -> None:
    text = check(chained(block(3, 8, 16, None), block(8, 12, 24, None)))
    assert "nn.Conv2d(in_channels, a_out, 3, padding=1)" in text
    assert "self.unit1 = Unit(8, 12, 24)" in text


def test_a_number_that_nothing_gives_becomes_an_argument() -> None:
    text = check(chained(block(3, 8, 7, None), block(8, 12, 31, None), block(12, 9, 2, None)))
    assert classes(text) == ["Unit", "Net"]
    assert "def __init__(self, in_channels: int, width: int, a_out: int) -> None:" in text
    assert "self.unit1 = Unit(8, 12, 31)" in text


def test_a_wrong_provenance_is_not_believed() -> None:
    for wrong in (ParameterOrigin("width"), ParameterOrigin("nowhere"), InputOrigin(0, 7), DOUBLE,
                  BinaryOrigin("//", ParameterOrigin("width"), 0)):  # fmt: skip
        check(chained(block(3, 8, 7, wrong), block(8, 12, 31, wrong), block(12, 9, 2, wrong)))


def test_a_provenance_that_is_right_in_some_instances_only_is_not_believed() -> None:
    check(chained(block(3, 8, 16, DOUBLE), block(8, 12, 5, DOUBLE)))


def test_equal_numbers_are_literals() -> None:
    text = check(chained(block(3, 8, 7, None), block(8, 12, 7, None)))
    assert "nn.Conv2d(in_channels, 7, 3, padding=1)" in text
