"""Warns about losses that apply a softmax or sigmoid to the result of one: W0301."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netlang import advice as fixes
from netlang import diagnostics
from netlang.diagnostics.diagnostic import Caution, Fix, Note
from netlang.ir.op import Op
from netlang.lint.trained import Training
from netlang.ops.activation import Sigmoid
from netlang.ops.softmax import Softmax
from netlang.recipes.check.loss import operands_of
from netlang.recipes.check.outputs import maker
from netlang.recipes.words.losses import (
    BinaryCrossEntropyWithLogits,
    CrossEntropy,
    Focal,
    LossFunction,
)
from netlang.recipes.words.operands import Apply, Operand
from netlang.recipes.words.terms import Term

__all__ = ["probabilities_as_logits"]

APPLIED: Mapping[type[LossFunction], type[Op]] = {
    CrossEntropy: Softmax,
    BinaryCrossEntropyWithLogits: Sigmoid,
    Focal: Sigmoid,
}
"""The function that a loss applies to its first operand."""
_SQUASHING = (Softmax, Sigmoid)


def probabilities_as_logits(training: Training) -> Iterator[Caution]:
    """`softmax` before `cross_entropy`, in the net or in the recipe."""
    recipe, program = training.recipe, training.program
    for term in recipe.loss.terms:
        if type(term.function) not in APPLIED:
            continue
        left = operands_of(term, recipe, program)[0]
        node = maker(left, program)
        if isinstance(left, Apply) and left.function in {each.name for each in _SQUASHING}:
            inner = left.operands[0].span.text
            yield _caution(term, left, left.function, fixes.replaced(left.span, inner))
        elif node is not None and isinstance(node.callee, _SQUASHING):
            name = node.callee.name
            text = f"leave out `{node.span.text}`: the output is the logits then"
            fix = training.steps.without(node.span, text)
            yield _caution(term, left, name, fix, Note(node.span, f"`{name}` is applied here"))


def _caution(term: Term, left: Operand, operator: str, fix: Fix | None, *notes: Note) -> Caution:
    return diagnostics.ProbabilitiesAsLogits(
        span=term.span,
        loss=term.function.name,
        output=left.span.text if isinstance(left, Apply) else str(left),
        operator=operator,
        own=APPLIED[type(term.function)].name,
        notes=notes,
        fix=fix,
    )
