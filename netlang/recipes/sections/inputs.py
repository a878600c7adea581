"""The inputs of a net: which the data give and which are drawn, and what depends on them."""

from __future__ import annotations

from netlang.ir.program import INPUT, Function, Port, Program, Ref
from netlang.recipes.recipe import Recipe

__all__ = ["depends", "followed", "given_inputs", "named_ref"]


def given_inputs(recipe: Recipe, program: Program) -> tuple[Port, ...]:
    """The inputs that the data give: all but those that are drawn, which are the last ones."""
    drawn = {draw.input for draw in recipe.draws}
    return tuple(port for port in program.net.inputs if port.name not in drawn)


def named_ref(net: Function, name: str) -> Ref | None:
    """The value of an output or input of a net by its name."""
    found = [output.ref for output in net.outputs if output.name == name]
    found += [Ref(INPUT, place) for place, port in enumerate(net.inputs) if port.name == name]
    return found[0] if found else None


def depends(net: Function, ref: Ref, on: Ref) -> bool:
    """Whether a value is computed from another one, or is it."""
    return ref == on or ref.producer in _dependents(net, on)


def followed(program: Program, name: str) -> int | None:
    """The number of the input that is followed to find gradients at an output or input.

    It is the input itself; for an output, of those that it depends on the one with the fewest steps
    after it, so that little else is followed. None if it depends on no input of floats.
    """
    net, at = program.net, named_ref(program.net, name)
    if at is None:
        return None
    if at.producer == INPUT:
        return at.output if net.inputs[at.output].type.dtype.is_float else None
    floats = (place for place, port in enumerate(net.inputs) if port.type.dtype.is_float)
    above = [place for place in floats if depends(net, at, Ref(INPUT, place))]
    return min(above, key=lambda each: len(_dependents(net, Ref(INPUT, each))), default=None)


def _dependents(net: Function, on: Ref) -> set[int]:
    """The numbers of the steps that a value reaches."""
    found: set[int] = set()
    for number, node in enumerate(net.nodes):
        if any(ref == on or ref.producer in found for ref in node.inputs):
            found.add(number)
    return found
