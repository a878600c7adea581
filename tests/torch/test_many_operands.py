"""Merges of very many values: written as a loop, since Python reads no deeper nesting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from netlang.backends.torch import build, emit
from netlang.backends.torch.lowering.elements.merge import MOST_OPERANDS
from netlang.elaborate import load_program
from netlang.ir.program import Program

MERGES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "add": torch.add,
    "mul": torch.mul,
    "max": torch.maximum,
    "min": torch.minimum,
}


def merging(merge: str, count: int, folder: Path) -> Program:
    inputs = "".join(f" input x{place}: [5]\n" for place in range(count))
    values = ", ".join(f"x{place}" for place in range(count))
    file = folder / "a.net"
    file.write_text(f"net a {{\n{inputs} ({values}) -> {merge}\n}}\n", encoding="utf-8")
    return load_program(f"{file}:a")


@pytest.mark.parametrize("count", [MOST_OPERANDS, MOST_OPERANDS + 1, 1500])
@pytest.mark.parametrize("merge", MERGES)
def test_merges_of_many_values_are_torchs(merge: str, count: int, tmp_path: Path) -> None:
    inputs = [1 + torch.rand(2, 5) / 100 for _ in range(count)]
    expected = inputs[0]
    for value in inputs[1:]:
        expected = MERGES[merge](expected, value)
    module = build(merging(merge, count, tmp_path))
    assert torch.equal(module(*inputs), expected)


@pytest.mark.parametrize("merge", MERGES)
def test_the_source_grows_as_the_net_does(merge: str, tmp_path: Path) -> None:
    short, long = (len(emit(merging(merge, count, tmp_path))) for count in (400, 800))
    assert long < 2.2 * short
