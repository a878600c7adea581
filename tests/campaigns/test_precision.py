"""Who isn't asked about a net in half precision: what would end the process, and nothing else."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from netlang.ir.types import DType, TensorType
from netlang.ops.conv import Conv
from tests.campaigns.precision import torch_lacks
from tests.campaigns.walk import alone

# All that a window reads is padding. PyTorch 2.13 ends its process at these, on some processors.
CRASHING = [
    (1, 1, 2, 1, 2), (1, 1, 2, 1, 3), (1, 1, 2, 3, 2), (1, 1, 2, 3, 3), (1, 1, 3, 2, 2),
    (1, 1, 3, 2, 3), (1, 2, 3, 1, 3), (2, 1, 2, 3, 2),
]  # fmt: skip


def lacks(kernel: int, size: int, stride: int, pad: int, dilation: int, floats: DType) -> bool:
    op = Conv(out=2, kernel=kernel, stride=stride, pad=pad, dilation=dilation)
    return torch_lacks(alone(op, (TensorType((3, size), floats),)), floats) is not None


@pytest.mark.parametrize("numbers", CRASHING)
def test_a_convolution_of_padding_alone(numbers: tuple[int, int, int, int, int]) -> None:
    assert lacks(*numbers, DType.FLOAT16)
    assert not lacks(*numbers, DType.FLOAT32)


def test_a_convolution_that_reads_some_of_its_input() -> None:
    """PyTorch says which do: in float32, the sum over ones without a bias isn't 0."""
    asked = 0
    for kernel, size, stride, pad, dilation in product(*([range(1, 4)] * 3), range(4), range(1, 4)):
        if size + 2 * pad < dilation * (kernel - 1) + 1:
            continue
        found = torch.conv1d(
            torch.ones(1, 1, size), torch.ones(1, 1, kernel), None, stride, pad, dilation
        )
        assert lacks(kernel, size, stride, pad, dilation, DType.FLOAT16) is not bool(found.any())
        asked += 1
    assert asked > 200
