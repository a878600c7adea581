"""How many steps a net has, counted without writing it out."""

from __future__ import annotations

from netlang.elaborate import elaborate_target, resolve_text
from netlang.elaborate.check import check_definitions
from netlang.ir.length import Lengths
from netlang.ir.program import Function, Node, Ref
from netlang.modules.library import Library
from netlang.records import replace
from netlang.source import Source
from tests.work import steps_of

TEXT = """\
block twice {
    repeat 3 { linear(8) -> relu }
    repeat 2 { relu }
}

net main {
    input x: [8]
    twice -> relu
    repeat 4 {
        twice
        repeat 5 { twice }
    }
}
"""
ONCE = 2 + 1
"""Steps of `twice`, each repeat once."""


def net() -> Function:
    module = Library().module(Source("main.net", TEXT), None)
    return next(iter(check_definitions(module).programs.values())).net


def written_out(function: Function) -> int:
    callees = [node.callee for node in function.nodes]
    return sum(written_out(each) if isinstance(each, Function) else 1 for each in callees)


def test_as_many_as_are_written_out() -> None:
    lengths = Lengths()
    assert lengths.steps(net()) == written_out(net()) == 8 + 1 + 4 * (8 + 5 * 8)
    assert lengths.steps(net(), once=True) == ONCE + 1 + ONCE + ONCE


def test_calls_of_any_depth() -> None:
    """Each called function took a frame of Python's stack."""
    called = net()
    node = next(item for item in called.items if isinstance(item, Node))
    for _ in range(5_000):
        step = replace(node, callee=called, inputs=(Ref(-1),))
        called = replace(called, items=(step, step))
    assert Lengths().steps(called) == 2**5_000 * written_out(net())


def steps_to_count(blocks: int) -> int:
    """Steps of Python for the length of a net whose blocks each call all before them."""
    lines = ["block b0 { relu }"]
    for number in range(1, blocks):
        calls = "; ".join(f"b{each}" for each in range(number))
        lines.append(f"block b{number} {{ {calls} }}")
    lines.append(f"net n {{ input x: [2]; b{blocks - 1} }}")
    net = elaborate_target(resolve_text("\n".join(lines), None)).net
    return steps_of(lambda: Lengths().steps(net))


def test_a_function_that_many_call_is_counted_once() -> None:
    """The text of twice as many blocks is four times as long."""
    assert steps_to_count(48) < 5 * steps_to_count(24)
