"""A long run: torchvision's models as PyTorch and netlang write them to ONNX, imported again.

``python -m tests.onnx.importing.survey [--names a,b] [--by newer|older|netlang]`` prints a line for
each model, and counts at the end. The weights are random, which the comparison doesn't mind. The
newer exporter writes without folding, so that all keys but batch norms' counters must be there.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import torch
from torch import nn

import netlang
from netlang.diagnostics.errors import NetlangError
from tests.analysis.oracles import torchvision_models
from tests.importing.survey import classifiers, tokens
from tests.onnx.importing.support import exported, imported

__all__ = ["survey"]

SEGMENTATION = ("fcn_resnet50", "deeplabv3_resnet50", "lraspp_mobilenet_v3_large")
_COUNTER = "num_batches_tracked"


class _First(nn.Module):
    """A model that gives a dictionary, as one that gives its first entry."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.model(image)["out"]
        return found


def _module(name: str) -> tuple[nn.Module, int]:
    models = torchvision_models()
    torch.manual_seed(0)
    if name in SEGMENTATION:
        made = models.get_model(name, weights=None, weights_backbone=None, aux_loss=False)
        return _First(made).eval(), 64
    weights = models.get_model_weights(name)
    size = getattr(weights.DEFAULT.transforms(), "crop_size", [224])[0]
    rigid = name.startswith(("vit", "swin", "maxvit", "inception", "alexnet", "vgg"))
    return models.get_model(name, weights=None).eval(), size if rigid else 64


def _one(name: str, by: str, path: Path) -> tuple[bool, str]:
    if by == "netlang":
        netlang.load(name).onnx(path, fold=False, spec=False)
        keys = set[str]()
        made = imported(path, "[3, 224, 224]")
    else:
        module, size = _module(name)
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            exported(module, (3, size, size), path, newer=by == "newer")
        keys = {key for key in module.state_dict() if not key.endswith(_COUNTER)
                and not key.lower().startswith("aux")}  # fmt: skip
        made = imported(path)
    off = re.findall(r"difference ([^ ]+)", made.proof)[0]
    missing, more = keys - set(made.weights), set(made.weights) - keys
    same = f"{len(missing)} keys missing, {len(more)} others" if missing or more else "equal keys"
    size_told = "any size" if "H=" in made.text else "one size"
    blocks = made.text.count("\nblock ")
    told = f"{tokens(made.text)} tokens, {blocks} blocks, {size_told}, off by {off}"
    return by != "newer" or not (missing or more), f"{told}, {same}" if keys else told


def survey(names: Iterable[str], by: str) -> list[tuple[str, bool, str]]:
    """For each model whether it is imported with all keys, and its figures or what is missing."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            started = time.perf_counter()
            try:
                ok, told = _one(name, by, Path(folder) / f"{name}.onnx")
            except NetlangError as error:
                ok, told = False, re.sub(r"\s+", " ", str(error))[:300]
            except Exception as error:  # a traceback is a fault of ours, and counted
                ok, told = False, f"fault: {type(error).__name__}: {error}"[:300]
            seconds = time.perf_counter() - started
            print(f"{'ok' if ok else '--'}  {name:30} {told} ({seconds:.0f} s)", flush=True)
            rows.append((name, ok, told))
            for each in Path(folder).iterdir():
                each.unlink()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", default="")
    parser.add_argument("--by", choices=("newer", "older", "netlang"), default="newer")
    asked = parser.parse_args()
    names = asked.names.split(",") if asked.names else [*classifiers(), *SEGMENTATION]
    rows = survey(names, asked.by)
    good = sum(ok for _, ok, _ in rows)
    print(f"{good} of {len(rows)} imported")
    sys.exit(good < len(rows))


if __name__ == "__main__":
    main()
