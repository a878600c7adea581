"""Scores of a model on the test examples, and of weights from a file."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from netlang.backends.torch.train.devices import choose_device, reproducible, threads_for
from netlang.backends.torch.train.examples import Examples, load_split
from netlang.backends.torch.train.modules import trained_module
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.state import Scores
from netlang.ir.program import Program
from netlang.recipes.recipe import Recipe

__all__ = ["evaluate", "score"]

_CHUNK = 1024


def evaluate(
    recipe: Recipe, program: Program, weights: str | Path, *, device: str | None = None
) -> Scores:
    """Score the weights of a file on the recipe's test examples; the step is that of the file."""
    chosen = choose_device(device)
    with reproducible(chosen, threads_for(program, recipe.batch)):
        test = load_split(recipe).test.to(chosen)
        model, step = trained_module(program, Path(weights))
        return score(model.to(chosen), Objective(recipe, program), test, step)


@torch.no_grad()
def score(model: nn.Module, objective: Objective, examples: Examples, step: int) -> Scores:
    """Mean loss and share of right classes, in evaluation mode; the model's mode is kept."""
    before = model.training
    model.eval()
    loss, correct = 0.0, 0
    for start in range(0, len(examples), _CHUNK):
        batch = examples.at(slice(start, start + _CHUNK))
        values = objective.values(model, batch)
        loss += objective.loss(values).item() * len(batch)
        hits = objective.correct(values)
        correct += 0 if hits is None else int(hits.item())
    model.train(before)
    accuracy = None if objective.logits is None else correct / len(examples)
    return Scores(step, loss / len(examples), accuracy)
