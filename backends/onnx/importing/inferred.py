"""The shapes of a file's values, as ONNX infers them, for what has no operator of ATen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import torch
from onnx import ModelProto, TypeProto, shape_inference
from torch import Tensor

from netlang.backends.onnx.importing.tensors import dtype_of
from netlang.backends.torch.importing.layouts import BATCH
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.records import Record

__all__ = ["InferredTypes"]

_MOST_BYTES = 1 << 29


@final
class InferredTypes(Record, eq=False):
    """What is known of each value by its name. `batch` is the number of examples of the file."""

    types: Mapping[str, TypeProto.Tensor]
    batch: int | None

    @classmethod
    def of(cls, model: ModelProto, shapes: Mapping[str, tuple[int, ...]], batch: int | None,
           *, batched: bool) -> InferredTypes:  # fmt: skip
        """Infer them for inputs of these shapes; nothing is known if ONNX can't do that.

        A file for any number of examples is taken for `BATCH`.
        """
        if model.ByteSize() > _MOST_BYTES:
            return cls({}, batch)
        whole = ModelProto()
        whole.CopyFrom(model)
        for each in whole.graph.input:
            first = (batch or BATCH,) if batched else ()
            sizes = (*first, *shapes.get(each.name, ()))
            for dim, size in zip(each.type.tensor_type.shape.dim, sizes, strict=False):
                dim.dim_value = size
        del whole.graph.value_info[:]
        for each in whole.graph.output:
            each.type.tensor_type.ClearField("shape")
        try:
            found = shape_inference.infer_shapes(whole, data_prop=True).graph
        except (shape_inference.InferenceError, ValueError, RuntimeError):
            return cls({}, batch)
        values = [*found.value_info, *found.output]
        return cls({each.name: each.type.tensor_type for each in values}, batch)

    def value(self, name: str, *, batched: bool) -> Tensor | None:
        """A tensor without memory of the type of a value, of `BATCH` examples if it is `batched`.

        None if the type isn't known.
        """
        known = self.types.get(name)
        if known is None or not known.HasField("shape"):
            return None
        sizes = [each.dim_value for each in known.shape.dim]
        if not all(sizes):
            return None
        if batched and self.batch is not None and sizes and sizes[0] % self.batch == 0:
            sizes[0] = sizes[0] // self.batch * BATCH
        try:
            return torch.empty(sizes, dtype=dtype_of(known.elem_type), device="meta")
        except (NotSayable, RuntimeError):
            return None
