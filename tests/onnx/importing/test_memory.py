"""How many times an import holds the weights of a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

import netlang
from tests.importing.peak import peak_bytes
from tests.onnx.importing.support import model_of

SIZE, LAYERS = 2_500, 8
"""Rows and columns of a weight of 25 MB, and the number of those."""
ONCE = 4 * SIZE**2 * LAYERS
FORMS = {"inside": 1.4, "at odd places": 2.3, "beside": 1.4}
"""How many times the weights are in memory at most: once as the pages of the file, which are the
system's, and as a copy where the processor can't read them from there. The rest is a layer that is
turned, what reading and computing take, and that a machine may have pages of 64 KiB."""


def save(path: Path, size: int, form: str) -> Path:
    """A file of linear maps."""
    if form == "beside":
        location = f"{size}.data"
        onnx.save(_turning(size), path, save_as_external_data=True, location=location)
        return path
    body = f"input x: [{size}]\n    repeat {LAYERS} {{ linear({size}) }}"
    netlang.loads(f"net maps {{\n    {body}\n}}\n").onnx(path, spec=False)
    if form == "at odd places":
        path.write_bytes(b"\x32\x01 " + path.read_bytes())  # a description of one letter
    return path


def _turning(size: int) -> onnx.ModelProto:
    """A file whose weights are turned by steps, as PyTorch's are, all of which could come first."""
    weight = np.arange(size * size, dtype=np.float32).reshape(size, size) % 7 / size
    names = ["x", *(f"x{n}" for n in range(1, LAYERS)), "y"]
    nodes = [
        node
        for n in range(LAYERS)
        for node in (
            helper.make_node("Transpose", [f"{n}.weight"], [f"w{n}"], perm=[1, 0]),
            helper.make_node("MatMul", [names[n], f"w{n}"], [names[n + 1]]),
        )
    ]
    weights = {f"{n}.weight": weight for n in range(LAYERS)}
    return model_of(nodes, weights, shape=("N", size))


@pytest.mark.parametrize("form", FORMS)
def test_weights_are_held_at_most_twice(form: str, tmp_path: Path) -> None:
    small, large = (save(tmp_path / f"{size}.onnx", size, form) for size in (200, SIZE))
    assert peak_bytes(small, large) / ONCE < FORMS[form]
