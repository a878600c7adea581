"""Checks whether a recipe fits its net: loss, input, classes, augmentations.

Checks are as independent of each other as possible, so that one run reports all mistakes. What
would only repeat another check's finding is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.many import distinct
from netlang.ir.dims import Dim
from netlang.ir.op import Op
from netlang.ir.program import Port, Program
from netlang.ops.conv import Conv
from netlang.ops.conv_transpose import ConvTranspose
from netlang.ops.linear import Linear
from netlang.ops.norm import BatchNorm
from netlang.recipes.check.data import check_data, other_channels
from netlang.recipes.check.loss import check_loss, operands_of
from netlang.recipes.check.mixing import check_mixing
from netlang.recipes.check.normalization import check_normalization
from netlang.recipes.check.optimizer import check_optimizer
from netlang.recipes.check.outputs import maker
from netlang.recipes.check.paths import check_steps, shown_shape
from netlang.recipes.check.places import check_places
from netlang.recipes.check.prepared import prepared_shape
from netlang.recipes.check.run import check_run
from netlang.recipes.check.schedule import check_schedule
from netlang.recipes.check.sizes import check_sizes
from netlang.recipes.check.steps import check_examples
from netlang.recipes.recipe import Recipe
from netlang.recipes.sections.check import check_gradients, check_sections
from netlang.recipes.sections.inputs import given_inputs
from netlang.recipes.sections.reached import check_reached
from netlang.recipes.words.losses import BinaryCrossEntropy
from netlang.recipes.words.terms import Term

__all__ = ["check_recipe", "not_probabilities"]

UNBOUNDED: tuple[type[Op], ...] = (BatchNorm, Conv, ConvTranspose, Linear)


def check_recipe(recipe: Recipe, program: Program) -> list[Diagnostic]:
    """Every error in training `program` by `recipe`, in the order of the keys."""
    played = recipe.played
    loss = [problem for each in played for problem in check_loss(each, program)]
    trained = (problem for each in played for problem in check_optimizer(each, program))
    return [
        *check_data(recipe, program),
        *(list(check_steps(recipe)) or check_sizes(recipe, program)),
        *check_examples(recipe),
        *check_normalization(recipe),
        *_check_input(recipe, program),
        *_check_init(recipe, program),
        *distinct(trained),
        *check_schedule(recipe),
        *check_run(recipe, program),
        *loss,
        *check_sections(recipe, program),
        *(() if loss else check_gradients(recipe, program)),
        *(() if loss else check_reached(recipe, program)),
        *(() if loss else _check_probabilities(recipe, program)),
        *check_mixing(recipe, program),
        # Which targets have places is known where the loss fits.
        *(() if loss else check_places(recipe, program)),
    ]


def _check_probabilities(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    """Outputs of which `binary_cross_entropy` would take a logarithm that isn't there."""
    for term in recipe.loss.terms:
        if isinstance(term.function, BinaryCrossEntropy):
            output = operands_of(term, recipe, program)[0]
            node = maker(output, program)
            if node is not None and isinstance(node.callee, UNBOUNDED):
                why = f"`{node.callee.name}` makes it: any number"
                yield not_probabilities(term, str(output), program, why)


def not_probabilities(term: Term, output: str, program: Program, why: str) -> Diagnostic:
    """The error of a term that takes what isn't a probability for one."""
    return refusals.NotProbabilities(
        span=term.span, function=term.function.name, output=output, net=program.name, why=why
    )


def _check_input(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    inputs = given_inputs(recipe, program)
    given = len(recipe.data.inputs)
    if len(inputs) != given:
        yield refusals.OneInputNeeded(
            span=recipe.places["data"],
            data=recipe.data.name,
            net=program.name,
            inputs=len(inputs),
            given="one input" if given == 1 else f"{given} inputs",
            others=_drawn(inputs[given:]),
        )
        return
    if other_channels(recipe, program) is not None:
        return
    expected = inputs[0].type.shape
    for key, steps in (("augment", recipe.augment), ("test", recipe.test_path)):
        shape, source = prepared_shape(recipe, steps)
        if not _fits(shape, expected):
            data = recipe.places["data"]
            yield refusals.InputShapeDiffers(
                span=data if source == recipe.data.name else recipe.places.get(key, data),
                net=program.name,
                expected=str(inputs[0].type),
                actual=shown_shape(shape),
                source=f"`{source}` gives {shown_shape(shape)}",
                advice=_other_input(shape, expected),
            )
            return


def _drawn(left: tuple[Port, ...]) -> str:
    """Advice for inputs that nothing gives, if they can be drawn."""
    if not left or not all(port.type.dtype.is_float for port in left):
        return ""
    wanted = "; ".join(f"{port.name}: normal" for port in left)
    return f", or draw what isn't in the data: `draw {{ {wanted} }}`"


def _other_input(given: tuple[int | None, ...], expected: tuple[Dim, ...]) -> str:
    if len(given) == len(expected) == 3 and _fits((*given[1:], given[0]), expected):
        return f"channels come first: declare the input as `{shown_shape(given)}`"
    if len(given) == len(expected):
        return "give the net another input, or the data another size"
    return f"declare the input as `{shown_shape(given)}`: `reshape` gives it other axes"


def _fits(given: tuple[int | None, ...], expected: tuple[Dim, ...]) -> bool:
    """Whether the sizes that are known on both sides agree."""
    if len(given) != len(expected):
        return False
    pairs = zip(given, expected, strict=True)
    return all(a is None or not isinstance(b, int) or a == b for a, b in pairs)


def _check_init(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    """Every rule for initial weights that matches nothing: most recipes have none."""
    if recipe.init:
        from netlang.recipes.check.init import check_init

        yield from check_init(recipe, program)
