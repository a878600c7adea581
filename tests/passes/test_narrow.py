"""Which steps of a net compute in half precision."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.ir.half import InHalf
from netlang.ir.types import DType
from netlang.ops import all_operators
from netlang.passes.deploy import deploy
from netlang.passes.narrow import FOLLOWING, wide_steps
from tests.onnx.support import program_in

# The body of a net that reads x: [4, 8], and its steps that stay in float32 for their own sake.
BODIES = {
    "linear(3) -> relu": [],
    "n: layer_norm -> linear(3) -> s: softmax(-1)": ["n", "s"],
    "n: softmax(0) -> t: transpose([1, 0]) -> m: mean(axes=0)": ["n", "m"],
    "p: parameter([4, 8])\n (x, p) -> add": [],
    "p: arange(8, dtype=float) -> q: cos\n (x, q) -> add": [],
    "linear(3) -> t: transpose([1, 0]) -> r: rms_norm": ["r"],
    "c: cumsum(0) -> e: exp -> l: log": ["c", "e", "l"],
    "flatten -> reshape([8, 4]) -> g: gru(3)": ["g"],
}


def test_every_operator_says_what_becomes_of_it() -> None:
    unknown = [kind.name for kind in all_operators() if kind.in_half is InHalf.UNKNOWN]
    assert unknown == []


@pytest.mark.parametrize("body", BODIES)
def test_the_steps_that_stay_in_float32(body: str, tmp_path: Path) -> None:
    program = program_in(tmp_path, f"net n {{\n input x: [4, 8]\n {body}\n}}\n")
    net = deploy(program).program.net
    wide = wide_steps(net)
    assert [net.nodes[n].path for n, why in wide.items() if why not in FOLLOWING] == BODIES[body]


def test_what_only_moves_elements_follows_them(tmp_path: Path) -> None:
    text = (
        "net n {\n input x: [4, 8]\n a: softmax(0) -> b: flatten -> c: linear(2) -> d: flatten\n}\n"
    )
    net = deploy(program_in(tmp_path, text)).program.net
    assert [net.nodes[number].path for number in wide_steps(net)] == ["a", "b"]


def test_steps_that_share_weights_have_one_type(tmp_path: Path) -> None:
    text = "net n {\n input x: [4, 8]\n a: linear(8) -> relu -> b: reuse a -> c: linear(8)\n}\n"
    net = deploy(program_in(tmp_path, text)).program.net
    number = [node.path for node in net.nodes].index("b")
    wide = wide_steps(net, {number: "asked for"})
    assert sorted(net.nodes[each].path for each in wide) == ["a", "b"]


def test_tables_stay_in_float32_however_they_are_made(tmp_path: Path) -> None:
    text = """net n {
    input x: [4, L=8]
    a: arange(x.shape[1], dtype=float) -> b: scale(0.01) -> c: sin
    (x, c) -> d: mul
}
"""
    net = deploy(program_in(tmp_path, text)).program.net
    found = wide_steps(net)
    assert [net.nodes[number].path for number in found] == ["a", "b", "c"]
    assert all(reason in FOLLOWING for reason in found.values())
    assert net.nodes[3].types[0].dtype is DType.FLOAT32
