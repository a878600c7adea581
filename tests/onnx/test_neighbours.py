"""Steps that ONNX Runtime's graph optimiser takes together: their values survive it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from netlang.backends.onnx import export
from netlang.backends.torch import build
from netlang.elaborate import load_program
from tests.onnx.support import largest_difference, run

BODIES = {
    # Its transpose optimiser moves a Pad before the Transpose and loses the axes that it names.
    "pad of the channels": "transpose([1, 2, 0]) -> pad(0, after=[0, 4]) -> transpose([2, 0, 1])",
    "pad of a number": "transpose([1, 2, 0]) -> pad(1, value=0.5) -> transpose([2, 0, 1])",
    "reflection": "transpose([2, 0, 1]) -> pad(1, mode=reflect) -> transpose([1, 2, 0])",
    "slice of the channels": "transpose([1, 2, 0]) -> slice(1, axis=2) -> transpose([2, 0, 1])",
    "crop": "transpose([1, 2, 0]) -> crop([4, 2]) -> transpose([2, 0, 1])",
    # A Resize that it moved before the Transpose would interpolate along axes that no kernel takes.
    "interpolation": "transpose([1, 2, 0]) -> upsample(2, mode=bilinear) -> transpose([2, 0, 1])",
    "cubic interpolation": "transpose([2, 1, 0]) -> upsample(size=[9, 5], mode=bicubic)"
    " -> transpose([2, 1, 0])",
    "mean": "transpose([1, 2, 0]) -> gap -> transpose([2, 0, 1])",
    "layer norm": "transpose([1, 2, 0]) -> layer_norm(axes=[1, 2], affine=false)"
    " -> transpose([2, 0, 1])",
    # Zeros that a Pad adds are not the padding of a pool, which is less than everything.
    "pool of zeros": "pad(1) -> maxpool(2x2)"
    " -> mul { identity; minus: parameter([1, 1, 1], -1.0) }",
    "turned pool of zeros": "pad(1) -> transpose([1, 2, 0]) -> transpose([2, 0, 1]) -> maxpool(2x2)"
    " -> mul { identity; minus: parameter([1, 1, 1], -1.0) }",
    "pool of zeros, all of them": "pad(1) -> slice(0, axis=1) -> maxpool(2x2)"
    " -> mul { identity; minus: parameter([1, 1, 1], -1.0) }",
    "more zeros than a window": "pad(2x2) -> maxpool(3x3, stride=1, pad=1)",
    "mean of more zeros than a window": "pad(3x3) -> avgpool(3x3, stride=1, pad=1)",
    "pool": "transpose([1, 2, 0]) -> maxpool(3x3, stride=1, pad=1) -> transpose([2, 0, 1])",
}


@pytest.mark.parametrize("body", BODIES)
def test_values_survive(body: str, tmp_path: Path) -> None:
    spec = tmp_path / "net.net"
    size = "8" if body in ("layer norm", "reflection") else "H=8"
    spec.write_text(f"net a {{\n    input x: [4, {size}, 6]\n    {BODIES[body]}\n    relu\n}}\n")
    program = load_program(str(spec))
    export(program, tmp_path / "net.onnx")
    x = torch.randn(2, 4, 8, 6, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = build(program).eval()(x)
    (found,) = run(tmp_path / "net.onnx", {"x": x.numpy()})
    assert largest_difference(found, expected.numpy()) <= 1e-6
