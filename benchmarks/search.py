"""What a search finds and how fast: ``python -m benchmarks.search digits``, ``... processes``.

`digits` compares the best of 20 trials with the recipe of `examples/digits.net` as it is, both by
the validation part, of which the search has chosen, and by the test part. `processes` counts the
trials a minute of two processes and of one, from the start of the first trial to the end of the
last: loading PyTorch, and the pictures at the end, take the same time however many trials there
are.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import netlang
from benchmarks.timing import environment
from netlang.searching.folder import SearchFolder

__all__ = ["main"]

PROCESSES_AT_LEAST = 1.7
_DIGITS = Path(__file__).resolve().parent.parent / "examples" / "digits.net"
_SPACES = (
    "optimizer=adamw(lr=log_uniform(5e-4, 5e-2), weight_decay=log_uniform(1e-4, 1))",
    "model=digits(width=int_log_uniform(16, 64))",
    "augment=rotate(uniform(0, 15))",
    "batch=choice(16, 32, 64)",
)


def _digits(told: argparse.Namespace) -> bool:
    """Whether the best trial has a better validation score than the recipe as it is."""
    keys = (f"epochs={told.epochs}", "validation=0.2")
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary)
        default = netlang.train(_DIGITS, *keys, out=out / "default", device="cpu", quiet=True)
        found = netlang.search(
            _DIGITS, *keys, *_SPACES, out=out / "search", device="cpu",
            method=told.method, trials=told.trials, seed=told.seed, jobs=told.jobs,
        )  # fmt: skip
        best = netlang.train(
            _DIGITS, *found.best.overrides, out=found.best.folder, resume=True, device="cpu",
            quiet=True,
        )  # fmt: skip
    print(f"as it is: {_said(default.scores)}")
    print(f"the best of {told.trials}: {_said(best.scores)}: {' '.join(found.best.overrides)}")
    holds = _ranked(best.scores) > _ranked(default.scores)
    print(f"{told.method}: better by validation wanted: {'holds' if holds else 'MISSED'}")
    return holds


def _ranked(scores: dict[str, float]) -> tuple[float, float]:
    """As the best weights of a run are chosen: by the accuracy, then by the loss."""
    return scores["validation accuracy"], -scores["validation loss"]


def _said(scores: dict[str, float]) -> str:
    return ", ".join(f"{name} {score:.4g}" for name, score in scores.items())


def _processes(told: argparse.Namespace) -> bool:
    """Whether two processes make 1.7 times the trials a minute of one; medians, in turns."""
    taken: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(told.rounds):
        for jobs, seconds in taken.items():
            seconds.append(_seconds(told, jobs))
    speeds: dict[int, float] = {
        jobs: 60 * told.trials / median(seconds) for jobs, seconds in taken.items()
    }
    ratio = speeds[2] / speeds[1]
    print(f"{speeds[1]:.1f} trials a minute by one process, {speeds[2]:.1f} by two")
    holds = bool(ratio >= PROCESSES_AT_LEAST)
    verdict = "holds" if holds else "MISSED"
    print(f"{ratio:.2f} times, at least {PROCESSES_AT_LEAST} wanted: {verdict}")
    return holds


def _seconds(told: argparse.Namespace, jobs: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        options = ["--trials", str(told.trials), "--jobs", str(jobs), "--out", folder + "/search"]
        keys = [f"epochs={told.epochs}", "validation=0.2", *_SPACES]
        command = ["-m", "netlang", "search", str(_DIGITS), *keys, *options, "--device", "cpu"]
        subprocess.run(
            [sys.executable, *command], env=environment(), check=True, capture_output=True
        )
        # A process writes the lock when it takes a trial, and the result when that has ended.
        trials = SearchFolder(Path(folder, "search")).trials
        begun = min(path.stat().st_mtime for path in trials.glob("[0-9]*.lock"))
        return max(path.stat().st_mtime for path in trials.glob("[0-9]*.json")) - begun


def main() -> int:
    """Print what was measured; 1 if it misses its bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    digits = commands.add_parser("digits", help="the best of some trials beside the recipe")
    digits.add_argument("--method", default="random")
    digits.add_argument("--seed", type=int, default=0)
    digits.add_argument("--jobs", type=int, default=1)
    digits.add_argument("--trials", type=int, default=20)
    digits.add_argument("--epochs", type=int, default=10)
    processes = commands.add_parser("processes", help="trials a minute by one and by two")
    processes.add_argument("--rounds", type=int, default=2)
    processes.add_argument("--trials", type=int, default=20)
    processes.add_argument("--epochs", type=int, default=5)
    told = parser.parse_args()
    return 0 if (_digits if told.command == "digits" else _processes)(told) else 1


if __name__ == "__main__":
    sys.exit(main())
