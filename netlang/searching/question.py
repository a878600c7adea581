"""What a search is about: the recipe with its spaces, the plan, and the trials that follow."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import final

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.recipes.spaces import SpaceMisplaced
from netlang.diagnostics.training.searching import NothingToCompare, NothingToSearch
from netlang.elaborate import resolve
from netlang.ir.program import Program
from netlang.recipes.load import checked_recipe, checked_space
from netlang.recipes.overrides import texts_of
from netlang.recipes.read import read_recipe
from netlang.recipes.recipe import Recipe
from netlang.recipes.spaces.written import Choose, Dimension, Spaces
from netlang.records import Record, replace
from netlang.searching.aim import Aim, measure_of
from netlang.searching.methods.known import method_of
from netlang.searching.methods.method import SearchPlan
from netlang.searching.trial import History, Job, SearchTrial, TrialResult

__all__ = ["Identity", "Question", "recipe_name"]

Results = Mapping[tuple[int, int], TrialResult]


@final
class Identity(Record):
    """What must be the same when a search goes on; `sources` is a digest of the files read.

    `aim` says in words what is compared instead of validation scores.
    """

    recipe: str
    sources: str
    changes: tuple[str, ...]
    plan: SearchPlan
    aim: str = ""


@final
class Question:
    """A recipe to search, and everything that is known of its trials.

    `recipe` is the one with the first value of each space.
    """

    def __init__(
        self, spec: str | Path, changes: tuple[str, ...], plan: SearchPlan, aim: Aim | None = None
    ) -> None:
        """Raises `NetlangError` if the recipe is wrong, or can't be searched."""
        self.spec, self.changes, self.plan = str(spec), changes, plan
        target = resolve(spec, "train")
        self._module, self._name = target.module, target.name
        recipe, self.program, spaces = checked_space(self._module, self._name, changes)
        self.recipe = replace(recipe, files=self._module.library.files)
        if not spaces.found:
            raise NetlangError(NothingToSearch(span=recipe.span, recipe=recipe.name))
        self.aim = aim or Aim()
        self.measure = measure_of(self.aim, recipe, self.program)
        unheld = recipe.validation is None and recipe.data.own_validation is False
        if self.measure is None and unheld:
            raise self.without_validation()
        self.definition = self._module.recipes[self._name]
        self.dimensions = tuple(spaces.found)
        self.method = method_of(plan)
        self.known = History()

    def without_validation(self) -> NetlangError:
        """The error for a recipe whose trials have nothing to be compared by."""
        return NetlangError(NothingToCompare(span=self.recipe.span, recipe=self.recipe.name))

    def require_same_loss(self, recipe: Recipe) -> None:
        """Raises `NetlangError` if a trial, which nothing but its loss scores, has another one."""
        name = self.aim.step
        pairs = zip(recipe.played, self.recipe.played, strict=True)
        step = [(now, was) for now, was in pairs if now.turn is None or now.turn.name == name]
        if any(now.loss != was.loss for now, was in step):
            why = "nothing is classified, and different losses don't compare"
            span = step[0][1].places["loss"]
            raise NetlangError(SpaceMisplaced(span=span, key="loss", why=why))

    @property
    def identity(self) -> Identity:
        """What the answer depends on."""
        texts = sorted(source.text for _, source in self.recipe.files)
        digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
        aim = "" if self.measure is None else self.measure.identity
        return Identity(self.recipe.name, digest, self.changes, self.plan, aim)

    @property
    def score(self) -> str:
        """The name of the score that is least for the best trial, unless accuracies compare."""
        return self.aim.score or "validation loss"

    def learn(self, results: Results, refused: Callable[[str], NetlangError]) -> None:
        """Take in results that are kept, and find out which trials follow from them.

        Raises the error that `refused` gives for a reason if they are of other trials: another
        release of Optuna may choose other values.
        """
        self.known.results.update(results)
        self._define()
        for key, result in results.items():
            trial = self.known.trials.get(key[0])
            if trial is not None and trial.overrides == result.overrides:
                if result.failed or result.scores.get(self.score) is not None:
                    continue
                raise refused(f"trial {key[0]} has no {self.score}")
            why = f"trial {key[0]} has a result, and is none of the trials now"
            if trial is not None:
                was, now = " ".join(result.overrides), " ".join(trial.overrides)
                why = f"trial {key[0]} tried {was}, and would now be {now}"
            raise refused(why)

    def _define(self) -> None:
        for number in range(len(self.known.trials), self.plan.trials):
            choose = self.method.choice(number, self.known)
            if choose is None:
                return
            self.known.trials[number] = self._trial(number, choose)

    def jobs(self) -> Iterator[Job]:
        """What can run now, as far as is known."""
        return self.method.jobs(self.known)

    def trained(self, trial: SearchTrial) -> tuple[Recipe, Program]:
        """The recipe of a trial and its program. Raises `NetlangError` if its values don't fit."""
        recipe, program = checked_recipe(self._module, self._name, trial.overrides)
        return replace(recipe, files=self._module.library.files), program

    @property
    def is_over(self) -> bool:
        return self.method.is_over(self.known)

    def ranked(self) -> list[TrialResult]:
        """The results among which the best is: those of whole runs, as far as there are any."""
        found = self.known.ranked(self.method.final_stage(self.known))
        return [each for each in found if self.method.is_final(each.trial)] or found

    def _trial(self, number: int, choose: Choose) -> SearchTrial:
        values: dict[str, int | float] = {}

        def noted(dimension: Dimension) -> int | float:
            values[dimension.name] = choose(dimension)
            return values[dimension.name]

        spaces = Spaces(noted)
        with suppress(NetlangError):  # values that don't go together: the trial will say so
            read_recipe(self._module, self._name, self.changes, spaces)
        texts = texts_of(self.changes) | spaces.overrides
        overrides = tuple(f"{key}={text}" for key, text in texts.items())
        return SearchTrial(number, tuple(spaces.found), values, dict(spaces.values), overrides)


def recipe_name(spec: str | Path) -> str:
    """The name of the recipe that a text stands for. Raises `NetlangError`."""
    return resolve(spec, "train").name
