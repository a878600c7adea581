"""Checks whether a loss can read the targets that `mixup` and `cutmix` make.

Class numbers become probabilities of the classes; numbers and masks keep their form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import final

from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.ir.types import TensorType
from netlang.recipes.check.loss import operands_of, value_types
from netlang.recipes.check.operand import Types, operand_type
from netlang.recipes.check.outputs import deployed_outputs
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.losses import Comparison, Penalty
from netlang.recipes.words.mixing import Cutmix, Mixing
from netlang.recipes.words.operands import NamedValue, Operand, values_in
from netlang.recipes.words.terms import Term
from netlang.records import Record

__all__ = ["check_mixing", "mixed_classes"]


@final
class _Use(Record):
    """A target of class numbers in a term.

    `classes` is the number of classes of its probabilities; otherwise `why` says why it can't have
    them.
    """

    term: Term
    target: str
    classes: int | None = None
    why: str = ""


def check_mixing(
    recipe: Recipe, program: Program, targets: Mapping[str, TensorType] | None = None
) -> Iterator[Diagnostic]:
    """Every term that can't read a mixed target; with `targets`, once the data are known."""
    step = next((step for step in recipe.augment if isinstance(step, Mixing)), None)
    if step is None:
        return
    uses = list(_uses(recipe, program, step, value_types(recipe, program, targets)))
    known = [use for use in uses if use.classes is not None]
    for use in uses:
        why = use.why
        if use.classes is not None and use.classes != known[0].classes:
            first = known[0]
            why = f"of {use.classes} classes, but `{first.target}` has {first.classes}"
        if why:
            yield refusals.MixedTarget(
                span=use.term.span,
                step=step.name,
                target=use.target,
                function=use.term.function.name,
                why=why,
            )


def mixed_classes(recipe: Recipe, program: Program) -> int | None:
    """The number of classes for the probabilities of a mixed target; None if none has classes."""
    step = next((step for step in recipe.augment if isinstance(step, Mixing)), None)
    if step is None:
        return None
    types = value_types(recipe, program)
    found = (use.classes for use in _uses(recipe, program, step, types))
    return next((classes for classes in found if classes is not None), None)


def _uses(recipe: Recipe, program: Program, step: Mixing, types: Types) -> Iterator[_Use]:
    named_alone = len(deployed_outputs(program)), len(recipe.data.targets)
    for term in recipe.loss.terms:
        if isinstance(term.function, Penalty) or (not term.operands and named_alone != (1, 1)):
            continue
        operands = operands_of(term, recipe, program)
        if all(value.name in types for operand in operands for value in values_in(operand)):
            yield from _in_term(term, operands, recipe, step, types)


def _in_term(
    term: Term, operands: tuple[Operand, ...], recipe: Recipe, step: Mixing, types: Types
) -> Iterator[_Use]:
    for place, operand in enumerate(operands):
        for value in values_in(operand):
            type = types[value.name]
            numbers = term.function.comparison is Comparison.CLASSES and place == 1
            if value.name not in recipe.data.targets or not _is_classes(type, numbers):
                continue
            axes = 2 if recipe.data.is_image else 1
            if isinstance(step, Cutmix) and type is not None and type.rank >= axes:
                continue  # a mask is cut as its image
            plain = place == 1 and isinstance(operand, NamedValue)
            if not (plain and term.function.takes_probabilities):
                why = "it takes class numbers, and mixed ones are probabilities"
                yield _Use(term, value.name, why=why)
                continue
            channels = _channels(operands[0], types)
            if channels == 1:
                yield _Use(term, value.name, why="one channel has no probabilities of classes")
            else:
                yield _Use(term, value.name, channels)


def _is_classes(type: TensorType | None, numbers: bool) -> bool:
    """Whether a target holds class numbers; `numbers` if its type isn't known."""
    return numbers if type is None else not type.dtype.is_float


def _channels(logits: Operand, types: Types) -> int | None:
    try:
        type = operand_type(logits, types)
    except NetlangError:
        return None
    found = type.shape[0] if type is not None and type.shape else None
    return found if isinstance(found, int) else None
