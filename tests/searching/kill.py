"""`python -m tests.searching.kill --count 80 --seed 1`: a killed search ends as any other.

The process is killed at a random call of any function, or at a write, an fsync or a rename, up to
three times; in every fourth trial a second process works on the same search all the while. Then it
goes on, and in the end all results, the tables and every file of every run are bit for bit those of
a search that nobody disturbed.

With `--mistake 1` or 2 the search has one, and the campaign has to fail: what a trial tries depends
on the process that asks, and trials begin anew instead of going on.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from unittest.mock import patch

import torch

from netlang.atomic import remove_folder
from netlang.ir.program import Program
from netlang.recipes.recipe import Recipe
from netlang.records import replace
from netlang.searching import trial as trial_module
from netlang.searching.methods import coarse as coarse_module
from netlang.searching.methods import method as method_module
from netlang.searching.methods.method import SearchPlan
from netlang.searching.question import Question
from netlang.searching.search import Searched, SearchOptions, run_search
from netlang.searching.shared.files import FolderSharing
from netlang.searching.telling import SearchLines
from netlang.searching.trial import Job, SearchTrial, TrialResult
from netlang.searching.working import TrialWorker
from netlang.targets import training_backend
from tests.campaigns.campaign import Campaign, Failure, Option, Trial, Verdict
from tests.campaigns.running import command
from tests.searching.support import without_search_pictures
from tests.train.faults.attempt import AtCall, AtEvent, Report, apart, collected, live
from tests.train.faults.disk import Fault
from tests.train.faults.subject import Listener, ended, other_files
from tests.train.pictures import without_pictures

__all__ = ["CAMPAIGN", "MISTAKES", "SPEC", "trial", "trial_with"]

SPEC = """\
net tiny(width=8) {
    input x: [40]
    linear(width) -> relu -> dropout(0.2) -> linear(10)
}

train tiny(lr=log_uniform(1e-3, 1), width=choice(4, 8)) {
    model:      tiny(width)
    data:       mnist1d
    validation: 0.2
    loss:       cross_entropy
    optimizer:  choice(sgd(lr=lr, momentum=uniform(0, 0.9)), adam(lr=lr / 10))
    batch:      400
    steps:      8
    evaluate_every: 2
}
"""
METHODS = ("halving", "random", "coarse-to-fine", "tpe")
_KINDS = ("event", "event", "event", "write", "fsync", "rename")
_MOST_KILLS = 3


def carried_out(out: Path, method: str) -> Searched:
    """Begin the search in a folder, or go on with it, as one of perhaps several processes."""
    question = Question(out.with_name("tiny.net"), (), SearchPlan(method, 4, 3, 2, 2))
    options = SearchOptions(FolderSharing(out), resume=True, devices=("cpu",))
    with without_pictures(), without_search_pictures():
        return run_search(question, options, training_backend(), SearchLines(lambda text: None))


def left(out: Path) -> dict[str, bytes]:
    """All that a search leaves but locks and the spare checkpoints of runs."""
    files = {path for path in out.rglob("*") if path.is_file() and path.suffix != ".lock"}
    runs = [path for path in out.glob("trial-*") if path.is_dir()]
    own = {path for path in files if not any(run in path.parents for run in runs)}
    found = {str(path.relative_to(out)): path.read_bytes() for path in own}
    for run in runs:
        found |= {f"{run.name}/{name}": content for name, content in ended(run).items()}
    return found


@cache
def whole(method: str) -> tuple[dict[str, bytes], Report]:
    """What an undisturbed search leaves, and what it told."""
    with tempfile.TemporaryDirectory() as folder:
        out = _placed(Path(folder))
        torch.set_num_threads(1)
        carried_out(out.with_name("warm"), method)
        report = _Subject(out, method).attempt(AtEvent(-1))
        assert report.ended, report
        return left(out), report


def _by_process() -> None:
    """What is tried depends on which process asks."""
    plain = trial_module.uniform_number

    def wrong(seed: int, number: int, name: str) -> float:
        return plain(seed + os.getpid(), number, name)

    for module in (method_module, coarse_module):
        patch.object(module, "uniform_number", wrong).start()


def _anew() -> None:
    """A trial that was under way begins again, from other weights."""
    plain, recipe_of = TrialWorker._run, Question.trained

    def reseeded(self: Question, trial: SearchTrial) -> tuple[Recipe, Program]:
        recipe, program = recipe_of(self, trial)
        return replace(recipe, seed=9), program

    def wrong(self: TrialWorker, job: Job, trial: SearchTrial) -> TrialResult | int:
        folder = self.sharing.folder.run(job.trial)
        if not (folder / "run.json").exists():
            return plain(self, job, trial)
        remove_folder(folder)
        with patch.object(Question, "trained", reseeded):
            return plain(self, job, trial)

    patch.object(TrialWorker, "_run", wrong).start()


MISTAKES: Mapping[int, Callable[[], None]] = {1: _by_process, 2: _anew}


def trial_with(mistake: int) -> Trial:
    """Trials of a search with a mistake; 0 for ours."""
    return partial(trial, mistake=mistake)


def trial(number: int, mistake: int = 0) -> Verdict:
    """Kill the search of a number up to three times, then let it end."""
    generator = random.Random(number)
    method = METHODS[number // 2 % len(METHODS)]
    counts = Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        subject = _Subject(_placed(Path(folder)), method, MISTAKES.get(mistake))
        wrong = _killed(subject, number % 4 == 3, generator, counts)
    failures = (Failure(f"{method}: {wrong}", f"trial {number}"),) if wrong else ()
    return Verdict(failures, counts)


@dataclass(frozen=True)
class _Subject:
    """A search in a folder, which `prepare` may spoil."""

    out: Path
    method: str
    prepare: Callable[[], None] | None = None

    def begin(self, fault: Fault | None = None, name: str = "report") -> tuple[int, Path]:
        """A process that searches, and where it tells how it ended."""
        told = self.out.with_name(f"{name}.json")
        told.unlink(missing_ok=True)

        def carry_out(folder: Path, listener: Listener) -> Searched:
            return carried_out(folder, self.method)

        return apart(lambda: live(self.out, told, fault, self.prepare, None, carry_out)), told

    def attempt(self, fault: Fault | None = None) -> Report:
        return collected(*self.begin(fault))


def _killed(
    subject: _Subject, together: bool, generator: random.Random, counts: Counter[str]
) -> str:
    for _ in range(generator.randint(1, _MOST_KILLS)):
        kind = generator.choice(_KINDS)
        other = subject.begin(name="other") if together else None
        report = subject.attempt(_moment(subject.method, kind, generator))
        if other is not None:
            second = collected(*other)
            if not second.ended:
                return f"the other process: {second.code} {second.message}"
        if not report.killed:
            if not report.ended:
                return f"{report.code} {report.message}"
            break
        counts[f"kills at {kind}{', two processes' if together else ''}"] += 1
    last = subject.attempt()
    if not last.ended:
        return f"the search doesn't go on: {last.code} {last.message}"
    return other_files(whole(subject.method)[0], left(subject.out))


def _moment(method: str, kind: str, generator: random.Random) -> Fault:
    """A moment of a whole search; one that goes on may end before it."""
    told = whole(method)[1]
    if kind == "event":
        return AtEvent(generator.randrange(told.events))
    when = ("before", "after", "within" if kind == "write" else "after")
    number = generator.randrange(told.counts[kind])
    return AtCall(kind, number, generator.choice(when), generator.random())


def _placed(folder: Path) -> Path:
    (folder / "tiny.net").write_text(SPEC, encoding="utf-8")
    return folder / "search"


CAMPAIGN = Campaign(
    "search",
    "A killed search ends as any other.",
    trial,
    option=Option("--mistake", "search with a mistake: 1 or 2", trial_with),
    chunk=4,
    count=80,
)

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
