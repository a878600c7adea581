"""Writing resnet50 as ONNX from a safetensors file, beside writing its bytes and beside torch's exporter.

Run ``python benchmarks/onnx_export.py``. Times are in process, imports excluded: the best of `ROUNDS`
for the two writers, one run for torch, which takes seconds.
"""

from __future__ import annotations

import logging
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors.torch import save_file

from netlang.backends.onnx import export
from netlang.elaborate import load_program

__all__ = ["main"]

ROUNDS = 7
AT_MOST, AT_LEAST = 3.0, 20.0


def seconds(action: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The shortest of some runs: what disturbs a run only ever makes it longer."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def torch_export(model: torch.nn.Module, path: Path) -> None:
    """torch's exporter, as its documentation calls it, for a symbolic batch."""
    image = torch.randn(2, 3, 224, 224)
    batch = {0: torch.export.Dim("N")}
    torch.onnx.export(
        model, (image,), path, dynamo=True, dynamic_shapes=(batch,), verbose=False
    )


def written_by_torch(folder: Path) -> float:
    """Seconds that torch's exporter takes; its import and first use are paid before."""
    from benchmarks.peers import torchvision_models

    models = torchvision_models()
    torch_export(models.mobilenet_v2(weights=None).eval(), folder / "warm.onnx")
    model = models.resnet50(weights=None).eval()
    return seconds(lambda: torch_export(model, folder / "torch.onnx"), rounds=1)


def main() -> int:
    """Print both ratios; 1 if one of them misses its bound."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    program = load_program("resnet50")
    with TemporaryDirectory() as name:
        folder = Path(name)
        weights, target, plain = (folder / f for f in ("w.safetensors", "net.onnx", "bytes"))
        export(program, target)
        save_file(_state(target), weights)
        data = weights.read_bytes()
        ours = seconds(lambda: export(load_program("resnet50"), target, weights=weights))
        copy = seconds(lambda: plain.write_bytes(data))
        theirs = written_by_torch(folder)
    print(f"writing {len(data) / 1e6:.0f} MB to disk  {copy * 1e3:8.1f} ms")
    print(f"netlang, spec to .onnx    {ours * 1e3:8.1f} ms")
    print(f"torch.onnx.export         {theirs * 1e3:8.1f} ms")
    print(f"of the time of writing the bytes: {ours / copy:.2f}x (at most {AT_MOST:g}x)")
    print(f"faster than torch.onnx.export: {theirs / ours:.0f}x (at least {AT_LEAST:g}x)")
    return int(ours / copy > AT_MOST or theirs / ours < AT_LEAST)


def _state(path: Path) -> dict[str, torch.Tensor]:
    """The weights of a model file by their keys."""
    import onnx

    graph = onnx.load(path).graph
    tensors = ((t.name, onnx.numpy_helper.to_array(t)) for t in graph.initializer)
    return {name: torch.from_numpy(value.copy()) for name, value in tensors if "/" not in name}


if __name__ == "__main__":
    sys.exit(main())
