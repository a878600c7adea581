"""A long run: torchvision's models and the bundled nets, written to ONNX and imported again.

``python -m tests.onnx.importing.survey [--of torchvision|bundled] [--by newer|older|netlang|folded]
[--names a,b] [--log FILE]`` prints a line for each net, and counts at the end. ``newer`` and
``older`` are PyTorch's exporters, the newer one without folding; ``folded`` is netlang with norms
folded into convolutions. The weights are random, which the comparison doesn't mind. Unless an
exporter folds, all keys but batch norms' counters must be there.

With ``--log`` each line is kept, and a run goes on behind those that are in the file; ``--again``
tries the ones that failed anew. Small nets come first.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import tempfile
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from tests.importing.survey import finish, survey, tokens
from tests.onnx.importing.subjects import (
    bundled_names,
    from_bundled,
    from_torchvision,
    torchvision_names,
)
from tests.onnx.importing.support import imported

_FOLDING = ("older", "folded")


def _one(of: str, by: str, path: Path, name: str) -> tuple[bool, str]:
    source = (from_torchvision if of == "torchvision" else from_bundled)(name, by, path)
    made = imported(path, *source.inputs)
    off = re.findall(r"difference ([^ ]+)", made.proof)[0]
    missing, more = source.keys - set(made.weights), set(made.weights) - source.keys
    same = f"{len(missing)} keys missing, {len(more)} others" if missing or more else "equal keys"
    size_told = "any size" if "H=" in made.text else "one size"
    blocks = made.text.count("\nblock ")
    told = f"{tokens(made.text)} tokens, {blocks} blocks, {size_told}, off by {off}"
    return by in _FOLDING or not (missing or more), f"{told}, {same}"


def _kept(
    names: Iterable[str], of: str, by: str, log: Path | None
) -> Iterator[tuple[str, bool, str]]:
    """How each net goes, which is written into the log."""
    with tempfile.TemporaryDirectory() as folder:
        for name, ok, told in survey(names, partial(_one, of, by, Path(folder) / "net.onnx")):
            if log is not None:
                with log.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([of, by, name, ok, told]) + "\n")
            for each in Path(folder).iterdir():
                each.unlink()
            yield name, ok, told


def _tried(log: Path | None, of: str, by: str) -> dict[str, tuple[bool, str]]:
    """What is in the log: for each net, how it last went."""
    lines = log.read_text(encoding="utf-8").splitlines() if log is not None and log.exists() else []
    rows = [json.loads(line) for line in lines]
    return {name: (ok, told) for a, b, name, ok, told in rows if (a, b) == (of, by)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--of", choices=("torchvision", "bundled"), default="torchvision")
    parser.add_argument("--by", choices=("newer", "older", "netlang", "folded"), default="newer")
    parser.add_argument("--names", default="", help="only these")
    parser.add_argument("--log", type=Path, help="keep the lines in this file, and go on from it")
    parser.add_argument("--again", action="store_true", help="try again what failed in the log")
    parser.add_argument("--most", type=float, default=math.inf, help="millions of weights of a net")
    asked = parser.parse_args()
    if asked.of == "torchvision" and asked.by in ("netlang", "folded"):
        parser.error("netlang exports its own nets: --of bundled")
    every = torchvision_names if asked.of == "torchvision" else bundled_names
    names = asked.names.split(",") if asked.names else every(asked.most * 1e6)
    tried = _tried(asked.log, asked.of, asked.by)
    left = [name for name in names if name not in tried or (asked.again and not tried[name][0])]
    tried |= {name: (ok, told) for name, ok, told in _kept(left, asked.of, asked.by, asked.log)}
    finish([(name, *tried[name]) for name in names])


if __name__ == "__main__":
    main()
