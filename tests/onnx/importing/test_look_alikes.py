"""Steps of a file that nearly are those of an operator of the language, but not quite."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import helper
from torch.nn import functional

from netlang import loads
from netlang.diagnostics.errors import NetlangError
from tests.onnx.importing.support import imported, model_of, saved

RNG = np.random.default_rng(0)


def _nearest(before: int, after: int) -> np.ndarray[Any, Any]:
    """The places that PyTorch takes when it enlarges an axis."""
    places = torch.arange(before, dtype=torch.float32).reshape(1, 1, before)
    return functional.interpolate(places, after).long().flatten().numpy()


@pytest.mark.parametrize("first", ["Gather", "Resize"])
def test_an_axis_that_is_enlarged_twice(tmp_path: Path, first: str) -> None:
    """4 to 6 to 9 isn't 4 to 9."""
    taken = {"val_1": _nearest(4, 6), "val_2": _nearest(6, 9)}
    enlarged = helper.make_node("Gather", ["x", "val_1"], ["u"], axis=3)
    if first == "Resize":
        taken["val_1"] = np.asarray([1, 1, 1.5, 1.5], np.float32)
        enlarged = helper.make_node(
            "Resize", ["x", "", "val_1"], ["u"], mode="nearest", nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        )  # fmt: skip
    again = helper.make_node("Gather", ["u", "val_2"], ["y"], axis=3)
    model = model_of([enlarged, again], taken, shape=("N", 3, 4, 4))
    assert imported(saved(model, tmp_path)).text.count("upsample(") == 2


@pytest.mark.parametrize("mask", [np.zeros((4, 1)), np.log([[1, 1e-9, 1e-9, 1e-9]]) * 1e9])
def test_a_mask_of_another_shape_is_not_the_causal_one(
    tmp_path: Path, mask: np.ndarray[Any, Any]
) -> None:
    """It holds 0 up to each place, and far less behind it, of the axes that it has."""
    stored = {f"w.{each}": RNG.standard_normal((8, 8), np.float32) for each in "qkv"}
    stored |= {"val_1": mask.astype(np.float32), "val_2": np.asarray(8**-0.5, np.float32)}
    nodes = [
        *(helper.make_node("MatMul", ["x", f"w.{each}"], [each]) for each in "qkv"),
        helper.make_node("Transpose", ["k"], ["turned"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["q", "turned"], ["products"]),
        helper.make_node("Mul", ["products", "val_2"], ["scores"]),
        helper.make_node("Add", ["scores", "val_1"], ["masked"]),
        helper.make_node("Softmax", ["masked"], ["shares"], axis=-1),
        helper.make_node("MatMul", ["shares", "v"], ["y"]),
    ]
    made = imported(saved(model_of(nodes, stored, shape=("N", 4, 8)), tmp_path))
    assert "causal" not in made.text


@pytest.mark.parametrize("reduction", ["none", "add", "mul", "max"])
def test_values_that_are_put_together_where_they_are_written(
    tmp_path: Path, reduction: str
) -> None:
    """Only those that replace what was there are those of `max_unpool`."""
    net = loads(
        "net a {\n    input x: [3, 11, 14]\n    pool: maxpool(2x2, return_indices=true)\n"
        "    (pool.output, pool.indices) -> max_unpool(2x2, size=x.shape[1:])\n}\n"
    )
    net.onnx(tmp_path / "net.onnx", spec=False)
    model = onnx.load(tmp_path / "net.onnx")
    (node,) = [each for each in model.graph.node if each.op_type == "ScatterElements"]
    node.attribute.append(helper.make_attribute("reduction", reduction))
    if reduction == "none":
        assert "max_unpool" in imported(saved(model, tmp_path)).text
        return
    with pytest.raises(NetlangError, match="a place of its own"):
        imported(saved(model, tmp_path))
