"""Whether the processes' slices of each batch are large enough for their net."""

from __future__ import annotations

from collections.abc import Callable

from netlang.backends.torch.runtime.slices import slices
from netlang.backends.torch.train.prepared import Prepared
from netlang.backends.torch.train.world import World
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.processes import OneExampleNormalized
from netlang.ir.program import Program
from netlang.recipes.check.run import norm_of_single_values
from netlang.recipes.recipe import Recipe

__all__ = ["is_sharded", "longest_part", "parts_of", "require_shares"]


def is_sharded(wanted: bool, world: World, does: str, say: Callable[[str], object]) -> bool:
    """Whether weights are shared over several processes; `say` gets a note if there is one."""
    if wanted and world.size == 1:
        say(f"one process {does} alone: there is nobody to share weights with")
    return wanted and world.size > 1


def longest_part(recipe: Recipe, world: World) -> int:
    """The largest number of examples that a process computes at once."""
    own = -(-recipe.batch // world.size)
    return -(-own // recipe.accumulate)


def parts_of(count: int, most: int, world: World, whole: int | None = None) -> list[slice]:
    """The parts, of at most `most` examples, in which `count` examples are computed.

    With `whole`, the length of the batch over all processes, every process has as many parts as the
    one with the most examples; some may be empty.
    """
    if whole is None:
        return slices(count, most) or [slice(0, 0)]
    parts = len(slices(-(-whole // world.size), most))
    return [slice(count * i // parts, count * (i + 1) // parts) for i in range(parts)]


def require_shares(
    recipe: Recipe, program: Program, world: World, train: Prepared, *, sharded: bool = False
) -> None:
    """Raise `NetlangError` if a batch norm would see a single example in some process."""
    label = norm_of_single_values(recipe, program)
    if world.size == 1 or recipe.sync_batch_norm or label is None:
        return
    most = longest_part(recipe, world)
    for batch in (train.whole(0), train.whole(train.epoch_steps - 1)):
        own = {batch // world.size, -(-batch // world.size)} - {0}
        together = batch if sharded else None
        cut = [part for count in own for part in parts_of(count, most, world, together)]
        if any(part.stop - part.start == 1 for part in cut):
            raise NetlangError(
                OneExampleNormalized(
                    span=recipe.places["batch"], label=label, batch=batch, processes=world.size
                )
            )
