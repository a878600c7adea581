"""What every campaign shares: numbered trials in several processes, progress, resuming, verdicts.

A campaign is a function from a number to a `Verdict`. Trial `index` of ``--seed s`` has the number
``s * MOST + index``, so a run can be repeated, cut short and gone on with, and ``--only NUMBER``
repeats one trial. A trial that raises is a failure like any other, and so is one that brings its
process down, or that doesn't come to an end. The compiler checks its own invariants in every trial
(`netlang/ir/verify/`), unless the campaign counts the compiler's work.

The state is a JSON file that is replaced after every chunk; ``--resume`` goes on from it. At the
end a report is written beside it.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from pathlib import Path
from unittest import mock

from netlang.ir.verification import VARIABLE
from tests.campaigns.campaign import MOST, Campaign, Failure, Option, Summary, Trial, Verdict
from tests.campaigns.files import CASES
from tests.campaigns.state import State
from tests.campaigns.telling import Progress, report, told
from tests.endless import ENDLESS, limited
from tests.quality import ROOT

__all__ = [
    "MOST",
    "Campaign",
    "Failure",
    "Option",
    "State",
    "Summary",
    "Verdict",
    "command",
    "run_here",
    "tried",
]

LIFE = 50
"""Chunks that a process does before another takes its place."""
STATES = ROOT / "build" / "campaigns"
FAILED, MISUSED = 1, 2


def tried(trial: Trial, number: int) -> Verdict:
    """The verdict of one trial; an exception is a failure, and so is no end."""
    try:
        with limited(ENDLESS):
            return trial(number)
    except Exception as error:
        what = f"the trial raised {type(error).__name__}"
        return Verdict((Failure(what, traceback.format_exc()),))


def _chunk(trial: Trial, numbers: range) -> list[tuple[int, Verdict]]:
    return [(number, tried(trial, number)) for number in numbers]


def run_here(campaign: Campaign, count: int, seed: int) -> State:
    """A short run in this process, for tests."""
    state = State(seed, count, count)
    with _verification(campaign):
        for number in state.numbers(0):
            state.add(number, tried(campaign.trial, number))
    state.done.append(0)
    return state


def command(campaign: Campaign, arguments: Sequence[str] | None = None) -> int:
    """The command line of a campaign: its exit status is 1 where something failed."""
    options = _options(campaign, arguments)
    trial = campaign.option.trial(options.option) if campaign.option else campaign.trial
    if options.only is not None:
        with _verification(campaign):
            return _only(trial, options.only)
    path: Path = options.state or STATES / f"{campaign.name}-{options.seed}-{options.count}.json"
    state = State(options.seed, options.count, campaign.chunk, options.option)
    if options.resume and path.exists():
        saved = State.read(path)
        if saved.settings != state.settings:
            print(f"{path} is the state of another run", file=sys.stderr)
            return MISUSED
        state = saved
    path.parent.mkdir(parents=True, exist_ok=True)
    with _verification(campaign):  # the processes take on the environment
        _run(campaign.name, trial, state, path, options.workers)
    into = path.with_name(f"{path.stem}-report.json")
    return FAILED if report(campaign, state, into, save=options.save) else 0


def _verification(campaign: Campaign) -> AbstractContextManager[object]:
    """Let the compiler check its invariants, or not, as the campaign has it."""
    return mock.patch.dict(os.environ, {VARIABLE: "1" if campaign.verifies else "0"})


def _only(trial: Trial, number: int) -> int:
    """Repeat one trial here."""
    verdict = tried(trial, number)
    for failure in verdict.failures:
        print(told(number, failure))
    print("failed" if verdict.failures else "passed", dict(verdict.counts))
    return FAILED if verdict.failures else 0


def _options(campaign: Campaign, arguments: Sequence[str] | None) -> Namespace:
    spec = sys.modules["__main__"].__spec__
    module = spec.name if spec else campaign.name
    parser = ArgumentParser(prog=f"python -m {module}", description=campaign.about)
    parser.add_argument("--count", type=int, default=campaign.count, help="how many trials")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--only", type=int, metavar="NUMBER", help="repeat this one trial")
    parser.add_argument("--state", type=Path, help="where to keep how far the run has come")
    parser.add_argument("--resume", action="store_true", help="go on from the state")
    parser.add_argument(
        "--save", action="store_true", help=f"shrink failures and keep them in {CASES.name}"
    )
    parser.set_defaults(option=0)
    if own := campaign.option:
        parser.add_argument(own.name, type=int, dest="option", metavar="N", help=own.about)
    options = parser.parse_args(arguments)
    last = options.count if options.only is None else options.only % MOST + 1
    if not 0 < last <= campaign.most:
        parser.error(f"there are {campaign.most:,} trials")
    return options


def _run(name: str, trial: Trial, state: State, path: Path, workers: int) -> None:
    """Do the chunks that are left; the state is written after each."""
    started = time.monotonic() - state.seconds
    progress = Progress(name, state.count, state.finished)
    for chunk, found in _results(trial, state, workers):
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
        with _pool(workers) as pool:
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
    with _pool(1) as pool:
        try:
            return pool.submit(tried, trial, number).result()
        except BrokenProcessPool:
            return Verdict((Failure("the trial brought its process down"),))


def _pool(workers: int) -> ProcessPoolExecutor:
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, spawn, initializer=_one_thread)


def _one_thread() -> None:
    """Several processes share the cores: each of them computes in one thread."""
    # Where the campaign's module has brought torch along; else, what comes later heeds the setting.
    os.environ["OMP_NUM_THREADS"] = "1"
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)
