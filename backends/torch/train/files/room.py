"""Checks before the first step that what a run writes fits into the headers of its files."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from netlang.backends.torch.recipes.schedules import momentum_formula
from netlang.backends.torch.train.files.encoding import header_size, in_order, require_short
from netlang.backends.torch.train.files.memory import kept_of
from netlang.backends.torch.train.files.pieces import offsets_of, places_of, written_by
from netlang.backends.torch.train.files.weights import WeightsFiles
from netlang.backends.torch.train.processes.layout import optimized
from netlang.backends.torch.train.processes.rows import Kept, own_of
from netlang.backends.torch.train.state import LONGEST_RECORDS, MOST_CLASSES, State, remembered
from netlang.backends.torch.train.storage import metadata_of
from netlang.backends.weights.header import LONGEST_HEADER
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.folder import FactsTooLong
from netlang.recipes.recipe import Recipe

__all__ = ["require_room"]

# A checkpoint has at most six tensors of each weight, of which at least one is there at the start.
_MOST_OF_EACH = 16
# Bytes by which the facts of a run may grow: scores are added, and counts get more digits.
_GROWTH = 1000


def require_room(recipe: Recipe, state: State, weights: WeightsFiles, *, validated: bool) -> None:
    """Raise `NetlangError` if a file of the run would have too many tensors or too long facts.

    All processes call it, and it is raised in all. With `validated`, the best weights are kept too.
    """
    _require_weights(state, weights)
    tensors = _grown(state.tensors())
    # For most nets, this suffices.
    if _size(state, tensors) * _MOST_OF_EACH <= LONGEST_HEADER:
        return
    tensors = _remembered(recipe, state) | tensors
    if validated:
        best = {f"best/{key}": kept for key, kept in state.kept(state.scored).items()}
        tensors = best | tensors
    require_short(_size(state, tensors), len(tensors))


def _require_weights(state: State, weights: WeightsFiles) -> None:
    tensors = in_order({**state.kept(state.scored), **weights.beside})
    facts = metadata_of(weights.facts)
    size = header_size(tensors, facts) + _GROWTH
    told = sum(map(len, facts.values()))
    if size > LONGEST_HEADER and 2 * told > size:
        raise NetlangError(FactsTooLong(span=None, size=told, limit=LONGEST_HEADER))
    require_short(size, len(tensors))


def _size(state: State, tensors: Mapping[str, Kept]) -> int:
    """Bytes of the longest header of a checkpoint with these tensors.

    With sharded weights each process writes a part, which has its own header.
    """
    room = metadata_of({**state.facts(), "room": " " * _GROWTH})
    whole = header_size(in_order(tensors), room)
    if not state.layout.sharded:
        return whole
    pieces = in_order(written_by(tensors, state.world))
    places = places_of({name: offsets_of(kept) for name, kept in pieces.items()})
    part = header_size({name: own_of(kept) for name, kept in pieces.items()}, places)
    return state.world.largest(max(whole, part))


def _grown(tensors: dict[str, Kept]) -> dict[str, Kept]:
    """With the tensors that come or grow until the end, at their largest: they move the others."""
    largest = {
        "confusion": torch.empty(MOST_CLASSES, MOST_CLASSES, dtype=torch.int64, device="meta"),
        "records": torch.empty(LONGEST_RECORDS, dtype=torch.uint8, device="meta"),
    }
    return tensors | largest


def _remembered(recipe: Recipe, state: State) -> dict[str, Kept]:
    """The tensors that the optimizers will keep, by their names in a checkpoint."""
    moving = momentum_formula(recipe.schedule) is not None
    found: dict[str, Kept] = {}
    for place, optimizer in enumerate(state.optimizers):
        weights = optimized(optimizer)
        found |= {
            f"{remembered(place)}{index}/{name}": state.layout.beside(weights[index], value)
            for index, kept in enumerate(kept_of(optimizer, 0.5 if moving else None))
            for name, value in kept.items()
        }
    return found
