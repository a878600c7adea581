"""The recipes to check in place of one with spaces: each end and option once, not all pairs.

A mistake that only a combination makes is found when a trial has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Note
from netlang.recipes.recipe import Recipe
from netlang.recipes.spaces.written import FIXED, Dimension, Options, Spaces, first_of

__all__ = ["misplaced_spaces", "open_spaces", "probed"]


def open_spaces(recipe: str, spaces: Spaces) -> refusals.OpenSpaces:
    """The error for what needs a recipe without spaces."""
    first, *others = spaces.found
    key, text = next(iter(spaces.overrides.items()))
    return refusals.OpenSpaces(
        span=first.span,
        recipe=recipe,
        names=", ".join(f"`{each.name}`" for each in spaces.found),
        example=f"{key}={text}" if " " not in text and "(" not in text else f"{key}='{text}'",
        notes=tuple(Note(each.span, "open too") for each in others),
    )


def misplaced_spaces(
    one: tuple[Recipe, Spaces], other: tuple[Recipe, Spaces]
) -> Iterator[refusals.SpaceMisplaced]:
    """Errors for what must be the same in all trials but differs, through a parameter."""
    (recipe, spaces), (its_recipe, its_spaces) = one, other
    for key, why in FIXED.items():
        if getattr(recipe, key) != getattr(its_recipe, key):
            space = next(
                each for each in its_spaces.found
                if its_spaces.values[each.name] != spaces.values.get(each.name)
            )  # fmt: skip
            yield refusals.SpaceMisplaced(span=space.span, key=key, why=why)


def probed(read: Callable[[Spaces], None]) -> int:
    """Read a recipe with the first value of every space, then with each other one in turn.

    Other values of a choice may bring spaces of their own, which follow. Returns how often.
    """
    first, count = Spaces(), 1
    read(first)
    waiting: list[tuple[Dimension, dict[str, int | float]]]
    waiting = [(each, {}) for each in first.found]
    known = {each.name for each in first.found}
    while waiting:
        dimension, before = waiting.pop(0)
        for other in _others(dimension):
            chosen = before | {dimension.name: other}
            spaces = Spaces(_chooser(chosen))
            read(spaces)
            count += 1
            new = [each for each in spaces.found if each.name not in known]
            known.update(each.name for each in new)
            waiting += [(each, chosen) for each in new]
    return count


def _others(dimension: Dimension) -> Iterator[int | float]:
    space = dimension.space
    if isinstance(space, Options):
        yield from range(1, len(space.texts))
    else:
        yield space.near(space.high)


def _chooser(chosen: dict[str, int | float]) -> Callable[[Dimension], int | float]:
    return lambda dimension: chosen.get(dimension.name, first_of(dimension))
