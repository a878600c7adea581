"""Checks whether the loss of each step depends on the weights that the step trains."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.ir.owned import owned
from netlang.ir.program import Program, Ref
from netlang.recipes.bind import listed
from netlang.recipes.check.loss import operands_of
from netlang.recipes.check.optimizer import below
from netlang.recipes.recipe import Recipe
from netlang.recipes.sections.inputs import named_ref
from netlang.recipes.sections.turn import Turn
from netlang.recipes.words.operands import values_in

__all__ = ["check_reached"]


def check_reached(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    """An error for each step whose loss reads nothing that its weights make; the losses fit."""
    for own in recipe.played if recipe.turns else ():
        turn = own.turn
        assert turn is not None
        read, made = _read(own, program), _made(program, turn)
        if read and made and not read & made:
            parts = listed(turn.train)
            yield refusals.TrainsNothing(
                span=turn.places["loss"],
                step=turn.name,
                why=f"the loss depends on no weight of {parts}",
                advice=f"let the loss read an output that is computed with {parts}",
            )


def _read(own: Recipe, program: Program) -> set[int]:
    """The steps of the net whose values a loss reads; none if it reads weights too."""
    found: set[Ref | None] = set()
    for term in own.loss.terms:
        operands = operands_of(term, own, program)
        if not operands:
            return set()  # a penalty on weights
        names = (value.name for operand in operands for value in values_in(operand))
        found |= {named_ref(program.net, name) for name in names}
    return {ref.producer for ref in found if ref is not None}


def _made(program: Program, turn: Turn) -> set[int]:
    """The steps of the net whose values depend on the weights that a step trains."""
    keys = {each.key for each in owned(program) if below(each.key, turn.train)}
    keys |= {each.key for each in owned(program, ties=True) if each.tied in keys}
    owners = {scope for key in keys for scope in _around(key)}
    found: set[int] = set()
    for number, node in enumerate(program.net.nodes):
        if node.module in owners or any(ref.producer in found for ref in node.inputs):
            found.add(number)
    return found


def _around(key: str) -> Iterator[str]:
    """A key and the scopes that it lies in."""
    while key:
        yield key
        key = key.rpartition(".")[0]
