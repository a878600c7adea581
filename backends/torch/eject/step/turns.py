"""The lines of a script for steps that take turns: players, their optimizers, and their steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch

from netlang.backends.torch.eject.sources.base import DataSection
from netlang.backends.torch.eject.step.objective import ScriptNames, forward_lines
from netlang.backends.torch.eject.step.pace import rates_section
from netlang.backends.torch.eject.text.sections import Section
from netlang.backends.torch.invocation import literal
from netlang.backends.torch.recipes.optimizers import optimization_for
from netlang.backends.torch.runtime.clipping import clip_weights
from netlang.backends.torch.runtime.turns import mean_gradients, train_only, trained_below
from netlang.recipes.recipe import Recipe
from netlang.recipes.sections.turn import Turn

__all__ = ["optimizer_of", "player_lines", "turn_calls", "turns_section", "unscored_line"]


def optimizer_of(recipe: Recipe, weights: str = "model.parameters()") -> str:
    """The optimizer, fused into one kernel if the script's device supports it."""
    below = () if recipe.turn is None else recipe.turn.train
    on_cpu, on_gpu = (optimization_for(recipe, torch.device(name)) for name in ("cpu", "cuda"))
    if on_cpu == on_gpu:
        return on_cpu.source(weights, below)
    return on_cpu.source(weights, below, fused='args.device.type == "cpu"')


def player_lines(recipe: Recipe) -> Iterator[str]:
    """The lines that make the players' lists of weights, and their optimizers."""
    yield "    players, optimizers = {}, {}"
    for turn in recipe.turns:
        below = f"trained_below(model, {literal(turn.train)})"
        yield f"    players[{literal(turn.name)}] = {below}"
    for own, turn in zip(recipe.played, recipe.turns, strict=True):
        name = literal(turn.name)
        if optimization_for(own, torch.device("cpu")).groups:
            yield f"    train_only(players[{name}], players.values())"
        yield f"    optimizers[{name}] = {optimizer_of(own, f'players[{name}]')}"


def unscored_line(recipe: Recipe, data: DataSection) -> str:
    """The line that gives up the parts of the data that would be scored; empty without them."""
    parts = [
        name for name, there in (("test", data.test), ("held", data.held)) if there is not False
    ]
    if not recipe.turns or not parts:
        return ""
    return f"    del {', '.join(parts)}  # steps that take turns have no scores"


def turns_section(recipe: Recipe, names: ScriptNames, whole: str) -> Section:
    """The lines of all steps on a batch; `whole` is how many examples it has."""
    section, played = Section(), recipe.played if recipe.turns else ()
    for own, turn, each in zip(played, recipe.turns, names.plays, strict=True):
        space = " " * 12
        if turn.every > 1:
            section.add(f"{space}if (step + 1) % {turn.every} == 0:")
            space += "    "
        section.add(*_gradient(own, turn, each, whole, space))
        section.take(rates_section(own, f"optimizers[{literal(turn.name)}]", space))
        section.add(*_update(own, turn, space))
    return section


def turn_calls(recipe: Recipe) -> Iterator[Callable[..., Any]]:
    """The functions that they call."""
    if not recipe.turns:
        return
    yield from (trained_below, train_only, mean_gradients)
    if any(turn.clip_weights is not None for turn in recipe.turns):
        yield clip_weights


def _gradient(
    recipe: Recipe, turn: Turn, names: ScriptNames, whole: str, space: str
) -> Iterator[str]:
    """The gradient of a step's loss for its own weights."""
    name = literal(turn.name)
    yield f"{space}train_only(players[{name}], players.values())"
    yield f"{space}optimizers[{name}].zero_grad()"
    yield from (f"{space}{key} = {value}" for key, value in names.penalties.items())
    inner = space + "    " if recipe.accumulate > 1 else space
    yield from forward_lines(recipe, names, whole, None, space)
    yield f"{inner}turns[{name}] += loss.detach() / SIZE"
    yield f"{space}made[{name}] += 1"
    yield f"{space}mean_gradients(players[{name}], SIZE)"


def _update(recipe: Recipe, turn: Turn, space: str) -> Iterator[str]:
    """The change of its weights."""
    name = literal(turn.name)
    weights = f"players[{name}]"
    if recipe.clip_value is not None:
        yield f"{space}nn.utils.clip_grad_value_({weights}, {recipe.clip_value!r})"
    if recipe.clip_norm is not None:
        yield f"{space}nn.utils.clip_grad_norm_({weights}, {recipe.clip_norm!r})"
    yield f"{space}optimizers[{name}].step()"
    if turn.clip_weights is not None:
        yield f"{space}clip_weights({weights}, {turn.clip_weights!r})"
