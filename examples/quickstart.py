"""A net in Python: its facts without PyTorch, then the module, an ONNX file and a diagram.

Run as ``python examples/quickstart.py [FOLDER]``; the files go to FOLDER, or here.
"""

from __future__ import annotations

import sys
from pathlib import Path

import netlang

__all__ = ["main"]


def main(folder: Path) -> None:
    net = netlang.load(str(Path(__file__).with_name("digits.net")), classes=10)
    print(f"{net.name}: {net.params:,} parameters, {net.macs:,} MACs, {net.flops:,} FLOPs")
    print(f"on 56x56 images: {net.summary(H=56, W=56).macs:,} MACs")

    import torch

    module = net.torch(seed=0)
    logits = module(torch.zeros(2, 1, 28, 28))
    print(f"logits of two images: {tuple(logits.shape)}")

    print(f"wrote {net.onnx(folder / 'digits.onnx')} and {net.draw(folder / 'digits.svg')}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
