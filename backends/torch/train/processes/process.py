"""One of the processes that carry out a run: what it trains, and where."""

from __future__ import annotations

from typing import final

import torch

from netlang.backends.torch.train.world import World
from netlang.ir.program import Program
from netlang.recipes.recipe import Recipe
from netlang.records import Record, field
from netlang.targets.options import RunOptions

__all__ = ["TrainingProcess"]


@final
class TrainingProcess(Record):
    """Trains `program` by `recipe`, as is `wanted`, on a `device` of its own.

    `world` has its place among the processes that train together.
    """

    recipe: Recipe
    program: Program
    wanted: RunOptions
    device: torch.device
    world: World = field(default_factory=World)
