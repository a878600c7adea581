"""What an output element sees of the input, beside what a change of the input changes in torch."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from netlang.analysis.fields.apply import applied
from netlang.analysis.fields.reads import Interval, hull
from netlang.analysis.fields.state import Context, ReadState, fresh
from netlang.ir.dims import Dim
from netlang.ir.op import Case, Rejection, Sample
from netlang.ir.types import TensorType, Types
from netlang.ops import all_operators
from tests.campaigns.fields.told import told
from tests.ops.torch_modules.base import build

SIDE = 20
# What no change of a number shows, since two of them are hardly ever equal.
UNEQUAL = ("equal", "not_equal")
# What a larger element doesn't change.
FALLING = ("amin",)
CASES = [
    pytest.param(case, id=f"{op.name}-{index}")
    for op in all_operators()
    for index, case in enumerate(op.cases())
    if len(case.inputs) == 1 and case.inputs[0].rank > 1 and case.inputs[0].dtype.is_float
    if case.inputs[0].batch is not None and case.op.name not in UNEQUAL
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


@dataclass(frozen=True)
class Seen:
    """For each output element the first and last place of an input axis that change it."""

    first: Tensor
    last: Tensor

    def of(self, element: tuple[int, ...]) -> Interval | None:
        first, last = int(self.first[element]), int(self.last[element])
        return (first, last) if last >= 0 else None


def influence(module: nn.Module, x: Tensor, axis: int, noise: float, sign: float) -> Seen:
    """What changing the places of an axis of the input changes, one place after the other."""
    with torch.no_grad():
        before = _first(module(x))[0].double()
        first, last = torch.full(before.shape, x.shape[axis]), torch.full(before.shape, -1)
        for place in range(x.shape[axis]):
            changed = x.clone()
            part = changed.select(axis, place)
            part.add_(sign * (torch.rand_like(part) + 1))
            differs = (_first(module(changed))[0].double() - before).abs() > noise
            first[differs] = first[differs].clamp(max=place)
            last[differs] = place
    return Seen(first, last)


def _first(result: Tensor | tuple[Tensor, ...]) -> Tensor:
    return result if isinstance(result, Tensor) else result[0]


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("case", CASES)
def test_rules_are_what_torch_reads(case: Case) -> None:
    inputs = resized(case) or case.inputs
    torch.manual_seed(0)
    module = build(case.op, inputs).eval().double()
    x = torch.rand([1, *(int(str(size)) for size in inputs[0].shape)]).double() * -0.1
    x = 0.1 - x if Sample.POSITIVE in case.samples else x
    (made, *_) = case.op.infer(inputs).outputs
    context = Context(int_of, inputs[0].shape)
    sources = [(0, axis) for axis in range(inputs[0].rank)]
    state = applied(case.op.reach(inputs), fresh(inputs, sources), inputs, made, context)
    # What a recurrent layer read long ago is little, but nothing else is rounded into it.
    noise = 0.0 if case.op.name in ("rnn", "lstm", "gru") else 1e-9
    elements = list(inner([int_of(size) for size in made.shape]))
    for axis in range(inputs[0].rank):
        seen = influence(module, x, axis + 1, noise, -1.0 if case.op.name in FALLING else 1.0)
        for element in elements:
            said = context.clipped(told(state, axis, element, int_of), axis)
            read = seen.of(element)
            if is_hull(state, axis):
                assert hull((said, read)) == said, f"axis {axis} at {element}"
            else:
                assert read == said, f"axis {axis} at {element}"


def is_hull(state: ReadState | None, axis: int) -> bool:
    """Whether what is told is for all elements together, or a bound."""
    field = state.fields[axis] if state else None
    return field is not None and (field.bound or bool(field.uneven))


def int_of(size: Dim) -> int:
    assert isinstance(size, int)
    return size


def inner(shape: list[int]) -> Iterator[tuple[int, ...]]:
    """Some elements of each channel that have no border in sight."""
    generator = random.Random(0)
    for channel in range(min(shape[0], 6)):
        for _ in range(20):
            yield (channel, *(generator.randrange(s // 4, s - s // 4) for s in shape[1:]))


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
