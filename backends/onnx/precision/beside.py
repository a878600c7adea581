"""Moves the weights of a finished file into a file beside it, as the exporter writes them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import onnx

from netlang.backends.onnx.wire import Tensor, write_model

__all__ = ["move_weights_beside"]


def move_weights_beside(path: Path) -> tuple[Path, ...]:
    """Rewrite the file so; returns the files beside it."""
    import numpy as np

    model = onnx.load(path)
    stored = [each for each in model.graph.initializer if each.raw_data]
    others = [each for each in model.graph.initializer if not each.raw_data]
    tensors = [
        Tensor(
            each.name, each.data_type, tuple(each.dims), len(each.raw_data),
            partial(np.frombuffer, each.raw_data, np.uint8),
        )
        for each in stored
    ]  # fmt: skip
    del model.graph.initializer[:]
    model.graph.initializer.extend(others)
    return write_model(path, model, tensors, limit=0)
