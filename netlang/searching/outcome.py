"""What a search came to: its trials in order, as files too, and the best as a recipe."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import final

from netlang.atomic import replace_file
from netlang.modules.copies import copies_of
from netlang.processes.writing import writing
from netlang.recipes.overrides import texts_of
from netlang.recipes.spaces.closed import closed_text
from netlang.recipes.spaces.written import Options
from netlang.records import Record
from netlang.searching.points import points_of
from netlang.searching.question import Question
from netlang.searching.shared.sharing import Sharing
from netlang.searching.trial import SearchTrial, TrialResult
from netlang.targets.comparing import comparing_backend

__all__ = ["Outcome", "TrialOutcome", "outcome"]

# A best value so near to an end of its space, of the whole space, may be better beyond.
_NEAR = 0.05


@final
class TrialOutcome(Record):
    """A trial: what it chose, by dimension and as changes of the recipe, and its scores.

    `stage` is how far it came with successive halving. `failed` says why there are no scores. With
    a storage, the `folder` of its run may be that of another `host`.
    """

    number: int
    stage: int
    values: Mapping[str, str]
    overrides: tuple[str, ...]
    scores: Mapping[str, float]
    failed: str | None
    folder: Path
    host: str | None = None


@final
class Outcome(Record):
    """The trials, the best first; `recipe` is the best one as ``FILE:RECIPE``.

    `hints` say where the best value lies at an end of its space, `pictures` are parallel
    coordinates and importances.
    """

    trials: tuple[TrialOutcome, ...]
    recipe: str
    hints: tuple[str, ...]
    files: tuple[Path, ...]
    pictures: tuple[Path, ...]

    @property
    def best(self) -> TrialOutcome:
        return self.trials[0]


def outcome(question: Question, sharing: Sharing) -> Outcome:
    """The outcome of a search that is over, which goes into files of its folder as well."""
    folder = sharing.folder
    results = [*_in_order(question)]
    trials = tuple(_of_trial(each, question, sharing) for each in results)
    names = list(dict.fromkeys(name for each in trials for name in each.values))
    best = question.known.trials[trials[0].number]
    recipe, written = _best_recipe(question, folder.best, best)
    table, lines = folder.path / "trials.csv", folder.path / "trials.jsonl"
    _write(table, _table(trials, names))
    _write(lines, "".join(f"{json.dumps(_facts(each))}\n" for each in trials))
    pictures = comparing_backend().draw_search(points_of(question, results), folder.path)
    return Outcome(trials, recipe, tuple(_hints(best)), (table, lines, *written), pictures)


def _in_order(question: Question) -> Iterator[TrialResult]:
    """The last result of every trial: those that may be the best first, failed ones last."""
    ranked = question.ranked()
    yield from ranked
    done = {each.trial for each in ranked}
    last: dict[int, TrialResult] = {}
    for key in sorted(question.known.results):
        last[key[0]] = question.known.results[key]
    others = (each for each in last.values() if each.trial not in done)
    yield from sorted(others, key=lambda each: (each.failed is not None, -each.stage, each.rank))


def _of_trial(result: TrialResult, question: Question, sharing: Sharing) -> TrialOutcome:
    trial = question.known.trials[result.trial]
    scores = {name: value for name, value in result.scores.items() if value is not None}
    host, folder = sharing.run_of(result)
    return TrialOutcome(
        result.trial,
        result.stage,
        trial.texts,
        result.overrides,
        scores,
        result.failed,
        folder,
        host,
    )


def _best_recipe(
    question: Question, folder: Path, best: SearchTrial
) -> tuple[str, tuple[Path, ...]]:
    """The best trial as a spec, in copies of the files that the recipe was read from."""
    recipe = question.recipe
    place, written = "", []
    for name, source in copies_of(recipe.files):
        path, text = folder / name, source.text
        if source is recipe.span.source:
            text = closed_text(source, question.definition, texts_of(best.overrides))
            place = f"{path}:{recipe.name}"
        _write(path, text)
        written.append(path)
    return place, tuple(written)


def _hints(best: SearchTrial) -> Iterator[str]:
    positions = best.positions()
    for each in best.dimensions:
        at = positions[each.name]
        if not isinstance(each.space, Options) and not _NEAR < at < 1.0 - _NEAR:
            yield (
                f"the best `{each.name}`, {best.texts[each.name]}, is near an end of"
                f" `{each.space}`: values beyond may be better"
            )


def _table(trials: tuple[TrialOutcome, ...], names: list[str]) -> str:
    """A line for each trial, with a column for each dimension and score."""
    scores = list(dict.fromkeys(name for each in trials for name in each.scores))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("trial", "stage", *names, *scores, "failed"))
    for each in trials:
        values = [each.values.get(name, "") for name in names]
        found = [repr(each.scores[name]) if name in each.scores else "" for name in scores]
        table.writerow((each.number, each.stage, *values, *found, each.failed or ""))
    return text.getvalue()


def _facts(trial: TrialOutcome) -> dict[str, object]:
    elsewhere = {} if trial.host is None else {"host": trial.host}
    return {
        "trial": trial.number,
        "stage": trial.stage,
        "values": dict(trial.values),
        "overrides": list(trial.overrides),
        "scores": dict(trial.scores),
        "failed": trial.failed,
        "folder": trial.folder.name,
        **elsewhere,
    }


def _write(path: Path, text: str) -> None:
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text.encode("utf-8"), flushed=False)
