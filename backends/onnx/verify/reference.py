"""The values of every step by PyTorch, in double precision and in one that rounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netlang.backends.onnx.verify.taps import WholeNet
from netlang.ir.program import Program
from netlang.ir.types import DType
from netlang.targets import module_backend

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray
    from torch import nn

__all__ = ["EmittedNet", "Reference"]

_LARGE = 1 << 30
"""Bytes of weights from which on their copy in double precision isn't kept while ONNX Runtime has
its own."""


class EmittedNet:
    """The module of a net that a user has. `values` are the tensors of the net by key."""

    def __init__(self, program: Program, values: Mapping[str, NDArray[Any]]) -> None:
        self._module = _module(program, values)

    def outputs(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """The outputs of the net."""
        return _run(self._module, [_tensor(each.copy()) for each in feeds.values()])


class Reference:
    """The module of a net that gives the values of steps, in their order.

    None of them is without a reader, which may hide a fault.
    """

    def __init__(self, whole: WholeNet, values: Mapping[str, NDArray[Any]]) -> None:
        self._whole, self._values = whole, values
        self._own = _module(whole.program, values)
        self._is_large = sum(each.nbytes for each in values.values()) > _LARGE
        self._kept: nn.Module | None = None

    def rounded(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """The value of every step in the net's own precision, or float32 for one of float64.

        What ONNX Runtime computes in float64 is rounded as float32 all the same: so are attributes,
        and numbers that belong to operators, such as those of attention.
        """
        if self._whole.program.floats is DType.FLOAT64:
            single = self._in_other_floats(feeds, DType.FLOAT32)
            if single is not None:
                return single
        return self._values_of(self._own, [_tensor(each.copy()) for each in feeds.values()])

    def double(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]] | None:
        """The same in double precision; None where a step is for another precision."""
        if self._whole.program.floats is DType.FLOAT64:
            return self._values_of(self._own, [_tensor(each.copy()) for each in feeds.values()])
        return self._in_other_floats(feeds, DType.FLOAT64)

    def _in_other_floats(
        self, feeds: Mapping[str, NDArray[Any]], floats: DType
    ) -> list[NDArray[Any]] | None:
        import torch

        dtype = getattr(torch, floats.value)
        inputs = [
            each.to(dtype) if each.is_floating_point() else each
            for each in (_tensor(values.copy()) for values in feeds.values())
        ]
        module = self._kept or _module(self._whole.program, self._values).to(dtype)
        if not self._is_large:
            self._kept = module
        try:
            return self._values_of(module, inputs)
        except RuntimeError:  # a table of the net's own precision, for instance
            return None

    def _values_of(self, module: nn.Module, inputs: list[torch.Tensor]) -> list[NDArray[Any]]:
        return _run(module, inputs)[: len(self._whole.values)]


def _module(program: Program, values: Mapping[str, NDArray[Any]]) -> nn.Module:
    """A module whose weights lie where `values` do, if they may be written to."""
    module = module_backend().build(program).eval()
    for key, tensor in module.state_dict(keep_vars=True).items():
        array = values[key]
        tensor.data = _tensor(array if array.flags.writeable else array.copy())
    return module


def _tensor(values: NDArray[Any]) -> torch.Tensor:
    """A tensor in the memory of `values`; numpy's bfloat16 is one of a package."""
    import numpy as np
    import torch

    values = np.ascontiguousarray(values).reshape(values.shape)
    if values.dtype.name == "bfloat16":
        return torch.from_numpy(values.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(values)


def _run(module: nn.Module, inputs: list[torch.Tensor]) -> list[NDArray[Any]]:
    import torch

    with torch.inference_mode():
        given = module(*inputs)
    values = [given] if isinstance(given, torch.Tensor) else list(given)
    return [_array(value) for value in values]


def _array(value: torch.Tensor) -> NDArray[Any]:
    import torch

    return (value.float() if value.dtype == torch.bfloat16 else value).detach().numpy()
