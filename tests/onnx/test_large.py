"""Models above the 2 GiB that protobuf can hold: a file of weights beside the model, read back."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from safetensors.numpy import save_file

from netlang.backends.onnx import Form, export
from netlang.backends.onnx.wire.gathered import gather_into
from netlang.elaborate import load_program
from tests.onnx.support import check_file, largest_difference, run

WIDTH, OUTPUTS = 1024, 540_000
SPEC = f"net wide {{\n    input x: [{WIDTH}]\n    relu -> fc: linear({OUTPUTS})\n}}\n"
GIB = 2**30
# What getrusage says of a process counts the memory of the one that started it.
COMMAND = """\
import sys
from netlang.cli import main
try:
    main(sys.argv[1:])
finally:
    print(*(line for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def compiled(folder: Path, *options: str) -> tuple[str, str, int]:
    """The names of the files written, and the most memory that it took in kB."""
    command = [sys.executable, "-c", COMMAND, "compile", "wide.net", "-o", "w.onnx", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    model, data, memory = (line.split()[1] for line in done.stdout.split("\n") if line)
    return model, data, int(memory)


@pytest.mark.slow
def test_above_2_gib(tmp_path: Path) -> None:
    """2.2 GB of weights: written without ever being in memory, checked, run and compared."""
    (tmp_path / "wide.net").write_text(SPEC)
    generator = np.random.default_rng(0)
    weight = generator.standard_normal((OUTPUTS, WIDTH), np.float32)
    bias = generator.standard_normal(OUTPUTS, np.float32)
    weights, path, data = (tmp_path / name for name in ("w.safetensors", "w.onnx", "w.onnx.data"))
    save_file({"fc.weight": weight, "fc.bias": bias}, weights)
    *names, memory = compiled(tmp_path, "--weights", weights.name)
    assert names == [path.name, data.name]
    assert memory < 500_000
    weights.unlink()
    assert path.stat().st_size < 10_000
    assert data.stat().st_size > 2 * GIB
    onnx.checker.check_model(path, full_check=True)
    x = generator.standard_normal((3, WIDTH), np.float32)
    (found,) = run(path, {"x": x})
    assert largest_difference(found, np.maximum(x, 0) @ weight.T + bias) <= 1e-5
    # Files of this size are too large to be kept.
    data.unlink()


@pytest.mark.parametrize("full", ["data", "model"])
def test_a_full_disk_leaves_both_files_that_were_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    path, beside = tmp_path / "net.onnx", tmp_path / "net.onnx.data"
    export(load_program("cnn"), path, form=Form(inline_limit=0))
    before = path.read_bytes(), beside.read_bytes()

    def gathered(temporary: Path, parts: Any, room: int = 0) -> None:
        is_data = temporary.name.startswith(".net.onnx.data.")
        if full == ("data" if is_data else "model"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        gather_into(temporary, parts, room)

    with monkeypatch.context() as patched:
        patched.setattr("netlang.backends.onnx.wire.file.gather_into", gathered)
        with pytest.raises(OSError, match="No space left"):
            export(load_program("cnn"), path, seed=1, form=Form(inline_limit=0))
    assert (path.read_bytes(), beside.read_bytes()) == before
    assert sorted(tmp_path.iterdir()) == [path, beside]
    export(load_program("cnn"), path, seed=1, form=Form(inline_limit=0))
    assert beside.read_bytes() != before[1]
    check_file(path)


def test_large_tables_are_made_by_the_runtime(tmp_path: Path) -> None:
    """A short text makes a short file, and the same numbers as a table that the file holds."""
    spec, path = tmp_path / "tables.net", tmp_path / "tables.onnx"
    spec.write_text(
        "net a {\n    input x: [2]\n    full([2, 1024, 1024], 0.5) -> half: amax(axes=[0, 1, 2])\n"
        "    linspace(1, 3, 1500000) -> three: amax(0)\n"
        "    arange(1200000, dtype=float) -> last: amax(0)\n"
        "    (x, half, three, last) -> add\n}\n",
        encoding="utf-8",
    )
    export(load_program(str(spec)), path)
    assert path.stat().st_size < 10_000
    (found,) = run(path, {"x": np.zeros((1, 2), np.float32)})
    assert np.array_equal(found, np.full((1, 2), 0.5 + 3 + 1_199_999, np.float32))
