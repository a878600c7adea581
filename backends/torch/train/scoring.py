"""`netlang eval`: the scores of weights from a file on a part of a recipe's data."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from netlang.backends.torch.data.fit import require_fit
from netlang.backends.torch.data.load import load_parts
from netlang.backends.torch.data.sets import Examples, Parts
from netlang.backends.torch.train.devices import choose_device, reproducible, threads_for
from netlang.backends.torch.train.evaluation import score
from netlang.backends.torch.train.memory import freed_memory_kept
from netlang.backends.torch.train.modules import trained_module
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.processes.group import joined
from netlang.backends.torch.train.setup import Prepare
from netlang.backends.torch.train.state import Scores
from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.training import NoSuchPart
from netlang.ir.program import Program
from netlang.recipes.places import Places
from netlang.recipes.recipe import Recipe

__all__ = ["evaluate"]


def evaluate(
    recipe: Recipe,
    program: Program,
    weights: str | Path,
    *,
    places: Places | None = None,
    split: str = "test",
    device: str | None = None,
    workers: int | None = None,
) -> Scores:
    """Score the weights of a file on the `train`, `validation` or `test` part of a recipe's data.

    Examples are prepared as for a test, images in files by `workers` processes. The step is that of
    the file. Raises `NetlangError` where there is no such part.
    """
    with joined() as world:
        chosen = choose_device(device, world)
        with freed_memory_kept(chosen), reproducible(chosen, threads_for(program, recipe.batch)):
            parts = load_parts(recipe, places or Places())
            require_fit(recipe, program, parts)
            examples = _part(recipe, parts, split)
            classes = None if parts.classes is None else len(parts.classes)
            ready = Prepare(recipe, chosen, world, classes, workers).normalized(parts.train)
            with closing(ready.testing(examples)) as data:
                model, step = trained_module(program, Path(weights))
                return score(model.to(chosen), Objective(recipe, program), data, step)


def _part(recipe: Recipe, parts: Parts, split: str) -> Examples:
    examples = {"train": parts.train, "validation": parts.validation, "test": parts.test}[split]
    if examples is None:
        span = recipe.places["data"]
        raise NetlangError(NoSuchPart(span=span, data=recipe.data.name, split=split))
    return examples
