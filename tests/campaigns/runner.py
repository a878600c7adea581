"""Campaigns in chunks over several processes: progress, and a state to go on from."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from tests.campaigns.report import Report, read_state, write_state

__all__ = ["STATES", "Settings", "campaign", "options", "settings"]

CHUNK = 25
STATES = Path(__file__).resolve().parents[2] / ".campaigns"
Work = Callable[[Sequence[int]], Report]


@dataclass(frozen=True)
class Settings:
    """How much to run and how: `count` specs from seed `seed` on."""

    name: str
    count: int
    seed: int
    workers: int
    resume: bool
    quiet: bool = False

    @property
    def state(self) -> Path:
        return STATES / f"{self.name}-{self.seed}.json"

    @property
    def identity(self) -> dict[str, object]:
        """What a saved state must have been made with."""
        return {"name": self.name, "count": self.count, "seed": self.seed}


def options(name: str, doc: str, count: int) -> argparse.ArgumentParser:
    """The command line that all campaigns have."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.campaigns.{name}", description=doc)
    parser.add_argument("--count", type=int, default=count, help="how many specs")
    parser.add_argument("--seed", type=int, default=1, help="where the seeds start")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--resume", action="store_true", help="go on from the saved state")
    return parser


def settings(name: str, given: argparse.Namespace) -> Settings:
    return Settings(name, given.count, given.seed, given.workers, given.resume)


def campaign(wanted: Settings, work: Work) -> Report:
    """Run `work` on every seed; the sum of its reports."""
    done, report = set[int](), Report()
    if wanted.resume and (saved := read_state(wanted.state, wanted.identity)):
        done, report = saved
    starts = range(wanted.seed, wanted.seed + wanted.count, CHUNK)
    left = [start for start in starts if start not in done]
    last = wanted.seed + wanted.count
    chunks = {start: range(start, min(start + CHUNK, last)) for start in left}
    progress = _Progress(wanted, report.examined)
    if wanted.workers <= 1:
        for start, seeds in chunks.items():
            report.add(work(seeds))
            _noted(wanted, done, start, report, progress)
        return report
    with _pool(wanted.workers) as pool:
        waiting = {pool.submit(work, seeds): start for start, seeds in chunks.items()}
        for finished in as_completed(waiting):
            report.add(finished.result())
            _noted(wanted, done, waiting[finished], report, progress)
    return report


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_one_thread)


def _one_thread() -> None:
    """Several processes share the cores: each of them computes in one thread."""
    import torch

    torch.set_num_threads(1)


def _noted(
    wanted: Settings, done: set[int], start: int, report: Report, progress: _Progress
) -> None:
    done.add(start)
    write_state(wanted.state, wanted.identity, done, report)
    progress.show(report)


class _Progress:
    """A line on the terminal, at most once a second; elsewhere once a minute."""

    def __init__(self, wanted: Settings, before: int) -> None:
        self._wanted, self._before = wanted, before
        self._start = self._shown = time.monotonic()
        self._live = sys.stderr.isatty()

    def show(self, report: Report) -> None:
        now, finished = time.monotonic(), report.examined >= self._wanted.count
        if self._wanted.quiet or (now - self._shown < (1 if self._live else 60) and not finished):
            return
        self._shown = now
        each = (now - self._start) / max(1, report.examined - self._before)
        left = each * (self._wanted.count - report.examined)
        line = (
            f"{self._wanted.name}: {report.examined} of {self._wanted.count}, "
            f"{len(report.failures)} failures, {1000 * each:.0f} ms each, {left:.0f} s left"
        )
        print(line, end="\r" if self._live and not finished else "\n", file=sys.stderr, flush=True)
