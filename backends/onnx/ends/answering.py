"""What becomes of the net's scores: what is asked for, resolved and checked."""

from __future__ import annotations

from typing import final

from netlang.backends.classified import DecisionOutput, classified_output, decision_output
from netlang.backends.onnx.ends.diagnostics import ClassNamesDiffer, FewerClasses, ScoresUnknown
from netlang.build import Ends
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.running import NoClassifier
from netlang.ir.program import Program
from netlang.ir.types import TensorType
from netlang.recipes.check.outputs import deployed_outputs
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.answers import Answer, AsPredicted, LargestOf
from netlang.records import Record

__all__ = ["Answering", "answering_for"]


@final
class Answering(Record):
    """`word`, for the output `output`. A `decision` is one number of an example: yes or no."""

    word: Answer
    output: str
    type: TensorType
    decision: DecisionOutput | None = None


def answering_for(program: Program, ends: Ends) -> Answering | None:
    """What `ends` asks for. Raises `NetlangError` if the net has no scores for it."""
    word, recipe = ends.answer, ends.answering
    if word is None:
        _check_names(program, ends, _scores(program, recipe) if ends.classes else None)
        return None
    found = _predicted(program, word, recipe) if isinstance(word, AsPredicted) else None
    if found is None:
        output = _scores(program, recipe)
        if output is None:
            raise NetlangError(ScoresUnknown(span=program.net.span, net=program.name))
        found = Answering(word, output, _type(program, output))
    channels = found.type.channels
    if isinstance(word, LargestOf) and isinstance(channels, int) and word.k > channels:
        few = FewerClasses(span=program.net.span, k=word.k, output=found.output, count=channels)
        raise NetlangError(few)
    _check_names(program, ends, found.output)
    return found


def _type(program: Program, output: str) -> TensorType:
    return next(
        program.net.type_of(each.ref) for each in program.net.outputs if each.name == output
    )


def _scores(program: Program, recipe: Recipe | None) -> str | None:
    """The output of a recipe's classes, or else the only output of floats."""
    known = None if recipe is None else classified_output(recipe, program)
    if known is not None:
        return known.name
    names = [output.name for output in deployed_outputs(program)]
    if len(names) != 1:
        return None
    type_ = _type(program, names[0])
    return names[0] if type_.shape and type_.dtype.is_float and type_.batch is not None else None


def _predicted(program: Program, word: Answer, recipe: Recipe | None) -> Answering:
    """As `netlang predict` classifies images."""
    classes = None if recipe is None else classified_output(recipe, program)
    if classes is not None:
        return Answering(word, classes.name, _type(program, classes.name))
    decision = None if recipe is None else decision_output(recipe, program)
    if decision is None or not decision.single:
        if recipe is None:
            raise NetlangError(ScoresUnknown(span=program.net.span, net=program.name))
        raise NetlangError(NoClassifier(span=recipe.places["loss"], net=program.name))
    return Answering(word, decision.output, _type(program, decision.output), decision=decision)


def _check_names(program: Program, ends: Ends, output: str | None) -> None:
    """Refuse names of more or fewer classes than the net has."""
    if not ends.classes or output is None:
        return
    type_ = _type(program, output)
    count = type_.channels if type_.shape else 1
    wanted = 2 if count == 1 else count
    if isinstance(wanted, int) and len(ends.classes) != wanted:
        raise NetlangError(
            ClassNamesDiffer(
                span=program.net.span, given=len(ends.classes), output=output, count=int(wanted)
            )
        )
