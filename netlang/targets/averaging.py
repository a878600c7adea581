"""Averages of weights: what the backend that makes them is asked for, and what it did."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, final

from netlang.build import WHOLE, Fit
from netlang.ir.program import Program
from netlang.recipes.places import Places
from netlang.records import Record
from netlang.targets.backends import TrainingBackend, backend

if TYPE_CHECKING:
    from netlang.recipes.recipe import Recipe

__all__ = ["AveragingBackend", "Ingredient", "SoupOptions", "averaging_backend"]

_ANYWHERE = Places()


@final
class SoupOptions(Record):
    """What to average, and how.

    `weights` are files of one net's weights, `out` is the file to write. A `greedy` average takes
    those without which the scores on part `split` would be worse. `fit` says how the weights of
    each file map to the net's.
    """

    weights: tuple[Path, ...]
    out: Path
    greedy: bool = False
    split: str = "validation"
    places: Places = _ANYWHERE
    device: str | None = None
    workers: int | None = None
    quiet: bool = False
    fit: Fit = WHOLE


@final
class Ingredient(Record):
    """A file of weights, and whether it is in the average.

    `scores` are those of the average with it, where it was scored.
    """

    path: Path
    kept: bool
    scores: Mapping[str, float]


class AveragingBackend(TrainingBackend):
    """A backend that averages weights of a recipe's net."""

    @abstractmethod
    def average_weights(
        self, recipe: Recipe, program: Program, options: SoupOptions
    ) -> tuple[Ingredient, ...]:
        """Write the average of files of weights; these in the order in which they were tried."""


def averaging_backend() -> AveragingBackend:
    """The backend that averages weights."""
    found = backend("torch")
    assert isinstance(found, AveragingBackend)
    return found
