"""What an element reads of the input, beside the gradients of a net of positive weights."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from netlang.analysis.fields.place import maps_of_input
from netlang.backends.torch import build
from netlang.backends.torch.look.watched import Watched
from netlang.elaborate.program import elaborate
from netlang.ir.program import Program, Ref
from netlang.modules.library import Library
from netlang.modules.nets import net_layer
from netlang.ops.pool import Maxpool
from netlang.passes.flat import flattened
from netlang.source import Source, Span
from tests.torch.look.support import positive

BODIES = {
    "strides and pads": """
    input x: [2, 13, 17]
    conv(3, 3x5, stride=2, pad=1) -> relu -> maxpool(2x2, stride=2, pad=1)
    conv(3, 3x3, dilation=2, pad=2)
    gap
""",
    "a sum of two ways": """
    input x: [1, 11, 11]
    add { conv(2, 1x1); conv(2, 3x3, pad=1) -> conv(2, 3x3, pad=1) }
    conv(2, 2x2, stride=2)
""",
    "a signal": """
    input x: [23]
    reshape([1, 23]) -> conv(2, 4, stride=3, pad=2) -> bn -> conv(2, 3, pad=1)
""",
    "channels last": """
    input x: [2, 9, 9]
    conv(4, 3x3, stride=2) -> transpose([1, 2, 0]) -> linear(3) -> transpose([2, 0, 1])
""",
    "larger again": """
    input x: [1, 6, 6]
    conv(2, 3x3, pad=1) -> conv_transpose(2, 2x2, stride=2) -> conv(1, 3x3, pad=1)
""",
}


def program_of(body: str) -> Program:
    module = Library().module(Source("a.net", f"net a {{{body}}}\n"), None)
    span = Span(module.source, 0, 1)
    return flattened(elaborate(net_layer(module, "a", span), "a", span)).program


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_fields(body: str) -> None:
    program = program_of(body)
    weights = positive(build(program).state_dict())
    maps = maps_of_input(program)
    assert maps
    for number, own in maps.items():
        node = program.net.nodes[number]
        shape = [int(size) for size in node.types[0].shape if isinstance(size, int)]
        sizes = [shape[each.axis] for each in own.along]
        net = Watched(program, [Ref(number)], weights, torch.device("cpu"))
        if isinstance(node.callee, Maxpool):
            continue  # its gradient reaches a single place
        for place in product(*({0, size // 2, size - 1} for size in sizes)):
            x = torch.ones(1, *_input(program), requires_grad=True)
            (value,), _ = net((x,))
            chosen = value[0]
            for each, at in sorted(zip(own.along, place, strict=True), key=lambda p: -p[0].axis):
                chosen = chosen.select(each.axis, at)
            (gradient,) = torch.autograd.grad(chosen.sum(), x)
            found = _ends(gradient[0], len(sizes))
            if "maxpool" in body and number > 1:
                inside = zip(found, own.read_at(place), strict=True)
                assert all(b and b[0] <= a[0] and a[1] <= b[1] for a, b in inside), node.path
            else:
                assert own.read_at(place) == found, (node.path, place)


def _input(program: Program) -> list[int]:
    return [int(size) for size in program.net.inputs[0].type.shape if isinstance(size, int)]


def _ends(gradient: torch.Tensor, axes: int) -> tuple[tuple[int, int], ...]:
    """The first and the last place of each axis that a gradient isn't 0 at."""
    where = gradient.reshape(-1, *gradient.shape[-axes:]).abs().sum(0).nonzero()
    return tuple((int(each.min()), int(each.max())) for each in where.T)


def test_what_mixes_all_places_is_no_map() -> None:
    maps = maps_of_input(program_of("input x: [1, 6, 6]\nconv(2, 3x3) -> flatten -> linear(4)"))
    assert list(maps) == [0]


def test_channels_last() -> None:
    maps = maps_of_input(program_of(BODIES["channels last"]))
    assert [own.channel for own in maps.values()] == [0, 2, 2, 0]
