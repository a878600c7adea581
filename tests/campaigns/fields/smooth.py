"""An emitted module in which every element that may count does: what gradients are asked of.

Weights are positive, and functions whose gradient tells of one element only, or is 0 by chance, are
others with the same windows: a maximum is a sum, an activation the identity, and a norm adds the
mean of what it takes statistics of, instead of taking away what may be all there is. Borders have
no part in a receptive field, so that what pads with copies of the input pads with zeros here.
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


def _compared(x: Tensor, other: Tensor | float) -> Tensor:
    """What is compared, which decides what `where` takes."""
    return x + other if isinstance(other, Tensor) else x * 1.0


def _where(condition: Tensor, one: Tensor, two: Tensor) -> Tensor:
    return condition + one + two if condition.is_floating_point() else condition.where(one, two)


def _sum_along(x: Tensor, dim: int | tuple[int, ...], keepdim: bool = False) -> Tensor:
    return _calm(x.sum(dim, keepdim))


def _cumsum(x: Tensor, dim: int) -> Tensor:
    return _calm(x.cumsum(dim))


def _conv(rank: int) -> Callable[..., Tensor]:
    found: Callable[..., Tensor] = (F.conv1d, F.conv2d, F.conv3d)[rank - 1]
    return found


def _per_axis(value: int | Sequence[int] | None, rank: int) -> list[int]:
    return [value] * rank if isinstance(value, int) else list(value or ())


# Whole numbers have no gradient: what places of maxima come from goes with them.
_SUMMED = "summed"


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
    if not return_indices:
        return summed
    setattr(places, _SUMMED, summed)
    return summed, places


def _max_unpool(
    x: Tensor,
    indices: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Each element at all places that it may have come from, which its window decides."""
    rank = x.dim() - 2
    x = x + getattr(indices, _SUMMED)
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


def _calm(x: Tensor) -> Tensor:
    """No larger than 1."""
    return x / x.detach().abs().amax().clamp(min=1.0)


def _with_mean(x: Tensor, axes: Sequence[int]) -> Tensor:
    return _calm(x + x.mean(tuple(axes), keepdim=True))


def _group_norm(x: Tensor, num_groups: int, *_: Any, **__: Any) -> Tensor:
    groups = x.reshape(len(x), num_groups, -1)
    return _with_mean(groups, [2]).reshape(x.shape)


def _instance_norm(x: Tensor, *_: Any, **__: Any) -> Tensor:
    return _with_mean(x, range(2, x.dim()))


def _layer_norm(x: Tensor, normalized_shape: Sequence[int], *_: Any, **__: Any) -> Tensor:
    return _with_mean(x, range(x.dim() - len(normalized_shape), x.dim()))


def _normalize(x: Tensor, p: float = 2.0, dim: int = 1, *_: Any, **__: Any) -> Tensor:
    return _with_mean(x, [dim])


def _scaled_attention(
    query: Tensor, key: Tensor, value: Tensor, *more: Any, **named: Any
) -> Tensor:
    """As `_attention`, without projections."""
    largest = max(float(x.detach().abs().amax()) for x in (query, key))
    calm = 1 / max(1.0, largest)
    attended = F.scaled_dot_product_attention(query * calm, key * calm, value, *more, **named)
    return attended + query.mean(-1, keepdim=True)


_STATISTICS: Mapping[str, Callable[..., Tensor]] = {
    "group_norm": _group_norm,
    "instance_norm": _instance_norm,
    "layer_norm": _layer_norm,
    "rms_norm": _layer_norm,
    "normalize": _normalize,
}


def _attention(query: Tensor, key: Tensor, *more: Any, **named: Any) -> tuple[Tensor, Any]:
    """Of scores so near to each other that all keys count; with a single one the query does too."""
    largest = max(float(x.detach().abs().amax()) for x in (query, key))
    scale = 1 / (max(1.0, largest) * query.shape[-1] ** 0.5)
    attended, weights = F.multi_head_attention_forward(query * scale, key * scale, *more, **named)
    return attended + query.mean(-1, keepdim=True), weights


_POINTWISE = (
    "relu", "relu_", "relu6", "hardtanh", "hardtanh_", "hardswish", "hardsigmoid", "leaky_relu",
    "prelu", "elu", "silu", "gelu", "softplus", "sigmoid", "tanh", "heaviside", "tanh_", "sigmoid_",
    "exp", "log", "sin", "cos", "sqrt", "rsqrt", "abs", "neg", "round", "pow", "clamp", "exp_",
    "__pow__", "__neg__",
)  # fmt: skip
_INSTEAD: Mapping[str, Callable[..., Any]] = {
    **dict.fromkeys(_POINTWISE, _same),
    **dict.fromkeys(("max_pool1d", "max_pool2d", "max_pool3d"), _max_pool),
    **{f"max_pool{n}d_with_indices": _max_pool for n in (1, 2, 3)},
    **{f"max_unpool{n}d": _max_unpool for n in (1, 2, 3)},
    **{f"adaptive_max_pool{n}d": _adaptive_max_pool for n in (1, 2, 3)},
    "maximum": _sum_of_two,
    "minimum": _sum_of_two,
    "amax": _sum_along,
    "amin": _sum_along,
    "sum": _sum_along,
    "cumsum": _cumsum,
    # Its gradient in PyTorch 2.13 is that of other places where axes were turned.
    "batch_norm": _same,
    "sub": _sum_of_two,
    "mul": _product,
    "__mul__": _product,
    "div": _product,
    "__truediv__": _product,
    "where": _where,
    "pad": _pad,
    **_STATISTICS,
    "multi_head_attention_forward": _attention,
    "scaled_dot_product_attention": _scaled_attention,
}


# An operator's softmax; an attention calls the method, of scores that a mask may have lowered.
_SOFTMAX = (F.softmax, torch.softmax, F.log_softmax, torch.log_softmax)
_COMPARISONS = frozenset(
    f"{prefix}{name}{prefix}"
    for name in ("gt", "ge", "lt", "le", "eq", "ne")
    for prefix in ("", "__")
)


def _softmax(x: Tensor, dim: int, *_: Any, **__: Any) -> Tensor:
    """Shares that add up to 1 depend on nothing together, and not on what is added to all."""
    return _with_mean(x, [dim])


def _depends(value: object) -> bool:
    """Whether an argument is made from the input."""
    return isinstance(value, Tensor) and value.requires_grad


class Smooth(TorchFunctionMode):
    """While it holds, functions of torch are their smooth counterparts.

    Without `statistics` norms leave each element alone.
    """

    def __init__(self, *, statistics: bool = True) -> None:
        super().__init__()
        self._statistics = statistics

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func in _SOFTMAX:
            return _softmax(*args, **(kwargs or {}))
        compares = func.__name__ in _COMPARISONS and args[0].is_floating_point()
        if (compares or func.__name__ in _POINTWISE) and not any(map(_depends, args)):
            # A mask that the places alone decide stays what it is.
            return func(*args, **(kwargs or {}))
        if compares:
            return _compared(*args)
        if func.__name__ == "gru":
            # Of large values its gates are shut.
            args = (_calm(args[0]), *args[1:])
        if not self._statistics and func.__name__ in _STATISTICS:
            return _same(*args)
        return _INSTEAD.get(func.__name__, func)(*args, **(kwargs or {}))
