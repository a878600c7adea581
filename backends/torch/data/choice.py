"""Chooses which parts of the data are for training, validation and the test."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import final

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.data import DataNotThere, DataUnfit
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data_arrays import Arrays
from netlang.recipes.words.data_images import ImageSource
from netlang.recipes.words.data_kinds import FOUND, NONE
from netlang.recipes.words.parts import TEST, TRAIN, VALIDATION
from netlang.source import Span

__all__ = ["Choice", "choose"]


@final
@dataclass(frozen=True)
class Choice:
    """The chosen parts by their names in the data. `train` is None if no part is for training."""

    train: str | None
    validation: str | None
    test: str | None
    notes: tuple[str, ...] = ()

    @property
    def others(self) -> dict[str, str]:
        """The parts besides the training part: their names with their purposes."""
        named = {"validation": self.validation, "test": self.test}
        return {purpose: name for purpose, name in named.items() if name is not None}


def choose(recipe: Recipe, available: Collection[str], where: str) -> Choice:
    """The parts of `available` that a recipe wants. Raises `NetlangError` if one doesn't exist.

    `where` is the location, for messages.
    """
    data, span = recipe.data, recipe.places["data"]
    assert isinstance(data, ImageSource | Arrays)
    search = _Search(available, where, span)
    train = search.one(data.train, TRAIN)
    test = search.one(data.test, TEST)
    taken = {train, test}
    free = [each for each in VALIDATION if each not in taken]
    validation = search.one(data.validation, free, taken)
    if recipe.validation is None or validation is None:
        return Choice(train, validation, test)
    note = f"`{validation}` is not used: the recipe holds out a share of the training part"
    return Choice(train, None, test, (note,))


@final
@dataclass(frozen=True)
class _Search:
    available: Collection[str]
    where: str
    span: Span

    def one(
        self, wanted: str, usual: Sequence[str], taken: Collection[str | None] = ()
    ) -> str | None:
        """The part named by the recipe, or found by the usual names; None for `none`.

        A synonym of the name is passed over if it is `taken`.
        """
        if wanted == NONE:
            return None
        if wanted == FOUND:
            found = [name for name in usual if name in self.available]
            if len(found) > 1:
                raise self._doubtful(found)
            return found[0] if found else None
        alike = [name for group in (TRAIN, VALIDATION, TEST) if wanted in group for name in group]
        for name in (wanted, *(each for each in alike if each not in taken)):
            if name in self.available:
                return name
        raise self._missing(wanted)

    def _doubtful(self, found: list[str]) -> NetlangError:
        names = " and ".join(f"`{name}`" for name in found)
        return NetlangError(
            DataUnfit(
                span=self.span,
                what=f"`{self.where}` has the parts {names}, which may each be meant",
                advice=f'name one in the data source: `validation="{found[0]}"`',
            )
        )

    def _missing(self, wanted: str) -> NetlangError:
        names = ", ".join(f"`{name}`" for name in sorted(self.available)[:20]) or "nothing"
        return NetlangError(
            DataNotThere(
                span=self.span,
                what=f"part `{wanted}`",
                where=f" in `{self.where}`",
                advice=f"there are {names}",
            )
        )
