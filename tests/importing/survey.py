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
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import nn

from netlang.backends.torch.importing.imported import Imported, import_module
from netlang.backends.torch.importing.sources import example_of
from netlang.backends.torch.importing.spec import Asked
from netlang.backends.torch.importing.text.names import net_name
from netlang.diagnostics.errors import NetlangError
from tests.analysis.oracles import torchvision_models

__all__ = ["classifiers", "finish", "survey", "tokens"]

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


def survey(
    names: Iterable[str], one: Callable[[str], tuple[bool, str]]
) -> Iterator[tuple[str, bool, str]]:
    """For each model whether it could be imported, and its figures or what is missing, as printed.

    `one` imports the model of a name. It raises `NetlangError` if it can't be imported.
    """
    for name in names:
        started = time.perf_counter()
        ok, told = _tried(name, one)
        seconds = time.perf_counter() - started
        print(f"{'ok' if ok else '--'}  {name:36} {told} ({seconds:.0f} s)", flush=True)
        yield name, ok, told


def _tried(name: str, one: Callable[[str], tuple[bool, str]]) -> tuple[bool, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return one(name)
        except NetlangError as error:
            first = error.diagnostics[0]
            why = "; ".join([first.message, *first.rows])
            return False, re.sub(r"\s+", " ", why)[:400]
        except Exception as error:  # a traceback is a fault of ours, and counted
            return False, f"fault: {type(error).__name__}: {error}"[:400]


def finish(rows: Sequence[tuple[str, bool, str]]) -> NoReturn:
    """Print how many were imported, and end with 1 if some weren't."""
    good = sum(ok for _, ok, _ in rows)
    print(f"{good} of {len(rows)} imported")
    sys.exit(good < len(rows))


def _one(name: str) -> tuple[bool, str]:
    torch.manual_seed(0)
    module, shape = _module(name)
    made = import_module(
        module, example_of([(torch.float32, shape)]), Asked(net_name(name), f"From {name}.")
    )
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
    rows = list(survey(names, _one))
    if asked.table:
        lines = [f"| `{name}` | {'yes' if ok else 'no'} | {told} |" for name, ok, told in rows]
        asked.table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    finish(rows)


if __name__ == "__main__":
    main()
