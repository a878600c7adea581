"""The inputs of a recipe that aren't in its data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netlang.backends.torch.invocation import Invocation
from netlang.backends.torch.runtime.drawing import normal_numbers, uniform_numbers
from netlang.backends.torch.seeds import derived_seed
from netlang.diagnostics.errors import InternalError
from netlang.ir.program import Program
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.distributions import Distribution, Normal, Uniform

__all__ = ["DrawnInputs", "drawn_inputs"]


@final
@dataclass(frozen=True)
class DrawnInputs:
    """What is drawn for each example: for each input its seed, shape and distribution.

    `purpose` keeps the numbers of training, tests and samples apart.
    """

    inputs: tuple[tuple[str, tuple[int, ...], Invocation], ...]
    seed: int

    def of(
        self, numbers: NDArray[np.int64], epoch: int, purpose: str, device: torch.device
    ) -> tuple[Tensor, ...]:
        """The inputs of the examples with these numbers, ``[B, ...]``, in the net's order."""
        found = []
        for name, shape, distribution in self.inputs:
            seed = derived_seed(self.seed, f"{purpose} {name}")
            values: Tensor = distribution(seed, epoch, numbers, shape)
            found.append(values.to(device))
        return tuple(found)


def drawn_inputs(recipe: Recipe, program: Program) -> DrawnInputs | None:
    """The inputs of a net that its recipe draws, which has been checked; None if there are none."""
    if not recipe.draws:
        return None
    drawn = {draw.input: lower_distribution(draw.distribution) for draw in recipe.draws}
    return DrawnInputs(
        tuple(
            (port.name, tuple(int(str(size)) for size in port.type.shape), drawn[port.name])
            for port in program.net.inputs
            if port.name in drawn
        ),
        recipe.seed,
    )


@singledispatch
def lower_distribution(wanted: Distribution) -> Invocation:
    """The function that draws, to be called with seed, epoch, numbers of examples and shape."""
    raise InternalError(f"no rule draws from {wanted.name}")


@lower_distribution.register
def _(wanted: Normal) -> Invocation:
    return Invocation(normal_numbers, {"mean": wanted.mean, "std": wanted.std})


@lower_distribution.register
def _(wanted: Uniform) -> Invocation:
    return Invocation(uniform_numbers, {"low": wanted.low, "high": wanted.high})
