"""Writing resnet50 as ONNX from a safetensors file, beside a plain file and torch's exporter.

All in one process, imports excluded. Norms are folded into the convolutions before them, unless
`--no-fold` says that each step of the spec stays. Ours reads and elaborates the spec every time and
looks for values that aren't finite. A plain file is the bytes of the weights written from memory,
so that it reads nothing. Both sides remove what the round before has left. Torch's exporter takes
seconds and has two rounds; it is compared with the median of our rounds beside the plain file, in
the same process, since now and then a write takes several times as long as usual. With
`--clock cpu` the processor's time alone counts, for a machine that is busy.
"""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import torch
from safetensors.torch import save_file

from benchmarks.timing import Comparison, compare
from netlang.backends.onnx.exporter import export
from netlang.backends.onnx.form import Form
from netlang.elaborate import load_program
from tests.analysis.oracles import torchvision_models

__all__ = ["main"]

NET = "resnet50"
AT_MOST = {"each step": 1.5, "folded": 2.0}
AT_LEAST = 50.0


def torch_export(model: torch.nn.Module, path: Path) -> None:
    """torch's exporter with a symbolic batch."""
    image, batch = torch.randn(2, 3, 224, 224), {0: torch.export.Dim("N")}
    torch.onnx.export(model, (image,), path, dynamo=True, dynamic_shapes=(batch,), verbose=False)


def main() -> int:
    """Print both ratios; 1 if one of them misses its bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    parser.add_argument("--no-fold", action="store_true", help="write each step of the spec")
    parser.add_argument("--only-disk", action="store_true", help="leave out torch's exporter")
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    form = Form(fold=not arguments.no_fold)
    clock = process_time if arguments.clock == "cpu" else perf_counter
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
            export(load_program(NET), ours, weights=weights, form=form)

        def write_plain() -> None:
            plain.unlink(missing_ok=True)
            plain.write_bytes(data)

        disk = compare(write_ours, write_plain, arguments.rounds, clock)
        if not arguments.only_disk:
            theirs_took = compare(write_ours, lambda: torch_export(model, theirs), 2, clock).peer
    most = AT_MOST["each step" if arguments.no_fold else "folded"]
    times = f"{1 / disk.ratio:.2f} times as long as a plain file"
    print(f"{len(data) / 1e6:.0f} MB: {times}, {disk}")
    if arguments.only_disk:
        return int(disk.ratio < 1 / most)
    exporter = Comparison(disk.ours, theirs_took)
    print(f"torch.onnx.export(dynamo=True): {exporter}")
    return int(disk.ratio < 1 / most or exporter.ratio < AT_LEAST)


if __name__ == "__main__":
    sys.exit(main())
