"""A long run: torchvision's models and the bundled nets, written to ONNX and imported again.

``python -m tests.onnx.importing.survey [--of torchvision|bundled] [--by newer|older|netlang|folded]
[--names a,b] [--log FILE]`` prints a line for each net, and counts at the end. ``newer`` and
``older`` are PyTorch's exporters, the newer one without folding; ``folded`` is netlang with norms
folded into convolutions. The weights are random, which the comparison doesn't mind. Unless an
exporter folds, all keys but batch norms' counters must be there, one for each tensor: of tied
weights, which a file has once, one key is enough.

Small nets come first. ``--size 96`` is for images of bundled nets whose height and width are
symbols, and texts whose length is, which otherwise have the spec's sizes. A name may be a call:
``--names "llama_7b(depth=4)"``.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from functools import partial
from pathlib import Path

from tests.importing.runs import finish, named, options, survey, tokens
from tests.onnx.importing.subjects import (
    bundled_names,
    from_bundled,
    from_torchvision,
    torchvision_names,
)
from tests.onnx.importing.support import imported

_FOLDING = ("older", "folded")


def _one(of: str, by: str, size: int, name: str) -> tuple[bool, str]:
    with tempfile.TemporaryDirectory() as folder:
        return _in_folder(of, by, Path(folder) / "net.onnx", name, size)


def _in_folder(of: str, by: str, path: Path, name: str, size: int = 0) -> tuple[bool, str]:
    bundled = of == "bundled"
    source = from_bundled(name, by, path, size) if bundled else from_torchvision(name, by, path)
    made = imported(path, *source.inputs, large=True)
    off = re.findall(r"difference ([^ ]+)", made.proof)[0]
    missing, more = source.missing(made.weights), source.others(made.weights)
    same = f"{len(missing)} keys missing, {len(more)} others" if missing or more else "equal keys"
    size_told = "any size" if "H=" in made.text else "one size"
    blocks = made.text.count("\nblock ")
    told = f"{tokens(made.text)} tokens, {blocks} blocks, {size_told}, off by {off}"
    return by in _FOLDING or not (missing or more), f"{told}, {same}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--of", choices=("torchvision", "bundled"), default="torchvision")
    parser.add_argument("--by", choices=("newer", "older", "netlang", "folded"), default="newer")
    parser.add_argument(
        "--size", type=int, default=0, help="of bundled images and texts of any size"
    )
    options(parser)
    asked = parser.parse_args()
    if asked.of == "torchvision" and asked.by in ("netlang", "folded"):
        parser.error("netlang exports its own nets: --of bundled")
    every = torchvision_names if asked.of == "torchvision" else bundled_names
    one = partial(_one, asked.of, asked.by, asked.size)
    finish(survey(named(asked, every), one, asked, asked.of, asked.by))


if __name__ == "__main__":
    main()
