"""Training beside what a good PyTorch user would write: ``python -m benchmarks.training pipeline``.

`pipeline` counts images a second from JPEG files to a tiny net's steps; `step` compares the time of
a step of a small net in memory with a raw loop and with Lightning.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import torch

from benchmarks.first_step import measured
from benchmarks.pictures import draw_folder
from benchmarks.pipeline import CLOCKS, compared
from benchmarks.training_step import compared as compared_steps

__all__ = ["main"]

PIPELINE_AT_LEAST = 1.2
STEP_AT_MOST = {"raw loop": 0.85, "Lightning": 0.65}
START_AT_MOST = 1.0


def _pipeline(told: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory() as temporary:
        folder = told.folder or Path(temporary)
        size = draw_folder(folder, told.images)
        print(f"{told.images} JPEGs of {size / 1000:.0f} kB, {told.workers} workers")
        ratios = compared(folder, told.images, told.workers, told.rounds)
    return _verdict(ratios[told.clock], PIPELINE_AT_LEAST)


def _verdict(ratio: float, at_least: float) -> bool:
    holds = ratio >= at_least
    verdict = "holds" if holds else "MISSED"
    print(f"{ratio:.2f} times the peer's, at least {at_least} wanted: {verdict}")
    return holds


def _step(told: argparse.Namespace) -> bool:
    ratios = compared_steps(told.steps, told.rounds, told.clock)
    for name, ratio in ratios.items():
        verdict = "holds" if ratio <= STEP_AT_MOST[name] else "MISSED"
        print(f"{ratio:.2f} of {name}'s time, at most {STEP_AT_MOST[name]} wanted: {verdict}")
    return all(ratio <= STEP_AT_MOST[name] for name, ratio in ratios.items())


def _start(told: argparse.Namespace) -> bool:
    taken = measured(told.rounds)
    holds = taken[told.clock] <= START_AT_MOST
    print(", ".join(f"{seconds:.2f} s by {clock} time" for clock, seconds in taken.items()))
    print(f"at most {START_AT_MOST} s wanted: {'holds' if holds else 'MISSED'}")
    return holds


def main() -> int:
    """Print one table; 1 if it misses its bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    pipeline = commands.add_parser("pipeline", help="images a second")
    pipeline.add_argument("--images", type=int, default=2000)
    pipeline.add_argument("--workers", type=int, default=1)
    pipeline.add_argument("--folder", type=Path, help="keep the images here for the next time")
    pipeline.add_argument("--rounds", type=int, default=5)
    pipeline.add_argument("--clock", choices=CLOCKS, default="wall")
    step = commands.add_parser("step", help="time of a step in memory")
    step.add_argument("--steps", type=int, default=1000)
    step.add_argument("--rounds", type=int, default=5)
    step.add_argument("--clock", choices=CLOCKS, default="wall")
    start = commands.add_parser("start", help="seconds to the first step")
    start.add_argument("--rounds", type=int, default=5)
    start.add_argument("--clock", choices=CLOCKS, default="wall")
    told = parser.parse_args()
    torch.set_num_threads(1)
    return int(not {"pipeline": _pipeline, "step": _step, "start": _start}[told.command](told))


if __name__ == "__main__":
    sys.exit(main())
