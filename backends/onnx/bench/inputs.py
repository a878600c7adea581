"""The types and shapes of the inputs that a file is timed with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import TypeAlias

import onnx

from netlang.backends.onnx.diagnostics import SizeUnknown, TooMuchInput
from netlang.backends.onnx.verify.file import ModelFile
from netlang.diagnostics.errors import NetlangError

__all__ = ["Inputs", "inputs_of", "shapes_in_words"]

Inputs: TypeAlias = dict[str, tuple[str, list[int]]]
"""NumPy's name of the element type, and the shape, of each input by name."""

_MOST = 2**31
"""Bytes of all inputs together."""


def inputs_of(
    file: ModelFile, batch: int, sizes: Mapping[str, int], usual: Mapping[str, int]
) -> Inputs:
    """The inputs at sizes by name; the first axis of each, if its size is free, is the batch.

    `usual` has sizes for names that aren't in `sizes`.

    Raises `NetlangError` if a size isn't given, or a given one isn't one of the file's.
    """
    stored = {tensor.name for tensor in file.model.graph.initializer}
    inputs = [value for value in file.model.graph.input if value.name not in stored]
    free = {name for value in inputs for name in _symbols(value)}
    for name in sizes:
        if name not in free:
            known = ", ".join(sorted(free)) or "none"
            raise _unknown(file, f"no input has a size `{name}`", f"those that have names: {known}")
    known_sizes = {**usual, **sizes}
    found = {value.name: _input(file, value, batch, known_sizes) for value in inputs}
    size = sum(prod(shape) * onnx_size(kind) for kind, shape in found.values())
    if size > _MOST:
        raise NetlangError(TooMuchInput(span=None, file=file.path.name, size=size, most=_MOST))
    return found


def onnx_size(kind: str) -> int:
    """Bytes of an element of a NumPy type."""
    import numpy as np

    return np.dtype(kind).itemsize


def _symbols(value: onnx.ValueInfoProto) -> Iterator[str]:
    """The names of the free sizes of an input but its batch."""
    for axis, dim in enumerate(value.type.tensor_type.shape.dim):
        if axis > 0 and dim.dim_param:
            yield dim.dim_param


def _input(
    file: ModelFile, value: onnx.ValueInfoProto, batch: int, sizes: Mapping[str, int]
) -> tuple[str, list[int]]:
    told = value.type.tensor_type
    try:
        kind = onnx.helper.tensor_dtype_to_np_dtype(told.elem_type)
    except KeyError:
        kind = None
    if kind is None or kind.kind not in "fiub" or not told.HasField("shape"):
        raise _unknown(file, f"`{value.name}` isn't a tensor of numbers with a shape", "")
    return kind.name, [
        _size(file, value, axis, batch, sizes) for axis in range(len(told.shape.dim))
    ]


def _size(
    file: ModelFile, value: onnx.ValueInfoProto, axis: int, batch: int, sizes: Mapping[str, int]
) -> int:
    dim = value.type.tensor_type.shape.dim[axis]
    if dim.HasField("dim_value"):
        if axis == 0 and batch not in (1, dim.dim_value):
            reason = f"`{value.name}` takes {dim.dim_value} examples at once, not {batch}"
            raise _unknown(file, reason, f"give `--batch {dim.dim_value}`, or none")
        return int(dim.dim_value)
    if axis == 0:
        return batch
    if dim.dim_param not in sizes:
        named = f"`{dim.dim_param}`" if dim.dim_param else f"axis {axis}"
        advice = f"give it: `--size {dim.dim_param}=224`" if dim.dim_param else ""
        raise _unknown(file, f"`{value.name}` doesn't say how large {named} is", advice)
    return sizes[dim.dim_param]


def _unknown(file: ModelFile, reason: str, advice: str) -> NetlangError:
    return NetlangError(SizeUnknown(span=None, file=file.path.name, reason=reason, advice=advice))


def shapes_in_words(inputs: Inputs) -> str:
    """``image [1, 3, 224, 224]``, with the type where it isn't the usual one."""
    return ", ".join(
        f"{name} {'' if kind == 'float32' else kind}{shape}"
        for name, (kind, shape) in inputs.items()
    )
