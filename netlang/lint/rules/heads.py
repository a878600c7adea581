"""Warns about auxiliary outputs that no term of the loss reads: W0303."""

from __future__ import annotations

from collections.abc import Iterator

from netlang import diagnostics
from netlang.diagnostics.diagnostic import Caution
from netlang.lint.trained import Training

__all__ = ["untrained_heads"]


def untrained_heads(training: Training) -> Iterator[Caution]:
    """`auxiliary aux: ...` in the net and `cross_entropy(logits, label)` alone in the recipe."""
    recipe, net = training.recipe, training.program.net
    read = {value.name for term in recipe.loss.terms for value in term.reads}
    for output in net.outputs:
        if output.auxiliary and output.name not in read:
            function = next((each.function.name for each in recipe.loss.terms), "cross_entropy")
            yield diagnostics.UntrainedHead(
                span=recipe.places["loss"],
                output=output.name,
                net=training.program.name,
                example=f"+ 0.3 * {function}({output.name}, {recipe.data.targets[0]})",
            )
