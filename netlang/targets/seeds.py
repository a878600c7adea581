"""One run for each of several seeds: what `seeds: 5` in a recipe asks for.

Each run has a folder of its own, `seed-0` and so on, within that of all. A single run is the case
of one seed, in the folder itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from statistics import fmean
from typing import final

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.running import OtherRecipe
from netlang.ir.program import Program
from netlang.processes import is_first
from netlang.recipes.recipe import Recipe
from netlang.records import Record, replace
from netlang.targets import Trained, TrainingBackend
from netlang.targets.comparing import RunsCompared, comparing_backend
from netlang.targets.options import RunOptions

__all__ = ["SeedRun", "compared", "summary", "train_seeds", "trained"]


@final
class SeedRun(Record):
    """A run with one seed: its recipe, its options, and how it ended."""

    recipe: Recipe
    options: RunOptions
    ended: Trained


def train_seeds(
    backend: TrainingBackend,
    recipe: Recipe,
    program: Program,
    options: RunOptions,
    say: Callable[[str], None],
) -> tuple[SeedRun, ...]:
    """Train with one seed after the other, until a signal stops a run; `say` tells which.

    With `resume`, finished runs are kept, and the others go on or begin. Raises `NetlangError` if
    the folder holds a single run, and as `backend.train` does.
    """
    if backend.holds_run(options.folder):
        why = f"one seed, and this one has {recipe.seeds}"
        raise NetlangError(OtherRecipe(span=None, folder=str(options.folder), differences=why))
    done: list[SeedRun] = []
    for own, where in _asked(recipe, options):
        if not options.quiet:
            say(f"seed {own.seed}, run {len(done) + 1} of {recipe.seeds}, in {where.folder}")
        ended = backend.train(own, program, where)
        done.append(SeedRun(own, where, ended))
        if ended.signal is not None:
            break
    return tuple(done)


def summary(runs: Sequence[SeedRun], options: RunOptions) -> Trained:
    """The runs as one: the mean of each score, and the signal that stopped the last run, if any.

    A run that was stopped doesn't count in the mean. All have the same scores.
    """
    scores = [run.ended.scores for run in runs if run.ended.signal is None]
    means = {name: fmean(each[name] for each in scores) for name in (scores[0] if scores else ())}
    count = f"{len(scores)} seed{'s' * (len(scores) != 1)}"
    return Trained(options.folder, runs[-1].ended.signal, means, f"mean of {count}")


def trained(
    backend: TrainingBackend, recipe: Recipe, program: Program, options: RunOptions
) -> Trained:
    """Train with the one seed of a recipe, or with each of several, without a word on which."""
    if recipe.seeds == 1:
        return backend.train(recipe, program, options)
    return summary(train_seeds(backend, recipe, program, options, lambda _: None), options)


def compared(ended: Trained) -> RunsCompared | None:
    """The runs of all seeds beside each other, drawn as `runs.svg`.

    None if they aren't finished, and for all processes but the first.
    """
    if ended.signal is not None or not is_first():
        return None
    return comparing_backend().compare_runs([ended.folder], ended.folder)


def _asked(recipe: Recipe, options: RunOptions) -> Iterator[tuple[Recipe, RunOptions]]:
    for seed in range(recipe.seed, recipe.seed + recipe.seeds):
        own = replace(recipe, seed=seed, seeds=1)
        yield own, replace(options, folder=options.folder / f"seed-{seed}")
