"""Writing resnet50 as ONNX from a safetensors file, beside a plain file and torch's exporter.

All in one process, imports excluded; ours reads and elaborates the spec every time. Nothing stands
at the targets when a round begins, so that no side pays for removing what was there.
"""

from __future__ import annotations

import logging
import sys
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors.torch import save_file

from benchmarks.timing import compare
from netlang.backends.onnx import export
from netlang.elaborate import load_program
from tests.analysis.oracles import torchvision_models

__all__ = ["main"]

NET = "resnet50"
AT_MOST, AT_LEAST = 3.0, 20.0


def torch_export(model: torch.nn.Module, path: Path) -> None:
    """torch's exporter with a symbolic batch."""
    image, batch = torch.randn(2, 3, 224, 224), {0: torch.export.Dim("N")}
    torch.onnx.export(model, (image,), path, dynamo=True, dynamic_shapes=(batch,), verbose=False)


def main() -> int:
    """Print both ratios; 1 if one of them misses its bound."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    model = getattr(torchvision_models(), NET)().eval()
    with TemporaryDirectory() as name:
        folder = Path(name)
        weights, ours, plain, theirs = (folder / part for part in ("w.safetensors", "a", "b", "c"))
        save_file(model.state_dict(), weights)
        data = weights.read_bytes()

        def write_ours() -> None:
            ours.unlink(missing_ok=True)
            export(load_program(NET), ours, weights=weights)

        def write_plain() -> None:
            plain.unlink(missing_ok=True)
            plain.write_bytes(data)

        disk = compare(write_ours, write_plain, rounds=9)
        exporter = compare(write_ours, lambda: torch_export(model, theirs), rounds=2)
    print(f"{len(data) / 1e6:.0f} MB: {1 / disk.ratio:.2f} times as long as a plain file, {disk}")
    print(f"torch.onnx.export(dynamo=True): {exporter}")
    return int(disk.ratio < 1 / AT_MOST or exporter.ratio < AT_LEAST)


if __name__ == "__main__":
    sys.exit(main())
