"""An emitted module in which every element that may count does: what gradients are asked of.

Weights are positive, and functions whose gradient tells of one element only, or is 0 by chance, are
others with the same windows: a maximum is a sum, an activation the identity. Borders have no part
in a receptive field, so that what pads with copies of the input pads with zeros here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

__all__ = ["Smooth", "positive"]


def positive(module: nn.Module, seed: int) -> nn.Module:
    """The module in double precision and eval mode, with positive weights of about 1 / fan-in."""
    generator = torch.Generator().manual_seed(seed)
    module = module.eval().double()
    with torch.no_grad():
        for weight in module.parameters():
            fan = max(1, weight[0].numel()) if weight.dim() > 1 else 1
            drawn = torch.rand(weight.shape, generator=generator, dtype=torch.float64)
            weight.copy_((drawn + 0.5) / fan)
    return module


def _same(x: Tensor, *_: Any, **__: Any) -> Tensor:
    return x * 1.0


def _sum_of_two(x: Tensor, y: Tensor) -> Tensor:
    return x + y


def _product(x: Tensor | float, y: Tensor | float) -> Tensor | float:
    """Of two values their sum: a factor may be 0, where a value was padded."""
    if isinstance(x, Tensor) and isinstance(y, Tensor) and x.dim() == y.dim():
        return x + y
    return x * y


def _sum_along(x: Tensor, dim: int | tuple[int, ...], keepdim: bool = False) -> Tensor:
    return x.sum(dim, keepdim)


def _conv(rank: int) -> Callable[..., Tensor]:
    found: Callable[..., Tensor] = (F.conv1d, F.conv2d, F.conv3d)[rank - 1]
    return found


def _per_axis(value: int | Sequence[int] | None, rank: int) -> list[int]:
    return [value] * rank if isinstance(value, int) else list(value or ())


def _max_pool(
    x: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
    """The sum of each window."""
    rank = x.dim() - 2
    real = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[rank - 1]
    pool: Callable[..., tuple[Tensor, Tensor]] = real
    options = (kernel_size, stride, padding, dilation, ceil_mode)
    largest, places = pool(x.detach(), *options, return_indices=True)
    kernel = _per_axis(kernel_size, rank)
    step = _per_axis(stride, rank) or kernel
    pad, spacing = _per_axis(padding, rank), _per_axis(dilation, rank)
    around = [end for p, s in zip(pad[::-1], step[::-1], strict=True) for end in (p, p + s)]
    ones = torch.ones(x.shape[1], 1, *kernel, dtype=x.dtype)
    summed = _conv(rank)(F.pad(x, around), ones, None, step, 0, spacing, x.shape[1])
    for axis, size in enumerate(largest.shape[2:], start=2):
        summed = summed.narrow(axis, 0, size)
    return (summed, places) if return_indices else summed


def _max_unpool(
    x: Tensor,
    indices: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Each element at all places that it may have come from."""
    rank = x.dim() - 2
    kernel, pad = _per_axis(kernel_size, rank), _per_axis(padding, rank)
    step = _per_axis(stride, rank) or kernel
    ones = torch.ones(x.shape[1], 1, *kernel, dtype=x.dtype)
    transposed = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[rank - 1]
    found = transposed(x, ones, None, step, pad, 0, x.shape[1])
    if output_size is not None:
        wanted = list(output_size)[-rank:]
        more = [w - s for w, s in zip(wanted, found.shape[2:], strict=True)]
        found = F.pad(found, [end for m in more[::-1] for end in (0, m)])
    return found


def _adaptive_max_pool(x: Tensor, output_size: int | Sequence[int], *_: Any, **__: Any) -> Tensor:
    rank = x.dim() - 2
    mean = (F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d)[rank - 1]
    return mean(x, output_size)  # type: ignore[arg-type]  # one overload for each rank


def _pad(
    x: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    return torch.constant_pad_nd(x, list(pad), 0.0)


_POINTWISE = (
    "relu", "relu_", "relu6", "hardtanh", "hardtanh_", "hardswish", "hardsigmoid", "leaky_relu",
    "prelu", "elu", "silu", "gelu", "softplus", "sigmoid", "tanh", "heaviside", "tanh_", "sigmoid_",
)  # fmt: skip
_INSTEAD: Mapping[str, Callable[..., Any]] = {
    **dict.fromkeys(_POINTWISE, _same),
    **dict.fromkeys(("max_pool1d", "max_pool2d", "max_pool3d"), _max_pool),
    **{f"max_pool{n}d_with_indices": _max_pool for n in (1, 2, 3)},
    **{f"max_unpool{n}d": _max_unpool for n in (1, 2, 3)},
    **{f"adaptive_max_pool{n}d": _adaptive_max_pool for n in (1, 2, 3)},
    "maximum": _sum_of_two,
    "amax": _sum_along,
    "sub": _sum_of_two,
    "mul": _product,
    "__mul__": _product,
    "pad": _pad,
}


# An operator's softmax; an attention calls the method, of scores that a mask may have lowered.
_SOFTMAX = (F.softmax, torch.softmax)


def _softmax(func: Callable[..., Tensor], x: Tensor, dim: int, *more: Any, **named: Any) -> Tensor:
    """Of large values one would count alone, and shares that add up to 1 depend on nothing."""
    calm = func(x / x.detach().abs().amax().clamp(min=1.0), dim, *more, **named)
    shape = [1] * x.dim()
    shape[dim] = x.shape[dim]
    return calm * torch.linspace(1.0, 2.0, x.shape[dim], dtype=x.dtype).reshape(shape)


class Smooth(TorchFunctionMode):
    """While it holds, functions of torch are their smooth counterparts."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func in _SOFTMAX:
            return _softmax(func, *args, **(kwargs or {}))
        return _INSTEAD.get(func.__name__, func)(*args, **(kwargs or {}))
