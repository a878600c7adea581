"""Scores of a model on a part of the data, and of weights from a file."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.train.devices import choose_device, reproducible, threads_for
from netlang.backends.torch.train.examples import load_parts
from netlang.backends.torch.train.feed import Feed
from netlang.backends.torch.train.modules import trained_module
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.state import Scores
from netlang.backends.torch.train.world import World
from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.training import NoSuchPart
from netlang.ir.program import Program
from netlang.recipes.places import Places
from netlang.recipes.recipe import Recipe

__all__ = ["evaluate", "score"]


def evaluate(
    recipe: Recipe,
    program: Program,
    weights: str | Path,
    *,
    places: Places | None = None,
    split: str = "test",
    device: str | None = None,
) -> Scores:
    """Score the weights of a file on the `train`, `validation` or `test` part of a recipe's data.

    The step is that of the file. Raises `NetlangError` where there is no such part.
    """
    chosen = choose_device(device)
    with reproducible(chosen, threads_for(program, recipe.batch)):
        parts = load_parts(recipe, places)
        found = {"train": parts.train, "validation": parts.validation, "test": parts.test}[split]
        if found is None:
            raise NetlangError(
                NoSuchPart(span=recipe.places["data"], data=recipe.data.name, split=split)
            )
        assert isinstance(found, Tensors)
        model, step = trained_module(program, Path(weights))
        feed = Feed(found.to(chosen), recipe.batch, 0, World())
        return score(model.to(chosen), Objective(recipe, program), feed, step)


@torch.no_grad()
def score(model: nn.Module, objective: Objective, feed: Feed, step: int) -> Scores:
    """Mean loss and share of right classes over all examples, each counted once.

    The model is in evaluation mode meanwhile; its own mode is kept. The device is waited for once.
    """
    before = model.training
    model.eval()
    losses, hits = [], []
    try:
        for batch in feed.once():
            values = objective.values(model, batch)
            losses.append(objective.loss(values) * len(batch))
            correct = objective.correct(values)
            if correct is not None:
                hits.append(correct)
    finally:
        model.train(before)
    loss = feed.world.sum(torch.stack(losses).sum()).item()
    right = feed.world.sum(torch.stack(hits).sum()).item() if hits else None
    count = len(feed.examples)
    return Scores(step, loss / count, None if right is None else right / count)
