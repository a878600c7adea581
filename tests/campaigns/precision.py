"""What nets in other floats than float32 are held to: who computes in them, and how exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netlang.backends.weights import numpy_type
from netlang.ir.types import DType
from netlang.ops.conv import Conv
from netlang.ops.pool import Avgpool
from netlang.ops.recurrent import Recurrent
from netlang.ops.response_norm import LocalResponseNorm
from netlang.ops.spatial import per_axis
from tests.campaigns.exemptions import FLOOR, SHARE, TOLERANCE
from tests.campaigns.walk import Applied

__all__ = ["PRECISIONS", "Precision", "array_of", "runtime_crashes", "tensor_of", "torch_lacks"]


@dataclass(frozen=True)
class Precision:
    """How near values are, and why one of the judges isn't asked, if it isn't.

    `tolerance` is of an element, `floor` of the largest of an output, `share` what `rounding`
    disturbs every step by, and `opset` the first in which all operators take such floats. `beyond`
    is why values needn't agree that aren't finite.
    """

    tolerance: float = TOLERANCE
    floor: float = FLOOR
    share: float = SHARE
    unrun: str | None = None
    unasked: str | None = None
    beyond: str | None = None
    opset: int = 0


_HALF = 2.0**13  # a rounding of float16 is so many of float32

# Attributes in an ONNX file are float32, so that float64 agrees no better than float32 does.
PRECISIONS = {
    DType.FLOAT32: Precision(),
    DType.FLOAT64: Precision(unrun="float64: for many operators there is no kernel"),
    DType.FLOAT16: Precision(
        tolerance=2e-2, floor=1e-2, share=SHARE * _HALF,
        unasked="float16: it adds up in float16, where others use float32",
        beyond="float16: a value is beyond 65504",
    ),
    DType.BFLOAT16: Precision(
        unrun="bfloat16: there are no kernels", unasked="bfloat16: numpy doesn't compute in it",
        opset=22,
    ),
}  # fmt: skip


def torch_lacks(steps: tuple[Applied, ...], floats: DType) -> str | None:
    """Why PyTorch can't run a net on a CPU, or None.

    Version 2.13 ends its process at some convolutions in float16 that read nothing but padding.
    """
    for step in steps:
        if floats is DType.FLOAT16 and isinstance(step.op, Conv) and _reads_padding(step):
            return f"{step.op.name}: padding alone in float16 may end the process"
        # The response norm of PyTorch is such a mean over the channels.
        pooled = isinstance(step.op, Avgpool) and step.inputs[0].rank == 4
        normed = isinstance(step.op, LocalResponseNorm) and step.inputs[0].rank > 2
        if floats in (DType.FLOAT16, DType.BFLOAT16) and (pooled or normed):
            return f"{step.op.name}: torch has no mean over three axes in half precision"
    return None


def _reads_padding(step: Applied) -> bool:
    """Whether no window of a convolution meets the input along some axis."""
    assert isinstance(step.op, Conv)
    rank = step.inputs[0].rank - 1
    sizes, counts = step.inputs[0].shape[1:], step.outputs[0].shape[1:]
    pads = (0,) * rank if isinstance(step.op.pad, str) else per_axis(step.op.pad, rank)
    strides, dilations = per_axis(step.op.stride, rank), per_axis(step.op.dilation, rank)
    axes = zip(sizes, counts, per_axis(step.op.kernel, rank), pads, strides, dilations, strict=True)
    return any(
        isinstance(size, int)
        and isinstance(count, int)
        and not any(
            0 <= place * stride + tap * dilation - pad < size
            for place in range(count)
            for tap in range(kernel)
        )
        for size, count, kernel, pad, stride, dilation in axes
    )


def runtime_crashes(steps: tuple[Applied, ...], floats: DType) -> str | None:
    """Why ONNX Runtime must not be asked about a net, or None.

    Version 1.31 optimises a half precision recurrent layer whose last state goes into a linear map
    until its process dies; without optimisation it runs.
    """
    for step in steps:
        if floats is DType.FLOAT16 and isinstance(step.op, Recurrent) and step.op.return_state:
            return f"{step.op.name}: its state in float16 may end the process"
    return None


def tensor_of(array: NDArray[np.generic]) -> Tensor:
    """A tensor with a copy of the values, bfloat16 among them."""
    if array.dtype == numpy_type(DType.BFLOAT16):
        return torch.tensor(array.view(np.int16)).view(torch.bfloat16)
    return torch.tensor(array)


def array_of(tensor: Tensor) -> NDArray[np.generic]:
    """The values of a tensor, bfloat16 among them."""
    if tensor.dtype is torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(numpy_type(DType.BFLOAT16))
    found: NDArray[np.generic] = tensor.numpy()
    return found
