"""What operators of ATen give, on tensors without memory.

PyTorch's own rules for most operators begin with an import of its compiler, which takes longer and
more memory than reading a file. Those that nearly every net has are here; PyTorch is asked for the
others, and wherever something is unusual, once for each kind of inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from netlang.records import Draft, field

__all__ = ["Outcomes"]

_A: Any = torch.ops.aten
_POINTWISE = {
    _A.abs.default, _A.add.Tensor, _A.ceil.default, _A.clamp.default, _A.cos.default,
    _A.div.Tensor, _A.elu.default, _A.erf.default, _A.exp.default, _A.floor.default,
    _A.gelu.default, _A.hardsigmoid.default, _A.hardswish.default, _A.hardtanh.default,
    _A.leaky_relu.default, _A.log.default, _A.maximum.default, _A.minimum.default,
    _A.mish.default, _A.mul.Tensor, _A.neg.default, _A.pow.Tensor_Scalar, _A.relu.default,
    _A.round.default, _A.rsub.Scalar, _A.sigmoid.default, _A.sign.default, _A.silu.default,
    _A.sin.default, _A.softplus.default, _A.sqrt.default, _A.sub.Tensor, _A.tanh.default,
}  # fmt: skip


@final
class Outcomes(Draft, eq=False):
    """What was found so far, by operator and types of arguments."""

    found: dict[object, Any] = field(default_factory=dict)

    def of(self, target: Any, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
        """A tensor without memory, or several. Raises what PyTorch does for what can't be."""
        key = (target, _kind(args), _kind([*options.items()]))
        if key not in self.found:
            known = None if options else _known(target, args)
            self.found[key] = target(*args, **options) if known is None else known
        return self.found[key]


def _kind(held: Any) -> object:
    """What an outcome depends on, of arguments."""
    if isinstance(held, Tensor):
        return tuple(held.shape), held.dtype, held.stride()
    if isinstance(held, list | tuple):
        return type(held), tuple(map(_kind, held))
    return type(held), held


def _known(target: Any, args: Sequence[Any]) -> Tensor | None:
    """The outcome of a common operator for float32; None if PyTorch is to say it."""
    values = [each for arg in args for each in (arg if isinstance(arg, list) else [arg])
              if isinstance(each, Tensor)]  # fmt: skip
    if not values or any(each.dtype != torch.float32 for each in values):
        return None
    shape: Sequence[int] | None = None
    if target in _POINTWISE:
        shape = _broadcast([each.shape for each in values])
    elif target == _A.batch_norm.default:
        channels = values[0].shape[1:2]
        shape = values[0].shape if all(each.shape == channels for each in values[1:]) else None
    elif target == _A.cat.default and len(args) == 2 and isinstance(args[1], int):
        shape = _joined([each.shape for each in values], args[1])
    elif target == _A.mean.dim and len(args) == 3 and isinstance(args[1], list | tuple):
        shape = _reduced(values[0].shape, args[1], kept=bool(args[2]))
    return None if shape is None else torch.empty(tuple(shape), device="meta")


def _broadcast(shapes: Sequence[Sequence[int]]) -> Sequence[int] | None:
    """The shape of what shapes are stretched to; None if they don't fit each other.

    By NumPy, since PyTorch's function for it imports the compiler.
    """
    try:
        return np.broadcast_shapes(*(tuple(each) for each in shapes))
    except ValueError:
        return None


def _joined(shapes: Sequence[Sequence[int]], axis: int) -> Sequence[int] | None:
    rank = len(shapes[0])
    if not -rank <= axis < rank or any(len(each) != rank for each in shapes):
        return None
    axis %= rank
    around = {(*each[:axis], *each[axis + 1 :]) for each in shapes}
    whole = sum(each[axis] for each in shapes)
    return (*shapes[0][:axis], whole, *shapes[0][axis + 1 :]) if len(around) == 1 else None


def _reduced(shape: Sequence[int], axes: Sequence[int], *, kept: bool) -> Sequence[int] | None:
    rank = len(shape)
    gone = {axis % rank for axis in axes if -rank <= axis < rank}
    if not axes or len(gone) < len(axes):
        return None
    sizes = [1 if axis in gone else size for axis, size in enumerate(shape)]
    return sizes if kept else [size for axis, size in enumerate(sizes) if axis not in gone]
