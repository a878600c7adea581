"""Whether what a net makes can be compared with the data by the features of another one."""

from __future__ import annotations

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.recipes.sections import DistanceUnfit
from netlang.ir.program import Program
from netlang.recipes.check.outputs import deployed_outputs
from netlang.recipes.recipe import Recipe
from netlang.targets.options import FeatureDistance

__all__ = ["require_comparable"]


def require_comparable(recipe: Recipe, program: Program, wanted: FeatureDistance) -> None:
    """Raise `NetlangError` unless both nets have the outputs and images of one shape."""
    judge, why = wanted.judge, ""
    if wanted.output not in _names(program):
        why = f"net `{program.name}` has no output `{wanted.output}`"
    elif wanted.features not in _names(judge):
        why = f"net `{judge.name}` has no output `{wanted.features}`"
    elif recipe.normalize is not None:
        why = f"`{judge.name}` would see images as `normalize` changes them"
    elif len(judge.net.inputs) != 1:
        why = f"net `{judge.name}` takes {len(judge.net.inputs)} inputs"
    else:
        shown = program.net.named_types[wanted.output].shape
        for whose, shape in (
            (f"input `{program.net.inputs[0].name}`", program.net.inputs[0].type.shape),
            (f"the input of `{judge.name}`", judge.net.inputs[0].type.shape),
        ):
            if shape != shown:
                why = f"`{wanted.output}` is {list(shown)}, and {whose} is {list(shape)}"
    if why:
        raise NetlangError(DistanceUnfit(span=None, output=wanted.output, why=why))


def _names(program: Program) -> list[str]:
    return [output.name for output in deployed_outputs(program)]
