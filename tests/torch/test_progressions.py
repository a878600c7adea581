"""Modules that count on are written as one expression of their number."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from netlang.backends.onnx import export
from netlang.backends.torch import build, emit
from netlang.backends.torch.emit.progressions import progression
from netlang.backends.torch.python.printer import flat
from netlang.backends.torch.python.tree import Binary, Constant, Expression, Name, call
from netlang.elaborate import load_program
from tests.onnx.support import run
from tests.torch.programs import complaints

W = Name("w")


def times(factor: int) -> Expression:
    return W if factor == 1 else Binary("*", Constant(factor), W)


@pytest.mark.parametrize(
    ("items", "first", "text"),
    [
        ([W, W, W], 0, "w"),
        ([times(2), times(3), times(4)], 1, "(index + 1) * w"),
        ([times(1), times(2), times(3)], 1, "index * w"),
        ([Constant(8), Constant(12), Constant(16)], 1, "4 * index + 4"),
        ([Constant(8), Constant(6), Constant(4)], 0, "-2 * index + 8"),
        ([times(3), Binary("+", times(3), Constant(2)), Binary("+", times(3), Constant(4))],
         0, "3 * w + 2 * index"),
        ([call("f", times(n), Constant("a")) for n in (0, 1, 2)], 0, 'f(index * w, "a")'),
        ([times(1), times(2), times(4)], 0, None),
        ([call("f", times(1)), call("g", times(2)), call("f", times(3))], 0, None),
        ([Constant(0.5), Constant(1.0), Constant(1.5)], 0, None),
        ([Constant("a"), Constant("b"), Constant("c")], 0, None),
    ],
)  # fmt: skip
def test_what_grows_by_as_much_is_one_expression(
    items: list[Expression], first: int, text: str | None
) -> None:
    found = progression(items, first)
    assert (None if found is None else flat(found)) == text


def test_layers_that_count_are_no_classes_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(
        "block layer(growth) { concat { identity; conv(growth, 1x1) -> relu } }\n"
        "net a(growth=4) {\n"
        "    input x: [6, 8, 8]\n"
        "    dense: { for i in range(5) { layer{i}: layer(growth) } }\n"
        "    tail: { for i in range(3) { layer{i}: layer(growth) } }\n"
        "}\n"
    )
    program = load_program(f"{tmp_path / 'a.net'}")
    text = emit(program)
    assert complaints(text) == ""
    assert '(f"layer{index}", Layer(index * growth + 6, growth))' in text
    assert "self.layer2 = Layer(" in text
    keys = list(build(program).state_dict())
    assert keys[:4] == [f"dense.layer{i}.1.{name}" for i in (0, 1) for name in ("weight", "bias")]


LOOPS = """
block cross(n) {
    for i in range(n) { input x{i} }
    add { x{n - 1} -> c: conv(4, 1x1); x0 }
    output y0: relu
    for i in range(1, n) { output y{i}: x{i} -> d{i}: conv(4, 1x1) }
}

net a {
    input image: [4, 8, 8]
    stem: conv(4, 1x1)
    (stem, image) -> s.0: cross(2)
    for i in range(1, 4) { (s.{i - 1}.y0, s.{i - 1}.y1) -> s.{i}: cross(2) }
    s.3.y0 -> t.2: { conv(4, 1x1) -> relu }
    (t.2, s.3.y1, s.3.y0) -> u.0: cross(3)
    (u.0.y0, u.0.y1, u.0.y2) -> u.1: cross(3)
    (u.1.y0, u.1.y1, u.0.y2) -> u.2: cross(3)
    (u.2.y0, u.2.y1, u.2.y2) -> add
}
"""


def test_equal_blocks_with_several_values_are_a_loop(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(LOOPS)
    program = load_program(f"{tmp_path / 'a.net'}")
    text = emit(program)
    assert complaints(text) == ""
    loop = "for block in self.s[1:]:\n            y0, y1 = block(y0, y1)"
    assert loop in text
    # A value of three goes past the second block of `u`.
    assert "y0, y1, _ = self.u[1](y0, y1, y2)" in text
    assert 'self.t["2"]' in text
    model, x = build(program).eval(), torch.randn(2, 4, 8, 8)
    state = {key: value.numpy() for key, value in model.state_dict().items()}
    export(program, tmp_path / "a.onnx", weights=state)
    (told,) = run(tmp_path / "a.onnx", {"image": x.numpy()})
    torch.testing.assert_close(model(x), torch.from_numpy(told), rtol=1e-4, atol=1e-5)
