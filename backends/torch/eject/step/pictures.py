"""The texts of a script that draws what the net makes of the first examples while it trains."""

from __future__ import annotations

from netlang.backends.torch.eject.decisions import Decisions
from netlang.backends.torch.eject.step.averages import scored
from netlang.backends.torch.eject.step.drawn import drawn_lines
from netlang.backends.torch.eject.step.objective import HALVES
from netlang.recipes.words.samples import Grid

__all__ = ["picture_texts"]


def picture_texts(decisions: Decisions, learned: str) -> dict[str, str]:
    """The texts by name; `learned` is what normalization needs besides."""
    recipe, program, names = decisions.recipe, decisions.program, decisions.names
    grid, images = recipe.samples, decisions.data.images
    if grid is None:
        return {}
    drawn = drawn_lines(recipe, program, names, "numbers", test=True)
    given = () if images else enumerate(names.given)
    outputs = [each.name for each in program.net.outputs if not each.auxiliary]
    place = f"[{outputs.index(grid.output)}]" if len(outputs) > 1 else ""
    every = "epoch_steps" if grid.every == 1 else f"({grid.every} * epoch_steps)"
    half = HALVES.get(recipe.precision)
    return {
        "shown_count": str(grid.count),
        "shown_inputs": "\n".join(
            f"    {name} = examples[{number}][:{grid.count}].to(args.device)"
            for number, name in given
        ),
        "shown_drawn": "\n".join(
            f"    {line}"
            for line in (*(["numbers = torch.arange(len(x))"] if names.drawn else []), *drawn)
        ),
        "shown_place": place,
        "shown_within": _within(grid),
        "shown_half": half or "",
        "shown_model": scored(recipe),
        "shown_due": f"step % {every} == 0 or step == steps",
        "shown_examples": "shown" if images else "train",
        "shown_given": f", args, step{learned}",
    }


def _within(grid: Grid) -> str:
    """The images from 0 to 1."""
    if (grid.low, grid.high) == (0.0, 1.0):
        return "images.float()"
    bottom = f" - {grid.low!r}" if grid.low >= 0.0 else f" + {-grid.low!r}"
    return f"((images.float(){bottom}) / {grid.high - grid.low!r})"
