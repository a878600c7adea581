"""ONNX files for tests of imports: made by hand, by netlang and by PyTorch."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper
from torch import nn

from netlang.backends.onnx.importing import import_file
from netlang.targets.importing import ImportedNet, ImportOptions

__all__ = ["TINY", "exported", "exported_with", "imported", "lines_of", "model_of", "saved"]

Array = NDArray[np.generic]

TINY = """\
block unit {
    add {
        {
            conv1: conv(in.channels, 3x3, pad=1, bias=false) -> bn1: bn -> relu
            conv2: conv(in.channels, 3x3, pad=1, bias=false) -> bn2: bn
        }
        identity
    }
    relu
}

net tiny {
    input image: [3, 32, 32]
    conv1: conv(8, 3x3, stride=2, pad=1) -> relu
    maxpool(3x3, stride=2, ceil=true)
    layer1: { repeat 2 { unit } }
    gap -> flatten -> fc: linear(5)
}
"""


def model_of(
    nodes: Sequence[NodeProto],
    stored: Mapping[str, Array] | None = None,
    shape: Sequence[int | str] = ("N", 3, 8, 8),
    opset: int = 17,
    kind: int = TensorProto.FLOAT,
) -> onnx.ModelProto:
    """A model of an input `x` and an output `y`."""
    graph = helper.make_graph(
        list(nodes),
        "net",
        [helper.make_tensor_value_info("x", kind, list(shape))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in (stored or {}).items()],
    )
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def saved(model: onnx.ModelProto, folder: Path, name: str = "net.onnx") -> Path:
    """The file of a model."""
    path = folder / name
    path.write_bytes(model.SerializeToString())
    return path


def imported(path: Path, *inputs: str, batch: bool = True, large: bool = False) -> ImportedNet:
    """The net of a file, which the import has compared with ONNX Runtime."""
    return import_file(ImportOptions(str(path), inputs, batch=batch, large=large))


def lines_of(net: ImportedNet) -> list[str]:
    """The lines of a spec without indentation."""
    return [line.strip() for line in net.text.splitlines() if line.strip()]


def exported(module: nn.Module, shape: Sequence[int], path: Path, *, newer: bool) -> Path:
    """A module as PyTorch's exporters write it, the newer one without folding."""
    return exported_with(module, (torch.zeros(1, *shape),), path, newer=newer)


def exported_with(
    module: nn.Module,
    example: tuple[torch.Tensor, ...],
    path: Path,
    *,
    newer: bool,
    any_batch: bool = False,
) -> Path:
    """As `exported`, for any inputs; the newer one also for any number of examples."""
    options: dict[str, Any] = {"optimize": any_batch, "external_data": False} if newer else {}
    if any_batch:
        options["dynamic_shapes"] = tuple({0: torch.export.Dim.DYNAMIC} for _ in example)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module.eval(), example, path, dynamo=newer, **options)
    return path
