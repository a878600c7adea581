"""`netlang verify` compares the net in a file that prepares images and makes classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from tests.cli.support import Runner

NET = """\
net small {
    input image: [3, H=32, W=32]
    a: conv(4, 3x3, stride=2) -> bn -> relu -> b: conv(6, 3x3) -> relu -> gap -> flatten
    output scores: linear(5)
}
"""
ENDS = ("--preprocess", "imagenet(resize=40, crop=32)", "--postprocess", "topk(2)")


@pytest.mark.parametrize("more", [(), ("--fp16",), ("--no-fold",), ("--layout", "nchw")])
def test_a_file_with_ends(more: tuple[str, ...], run: Runner) -> None:
    Path("n.net").write_text(NET, encoding="utf-8")
    assert run("compile", "n.net", "-o", "n.onnx", *ENDS, *more).status == 0
    done = run("verify", "n.net", "--onnx", "n.onnx")
    assert done.status == 0, done.err
    assert "isn't compared: only the net is" in done.err
    assert "and all agree with PyTorch and the IR" in done.out


def test_a_fault_in_it_is_found(run: Runner) -> None:
    Path("n.net").write_text(NET, encoding="utf-8")
    assert run("compile", "n.net", "-o", "n.onnx", *ENDS).status == 0
    model = onnx.load("n.onnx")
    (stored,) = (each for each in model.graph.initializer if each.name == "b.weight")
    changed = numpy_helper.to_array(stored) * np.float32(1.1)
    stored.CopyFrom(numpy_helper.from_array(changed, "b.weight"))
    onnx.save(model, "n.onnx")
    assert "error[E0937]: `b` of `n.onnx`" in run.refused("verify", "n.net", "--onnx", "n.onnx")


def test_another_net(run: Runner) -> None:
    """A file that doesn't make the net's values is still another net's."""
    Path("n.net").write_text(NET, encoding="utf-8")
    assert run("compile", "n.net", "-o", "n.onnx", *ENDS).status == 0
    Path("m.net").write_text(NET.replace("scores", "logits"), encoding="utf-8")
    assert "error[E0936]" in run.refused("verify", "m.net", "--onnx", "n.onnx")
