"""Checks the values of targets, also of those that a loss computes: shares and class numbers.

PyTorch ends with an error of its own at the first batch that has others, and on a GPU with one that
nothing survives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor

from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.recipes.losses import lower_operand
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.training.data import DataUnfit
from netlang.ir.program import Program
from netlang.ir.types import TensorType
from netlang.recipes.check.loss import operands_of, value_types
from netlang.recipes.check.operand import operand_type
from netlang.recipes.check.outputs import decides
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.losses import DECISIONS, Comparison, CrossEntropy
from netlang.recipes.words.operands import Operand, values_in

__all__ = ["unfit_values"]

_IGNORED = -100  # by `F.cross_entropy`


def unfit_values(
    recipe: Recipe, program: Program, part: Tensors, targets: Mapping[str, TensorType]
) -> Iterator[Diagnostic]:
    """The errors of values that a loss can't take; types and shapes of `targets` fit."""
    types = value_types(recipe, program, targets)
    for term in recipe.loss.terms:
        operands = operands_of(term, recipe, program)
        if len(operands) != 2:
            continue
        output, target = operands
        value = _value(target, part, targets)
        if value is None or not value.numel():
            continue
        type = operand_type(output, types)
        if isinstance(term.function, DECISIONS) and (
            type is None or decides(term, type) or value.dim() > len(type.shape)
        ):
            yield from _beyond(recipe, target, value, (0, 1), f"`{term.function.name}`")
        elif term.function.comparison is not Comparison.ELEMENTS and not value.is_floating_point():
            is_cross_entropy = isinstance(term.function, CrossEntropy)
            if is_cross_entropy:
                value = value[value != _IGNORED]
            channels = type.shape[0] if type is not None and type.shape else None
            if isinstance(channels, int) and value.numel():
                # Masks for one channel say no and yes, but for losses between classes.
                last = channels - 1 if is_cross_entropy else max(channels - 1, 1)
                yield from _beyond(recipe, target, value, (0, last), f"`{output}`")


def _value(operand: Operand, part: Tensors, types: Mapping[str, TensorType]) -> Tensor | None:
    """What an operand comes to for all examples; None where it isn't made of targets alone."""
    names = {each.name for each in values_in(operand)}
    if not names or not names <= part.targets.keys():
        return None
    found: Tensor = lower_operand(operand, types).code.evaluate(part.targets)
    return found


def _beyond(
    recipe: Recipe, target: Operand, value: Tensor, bounds: tuple[int, int], reader: str
) -> Iterator[Diagnostic]:
    low, high = float(value.min()), float(value.max())
    if low < bounds[0] or high > bounds[1]:
        takes = "numbers" if value.is_floating_point() else "whole numbers"
        yield DataUnfit(
            span=recipe.places["data"],
            what=f"`{target}` of `{recipe.data.place or recipe.data.name}` goes from {low:g}"
            f" to {high:g}, but {reader} takes {takes} from {bounds[0]} to {bounds[1]}",
            advice=_ADVICE[value.is_floating_point()],
        )


_ADVICE = {
    True: "scale it, or choose a loss for any numbers, such as `mse`",
    False: "classes are numbered from 0 on: give the output more channels, or change the numbers",
}
