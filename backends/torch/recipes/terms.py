"""The terms of a recipe's loss as expressions, and their sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import final

from torch import Tensor

from netlang.backends.torch.invocation import Invocation
from netlang.backends.torch.recipes.code import Code, Infix, Named, NumberLiteral, names_in
from netlang.backends.torch.recipes.losses import TypedOperand, lower_loss, lower_operand, penalized
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.recipes.check.fit import not_probabilities
from netlang.recipes.check.loss import operands_of, value_types
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.losses import BinaryCrossEntropy, Penalty
from netlang.recipes.words.terms import Term

__all__ = ["LoweredTerm", "lowered_terms", "total"]


@final
@dataclass(frozen=True)
class LoweredTerm:
    """A `term` of the loss as an expression, without the factor.

    A penalty reads the list of weights under the name `penalized`, which no value of a net can
    have; `weights` returns it for a model. `rise` is the name of a factor that warms up, empty if
    it has none. `outside` is the error of values that PyTorch refuses
    because they are no probabilities.
    """

    term: Term
    code: Code
    weights: Invocation | None = None
    penalized: str = ""
    rise: str = ""
    outside: Diagnostic | None = None

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that it reads."""
        return frozenset(names_in(self.code))

    def value(self, values: Mapping[str, Tensor]) -> Tensor:
        """Its loss without the factor; penalties are among the values."""
        if self.weights is not None:
            return values[self.penalized]
        try:
            found: Tensor = self.code.evaluate(values)
        except RuntimeError as error:
            if self.outside is not None and "between 0 and 1" in str(error):
                raise NetlangError(self.outside) from None
            raise
        return found


def lowered_terms(recipe: Recipe, program: Program) -> tuple[LoweredTerm, ...]:
    """The terms of a recipe's loss, in the order in which they are written."""
    types = value_types(recipe, program)
    found: list[LoweredTerm] = []
    for term in recipe.loss.terms:
        rise = "" if term.warmup is None else f"rise {len(found)}"
        if isinstance(term.function, Penalty):
            name = f"penalized {len(found)}"
            code = lower_loss(term.function, TypedOperand(Named(name)))
            found.append(LoweredTerm(term, code, penalized(term.function), name, rise))
        else:
            operands = operands_of(term, recipe, program)
            code = lower_loss(term.function, *(lower_operand(each, types) for each in operands))
            outside = None
            if isinstance(term.function, BinaryCrossEntropy):
                why = "some of its values are below 0 or above 1"
                outside = not_probabilities(term, str(operands[0]), program, why)
            found.append(LoweredTerm(term, code, rise=rise, outside=outside))
    return tuple(found)


def total(terms: tuple[LoweredTerm, ...], *, rising: bool = False) -> Code:
    """The sum of terms from the left; there must be at least one.

    If `rising`, a factor that warms up is read under its name; else it is what it becomes.
    """
    first, *rest = terms
    code = first.code
    if rising and first.rise:
        code = Infix("*", Named(first.rise), code)
    elif first.term.factor != 1.0:
        code = Infix("*", NumberLiteral(first.term.factor), code)
    for each in rest:
        factor, part = each.term.factor, each.code
        if rising and each.rise:
            code = Infix("+", code, Infix("*", Named(each.rise), part))
            continue
        if abs(factor) != 1.0:
            part = Infix("*", NumberLiteral(abs(factor)), part)
        code = Infix("-" if factor < 0.0 else "+", code, part)
    return code
