"""Lists of places in imported specs are written as the rule by which they rise."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
import torch
from onnx import TensorProto, helper
from torch import Tensor, nn

import netlang
from netlang.backends.torch.importing.text.progressions import progression
from netlang.elaborate import elaborate_target, resolve_text
from netlang.ops.places import Gather
from tests.cli.support import Runner
from tests.importing.support import body_of, imported


class Taken(nn.Module):
    """A convolution, and what a function makes of its maps."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.conv(x))


def _moved(x: Tensor) -> Tensor:
    return x[:, :, :, [*range(5, 32), *range(5)]]


def _irregular(x: Tensor) -> Tensor:
    return x[:, :, :, [0, 3, 1, 7, 2, 11, 5, 13, 8, 21]]


@pytest.mark.parametrize(
    ("function", "line"),
    [
        (
            lambda x: x.unfold(2, 5, 3),
            "gather([3 * row + place for row in range(10) for place in range(5)], 1)",
        ),
        (
            lambda x: x.unfold(3, 16, 8),
            "gather([8 * row + place for row in range(3) for place in range(16)], 2)",
        ),
        (lambda x: x.flip(3), "gather(range(31, -1, -1), 2)"),
        (_moved, "gather([*range(5, 32), *range(5)], 2)"),
        (
            lambda x: x[:, :, [place // 2 for place in range(64)]],
            "gather([row for row in range(32) for _place in range(2)], 1)",
        ),
    ],
)
def test_places_by_a_rule(function: Callable[[Tensor], Tensor], line: str) -> None:
    """Values are those of the module, which the import has compared."""
    lines = body_of(imported(Taken(function), (3, 32, 32)))
    assert any(line in each for each in lines), lines


def test_places_without_a_rule() -> None:
    text = imported(Taken(_irregular), (3, 32, 32)).text
    assert text is not None
    assert "0, 3, 1, 7, 2, 11, 5, 13, 8, 21" in " ".join(text.split()).replace(",]", "]")


def test_places_in_a_file(run: Runner) -> None:
    """A `Gather` of ONNX, with windows that overlap."""
    places = [3 * row + place for row in range(6) for place in range(5)]
    node = helper.make_node("Gather", ["x", "places"], ["y"], axis=2)
    graph = helper.make_graph(
        [node, helper.make_node("Relu", ["y"], ["z"])],
        "windows",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4, 20])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, 4, 30])],
        [helper.make_tensor("places", TensorProto.INT64, [30], places)],
    )
    opsets = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), run.folder / "w.onnx")
    done = run("import", "w.onnx", "-o", "w.net")
    assert done.status == 0, done.err
    written = Path(run.folder / "w.net").read_text(encoding="utf-8")
    assert "gather([3 * row + place for row in range(6) for place in range(5)], 1)" in written


def _read_back(expression: str) -> list[int]:
    """The numbers of an expression, as the language evaluates it."""
    text = f"net it {{\n    input x: [400, 2]\n\n    gather({expression})\n}}\n"
    op = elaborate_target(resolve_text(text)).net.nodes[0].callee
    assert isinstance(op, Gather)
    assert isinstance(op.at, tuple)
    return [int(each) for each in op.at]


def _drawn(draw: random.Random) -> list[int]:
    """Loops in each other, perhaps with one number changed or two of them in a row."""
    numbers = [draw.randint(-40, 40)]
    for _ in range(draw.randint(1, 3)):
        step, count = draw.randint(-9, 9), draw.randint(1, 5)
        numbers = [first + step * place for first in numbers for place in range(count)]
    if draw.random() < 0.3:
        numbers[draw.randrange(len(numbers))] += draw.choice((-1, 1))
    if draw.random() < 0.3:
        start = draw.randint(-20, 20)
        numbers += range(start, start + draw.randint(1, 8))
    return numbers


def test_every_rule_gives_its_numbers() -> None:
    """The language evaluates what was written for numbers that were made by loops."""
    draw, found = random.Random(5), 0
    for _ in range(400):
        numbers = _drawn(draw)
        expression = progression(numbers) if len(numbers) > 1 else None
        if expression is not None:
            found += 1
            assert _read_back(expression) == numbers, expression
    assert found > 200


def test_a_list_in_a_loop() -> None:
    """Loops of steps count by other names: none is assigned twice."""
    torch.manual_seed(0)
    units = nn.Sequential(*[Taken(lambda x: x.flip(3)[:, :3]) for _ in range(3)])
    net = imported(units, (3, 32, 32))
    assert net.text is not None
    assert "range(31, -1, -1)" in net.text
    assert netlang.loads(net.text).program.name == "it"
