"""What an output element sees of the input, beside what a change of the input changes in torch."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from torch import Tensor, nn

from netlang.ir.op import Case, Everything, Rejection, Window
from netlang.ir.types import TensorType, Types
from netlang.ops import all_operators
from tests.ops.torch_modules import build

SIDE = 20
CASES = [
    pytest.param(case, id=f"{op.name}-{index}")
    for op in all_operators()
    for index, case in enumerate(op.cases())
    if len(case.inputs) == 1 and case.inputs[0].rank > 1 and case.inputs[0].dtype.is_float
]


def resized(case: Case) -> Types | None:
    """The input of the case, large enough to have an interior; None where the sizes are given."""
    x = case.inputs[0]
    enlarged = (x.with_shape(x.channels, *(SIDE,) * (x.rank - 1)),)
    try:
        case.op.infer(enlarged)
    except Rejection:
        return None
    return enlarged


def influence(module: nn.Module, x: Tensor, axis: int) -> list[list[int]]:
    """For every output place along `axis` the input places that change it."""
    with torch.no_grad():
        before = _first(module(x))
        seen: list[list[int]] = [[] for _ in range(before.shape[axis])]
        for place in range(x.shape[axis]):
            changed = x.clone()
            part = changed.select(axis, place)
            part.add_(torch.rand_like(part) + 1)
            differs = (_first(module(changed)) - before).abs().transpose(0, axis).flatten(1).amax(1)
            for output in torch.nonzero(differs > 1e-9).flatten().tolist():
                seen[output].append(place)
    return seen


def _first(result: Tensor | tuple[Tensor, ...]) -> Tensor:
    return result if isinstance(result, Tensor) else result[0]


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("case", CASES)
def test_windows_are_what_torch_reads(case: Case) -> None:
    inputs = resized(case)
    if inputs is None:
        pytest.skip("the case fixes its sizes")
    reach = case.op.reach(inputs)
    if isinstance(reach, Everything):
        return
    torch.manual_seed(0)
    module = build(case.op, inputs).eval().double()
    x = torch.rand([1, *(int(str(size)) for size in inputs[0].shape)]).double() * 0.1 - 0.05
    for axis in range(2, x.dim()):
        check_axis(influence(module, x, axis), reach, axis - 2)


def check_axis(seen: list[list[int]], reach: Window, axis: int) -> None:
    """The interior: a quarter of the outputs on each side has padding or its images in sight."""
    extent = reach.extent[axis] if reach.extent else 1
    stride = reach.stride[axis] if reach.stride else Fraction(1)
    edge = len(seen) // 4
    inner = [places for places in seen[edge : len(seen) - edge] if places]
    assert inner
    assert max(places[-1] - places[0] + 1 for places in inner) == extent
    if len(inner) >= 4:
        middle = [(places[0] + places[-1]) / 2 for places in inner]
        slope = (middle[-1] - middle[0]) / (len(middle) - 1)
        assert slope == pytest.approx(float(stride), abs=1 / (len(middle) - 1))


def regions(size: int, count: int) -> list[range]:
    return [range(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]


@pytest.mark.parametrize(("size", "out"), [((9, 8), (3, 4)), ((9, 8), (4, 5)), ((3, 1), (7, 7))])
def test_adaptive_pools_count_each_element_of_each_region(
    size: tuple[int, int], out: tuple[int, int]
) -> None:
    rows, columns = (regions(s, o) for s, o in zip(size, out, strict=True))
    visited = sum(len(row) * len(column) for row in rows for column in columns)
    x = (TensorType((2, *size)),)
    found = {op.name: op for op in all_operators()}
    mean = found["adaptive_avgpool"](out=out).cost(x).other  # type: ignore[call-arg]  # its field
    largest = found["adaptive_maxpool"](out=out).cost(x).other  # type: ignore[call-arg]  # its field
    assert str(mean) == f"{2 * visited}*N"
    assert str(largest) == f"{2 * (visited - out[0] * out[1])}*N" or largest == 0
