"""Scores of parts of several lengths, found by all processes together."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.train.evaluation import evaluation
from netlang.backends.torch.train.modules import empty_module, module_of
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.processes.group import joined
from netlang.backends.torch.train.setup import Prepare
from netlang.backends.torch.train.sharding.model import shared_out
from netlang.backends.torch.train.world import World
from tests.train.support import parts_of, sketch

__all__ = ["LENGTHS", "main", "scores"]

# Less than the processes, and more, of which some are left over.
LENGTHS = (1, 2, 7, 100)


def scores(world: World, *, sharded: bool) -> list[object]:
    """Loss, accuracy and confusion of each length."""
    recipe, program = sketch("    input x: [40]\n    linear(10)")
    model, objective = module_of(program, 3), Objective(recipe, program)
    if sharded:
        empty = empty_module(program)
        model = shared_out(empty, model if world.writes else None, world, torch.device("cpu"))
    test = parts_of(recipe).test
    assert isinstance(test, Tensors)
    found: list[object] = []
    for length in LENGTHS:
        part = test.at(torch.arange(length))
        data = Prepare(recipe, torch.device("cpu"), world).testing(part)
        result = evaluation(model, objective, data, 0, sharded=sharded)
        assert result.confusion is not None
        found.append([result.scores.loss, result.scores.accuracy, result.confusion.tolist()])
    return found


def main(folder: Path, *, sharded: bool) -> None:
    """What one of the processes does; sharded, each of them has some rows of the weights."""
    with joined() as world:
        found = scores(world, sharded=sharded)
        (folder / f"{world.rank}.json").write_text(json.dumps(found))
