"""`nearest` interpolation in an ONNX file takes the elements that PyTorch takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import netlang
from tests.onnx.support import run


@pytest.mark.parametrize("sizes", ["L=385", "385"])
@pytest.mark.parametrize(
    ("type_", "step"),
    [
        # In single precision 385/330 is a little too small: place 54 takes element 62, not 63.
        ("", "upsample(size=[330])"),
        ("float64", "upsample(size=[330])"),
        # 1/41 is as well: place 41 takes element 0.
        ("", "upsample(41)"),
        ("", "upsample(3)"),
    ],
)
def test_elements(type_: str, step: str, sizes: str, tmp_path: Path) -> None:
    spec = tmp_path / "a.net"
    spec.write_text(f"net a {{\n    input x: {type_}[1, {sizes}]\n    {step}\n}}\n")
    net = netlang.load(spec)
    x = torch.arange(385, dtype=torch.float64 if type_ else torch.float32)[None, None]
    wanted = net.torch()(x).numpy()
    (found,) = run(net.onnx(tmp_path / "a.onnx"), {"x": x.numpy()})
    assert np.array_equal(found, wanted)
    rounded = not type_ and "3)" not in step
    places = np.arange(wanted.shape[-1]) * 385 // wanted.shape[-1]
    assert np.array_equal(wanted[0, 0], places) is not rounded


def test_one_axis_of_two_is_rounded(tmp_path: Path) -> None:
    spec = tmp_path / "a.net"
    spec.write_text("net a {\n    input x: [2, 9, W=30]\n    upsample(2x41)\n}\n")
    net = netlang.load(spec)
    x = torch.rand(3, 2, 9, 30)
    (found,) = run(net.onnx(tmp_path / "a.onnx"), {"x": x.numpy()})
    assert np.array_equal(found, net.torch()(x).numpy())
