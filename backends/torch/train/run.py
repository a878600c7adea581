"""Carrying out a recipe: from a checked recipe and its program to weights in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import final

import torch

from netlang.backends.torch.train.curves import draw_curves, require_drawing
from netlang.backends.torch.train.devices import (
    choose_device,
    derived_seed,
    reproducible,
    threads_for,
)
from netlang.backends.torch.train.examples import load_split
from netlang.backends.torch.train.folder import RunFolder, open_folder
from netlang.backends.torch.train.initialize import initialize
from netlang.backends.torch.train.interrupt import interrupts
from netlang.backends.torch.train.loop import Loop
from netlang.backends.torch.train.metrics import Metrics
from netlang.backends.torch.train.modules import module_of
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.optimizers import optimizer_for
from netlang.backends.torch.train.progress import Progress, Silent
from netlang.backends.torch.train.state import Scores, State
from netlang.ir.program import Program
from netlang.recipes.recipe import Recipe

__all__ = ["Result", "train"]


@final
@dataclass(frozen=True)
class Result:
    """How a run ended, and where its files are; `finished` is False after Ctrl-C."""

    folder: RunFolder
    steps: int
    finished: bool
    best: Scores | None
    last: Scores | None


def train(
    recipe: Recipe,
    program: Program,
    *,
    out: str | Path,
    resume: bool = False,
    device: str | None = None,
    progress: Progress | None = None,
) -> Result:
    """Train `program` by `recipe` in the folder `out`.

    `recipe` was checked against `program`. With `resume`, a run in the folder goes on from its last
    checkpoint and ends with the weights that it would have had without the break; where there is no
    run yet, it starts. Raises `NetlangError` for everything that stands in the way.
    """
    require_drawing()
    shown = progress or Silent()
    chosen = choose_device(device)
    with reproducible(chosen, threads_for(program, recipe.batch)):
        data = load_split(recipe).to(chosen)
        folder = open_folder(Path(out), recipe, program, resume=resume)
        state = _state(recipe, program, chosen, folder, shown)
        metrics = Metrics(folder.metrics, state.step)
        loop = Loop(recipe, Objective(recipe, program), data, state, folder, metrics, shown)
        try:
            return _run(loop, program)
        finally:
            metrics.close()


def _state(
    recipe: Recipe, program: Program, device: torch.device, folder: RunFolder, progress: Progress
) -> State:
    """The state at the start, or the one that was saved."""
    model = module_of(program, derived_seed(recipe.seed, "weights"))
    if recipe.init is not None:
        initialize(model, recipe.init, derived_seed(recipe.seed, "init"))
    model.to(device).train()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = optimizer_for(recipe.optimizer, trained)
    state = State(model, optimizer, device, loss_sum=torch.zeros((), device=device))
    torch.manual_seed(derived_seed(recipe.seed, "noise"))
    if folder.checkpoint.exists():
        state.restore(folder.checkpoint)
        progress.say(f"resuming {folder.path} after step {state.step}")
    return state


def _run(loop: Loop, program: Program) -> Result:
    folder, state = loop.folder, loop.state
    loop.save_best()
    with interrupts() as interrupt:
        finished = loop.run(interrupt)
        loop.save_last()
        draw_curves(folder.curves, loop.metrics.records, f"{loop.recipe.name}: {program.name}")
    if not finished:
        loop.progress.say(
            f"stopped after step {state.step} of {loop.steps}: "
            f"go on with --resume --out {folder.path}"
        )
    return Result(folder, state.step, finished, state.best, state.last)
