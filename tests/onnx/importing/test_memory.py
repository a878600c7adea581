"""How many times an import holds the weights of a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.endless import ENDLESS
from tests.quality import ROOT

SIZE = 7_000
"""Rows and columns of a weight of 196 MB."""
TIMES = 4.2
"""That of the file, as it is stored and under its key; or the one under its key, turned for the
file, and the spec's own. The rest is what else reading and computing take."""
MEASURED = """
import re, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import torch
from netlang.backends.onnx.importing.imported import import_file
from netlang.backends.onnx.runtime import runtime
from netlang.targets.importing import ImportOptions

def peak():
    told = Path("/proc/self/status").read_text()  # not that of the process before its exec, too
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", told)[1]) * 1024

torch.set_num_threads(1)
runtime()
import_file(ImportOptions(sys.argv[2]))
before = peak()
import_file(ImportOptions(sys.argv[3]))
print(peak() - before)
"""


def save(path: Path, size: int) -> Path:
    """A map whose weight is turned in the file, as PyTorch's are where a product has one."""
    weight = np.arange(size * size, dtype=np.float32).reshape(size, size) % 7 / size
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "fc.weight"], ["y"])],
        "map",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", size])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", size])],
        [numpy_helper.from_array(weight, "fc.weight")],
    )
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def test_weights_are_held_a_few_times(tmp_path: Path) -> None:
    files = [save(tmp_path / f"{size}.onnx", size) for size in (4, SIZE)]
    command = [sys.executable, "-c", MEASURED, str(ROOT), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=ENDLESS)
    assert 2 < int(done.stdout) / (4 * SIZE**2) < TIMES
