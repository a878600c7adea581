"""A long run: every model of torchvision, and those of timm that the reference has, imported.

``python -m tests.importing.survey [--only torchvision|timm] [--names a,b] [--table FILE]`` prints
a line for each, and counts at the end. The weights are random, which the comparison doesn't mind.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from netlang.backends.torch.importing.imported import Imported, import_module
from netlang.backends.torch.importing.sources import example_of
from netlang.backends.torch.importing.spec import Asked
from netlang.backends.torch.importing.text.names import net_name
from netlang.diagnostics.errors import NetlangError
from tests.analysis.oracles import torchvision_models

__all__ = ["classifiers", "survey", "tokens"]

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "import_ops.json"
_PARTS = ("detection", "segmentation", "video", "quantization", "optical_flow")


def classifiers() -> list[str]:
    """The names of torchvision's classifiers of images."""
    models = torchvision_models()
    found: list[str] = models.list_models(module=models)
    return found


def timm_names() -> list[str]:
    """The models of timm that were measured for the reference."""
    measured = json.loads(REFERENCE.read_text(encoding="utf-8"))["models"].values()
    return [f"timm:{each['model']}" for each in measured if each["source"] == "timm"]


def tokens(text: str) -> int:
    """The number of words, numbers and marks of a text."""
    return len(re.findall(r"\w+|[^\w\s]", text))


def _module(name: str) -> tuple[nn.Module, tuple[int, ...]]:
    models = torchvision_models()
    if name.startswith("timm:"):
        import timm

        made: Any = timm.create_model(name.removeprefix("timm:"))
        return made, tuple(made.pretrained_cfg["input_size"])
    weights = models.get_model_weights(name)
    size = getattr(weights.DEFAULT.transforms(), "crop_size", [224])[0]
    return models.get_model(name, weights=None), (3, size, size)


def survey(names: Iterable[str]) -> list[tuple[str, bool, str]]:
    """For each model whether it could be imported, and its figures or the first thing missing."""
    rows = []
    for name in names:
        started = time.perf_counter()
        ok, told = _one(name)
        seconds = time.perf_counter() - started
        print(f"{'ok' if ok else '--'}  {name:36} {told} ({seconds:.0f} s)", flush=True)
        rows.append((name, ok, told))
    return rows


def _one(name: str) -> tuple[bool, str]:
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module, shape = _module(name)
        try:
            made = import_module(
                module,
                example_of([(torch.float32, shape)]),
                Asked(net_name(name), f"From {name}."),
            )
        except NetlangError as error:
            first = error.diagnostics[0]
            why = first.rows[:1] if first.code == "E0983" else first.rows[1:]
            why = why or (first.message,)
            return False, "; ".join(re.sub(r"\s+", " ", row) for row in why)[:300]
        except Exception as error:  # a traceback is a fault of ours, and counted
            return False, f"fault: {type(error).__name__}: {error}"[:300]
    assert isinstance(made, Imported)
    blocks = made.text.count("\nblock ")
    sizes = "any size" if "H=" in made.text else "one size"
    left = f", {len(made.proof.left_out)} keys left out" if made.proof.left_out else ""
    off = f"off by {made.proof.largest:.0e}" if made.proof.largest else "equal"
    return True, f"{tokens(made.text)} tokens, {blocks} blocks, {sizes}, {off}{left}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("torchvision", "timm"))
    parser.add_argument("--names", default="")
    parser.add_argument("--table", type=Path, help="write a table for the docs")
    asked = parser.parse_args()
    names = asked.names.split(",") if asked.names else []
    if not names:
        names = [] if asked.only == "timm" else classifiers()
        names += [] if asked.only == "torchvision" else timm_names()
    rows = survey(names)
    good = sum(ok for _, ok, _ in rows)
    print(f"{good} of {len(rows)} imported")
    if asked.table:
        lines = [f"| `{name}` | {'yes' if ok else 'no'} | {told} |" for name, ok, told in rows]
        asked.table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.exit(good < len(rows))


if __name__ == "__main__":
    main()
