"""`samples/step_0000115.png`: what the net makes of the same examples over the run, as grids."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netlang.atomic import make_folder
from netlang.backends.torch.runtime.grids import grid_of
from netlang.backends.torch.train.evaluation import evaluating
from netlang.backends.torch.train.interrupt import Interrupt
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.prepared import Prepared
from netlang.backends.torch.train.processes.wrapping import mean_statistics
from netlang.backends.torch.train.records.ledger import Ledger
from netlang.backends.torch.train.state import State
from netlang.backends.torch.train.storage import write_parts
from netlang.processes.writing import writing
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.samples import Grid

__all__ = ["Sampler", "write_grid"]


@final
@dataclass(frozen=True)
class Sampler:
    """Draws a grid after every so many epochs, and one at the end.

    `examples` are those of which the net makes images; without them nothing is drawn.
    """

    recipe: Recipe
    objective: Objective
    state: State
    epoch_steps: int
    steps: int
    examples: Prepared | None
    ledger: Ledger

    def after_step(self, interrupt: Interrupt) -> None:
        """Draw what is due; once more after an interruption, it comes to the same."""
        grid, ledger, step = self.recipe.samples, self.ledger, self.state.step
        if grid is None or self.examples is None:
            return
        if step % (grid.every * self.epoch_steps) == 0 or step == self.steps:
            state = self.state
            # A batch norm must not have the statistics of the first process's examples alone.
            mean_statistics(state.world, state.model, state.averaged)
            with interrupt:
                images = made(grid, self.objective, self.state, self.examples)
            if ledger.writes:
                path = ledger.folder.path / "samples" / f"step_{step:07d}.png"
                write_grid(path, grid_of(images))
                if ledger.board is not None:
                    ledger.board.show_images("samples", images, step)


@torch.no_grad()
def made(grid: Grid, objective: Objective, state: State, examples: Prepared) -> Tensor:
    """The images of an output for all examples, ``[B, C, H, W]`` from 0 to 1, on the CPU."""
    model, found = state.scored, []
    with evaluating(model):
        for views in examples.once():
            found.append(objective.values(model, views.scales[0])[grid.output].cpu())
    return ((torch.cat(found).float() - grid.low) / (grid.high - grid.low)).clamp(0, 1)


def write_grid(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write a picture as PNG, into its folder, which is made if need be."""
    # Pillow takes a moment to import.
    from PIL import Image

    content = BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    with writing(path.parent):
        make_folder(path.parent)
    write_parts(path, [content.getbuffer()])
