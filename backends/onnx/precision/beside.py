"""Moves the weights of a finished file into a file beside it, as the exporter writes them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import onnx

from netlang.backends.onnx.wire import Tensor, write_model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["move_weights_beside"]


def move_weights_beside(path: Path) -> tuple[Path, ...]:
    """Rewrite the file so; returns the files beside it."""
    model = onnx.load(path)
    stored = [each for each in model.graph.initializer if each.raw_data]
    others = [each for each in model.graph.initializer if not each.raw_data]
    tensors = [
        Tensor(
            each.name, each.data_type, tuple(each.dims), len(each.raw_data), partial(_bytes, each)
        )
        for each in stored
    ]
    del model.graph.initializer[:]
    model.graph.initializer.extend(others)
    return write_model(path, onnx.ModelProto(), lambda: model, tensors, limit=0)


def _bytes(stored: onnx.TensorProto) -> Iterator[NDArray[np.uint8]]:
    import numpy as np

    yield np.frombuffer(stored.raw_data, np.uint8)
