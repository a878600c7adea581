"""The ten models of torchvision that ours are timed beside, and what two tables of them share.

One of each of the ten most cited families, from 1.4 to 138 million parameters: those whose
constructors spend their time on drawing weights, and those that spend it on making modules.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from benchmarks.timing import Pairs

__all__ = ["CLOCKS", "TEN", "arguments", "image_size", "report", "show", "write"]

TEN = (
    "alexnet", "vgg16", "googlenet", "inception_v3", "resnet50", "densenet121", "mobilenet_v2",
    "shufflenet_v2_x1_0", "efficientnet_b0", "convnext_tiny",
)  # fmt: skip
CLOCKS = {"wall": perf_counter, "cpu": process_time}


def image_size(net: str) -> int:
    """Height and width of the images that the model was published with."""
    return 299 if net == "inception_v3" else 224


def arguments(about: str | None, rounds: int) -> argparse.ArgumentParser:
    """What both commands can be told."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--rounds", type=int, default=rounds, help="pairs of runs for each model")
    parser.add_argument("--nets", nargs="+", default=TEN, metavar="NET", help="other models")
    parser.add_argument(
        "--clock", choices=CLOCKS, default="wall", help="cpu leaves out what others use"
    )
    parser.add_argument("--json", type=Path, help="a file for every time that was taken")
    return parser


def show(net: str, found: Pairs) -> None:
    """One row, as soon as it is known."""
    print(f"{net:20} {found}", flush=True)


def report(
    what: str, found: Mapping[str, Pairs], at_most: float, each: float | None = None
) -> bool:
    """Print the median over the models; whether it and each of them is within its bound."""
    times = median(pair.times for pair in found.values())
    over = [net for net, pair in found.items() if each is not None and pair.times > each]
    holds = times <= at_most and not over
    verdict = "holds" if holds else "MISSED"
    wanted = f"at most {at_most}" + ("" if each is None else f" and {each} for each")
    named = f" ({', '.join(over)})" if over else ""
    print(f"{what}: {times:.3f} times torchvision's, {wanted} wanted: {verdict}{named}\n")
    return holds


def write(path: Path | None, tables: Mapping[str, Mapping[str, Pairs]]) -> None:
    """Every time as JSON, if a file was asked for."""
    if path is not None:
        plain = {
            what: {net: {"ours": pair.ours, "peer": pair.peer} for net, pair in table.items()}
            for what, table in tables.items()
        }
        path.write_text(json.dumps(plain, indent=1), encoding="utf-8")
