"""Checks whether the sections of a recipe fit its net: labels, drawn inputs, what goes together."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.ir.owned import owned
from netlang.ir.program import Program
from netlang.recipes.bind import listed
from netlang.recipes.check.loss import check_loss
from netlang.recipes.check.optimizer import below, labels_above
from netlang.recipes.check.outputs import deployed_outputs
from netlang.recipes.recipe import Precision, Recipe
from netlang.recipes.sections.inputs import depends, followed, given_inputs, named_ref
from netlang.recipes.sections.turn import Draw, Turn
from netlang.recipes.words.distributions import Uniform
from netlang.recipes.words.losses import GradientPenalty
from netlang.recipes.words.operands import NamedValue, values_in
from netlang.recipes.words.schedules import Plateau
from netlang.recipes.words.terms import Term

__all__ = ["check_gradients", "check_read_steps", "check_sections", "never_made"]

_VALIDATION = "the losses of players say nothing of how good they are, so nothing is watched"


def check_sections(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    """Every error in the sections of a recipe, and in what only belongs there."""
    yield from _check_samples(recipe, program)
    for draw in recipe.draws:
        yield from _check_draw(draw, recipe, program)
    if recipe.turns:
        found = [*_check_together(recipe)]
        for turn in recipe.turns:
            found += _check_trains(turn, recipe, program)
        if not any(isinstance(each, refusals.TrainsNothing) for each in found):
            found += _check_left(recipe, program)
        yield from found
    else:
        for term in recipe.loss.terms:
            if isinstance(term.function, GradientPenalty):
                yield refusals.OutsideStep(span=term.span, function=term.function.name)


# --- what is drawn --------------------------------------------------------------------------------


def _check_draw(draw: Draw, recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    ports = {port.name: port for port in program.net.inputs}
    wrong: tuple[str, str] | None = None
    given = given_inputs(recipe, program)
    if draw.input not in ports:
        inputs = listed(ports)
        wrong = f"net `{program.name}` has no such input", f"its inputs are {inputs}"
    elif not ports[draw.input].type.dtype.is_float:
        wrong = f"it is {ports[draw.input].type}", "declare it as an input of floats"
    elif not given:
        wrong = "no input is left for the data", "leave an input to the data"
    elif draw.input in [port.name for port in program.net.inputs[: len(given)]]:
        name = given[-1].name
        wrong = f"input `{name}` comes after it", f"declare `{name}`, which the data give, first"
    elif any(not isinstance(size, int) for size in ports[draw.input].type.shape):
        wrong = f"it is {ports[draw.input].type}", "give it sizes that are numbers"
    if wrong is not None:
        yield refusals.DrawnInput(span=draw.span, input=draw.input, why=wrong[0], advice=wrong[1])
    if isinstance(draw.distribution, Uniform) and draw.distribution.low >= draw.distribution.high:
        low, high = draw.distribution.low, draw.distribution.high
        yield refusals.EmptyRange(span=draw.span, low=f"{low:g}", high=f"{high:g}")


# --- what is shown --------------------------------------------------------------------------------


def _check_samples(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    grid, net = recipe.samples, program.net
    if grid is None:
        return
    types = net.named_types
    deployed = [each.name for each in deployed_outputs(program)]
    advice = f"outputs of net `{program.name}` are {listed(deployed)}"
    why = ""
    if grid.output not in types:
        why = f"net `{program.name}` has no such output"
    elif grid.output not in deployed:
        why = "it exists in training only"
    elif types[grid.output].rank != 3 or types[grid.output].channels not in (1, 3):
        why = f"it is {types[grid.output]}"
        advice = "an image is [1, H, W] or [3, H, W]"
    elif grid.low >= grid.high:
        why = f"no number is from {grid.low:g} to {grid.high:g}"
        advice = "write the smaller number as `low`"
    if why:
        span = recipe.places["samples"]
        yield refusals.SamplesUnfit(span=span, output=grid.output, why=why, advice=advice)


# --- the steps ------------------------------------------------------------------------------------


def _check_together(recipe: Recipe) -> Iterator[Diagnostic]:
    """Keys that mean nothing, or can't be carried out, where steps take turns."""
    plateau = any(isinstance(part, Plateau) for part in recipe.schedule.parts)
    fp16 = "gradients of several losses would need scales of their own"
    compiled = "each step follows other gradients through the net"
    for key, given, what, why, advice in (
        ("early_stopping", recipe.early_stopping, "`early_stopping`", _VALIDATION, "remove it"),
        ("validation", recipe.validation, "`validation`", _VALIDATION, "remove it"),
        ("schedule", plateau, "`plateau`", _VALIDATION, "take a schedule of the time, as `cosine`"),
        ("precision", recipe.precision is Precision.FP16, "`fp16`", fp16, "write `bf16` or `fp32`"),
        ("compile", recipe.compile, "`compile`", compiled, "remove it"),
    ):
        if given:
            yield refusals.NotWithSteps(span=recipe.places[key], what=what, why=why, advice=advice)


def _check_trains(turn: Turn, recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    span = turn.places["train"]
    advice = f"name a part of net `{program.name}` that has weights to train"
    trained = [each.key for each in owned(program) if each.trained]
    parts = labels_above(trained)
    known = [label for label in turn.train if label in parts]
    for label in turn.train:
        if label not in known:
            from netlang.advice.similar import nearest

            meant = nearest(label, parts)
            guess = f": did you mean `{meant}`?" if meant else ""
            why = f"`{label}` is no part with weights{guess}"
            yield refusals.TrainsNothing(span=span, step=turn.name, why=why, advice=advice)
    if known and not any(below(key, known) and not below(key, recipe.freeze) for key in trained):
        why = "every weight of it is frozen"
        yield refusals.TrainsNothing(span=span, step=turn.name, why=why, advice=advice)


def check_read_steps(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    """Errors in what could be read of the steps, whatever else is wrong with them."""
    for own, turn in zip(recipe.played, recipe.turns, strict=True):
        yield from check_loss(own, program)
        if turn.train:
            yield from _check_trains(turn, recipe, program)


def never_made(recipe: Recipe, steps: int) -> Iterator[Diagnostic]:
    """Steps whose turn doesn't come in a run of so many batches."""
    for turn in recipe.turns:
        if turn.every > steps:
            why = f"the run has {steps} batches" if steps > 1 else "the run has one batch"
            advice = "write a smaller `every`, or train longer"
            yield refusals.TrainsNothing(
                span=turn.places["every"], step=turn.name, why=why, advice=advice
            )


def _check_left(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    """The first weights that no step trains and that aren't frozen."""
    named = {label for turn in recipe.turns for label in turn.train} | set(recipe.freeze)
    for each in owned(program):
        if each.trained and not below(each.key, named):
            label = _highest(each.key, named)
            yield refusals.LeftUntrained(span=recipe.turns[0].span, label=label, net=program.name)
            return


def _highest(key: str, named: set[str]) -> str:
    """The shortest label above a weight that has none of the others below it."""
    parts = key.split(".")
    labels = (".".join(parts[:end]) for end in range(1, len(parts)))
    return next((each for each in labels if not any(below(own, (each,)) for own in named)), key)


def check_gradients(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    """Every gradient in the losses of the steps that isn't there; these losses fit the net."""
    for turn in recipe.turns:
        for term in turn.loss.terms:
            yield from _check_gradient(term, program)


def _check_gradient(term: Term, program: Program) -> Iterator[Diagnostic]:
    if not isinstance(term.function, GradientPenalty) or len(term.operands) != 2:
        return
    score, at = term.operands
    net = program.net
    place = named_ref(net, at.name) if isinstance(at, NamedValue) else None
    read = (named_ref(net, value.name) for value in values_in(score))
    leads = place is not None and any(ref is not None and depends(net, ref, place) for ref in read)
    if not leads or not isinstance(at, NamedValue) or followed(program, at.name) is None:
        yield refusals.NoGradientThere(span=term.span, score=str(score), at=str(at))
