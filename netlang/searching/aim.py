"""What trials are compared by where it isn't the validation part: a distance, or a step's loss."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import file_digest
from math import inf
from pathlib import Path
from statistics import fmean
from typing import final

import msgspec

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.files import FileUnreadable
from netlang.diagnostics.training.searching import AimUnfit
from netlang.ir.program import Program
from netlang.loading import loaded
from netlang.recipes.bind import listed
from netlang.recipes.recipe import Recipe
from netlang.records import Record
from netlang.regular import opened, read_bytes
from netlang.targets import TrainingBackend
from netlang.targets.distances import require_comparable
from netlang.targets.options import FeatureDistance, RunOptions, ScoreOptions

__all__ = ["Aim", "Measure", "asked_aim", "measure_of"]

# Bytes of records that are read.
_LARGEST = 2**31
# The share of a run at its end over which the loss of a step is averaged.
_END = 0.1


@final
class Aim(Record):
    """What was asked: the least loss in training of a `step`, or the least distance of an `output`.

    The distance is by the `features` of a net `judge` with `weights`. Without any, trials are
    compared by the scores on the validation part.
    """

    step: str = ""
    output: str = ""
    judge: str = ""
    weights: str = ""
    features: str = ""

    @property
    def score(self) -> str:
        """The name of what is compared."""
        return f"{self.step} loss" if self.step else "Fréchet distance" if self.output else ""


def asked_aim(
    distance: str | None,
    judge: str | Path | None,
    judge_weights: str | Path | None,
    features: str | None,
    objective: str | None,
) -> Aim:
    """The aim by the options of the command. Raises `ValueError` unless one is given whole."""
    parts = (distance, judge, judge_weights, features)
    if objective is not None and any(parts):
        raise ValueError("trials are compared by a distance or by an objective, not by both")
    if any(parts) and not all(parts):
        raise ValueError("a distance needs all four: distance, judge, judge_weights and features")
    return Aim(objective or "", *(str(each or "") for each in parts))


@final
class Measure(Record):
    """An aim that fits a recipe; `identity` says in words what must stay the same."""

    aim: Aim
    identity: str
    distance: FeatureDistance | None = None

    def of(
        self, backend: TrainingBackend, recipe: Recipe, program: Program, options: RunOptions
    ) -> dict[str, float]:
        """The score of a run that has ended or paused, by its name; of several seeds the mean."""
        folder = options.folder
        folders = [folder] if recipe.seeds == 1 else sorted(folder.glob("seed-*"))
        if self.distance is None:
            found = [_last_loss(each / "metrics.jsonl", self.aim.step) for each in folders]
        else:
            held = recipe.validation is not None or recipe.data.own_validation
            split = "validation" if held else "train"
            wanted = ScoreOptions(
                options.places, split, options.device, options.workers, quiet=True,
                distance=self.distance,
            )  # fmt: skip
            found = [
                each
                for own in folders
                for each in backend.evaluate(recipe, program, _weights(own), wanted).values()
            ]
        return {self.aim.score: fmean(found)}


def measure_of(aim: Aim, recipe: Recipe, program: Program) -> Measure | None:
    """How to measure an aim; None if trials are compared by the validation part.

    Raises `NetlangError` if the recipe has no such step or output, if the nets don't fit, and if
    nothing is asked of a recipe whose steps take turns.
    """
    if aim.step:
        _require_step(aim, recipe)
        return Measure(aim, f"the loss of `step {aim.step}`")
    if aim.output:
        judge = loaded(aim.judge, {}).program
        distance = FeatureDistance(aim.output, judge, Path(aim.weights), aim.features)
        require_comparable(recipe, program, distance)
        by = f"`{aim.features}` of weights {_digest(distance.weights)}"
        return Measure(aim, f"the distance of `{aim.output}` by {by}", distance)
    if recipe.turns:
        why = "its steps have a loss each, which don't say how good the net is"
        advice = (
            "say it: `--distance OUTPUT` with a net that judges images, as for `netlang eval`, or"
            f" `--objective {recipe.turns[-1].name}` for the loss of a step"
        )
        span = recipe.turns[0].span
        raise NetlangError(AimUnfit(span=span, recipe=recipe.name, why=why, advice=advice))
    return None


def _require_step(aim: Aim, recipe: Recipe) -> None:
    names = [turn.name for turn in recipe.turns]
    if aim.step in names:
        return
    why = f"it has no `step {aim.step}`"
    advice = f"its steps are {listed(names)}"
    if not names:
        advice = "without `--objective`, the scores on its validation part are compared"
    raise NetlangError(AimUnfit(span=recipe.span, recipe=recipe.name, why=why, advice=advice))


def _digest(path: Path) -> str:
    """The beginning of the hash of a file. Raises `NetlangError` if it can't be read."""
    try:
        with opened(path) as file:
            return file_digest(file, "sha256").hexdigest()[:12]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NetlangError(FileUnreadable(span=None, path=str(path), reason=reason)) from None


def _weights(folder: Path) -> Path:
    """The weights of a run that count: the best, or else the last ones."""
    best = folder / "best.safetensors"
    return best if best.exists() else folder / "last.safetensors"


def _last_loss(records: Path, step: str) -> float:
    """The mean of the losses of a step that were recorded in the last tenth of a run."""
    found = [*_losses(read_bytes(records, _LARGEST), f"{step}_loss")]
    if not found:
        return inf  # its turn hasn't come yet
    last = found[-1][0]
    return fmean(loss for number, loss in found if number > (1 - _END) * last)


def _losses(lines: bytes, name: str) -> Iterator[tuple[int, float]]:
    for line in lines.splitlines():
        record = msgspec.json.decode(line, type=dict[str, object])
        number, loss = record.get("step"), record.get(name)
        if isinstance(number, int) and isinstance(loss, int | float):
            yield number, float(loss)
