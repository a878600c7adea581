"""Boxes that leave the map, or lie outside of it: what is emitted beside ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from netlang.backends.onnx import export
from netlang.backends.torch import build
from netlang.ir.op import Op
from netlang.ir.types import TensorType
from netlang.ops.region import RoiAlign, RoiPool
from tests.onnx.support import program_of, run

OPERATORS = [
    RoiPool(out=3),
    RoiPool(out=(7, 2), scale=0.25),
    RoiAlign(out=3),
    RoiAlign(out=(7, 2), scale=0.25, sampling_ratio=3),
    RoiAlign(out=(2, 5), scale=2.0, aligned=True),
]
BOXES, SIZE, REACH = 40, (9, 13), 30.0


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize("batch", [1, 3])
def test_boxes_may_leave_the_map(op: Op, batch: int, tmp_path: Path) -> None:
    program = program_of(op, (TensorType((4, *SIZE)), TensorType((BOXES, 4))), {})
    path = tmp_path / "net.onnx"
    export(program, path)
    torch.manual_seed(batch)
    x = torch.randn(batch, 4, *SIZE)
    corners = torch.rand(batch, BOXES, 2, 2) * 2 * REACH - REACH / 2
    boxes = corners.sort(-2).values.flatten(-2)
    found = build(program).eval()(x, boxes)
    (expected,) = run(path, {"x0": x.numpy(), "x1": boxes.numpy()})
    torch.testing.assert_close(found, torch.from_numpy(expected.copy()), rtol=1e-4, atol=1e-5)
    empty = (found == 0).flatten(2).all(2)
    assert empty.any(), "no box lies outside"
    assert not empty.all()


@pytest.mark.parametrize("op", OPERATORS)
def test_nothing_is_decided_by_values(op: Op) -> None:
    """So that `torch.export` can follow, and shapes be had without values."""
    program = program_of(op, (TensorType((2, *SIZE)), TensorType((3, 4))), {})
    model = build(program).eval()
    x, boxes = torch.randn(2, 2, *SIZE), torch.rand(2, 3, 4) * 10
    exported = torch.export.export(model, (x, boxes)).module()
    boxes = boxes + torch.tensor([0.0, 0.0, 4.0, 7.0])
    assert torch.equal(exported(x, boxes), model(x, boxes))
    assert model(x.to("meta"), boxes.to("meta")).shape == model(x, boxes).shape


@pytest.mark.parametrize("op", OPERATORS)
def test_gradients_reach_the_map(op: Op) -> None:
    program = program_of(op, (TensorType((2, *SIZE)), TensorType((3, 4))), {})
    x = torch.randn(1, 2, *SIZE, dtype=torch.double, requires_grad=True)
    boxes = torch.tensor([[[0.3, 0.2, 7.1, 6.4], [2.2, 1.1, 9.7, 3.3], [1.4, 2.6, 3.9, 5.2]]])
    model = build(program).eval()
    assert torch.autograd.gradcheck(lambda value: model(value, boxes.double()), x, atol=1e-6)


@pytest.mark.parametrize("op", OPERATORS)
def test_boxes_that_are_no_numbers_stay_within_the_map(op: Op) -> None:
    program = program_of(op, (TensorType((2, *SIZE)), TensorType((3, 4))), {})
    y = build(program).eval()(torch.ones(1, 2, *SIZE), torch.full((1, 3, 4), torch.nan))
    assert y.shape[:3] == (1, 3, 2)
