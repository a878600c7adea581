"""The lines of a script that draw the inputs of a net which aren't in its data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from netlang.backends.torch.data.drawn import lower_distribution
from netlang.backends.torch.eject.step.objective import ScriptNames
from netlang.backends.torch.invocation import literal
from netlang.backends.torch.seeds import derived_seed
from netlang.ir.program import Program
from netlang.recipes.recipe import Recipe

__all__ = ["drawing_calls", "drawn_lines"]


def drawn_lines(
    recipe: Recipe, program: Program, names: ScriptNames, numbers: str, *, test: bool
) -> Iterator[str]:
    """The lines that draw for the examples with these `numbers`; a `test` has its own."""
    wanted = {draw.input: lower_distribution(draw.distribution) for draw in recipe.draws}
    places = {port.name: place for place, port in enumerate(program.net.inputs)}
    purpose, epoch = ("test draw", "0") if test else ("draw", "epoch")
    for port in program.net.inputs:
        if port.name in wanted:
            seed = derived_seed(recipe.seed, f"{purpose} {port.name}")
            shape = literal(tuple(int(str(size)) for size in port.type.shape))
            drawn = wanted[port.name].source(str(seed), epoch, f"{numbers}.numpy()", shape)
            kind = "" if port.type.dtype.value == "float32" else f", torch.{port.type.dtype.value}"
            yield f"{names.inputs[places[port.name]]} = {drawn}.to(args.device{kind})"


def drawing_calls(recipe: Recipe) -> Iterator[Callable[..., Any]]:
    """The functions that they call."""
    for draw in recipe.draws:
        yield lower_distribution(draw.distribution).function
