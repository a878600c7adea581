"""Maxima that are put back, as PyTorch's newer exporter writes them: through the whole batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import ModelProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

import netlang
from tests.onnx.importing.support import exported, exported_with, imported, saved

_CONVOLUTIONS: dict[int, Any] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}


class _PutBack(nn.Module):
    """A pool of one to three axes whose maxima are put back; Badrinarayanan et al. 2015."""

    def __init__(self, axes: int, **window: Any) -> None:
        super().__init__()
        self.conv = _CONVOLUTIONS[axes](3, 2, 1)
        self.pool = getattr(functional, f"max_pool{axes}d")
        self.back = getattr(functional, f"max_unpool{axes}d")
        self.window = window

    def forward(self, x: Tensor) -> Tensor:
        maxima, places = self.pool(x, return_indices=True, **self.window)
        undone = {name: each for name, each in self.window.items() if name != "ceil_mode"}
        found: Tensor = self.conv(self.back(maxima, places, output_size=x.shape[2:], **undone))
        return found


def _same(path: Path, module: nn.Module, shape: tuple[int, ...]) -> str:
    """The text of a file's net, which gives what the module gives."""
    found = imported(path)
    assert set(found.weights) == set(module.state_dict())
    x = torch.randn((3, *shape), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted, got = module(x), netlang.loads(found.text).torch(found.weights).eval()(x)
    assert torch.allclose(wanted, got, atol=1e-5)
    return found.text


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize(
    ("shape", "window"),
    [
        ((3, 12, 16), {"kernel_size": 2}),
        ((3, 11, 15), {"kernel_size": 2, "ceil_mode": True}),
        ((3, 12, 16), {"kernel_size": 3, "stride": 2, "padding": 1}),
        ((3, 1, 8), {"kernel_size": (1, 2)}),
        ((3, 17), {"kernel_size": 2}),
        ((3, 4, 6, 8), {"kernel_size": 2}),
    ],
)
def test_maxima_that_are_put_back(
    shape: tuple[int, ...], window: dict[str, Any], batch: int, tmp_path: Path
) -> None:
    module = _PutBack(len(shape) - 1, **window)
    path = exported_with(module, (torch.zeros(batch, *shape),), tmp_path / "net.onnx", newer=True)
    assert "ScatterND" in {each.op_type for each in onnx.load(path).graph.node}
    assert _same(path, module, shape).count("max_unpool(") == 1


def test_maxima_of_any_number_of_examples(tmp_path: Path) -> None:
    module, shape = _PutBack(2, kernel_size=2), (3, 6, 8)
    example, path = (torch.zeros(2, *shape),), tmp_path / "net.onnx"
    exported_with(module, example, path, newer=True, any_batch=True)
    assert "max_unpool(" in _same(path, module, shape)


def _by(kind: str, change: Callable[[onnx.NodeProto], None]) -> Callable[[ModelProto], None]:
    """A change to the only node of a kind, or to the first one."""

    def changed(model: ModelProto) -> None:
        change(next(each for each in model.graph.node if each.op_type == kind))

    return changed


def _with_number(before: float, after: float) -> Callable[[ModelProto], None]:
    """The first constant of one number is another one."""

    def changed(model: ModelProto) -> None:
        for node in model.graph.node:
            for each in node.attribute:
                array = numpy_helper.to_array(each.t) if each.name == "value" else np.empty(0)
                if array.size == 1 and array.item() == before:
                    other = np.full_like(array, after)
                    each.t.CopyFrom(numpy_helper.from_array(other))
                    return
        raise AssertionError("no such constant")

    return changed


def _added(node: onnx.NodeProto) -> None:
    node.attribute.append(helper.make_attribute("reduction", "add"))


def _filled(node: onnx.NodeProto) -> None:
    ones = numpy_helper.from_array(np.ones(1, np.float32))
    node.attribute.append(helper.make_attribute("value", ones))


def _not_first(node: onnx.NodeProto) -> None:
    node.input[0] = node.input[1]


def _twice(model: ModelProto) -> None:
    """The places through the batch are read by another node, too."""
    (node,) = [each for each in model.graph.node if each.op_type == "ScatterND"]
    made = next(each for each in model.graph.node if each.op_type == "Add").output[0]
    place = [*model.graph.node].index(node)
    model.graph.node.insert(place, helper.make_node("Cast", [made], ["floats"], to=1))
    model.graph.output.append(helper.make_tensor_value_info("floats", 1, None))


@pytest.mark.parametrize(
    "change",
    [
        _with_number(192, 191),  # elements of a channel
        _with_number(0, 1),  # the first channel
        _by("ScatterND", _added),
        _by("ConstantOfShape", _filled),
        _by("Sub", _not_first),
        _twice,
    ],
)
def test_places_that_are_others(change: Callable[[ModelProto], None], tmp_path: Path) -> None:
    path = exported(_PutBack(2, kernel_size=2), (3, 12, 16), tmp_path / "net.onnx", newer=True)
    model = onnx.load(path)
    change(model)
    with pytest.raises(netlang.NetlangError, match="E0982"):
        imported(saved(model, tmp_path))
