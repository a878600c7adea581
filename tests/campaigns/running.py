"""What every campaign shares: numbered trials in several processes, progress, resuming, verdicts.

A campaign is a function from a number to a `Verdict`. Trial `index` of ``--seed s`` has the number
``s * MOST + index``, so a run can be repeated, cut short and gone on with, and ``--only NUMBER``
repeats one trial. A trial that raises is a failure like any other, and so is one that brings its
process down.

The state is a JSON file that is replaced after every chunk; ``--resume`` goes on from it.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import final

from tests.campaigns.files import CASES, replace_text, save_case
from tests.quality import ROOT

__all__ = ["MOST", "Campaign", "Failure", "State", "Verdict", "command", "run_here"]

MOST = 1_000_000
"""Trials of one seed: the numbers of two seeds don't meet."""
LIFE = 50
"""Chunks that a process does before another takes its place."""
STATES = ROOT / "build" / "campaigns"
FAILED = 1


@final
@dataclass(frozen=True)
class Failure:
    """What went wrong: one line that is the same for the same fault, details, and the inputs.

    `files` are the texts that show it, by file name.
    """

    what: str
    details: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


@final
@dataclass(frozen=True)
class Verdict:
    """What one trial found: failures, and counts to add up over all trials."""

    failures: tuple[Failure, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


Trial = Callable[[int], Verdict]
Shrink = Callable[[Failure], Failure]


@final
@dataclass(frozen=True)
class Campaign:
    """A campaign by its name; `trial` and `shrink` are functions of a module."""

    name: str
    about: str
    trial: Trial
    shrink: Shrink | None = None
    summary: Callable[[Mapping[str, int]], str] | None = None
    chunk: int = 20


@final
@dataclass
class State:
    """How far a run has come: chunks done, counts so far, failures by trial."""

    seed: int
    count: int
    chunk: int
    done: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    failures: list[tuple[int, dict[str, object]]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def pending(self) -> list[int]:
        """The numbers of the chunks that are still to do."""
        done = set(self.done)
        return [n for n in range(-(-self.count // self.chunk)) if n not in done]

    @property
    def finished(self) -> int:
        """How many trials are done."""
        return sum(len(self.numbers(number)) for number in self.done)

    def numbers(self, chunk: int) -> range:
        """The trials of a chunk."""
        first = self.seed * MOST
        last = min((chunk + 1) * self.chunk, self.count)
        return range(first + chunk * self.chunk, first + last)

    def add(self, number: int, verdict: Verdict) -> None:
        for name, count in verdict.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count
        self.failures += [(number, asdict(failure)) for failure in verdict.failures]

    def write(self, path: Path) -> None:
        replace_text(path, json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> State:
        data = json.loads(path.read_text(encoding="utf-8"))
        data["failures"] = [(number, failure) for number, failure in data["failures"]]
        return cls(**data)


def tried(trial: Trial, number: int) -> Verdict:
    """The verdict of one trial; an exception is a failure."""
    try:
        return trial(number)
    except Exception as error:
        what = f"the trial raised {type(error).__name__}"
        return Verdict((Failure(what, traceback.format_exc()),))


def _chunk(trial: Trial, numbers: range) -> list[tuple[int, Verdict]]:
    return [(number, tried(trial, number)) for number in numbers]


def run_here(campaign: Campaign, count: int, seed: int) -> State:
    """A short run in this process, for tests."""
    state = State(seed, count, count)
    for number in state.numbers(0):
        state.add(number, tried(campaign.trial, number))
    state.done.append(0)
    return state


def command(campaign: Campaign, arguments: Sequence[str] | None = None) -> int:
    """The command line of a campaign: its exit status is 1 where something failed."""
    options = _options(campaign, arguments)
    if options.only is not None:
        verdict = tried(campaign.trial, options.only)
        for failure in verdict.failures:
            print(_told(options.only, failure, details=True))
        print("failed" if verdict.failures else "passed", dict(verdict.counts))
        return FAILED if verdict.failures else 0
    path = options.state or STATES / f"{campaign.name}-{options.seed}-{options.count}.json"
    state = State(options.seed, options.count, campaign.chunk)
    if options.resume and path.exists():
        state = State.read(path)
        if (state.seed, state.count) != (options.seed, options.count):
            print(f"{path} is the state of another run", file=sys.stderr)
            return 2
    path.parent.mkdir(parents=True, exist_ok=True)
    _run(campaign, state, path, options.workers)
    return _report(campaign, state, save=options.save)


def _options(campaign: Campaign, arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(
        prog=f"python -m tests.campaigns.{campaign.name}", description=campaign.about
    )
    parser.add_argument("--count", type=int, default=100, help="how many trials")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--only", type=int, metavar="NUMBER", help="repeat this one trial")
    parser.add_argument("--state", type=Path, help="where to keep how far the run has come")
    parser.add_argument("--resume", action="store_true", help="go on from the state")
    parser.add_argument(
        "--save", action="store_true", help=f"shrink failures and keep them in {CASES.name}"
    )
    return parser.parse_args(arguments)


def _run(campaign: Campaign, state: State, path: Path, workers: int) -> None:
    """Do the chunks that are left; the state is written after each."""
    started = time.monotonic() - state.seconds
    progress = _Progress(campaign.name, state.count, state.finished)
    for chunk, found in _results(campaign.trial, state, workers):
        for number, verdict in found:
            state.add(number, verdict)
        state.done.append(chunk)
        state.seconds = time.monotonic() - started
        state.write(path)
        progress.show(state)
    progress.end()


def _results(
    trial: Trial, state: State, workers: int
) -> Iterator[tuple[int, list[tuple[int, Verdict]]]]:
    """The chunks as they are done, each in one of the processes."""
    pending = state.pending
    while pending:
        broken: list[int] = []
        # Fresh processes now and then keep the caches of long runs small; those that the executor
        # itself replaces hang (CPython issue 115634).
        share, pending = pending[: LIFE * workers], pending[LIFE * workers :]
        with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
            waiting: dict[Future[list[tuple[int, Verdict]]], int] = {}
            while share or waiting:
                while share and len(waiting) < 2 * workers and not broken:
                    chunk = share.pop(0)
                    try:
                        waiting[pool.submit(_chunk, trial, state.numbers(chunk))] = chunk
                    except BrokenProcessPool:
                        broken.append(chunk)
                if not waiting:
                    break
                for done in wait(waiting, return_when=FIRST_COMPLETED).done:
                    chunk = waiting.pop(done)
                    try:
                        yield chunk, done.result()
                    except BrokenProcessPool:
                        broken.append(chunk)
        pending = [*share, *pending]  # of a pool that broke
        for chunk in broken:
            yield chunk, [(n, _alone(trial, n)) for n in state.numbers(chunk)]


def _alone(trial: Trial, number: int) -> Verdict:
    """A trial in a process of its own: one that brings it down is a failure."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(tried, trial, number).result()
        except BrokenProcessPool:
            return Verdict((Failure("the trial brought its process down"),))


@final
class _Progress:
    """A line that says how far a run has come: redrawn on a terminal, now and then in a log."""

    def __init__(self, name: str, count: int, finished: int) -> None:
        self.name, self.count, self.first = name, count, finished
        self.started = self.shown = time.monotonic()
        self.redraws = sys.stderr.isatty()

    def show(self, state: State) -> None:
        now = time.monotonic()
        if now - self.shown < (0.5 if self.redraws else 30) and state.pending:
            return
        self.shown = now
        finished = state.finished
        left = (now - self.started) / max(1, finished - self.first) * (self.count - finished)
        text = f"{self.name}: {finished:,} of {self.count:,}, {len(state.failures)} failed"
        text += f", {left:.0f} s left" if state.pending else f", {state.seconds:.0f} s"
        print(f"\r{text}   " if self.redraws else text, end="", file=sys.stderr, flush=True)
        if not self.redraws:
            print(file=sys.stderr)

    def end(self) -> None:
        if self.redraws:
            print(file=sys.stderr)


def _report(campaign: Campaign, state: State, *, save: bool) -> int:
    kinds: dict[str, tuple[int, Failure]] = {}
    for number, fields in state.failures:
        failure = Failure(**fields)  # type: ignore[arg-type]
        kinds.setdefault(failure.what, (number, failure))
    for number, failure in kinds.values():
        print(_told(number, failure, details=True))
        if save:
            small = campaign.shrink(failure) if campaign.shrink else failure
            print(f"kept as {save_case(campaign.name, number, small.files)}")
    print(campaign.summary(state.counts) if campaign.summary else _table(state.counts))
    verdict = f"{len(state.failures)} failures of {len(kinds)} kinds" if kinds else "0 failures"
    print(f"{campaign.name}: {state.finished:,} trials, seed {state.seed}: {verdict},", end=" ")
    print(f"{state.seconds:.0f} s")
    return FAILED if kinds else 0


def _told(number: int, failure: Failure, *, details: bool) -> str:
    return f"{number}: {failure.what}" + (f"\n{failure.details}" if details else "")


def _table(counts: Mapping[str, int]) -> str:
    return "\n".join(f"{count:>9,}  {name}" for name, count in sorted(counts.items()))
