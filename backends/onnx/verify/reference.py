"""The values of every step by PyTorch, in the net's own precision and in double precision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netlang.backends.onnx.verify.taps import WholeNet
from netlang.ir.program import Program
from netlang.targets import module_backend

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray
    from torch import nn

__all__ = ["EmittedNet", "Reference"]


class EmittedNet:
    """The module of a net that a user has. `values` are the tensors of the net by key."""

    def __init__(self, program: Program, values: Mapping[str, NDArray[Any]]) -> None:
        self._module = _module(program, values)

    def outputs(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """The outputs of the net."""
        return _run(self._module, [_tensor(each) for each in feeds.values()])


class Reference:
    """The module of a net that gives the values of steps, in their order.

    None of them is without a reader, which may hide a fault.
    """

    def __init__(self, whole: WholeNet, values: Mapping[str, NDArray[Any]]) -> None:
        self._count = len(whole.values)
        self._own = _module(whole.program, values)
        self._double = _module(whole.program, values).double()

    def own(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """The value of every step in the net's own precision."""
        return _run(self._own, [_tensor(each) for each in feeds.values()])[: self._count]

    def double(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]] | None:
        """The same in double precision; None where a step is for another precision."""
        wide = [
            each.double() if each.is_floating_point() else each
            for each in map(_tensor, feeds.values())
        ]
        try:
            return _run(self._double, wide)[: self._count]
        except RuntimeError:  # a table of the net's own precision, for instance
            return None


def _module(program: Program, values: Mapping[str, NDArray[Any]]) -> nn.Module:
    import torch

    module = module_backend().build(program).eval()
    with torch.no_grad():
        for key, tensor in module.state_dict().items():
            tensor.copy_(_tensor(values[key]))
    return module


def _tensor(values: NDArray[Any]) -> torch.Tensor:
    """A tensor of a copy of `values`; numpy's bfloat16 is one of a package."""
    import numpy as np
    import torch

    if values.dtype.name == "bfloat16":
        return torch.from_numpy(values.view(np.int16).copy()).view(torch.bfloat16)
    return torch.from_numpy(values.copy(order="C"))


def _run(module: nn.Module, inputs: list[torch.Tensor]) -> list[NDArray[Any]]:
    import torch

    with torch.inference_mode():
        given = module(*inputs)
    values = [given] if isinstance(given, torch.Tensor) else list(given)
    return [_array(value) for value in values]


def _array(value: torch.Tensor) -> NDArray[Any]:
    import torch

    return (value.float() if value.dtype == torch.bfloat16 else value).detach().numpy()
