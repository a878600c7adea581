"""Files with operators that the language lacks, imported with holes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from netlang.backends.onnx.importing import import_file
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import elaborate_target, resolve_text
from netlang.targets.importing import ImportedNet, ImportOptions
from tests.onnx.importing.support import lines_of, model_of, saved

WEIGHT = np.ones((4, 3, 1, 1), np.float32)


def stub(path: Path) -> ImportedNet:
    return import_file(ImportOptions(str(path), stub=True))


@pytest.mark.parametrize("batch", ["N", 2])
def test_an_operator_that_is_missing(tmp_path: Path, batch: str | int) -> None:
    """`NonZero` is of a size that nothing but the numbers decides: the hole is what reads it."""
    nodes = [
        helper.make_node("Conv", ["x", "conv.weight"], ["c"]),
        helper.make_node("Erf", ["c"], ["e"]),
        helper.make_node("NonZero", ["e"], ["places"]),
        helper.make_node("Relu", ["e"], ["r"]),
        helper.make_node("Compress", ["r", "places"], ["lost"]),
        helper.make_node("Conv", ["e", "last.weight"], ["y"]),
    ]
    weights = {"conv.weight": WEIGHT, "last.weight": np.ones((2, 4, 1, 1), np.float32)}
    made = stub(saved(model_of(nodes, weights, (batch, 3, 8, 8)), tmp_path))
    assert made.program is None
    assert set(made.weights) == set(weights)
    assert "not compared: it has a hole" in made.proof
    assert lines_of(made)[3:6] == [
        "conv: conv(4, 1x1, bias=false)",
        'hole([4, 8, 8], "Erf", why="an erf outside of a GELU")',
        "last: conv(2, 1x1, bias=false)",
    ]
    with pytest.raises(NetlangError, match="E0537"):
        elaborate_target(resolve_text(made.text, None))


def test_weights_that_a_hole_reads_are_parameters(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("DeformConv", ["x", "bend.weight", "bend.offset"], ["d"]),
        helper.make_node("Relu", ["d"], ["y"]),
    ]
    stored = {"bend.weight": WEIGHT, "bend.offset": np.ones((1, 2, 8, 8), np.float32)}
    made = stub(saved(model_of(nodes, stored, opset=19), tmp_path))
    assert set(made.weights) == set(stored)
    assert any("(x, weight, here) -> hole([4, 8, 8], \"DeformConv\"" in line
               for line in lines_of(made)), made.text  # fmt: skip


def test_an_output_of_unknown_size_ends_the_import(tmp_path: Path) -> None:
    nodes = [helper.make_node("NonZero", ["x"], ["y"])]
    with pytest.raises(NetlangError, match=r"E0982(.|\n)*NonZero"):
        stub(saved(model_of(nodes), tmp_path))
