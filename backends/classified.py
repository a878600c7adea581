"""Which output of a net says of what class an example is, by the loss of a recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import final

from netlang.ir.dims import Dim
from netlang.ir.program import Program
from netlang.ir.types import TensorType
from netlang.recipes.check.loss import operands_of, value_types
from netlang.recipes.check.outputs import deployed_outputs
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.losses import DECISIONS, BinaryCrossEntropy, Comparison, Dice
from netlang.recipes.words.operands import NamedValue
from netlang.recipes.words.terms import Term
from netlang.records import Record

__all__ = ["ClassOutput", "DecisionOutput", "classified_output", "decision_output"]


@final
class ClassOutput(Record):
    """An output whose channels are scores of classes, before the softmax."""

    name: str
    channels: Dim


@final
class DecisionOutput(Record):
    """An output of decisions: probabilities or logits. `single` means one for each example."""

    output: str
    is_logit: bool
    single: bool


def classified_output(recipe: Recipe, program: Program) -> ClassOutput | None:
    """The deployed output that a term uses as scores of the classes of the class target."""
    for _, name, type in _compared(recipe, program, _is_of_classes):
        if type.shape and type.channels != 1:
            return ClassOutput(name, type.channels)
    return None


def decision_output(recipe: Recipe, program: Program) -> DecisionOutput | None:
    """The deployed output that a term uses as a decision, where the class target is 0 or 1."""
    for term, name, type in _compared(recipe, program, _is_decision):
        is_logit = not isinstance(term.function, BinaryCrossEntropy)
        return DecisionOutput(name, is_logit, type.shape in ((), (1,)))
    return None


def _is_of_classes(term: Term) -> bool:
    of_classes = term.function.comparison in (Comparison.CLASSES, Comparison.EITHER)
    return of_classes and not isinstance(term.function, Dice)


def _is_decision(term: Term) -> bool:
    return isinstance(term.function, DECISIONS)


def _compared(
    recipe: Recipe, program: Program, counts: Callable[[Term], bool]
) -> Iterator[tuple[Term, str, TensorType]]:
    """The deployed outputs that some terms compare with the class target, with their types."""
    types = value_types(recipe, program)
    deployed = {output.name for output in deployed_outputs(program)}
    for term in filter(counts, recipe.loss.terms):
        output, label = operands_of(term, recipe, program)
        if not isinstance(output, NamedValue) or not isinstance(label, NamedValue):
            continue
        type = types[output.name] if output.name in deployed else None
        if type is not None and label.name == recipe.class_target:
            yield term, output.name, type
