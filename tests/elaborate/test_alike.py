"""Steps that are written alike share their operator and types; each keeps its own places."""

from __future__ import annotations

import pytest

from netlang.diagnostics.errors import NetlangError
from netlang.elaborate.program import elaborate
from netlang.ir.numbers.provenance import InputOrigin, Traced
from netlang.ir.program import Function, Program
from netlang.ir.types import Types
from netlang.modules.library import Library
from netlang.modules.nets import net_layer
from netlang.ops.conv import Conv
from netlang.source import Source, Span


def program_of(body: str, head: str = "") -> Program:
    source = Source("main.net", f"{head}net a {{\n input image: [8, 16, 16]\n{body}\n}}\n")
    module = Library().module(source, None)
    span = Span(source, 0, 0)
    return elaborate(net_layer(module, "a", span), "a", span)


def test_the_rule_of_an_operator_is_asked_twice_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Types] = []
    rule = Conv.infer

    def infer(op: Conv, inputs: Types) -> object:
        asked.append(inputs)
        return rule(op, inputs)

    monkeypatch.setattr(Conv, "infer", infer)
    program = program_of("conv(8, 3x3, pad=1)\nconv(4, 1x1)\nconv(8, 1x1)\n" * 30)
    assert len(asked) <= 2 * 3
    callees = {id(node.callee) for node in program.net.nodes}
    assert len(program.net.nodes) == 90
    assert len(callees) == 3


def test_each_step_knows_where_its_arguments_stand() -> None:
    program = program_of("conv(8, 3x3, pad=1)\nconv(4, kernel=1x1)\n" * 2)
    for number, node in enumerate(program.net.nodes):
        texts = {name: span.text for name, span in node.written.items()}
        last = {"out": "4", "kernel": "1x1"}
        assert texts == (last if number % 2 else {"out": "8", "kernel": "3x3", "pad": "1"})
        assert all(node.span.start < s.start < s.end < node.span.end for s in node.written.values())
        assert "stride" not in node.written
        assert node.written.get("stride") is None


def test_what_is_written_otherwise_stays_apart() -> None:
    """A kernel of 1 and one of 1x1 are the same work, and two operators."""
    nodes = program_of("conv(8, 1)\nconv(8, 1x1)\nconv(8, 1)\n").net.nodes
    assert [getattr(node.callee, "kernel", None) for node in nodes] == [1, (1, 1), 1]


def test_true_is_no_number_after_one_was_right() -> None:
    """They are equal in Python."""
    with pytest.raises(NetlangError) as caught:
        program_of("conv(1, 1x1)\nconv(true, 1x1)\n")
    assert [each.span.text for each in caught.value.diagnostics if each.span] == ["true"]


def test_a_size_keeps_the_input_that_it_came_from() -> None:
    """In a block equal types may have come from different inputs."""
    head = "block two { input x\n input y\n x -> p: relu\n y -> q: relu\n (p, q) -> concat }\n"
    program = program_of("(image, image) -> two", head)
    callee = program.net.nodes[0].callee
    assert isinstance(callee, Function)
    sizes = [node.types[0].shape[0] for node in callee.nodes[:2]]
    assert [isinstance(size, Traced) and size.origin for size in sizes] == [
        InputOrigin(0, 0),
        InputOrigin(1, 0),
    ]
