"""The sizes that the compiler accepts are those that PyTorch runs, with the shapes foretold."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from netlang.analysis.constraints import solve
from netlang.backends.torch import build
from netlang.elaborate import load_program
from netlang.ir.dims import evaluate
from netlang.ir.program import Program

NETS = {
    "unet": "unet(width=2)",
    "googlenet": "googlenet",
    **{path.stem: str(path) for path in sorted((Path(__file__).parent / "sizes").glob("*.net"))},
}
SAMPLES = 200
# As many in every run, and fewer of a net of many layers; the long one has all.
SHORT, FEW = 80, 20


class NoBroadcasting(TorchFunctionMode):
    """Sums of values of different shapes are refused, as the language refuses them."""

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: Iterable[type],
        args: tuple[object, ...] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        shapes = {each.shape for each in args if isinstance(each, Tensor)}
        if func in (torch.add, Tensor.add, Tensor.__add__) and len(shapes) > 1:
            raise RuntimeError(f"a sum of {shapes}")
        return func(*args, **(kwargs or {}))


def shape_in_torch(module: nn.Module, channels: int, sizes: dict[str, int]) -> list[int] | None:
    """The shape that PyTorch gives, or None where it refuses."""
    image = torch.empty(2, channels, sizes["H"], sizes["W"], device="meta")
    try:
        with NoBroadcasting():
            output = module(image)
    except RuntimeError:
        return None
    assert isinstance(output, Tensor)
    return list(output.shape[1:])


def shape_foretold(program: Program, sizes: dict[str, int]) -> list[int] | None:
    """The shape that the compiler gives, or None where it refuses."""
    if solve(program).check(sizes):
        return None
    type_ = program.net.output_types[0]
    return [evaluate(size, sizes) for size in type_.shape]


def sampled(name: str, count: int) -> list[dict[str, int]]:
    """Sizes drawn at random, half of them from the multiples of 4 so that joins are met."""
    generator = random.Random(name)
    sizes = []
    for _ in range(count // 2):
        sizes.append({"H": generator.randint(1, 150), "W": generator.randint(1, 150)})
        sizes.append({"H": 4 * generator.randint(1, 40), "W": 4 * generator.randint(1, 40)})
    return sizes


RUNS = [(name, FEW if name == "googlenet" else SHORT) for name in NETS]


@pytest.mark.parametrize(
    ("name", "count"),
    [*RUNS, *(pytest.param(name, SAMPLES, marks=pytest.mark.slow) for name in NETS)],
)
def test_accepted_sizes_are_those_that_run(name: str, count: int) -> None:
    program = load_program(NETS[name])
    module = build(program).eval().to("meta")
    first = program.net.inputs[0].type.shape[0]
    assert isinstance(first, int)
    accepted = 0
    for sizes in sampled(name, count):
        foretold = shape_foretold(program, {"N": 2, **sizes})
        assert foretold == shape_in_torch(module, first, sizes), sizes
        accepted += foretold is not None
    assert 0 < accepted < count
